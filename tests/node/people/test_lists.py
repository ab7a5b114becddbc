"""CSV lists of professionals and persons: all or nothing, every wrong line told, none repeated."""

import pytest

from node.domain.brp import Address, BrpDate, Sex, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.person import BirthDate
from node.flows.import_lists import import_professionals
from node.flows.look import own_signals
from node.flows.register_signal import register_signal
from node.people.lines import LineRefused
from node.people.local import read_people
from node.people.profiles import read_profiles
from node.store import outbox, professionals
from node.store.outbox import Intent
from tests.region import World, made_up_bsn

HEAD = (
    "kenmerk;persoon;organisatie;domein;soort;locatie;functie;naam;telefoon;email;actief;duur;categorie;gemeente;"
    "overeenkomst;aangewezen_van;aangewezen_tot\n"
)
ANNA = (
    "anna;;Levvel;jeugdhulp;wijkteam;Noord;jeugdhulpverlener;Anna;020 1234567;anna@example.nl;ja;6;"
    "jeugdhulpaanbieder;0363;;;\n"
)


def test_persons_are_read_with_partial_dates_and_parents() -> None:
    """A byte order mark, empty lines and a lost zero are no obstacle."""
    lines = [
        "\ufeffbsn,naam,geboortedatum,ouder1,ouder2,postcode,huisnummer,geheim\n",
        "999993847,Noor,2010-05,999992077,9921,1011 ab,5,ja\n".replace(",9921,", ",00009921,"),
        "\n",
        "999993653,,,,,,,\n",
    ]
    (noor, other), refused = read_people(lines)

    assert refused == []
    assert noor.birth_date == BirthDate(2010, 5)
    assert noor.parents == (Bsn("999992077"), Bsn("000009921"))
    assert (noor.address, noor.address_secret) == (Address("1011AB", 5), True)
    assert (other.birth_date, other.parents, other.address) == (None, (), None)


def test_all_that_the_brp_tells_can_be_in_the_list() -> None:
    """Sex, gemeente, a parent without a number, partial and unknown deaths, letters-only addresses, who left."""
    lines = [
        "bsn;geslachtsnaam;geslacht;gemeente;ouder1;ouder2;postcode;huisnummer;nummeraanduiding;briefadres;overleden;opgeschort;opschortingsdatum\n",
        "999993847;Jansen;v;GM0363;999992077;zonder bsn;1011AB;5;0363200000000001;ja;;;\n",
        "999993653;;;;;;;;;;2025-03;O;2025-03\n",
        "999990482;;;;;;;;;;onbekend;;\n",
        "999993483;;;;;;;;;;;E;\n",
    ]
    (here, died, unknown_day, left), refused = read_people(lines)

    assert refused == []
    assert (here.surname, here.sex, here.gemeente) == ("Jansen", Sex.FEMALE, "0363")
    assert (here.parents, here.other_parents) == ((Bsn("999992077"),), 1)
    assert here.address == Address("1011AB", 5, bag_id="0363200000000001", lives_there=False)
    assert here.home is None
    assert (died.died_on, died.has_died) == (BrpDate(2025, 3), True)
    assert (unknown_day.died_on, unknown_day.has_died) == (BrpDate(), True)
    assert (left.suspension, left.has_died) == (Suspension(SuspensionReason.EMIGRATION), False)


@pytest.mark.parametrize(
    ("column", "value"),
    [("geslacht", "X"), ("gemeente", "Amsterdam"), ("overleden", "2025-13"), ("huisnummer", "x")],
)
def test_a_value_outside_the_tables_of_the_brp_is_told(column: str, value: str) -> None:
    """The line is refused, and its value not repeated."""
    found, refused = read_people([f"bsn,postcode,{column}\n", f"999993847,1011AB,{value}\n"])

    assert (found, len(refused)) == ([], 1)
    assert not any(value in one.why for one in refused)


