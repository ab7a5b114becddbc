"""Agreements, designations, contact data, names, substitutes and leaving, by people whose role allows it."""

import json
from datetime import date
from uuid import UUID

import pytest

from ledger import Tx
from node.domain.errors import (
    AlreadyHolds,
    AlreadySignalled,
    FieldNotFit,
    GemeenteUnknown,
    NameTaken,
    NoAgreement,
    NotAColleague,
    NotAllowed,
    NotDesignated,
    NothingToEnd,
    ProfessionalLeft,
    SignalsLeft,
    SignalUnknown,
)
from node.domain.matching import Match
from node.domain.period import Period
from node.domain.professional import PersonNumber
from node.domain.rights import Held, Role
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.agree import end_agreement, sign_agreement
from node.flows.change_contact import NewContact, change_contact
from node.flows.depart import depart, list_signals
from node.flows.designate import designate, end_designation
from node.flows.end_signal import end_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.flows.rename import rename
from node.flows.stand_in import arrange_substitute, end_substitute
from node.store import designations, humans, matches, organisations, outbox, professionals, roles, signals
from node.store.organisations import Unit
from node.store.outbox import Intent
from tests.region import NOW, World, made_up_bsn

YOUTH, OTHER, MOTHER = (made_up_bsn(n) for n in range(3))
TODAY = date(2026, 3, 10)
LEVVEL = {"organisation": "Levvel"}


def holder(world: World, name: str, *held: Held) -> PersonNumber:
    """Somebody without a profile who holds these roles since two others granted them."""

    def change(tx: Tx) -> PersonNumber:
        person, one, two = (humans.enter(tx, each, world.desk.new_id) for each in (name, "een", "twee"))
        for role in held:
            roles.confirm(tx, roles.ask(tx, person, role.role, role.place, one, NOW), two, NOW, TODAY)
        return person

    return world.desk.db.write_now(change)


def coordinator(world: World, organisation: str = "Levvel") -> PersonNumber:
    """The instellingscoördinator of an organisation that is there."""
    place = world.desk.db.read_now(lambda tx: organisations.named(tx, organisation).id)
    return holder(world, f"coördinator van {organisation}", Held(Role.INSTELLINGSCOORDINATOR, str(place)))


def person_of(world: World, who: ProfessionalId) -> PersonNumber:
    """The human behind a profile."""
    return world.desk.db.read_now(lambda tx: professionals.get(tx, who).person)


def shown(world: World, signal: Signal) -> list[Match]:
    """The matches of a signal, the newest first."""
    return world.desk.db.read_now(lambda tx: matches.of_signal(tx, world.desk.vault, signal.id, "Amsterdam"))


def wishes(world: World) -> list[tuple[UUID | None, Intent]]:
    """What waits for the hub."""
    return [(wish.signal_id, wish.intent) for wish in world.desk.db.read_now(outbox.every)]


def last_line(world: World, event: str) -> dict[str, object]:
    """The fields of the last audit line of this kind."""
    rows = world.desk.db.read_now(lambda tx: tx.all("SELECT event, fields FROM audit ORDER BY number"))
    found: dict[str, object] = json.loads([row["fields"] for row in rows if row["event"] == event][-1])
    return found


# --- Agreements


async def test_an_accounthouder_signs_and_ends_the_agreements_of_the_own_gemeente(world: World) -> None:
    """Jeugdwet 7.1.3.1(2): from the day of the end nobody of the organisation signals; the date comes from the flow."""
    anna = world.professional("Anna", agreed=False, **LEVVEL)
    accounthouder = holder(world, "Karin", Held(Role.ACCOUNTHOUDER, "0363"))
    period = Period(TODAY)
    await sign_agreement(world.desk, accounthouder, "Levvel", "0363", TODAY, period, "Z-2026-14")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    await end_agreement(world.desk, accounthouder, "Levvel", "0363", date(2026, 3, 11))
    await register_signal(world.desk, anna, OTHER)
    world.later(days=1)

    with pytest.raises(NoAgreement):
        await register_signal(world.desk, anna, MOTHER)
    assert world.desk.db.read_now(lambda tx: signals.get(tx, first.id)).responsible == "0363"
    with pytest.raises(NothingToEnd):
        await end_agreement(world.desk, accounthouder, "Levvel", "0363", date(2026, 3, 11))


