"""CSV lists of organisations, agreements and designations, and the dry run that changes nothing."""

from datetime import date

import pytest

from node.domain.errors import NoAgreement, NotDesignated
from node.domain.organisation import Category
from node.domain.period import Period
from node.domain.signal import ProfessionalId
from node.flows.import_lists import (
    import_agreements,
    import_designations,
    import_organisations,
    import_professionals,
)
from node.flows.register_signal import register_signal
from node.people.organisation_lists import read_agreements, read_designations, read_organisations
from node.people.profiles import read_profiles
from node.store import designations, organisations, professionals
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
ORGANISATIONS = ["organisatie;categorie;duur\n", "Levvel;jeugdhulpaanbieder;24\n", "Stek;Halt;\n"]
AGREEMENTS = ["organisatie;gemeente;ondertekend;van;tot;document\n", "Levvel;0363;2026-01-05;;;Z-2026-14\n"]
HEAD = (
    "kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;"
    "actief;gemeente;team;aangewezen_van;aangewezen_tot\n"
)
ANNA = "anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Anna;020 1234567;anna@example.nl;{};;;;\n"


def called(world: World, reference: str) -> ProfessionalId:
    """The id of a profile."""
    return world.desk.db.read_now(lambda tx: professionals.by_reference(tx, reference).id)


async def test_the_lists_after_each_other_make_somebody_who_may_signal(world: World) -> None:
    """Jeugdwet 7.1.1.2(1): category, agreement, designation; without the last two it is refused, and says which."""
    await import_organisations(world.desk, read_organisations(ORGANISATIONS)[0])
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.format("nee")])[0])
    anna = called(world, "anna")
    with pytest.raises(NotDesignated):
        await register_signal(world.desk, anna, YOUTH)
    await import_designations(world.desk, read_designations(["kenmerk;van;tot\n", "anna;2026-03-01;\n"])[0])
    with pytest.raises(NoAgreement):
        await register_signal(world.desk, anna, YOUTH)

    await import_agreements(world.desk, read_agreements(AGREEMENTS)[0])
    assert (await register_signal(world.desk, anna, YOUTH)).signal.responsible == "0363"
    stek = world.desk.db.read_now(lambda tx: organisations.named(tx, "Stek"))
    assert (stek.category, stek.domain.value, stek.kind) == (Category.HALT, "politie en justitie", "Halt")


async def test_the_same_lists_again_change_nothing(world: World) -> None:
    """Nothing twice."""
    for _ in range(2):
        reports = [
            await import_organisations(world.desk, read_organisations(ORGANISATIONS)[0]),
            await import_professionals(world.desk, read_profiles([HEAD, ANNA.format("")])[0]),
            await import_agreements(world.desk, read_agreements(AGREEMENTS)[0]),
        ]

    assert [report.changed for report in reports] == [0, 0, 0]
    levvel = world.desk.db.read_now(lambda tx: organisations.named(tx, "Levvel"))
    assert (levvel.kind, levvel.default_months) == ("wijkteam", 24)
    assert world.rows("agreement") == 1
    assert world.rows("designation") == 1


async def test_a_dry_run_tells_every_line_that_would_be_refused_and_changes_nothing(world: World) -> None:
    """Also what only the database can know: an organisation that is not there, agreements that exist already."""
    await import_organisations(world.desk, read_organisations(ORGANISATIONS)[0])
    world.professional("Bram")
    rows = [world.rows(table) for table in ("agreement", "audit")]
    lines, refused = read_agreements(
        [
            *AGREEMENTS,
            "Niemand;0363;2026-01-05;;;Z-1\n",
            "Levvel;0363;2026-02-05;;;Z-2\n",
            "Stichting Bram;0457;2026-02-05;;;Z-3\n",
            "Levvel;9999;2026-02-05;;;Z-4\n",
            "Levvel;0479;2026-02-05;;2026-01-01;Z-5\n",
            "Levvel;0479;eergisteren;;;Z-6\n",
        ]
    )
    report = await import_agreements(world.desk, lines, dry_run=True)

    assert [one.line for one in refused] == [6, 7, 8]
    assert [one.line for one in report.refused] == [3, 4, 5]
    assert not any("Niemand" in one.why or "eergisteren" in one.why for one in (*refused, *report.refused))
    assert [world.rows(table) for table in ("agreement", "audit")] == rows

    good = await import_agreements(world.desk, lines[:1], dry_run=True)
    assert (good.changed, good.refused) == (1, ())
    assert [world.rows(table) for table in ("agreement", "audit")] == rows


async def test_one_refused_line_keeps_all_others_out(world: World) -> None:
    """All of a list or nothing."""
    lines, _ = read_designations(["kenmerk;van\n", "anna;2026-03-01\n", "niemand;2026-03-01\n"])
    world.professional("anna", designated=False)
    report = await import_designations(world.desk, lines)

    assert [one.line for one in report.refused] == [3]
    assert world.rows("designation") == 0


async def test_an_organisation_without_a_category_makes_no_agreement(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)a: a list of the older form has a domain only."""
    head = HEAD.replace("categorie", "domein")
    lines, refused = read_profiles([head, ANNA.format("").replace("jeugdhulpaanbieder", "jeugdhulp")])
    await import_professionals(world.desk, lines)
    report = await import_agreements(world.desk, read_agreements(AGREEMENTS)[0])

    assert refused == []
    assert [one.line for one in report.refused] == [2]


async def test_a_list_of_professionals_changes_a_designation_only_when_it_says_so(world: World) -> None:
    """A designation that was ended does not come back because somebody's telephone number changed."""
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.format("")])[0])
    anna = called(world, "anna")
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.format("nee")])[0])
    world.later(days=1)
    await import_professionals(world.desk, read_profiles([HEAD, ANNA.format("")])[0])
    assert world.desk.db.read_now(lambda tx: designations.of(tx, anna)) == []

    dated = ANNA.format("").replace(";;;;\n", ";;Team West;2026-03-01;2026-06-01\n")
    await import_professionals(world.desk, read_profiles([HEAD, dated])[0])
    assert world.desk.db.read_now(lambda tx: designations.of(tx, anna)) == [Period(date(2026, 3, 1), date(2026, 6, 1))]
    assert world.desk.db.read_now(lambda tx: professionals.team_of(tx, anna)) == "Team West"


@pytest.mark.parametrize(
    "line",
    [
        ANNA.format("").replace("jeugdhulpaanbieder", "sportclub"),
        ANNA.format("").replace("jeugdhulpaanbieder", ""),
        ANNA.format("").replace(";;;;\n", ";12;;;\n"),
        ANNA.format("").replace(";;;;\n", ";;;;2026-06-01\n"),
        ANNA.format("nee").replace(";;;;\n", ";;;2026-03-01;\n"),
        ANNA.format("").replace(";;;;\n", ";;;2026-03-01;2026-03-01\n"),
    ],
)
def test_a_wrong_line_of_professionals_is_told(line: str) -> None:
    """A category that is none, no domain, no gemeente, an end without a start, yes and no, a period of no day."""
    found, refused = read_profiles([HEAD, line])

    assert (found, [one.line for one in refused]) == ([], [2])