def test_every_wrong_line_is_told_by_number_and_none_repeated() -> None:
    """What stood there is not in the message."""
    lines = ["bsn,geboortedatum\n", "999993848,2010-01-01\n", "999993847,gisteren\n", "999993847\n"]
    found, refused = read_people(lines)

    assert found == []
    assert [one.line for one in refused] == [2, 3, 4]
    assert not any("99999384" in one.why or "gisteren" in one.why for one in refused)


def test_a_file_without_its_columns_is_refused() -> None:
    """Missing, unknown, or nothing at all."""
    assert read_people([])[1] == [LineRefused(1, "the file is empty")]
    assert read_people(["naam\n"])[1][0].why == "the column bsn is missing"
    assert read_people(["bsn,reden\n"])[1][0].line == 1


def test_profiles_are_read_with_their_defaults() -> None:
    """What a line does not say of human, duration and being active is not said."""
    lines, refused = read_profiles(
        [HEAD, ANNA, "bram;anna;Levvel;onderwijs;school;Zuid;ib'er;Bram;+31201234567;bram@example.nl;;;;;;;\n"]
    )

    anna, bram = (line.what for line in lines)
    assert refused == []
    assert (anna.profile.human, anna.active, anna.profile.default_months) == (None, True, 6)
    assert (bram.profile.human, bram.active, bram.profile.default_months) == ("anna", None, None)


def test_wrong_profiles_are_told() -> None:
    """A domain that is none, a double reference, a field too long, a duration that is not offered."""
    lines = [
        HEAD,
        ANNA,
        ANNA,
        ANNA.replace("anna;;", "b;;").replace(";jeugdhulp;", ";sport;"),
        ANNA.replace("anna;;", "c;;").replace(";Anna;", f";{'A' * 71};"),
        ANNA.replace("anna;;", "d;;").replace(";ja;6;", ";ja;7;"),
    ]

    assert [one.line for one in read_profiles(lines)[1]] == [3, 4, 5, 6]


async def test_changed_contact_data_reach_the_hub_and_colleagues(world: World) -> None:
    """A new telephone number: a wish for each active signal; the same list again changes nothing."""
    anna, _ = read_profiles([HEAD, ANNA])
    assert (await import_professionals(world.desk, anna)).changed == 1
    who = world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "anna").id)
    await register_signal(world.desk, who, made_up_bsn(0))
    assert (await import_professionals(world.desk, anna)).changed == 0
    moved, _ = read_profiles([HEAD, ANNA.replace("020 1234567", "020 7654321")])
    assert (await import_professionals(world.desk, moved)).changed == 1

    assert [wish.intent for wish in world.desk.db.read_now(outbox.every)] == [Intent.OFFER, Intent.CHANGE]


@pytest.mark.parametrize("new", ["anna;;Stek", "anna;iemand-anders;Levvel", "anna;;Een nieuwe"])
async def test_a_list_gives_no_signals_to_another_human_or_organisation(world: World, new: str) -> None:
    """O4, Jeugdwet 7.1.1.2(1)c: that takes a departure, and a colleague whom the organisation designated."""
    world.professional("Bram", organisation="Stek")
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.replace("anna;;", "anna;P1;")])[0])
    who = world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "anna"))
    made = (await register_signal(world.desk, who.id, made_up_bsn(0))).signal

    report = await import_professionals(world.desk, read_profiles([HEAD, ANNA.replace("anna;;Levvel", new)])[0])

    assert [one.line for one in report.refused] == [2]
    assert "leave first" in report.refused[0].why
    assert world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "anna")) == who
    assert [seen.signal.id for seen in await own_signals(world.desk, who.id)] == [made.id]


async def test_a_list_moves_a_profile_to_another_location_of_its_organisation(world: World) -> None:
    """And a line that says nothing of the human leaves that as it was."""
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.replace("anna;;", "anna;P1;")])[0])
    before = world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "anna"))

    report = await import_professionals(world.desk, read_profiles([HEAD, ANNA.replace("Noord", "Zuid")])[0])

    now = world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "anna"))
    assert (report.changed, report.refused) == (1, ())
    assert (now.contact.location, now.organisation, now.person) == ("Zuid", before.organisation, before.person)