async def test_agreements_are_kept_once_and_by_who_may(world: World) -> None:
    """An accounthouder of another gemeente may not; a second agreement in the same period is refused."""
    world.professional("Anna", **LEVVEL)
    elsewhere, here = (holder(world, c, Held(Role.ACCOUNTHOUDER, c)) for c in ("0479", "0363"))

    with pytest.raises(NotAllowed):
        await sign_agreement(world.desk, elsewhere, "Levvel", "0363", TODAY, Period(TODAY), "Z-1")
    with pytest.raises(AlreadyHolds):
        await sign_agreement(world.desk, here, "Levvel", "0363", TODAY, Period(TODAY), "Z-1")
    with pytest.raises(AlreadyHolds):
        await sign_agreement(world.desk, here, "Levvel", "0457", TODAY, Period(TODAY), "Z-1")
    with pytest.raises(FieldNotFit):
        await sign_agreement(world.desk, elsewhere, "Levvel", "0479", TODAY, Period(TODAY), "")


async def test_a_role_for_a_gemeente_that_was_merged_holds_at_the_one_that_took_over(world: World) -> None:
    """B1: an accounthouder of Weesp ends what was agreed with Weesp, and signs for Amsterdam since 24 March 2022."""
    world.professional("Anna", **LEVVEL)
    weesp = holder(world, "Wilma", Held(Role.ACCOUNTHOUDER, "0457"))

    await end_agreement(world.desk, weesp, "Levvel", "0363", TODAY)
    await sign_agreement(world.desk, weesp, "Levvel", "0363", TODAY, Period(TODAY), "Z-2")

    with pytest.raises(NotAllowed):
        await sign_agreement(world.desk, weesp, "Levvel", "0479", TODAY, Period(TODAY), "Z-3")
    with pytest.raises(GemeenteUnknown):
        await sign_agreement(world.desk, weesp, "Levvel", "9999", TODAY, Period(TODAY), "Z-4")


# --- Designations


async def test_who_coordinates_designates_and_ends_that(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)c: for the period that was given, and no day longer."""
    anna = world.professional("Anna", designated=False, **LEVVEL)
    boss = coordinator(world)
    await designate(world.desk, boss, "Anna", Period(TODAY, date(2026, 3, 12)))
    await register_signal(world.desk, anna, YOUTH)
    with pytest.raises(AlreadyHolds):
        await designate(world.desk, boss, "Anna", Period(date(2026, 3, 11)))
    world.later(days=2)
    with pytest.raises(NotDesignated):
        await register_signal(world.desk, anna, OTHER)

    await designate(world.desk, boss, "Anna", Period(date(2026, 3, 12)))
    await register_signal(world.desk, anna, OTHER)
    await end_designation(world.desk, boss, "Anna", date(2020, 1, 1))
    with pytest.raises(NotDesignated):
        await register_signal(world.desk, anna, MOTHER)


async def test_nobody_designates_themselves_or_someone_of_another_organisation(world: World) -> None:
    """O2: it takes a role at that organisation."""
    anna = world.professional("Anna", designated=False, **LEVVEL)
    world.professional("Bram")
    for who in (person_of(world, anna), coordinator(world, "Stichting Bram")):
        with pytest.raises(NotAllowed):
            await designate(world.desk, who, "Anna", Period(TODAY))


# --- Contact data and names


async def test_new_contact_data_show_in_matches_here_and_leave_for_other_regions(world: World) -> None:
    """O3: by its owner, in one write."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    mine = (await register_signal(world.desk, anna, YOUTH)).signal
    theirs = (await register_signal(world.desk, bram, YOUTH)).signal
    await change_contact(world.desk, person_of(world, anna), "Anna", NewContact(phone="020 7654321"))

    contact = shown(world, theirs)[0].contact
    assert contact is not None
    assert contact.phone == "020 7654321"
    assert wishes(world)[-1] == (mine.id, Intent.CHANGE)
    assert last_line(world, "contact.changed")["signals"] == 1
    with pytest.raises(NotAllowed):
        await change_contact(world.desk, person_of(world, bram), "Anna", NewContact(phone="020 1111111"))
    with pytest.raises(FieldNotFit):
        await change_contact(world.desk, person_of(world, anna), "Anna", NewContact(email="anna"))


async def test_a_renamed_organisation_keeps_its_id_and_its_earlier_name(world: World) -> None:
    """O8: matches show the current name, the list of last year still finds it, and cards are sent anew."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram")
    mine = (await register_signal(world.desk, anna, YOUTH)).signal
    theirs = (await register_signal(world.desk, bram, YOUTH)).signal
    before = world.desk.db.read_now(lambda tx: organisations.named(tx, "Levvel").id)
    await rename(world.desk, coordinator(world), ("Levvel",), "Levvel Jeugd")
    world.later(days=30)
    world.professional("Chris", organisation="Levvel")

    assert shown(world, theirs)[0].organisation == "Levvel Jeugd"
    assert wishes(world)[-1] == (mine.id, Intent.CHANGE)
    assert world.desk.db.read_now(lambda tx: organisations.named(tx, "Levvel").id) == before
    assert [
        (named.name, named.valid_from, named.valid_until)
        for named in world.desk.db.read_now(lambda tx: organisations.names(tx, Unit.ORGANISATION, before))
    ] == [("Levvel", None, TODAY), ("Levvel Jeugd", TODAY, None)]
    with pytest.raises(NameTaken):
        await rename(world.desk, coordinator(world), ("Levvel",), "Stichting Bram")


async def test_a_location_is_renamed_within_its_organisation(world: World) -> None:
    """Another organisation may have a location of that name."""
    world.professional("Anna", location="Noord", **LEVVEL)
    world.professional("Bram", location="Zuid")
    boss = coordinator(world)
    await rename(world.desk, boss, ("Levvel", "Noord"), "Zuid")
    await rename(world.desk, boss, ("Levvel", "Noord"), "Zuid")

    assert world.events().count("renamed") == 1
    assert [p.contact.location for _, p in world.desk.db.read_now(professionals.every)] == ["Zuid", "Zuid"]
    with pytest.raises(NotAllowed):
        await rename(world.desk, boss, ("Stichting Bram",), "Iets anders")


# --- Substitutes


async def test_a_substitute_sees_extends_and_ends_under_their_own_name(world: World) -> None:
    """P26 and NEN 7513: for as long as the absence lasts, and the log says on whose behalf."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL, location="Zuid")
    world.professional("Chris")
    signal = (await register_signal(world.desk, anna, YOUTH, 6)).signal
    await register_signal(world.desk, world.professional("Dirk"), YOUTH)
    period = Period(TODAY, date(2026, 3, 12))
    await arrange_substitute(world.desk, person_of(world, anna), "Anna", "Bram", period)
    with pytest.raises(NotAColleague):
        await arrange_substitute(world.desk, person_of(world, anna), "Anna", "Chris", period)
    with pytest.raises(AlreadyHolds):
        await arrange_substitute(world.desk, person_of(world, anna), "Anna", "Bram", period)

    [seen] = await own_signals(world.desk, bram)
    assert (seen.signal.id, seen.on_behalf_of) == (signal.id, "Anna")
    assert last_line(world, "matches.read") == {
        "by": str(bram),
        "onBehalfOf": str(anna),
        "signal": str(signal.id),
        "matches": 1,
    }
    await extend_signal(world.desk, bram, signal.id, 12)
    world.later(days=2)
    assert await own_signals(world.desk, bram) == []
    with pytest.raises(SignalUnknown):
        await end_signal(world.desk, bram, signal.id, EndReason.RISICO_WEG)


async def test_a_substitute_ends_a_signal_and_can_be_let_go(world: World) -> None:
    """The right is gone at once when the substitution ends early."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL)
    first, second = [(await register_signal(world.desk, anna, bsn)).signal for bsn in (YOUTH, OTHER)]
    number = await arrange_substitute(
        world.desk, person_of(world, anna), "Anna", "Bram", Period(TODAY, date(2026, 4, 1))
    )
    await end_signal(world.desk, bram, first.id, EndReason.RISICO_WEG)
    assert (last_line(world, "signal.ended")["by"], last_line(world, "signal.ended")["onBehalfOf"]) == (
        str(bram),
        str(anna),
    )
    await end_substitute(world.desk, person_of(world, anna), "Anna", number)

    with pytest.raises(SignalUnknown):
        await own_signal(world.desk, bram, second.id)
    with pytest.raises(NothingToEnd):
        await end_substitute(world.desk, person_of(world, anna), "Anna", number)


# --- Leaving


async def test_nobody_leaves_signals_behind(world: World) -> None:
    """O4: each is transferred or ended; else nothing at all changes."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL)
    first, second = [(await register_signal(world.desk, anna, bsn)).signal for bsn in (YOUTH, OTHER)]
    boss = coordinator(world)
    with pytest.raises(SignalsLeft) as left:
        await depart(world.desk, boss, "Anna", {first.id: "Bram"})
    assert left.value.count == 1
    assert [seen.signal.id for seen in await own_signals(world.desk, bram)] == []
    assert {entry.signal for entry in await list_signals(world.desk, boss, "Anna")} == {first.id, second.id}

    await depart(world.desk, boss, "Anna", {first.id: "Bram", second.id: EndReason.RISICO_WEG})
    moved = world.desk.db.read_now(lambda tx: signals.get(tx, first.id))
    assert (moved.professional, moved.made_at, moved.valid_until) == (bram, first.made_at, first.valid_until)
    assert wishes(world)[-2:] in (
        [(first.id, Intent.CHANGE), (second.id, Intent.END)],
        [(second.id, Intent.END), (first.id, Intent.CHANGE)],
    )
    assert last_line(world, "professional.left")["transferred"] == 1
    with pytest.raises(NotDesignated):
        await register_signal(world.desk, anna, MOTHER)
    with pytest.raises(ProfessionalLeft):
        await designate(world.desk, boss, "Anna", Period(TODAY))


async def test_a_colleague_who_takes_over_meets_others_but_not_himself(world: World) -> None:
    """Whoever matched sees the colleague; a family match between the two colleagues ends."""
    anna = world.professional("Anna", location="Noord", **LEVVEL)
    bram = world.professional("Bram", location="Zuid", **LEVVEL)
    dirk = world.professional("Dirk")
    for child in (YOUTH, OTHER):
        world.person(child, parents=(MOTHER,))
    hers = (await register_signal(world.desk, anna, YOUTH)).signal
    his = (await register_signal(world.desk, bram, OTHER)).signal
    others = (await register_signal(world.desk, dirk, YOUTH)).signal
    await depart(world.desk, coordinator(world), "Anna", {hers.id: "Bram"})

    told = {match.contact.name for match in shown(world, others) if match.contact}
    assert told == {"Bram"}
    living = [match for match in shown(world, his) if match.ended_on is None]
    assert [match.contact.name for match in living if match.contact] == ["Dirk"]


@pytest.mark.parametrize(
    ("to", "refused"), [("Dirk", NotAColleague), ("Bram", AlreadySignalled), ("Chris", NotDesignated)]
)
async def test_only_a_colleague_who_may_signal_takes_over(world: World, to: str, refused: type[Exception]) -> None:
    """Of the same organisation, designated, and without a signal of their own about this youth."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL)
    world.professional("Chris", designated=False, **LEVVEL)
    world.professional("Dirk")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await register_signal(world.desk, bram, YOUTH)

    with pytest.raises(refused):
        await depart(world.desk, coordinator(world), "Anna", {signal.id: to})
    assert world.desk.db.read_now(lambda tx: signals.get(tx, signal.id)).professional == anna


async def test_with_the_profile_go_its_absences_and_roles(world: World) -> None:
    """Nobody who left stands in, or still coordinates."""
    anna = world.professional("Anna", **LEVVEL)
    world.professional("Bram", **LEVVEL)
    boss = coordinator(world)
    place = world.desk.db.read_now(lambda tx: str(professionals.get(tx, anna).location))
    holder(world, "Anna", Held(Role.LOCATIEBEHEERDER, place))
    await arrange_substitute(world.desk, boss, "Bram", "Anna", Period(TODAY, date(2026, 4, 1)))
    await depart(world.desk, boss, "Anna", {})

    person = person_of(world, anna)
    assert world.desk.db.read_now(lambda tx: roles.held(tx, person, TODAY)) == []
    assert world.desk.db.read_now(lambda tx: designations.substitutions(tx, anna)) == []
