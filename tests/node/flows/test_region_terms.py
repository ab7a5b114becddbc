"""A region that keeps to shorter terms, or keeps the preventive field from signalling, from signal to end."""

from dataclasses import replace
from datetime import date

import pytest

from ledger import Tx
from node.domain.confirming import Confirmation
from node.domain.errors import CategoryNotAllowed, YouthTooOld
from node.domain.organisation import Category
from node.domain.person import BirthDate
from node.domain.professional import Contact, Domain
from node.domain.retention import Terms
from node.domain.signal import EndReason, ProfessionalId, State
from node.flows.depart import depart
from node.flows.end_signal import end_signal
from node.flows.extend_signal import extend_signal
from node.flows.give_bsn import give_bsn
from node.flows.register_signal import register_signal
from node.flows.register_without_bsn import register_without_bsn
from node.store import organisations, signals
from node.store.professionals import Profile
from tests.node.flows.test_people_and_organisations import coordinator
from tests.node.flows.test_register_without_bsn import vsn
from tests.region import World, made_up_bsn, settled

YOUTH = made_up_bsn(0)


async def test_a_region_keeps_a_signal_as_long_as_its_terms_say(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)a, 7.1.4.6(1): at most; extended it goes no further, ended it rests no longer."""
    desk = replace(world.desk, terms=Terms(active_months=12, archive_years=2))
    anna = world.professional("Anna")
    made = (await register_signal(desk, anna, YOUTH, 6)).signal
    world.later(days=60)
    extended = await extend_signal(desk, anna, made.id, 24)
    await end_signal(desk, anna, made.id, EndReason.RISICO_WEG)
    kept = desk.db.read_now(lambda tx: signals.get(tx, made.id))

    assert (made.valid_until, extended.valid_until) == (date(2026, 9, 10), date(2027, 3, 10))
    assert (kept.state, kept.archive_until) == (State.ARCHIVED, date(2028, 5, 9))


async def test_a_lower_age_is_the_regions_age(world: World) -> None:
    """Jeugdwet 7.1.1.1 lets nobody of 23 be signalled; a region may stop earlier."""
    desk = replace(world.desk, terms=Terms(age=18))
    anna = world.professional("Anna")
    with pytest.raises(YouthTooOld):
        await register_signal(desk, anna, world.person(YOUTH, "2008-03-10"))
    younger = await register_signal(desk, anna, world.person(made_up_bsn(1), "2008-05-01"))

    assert younger.signal.valid_until == date(2026, 5, 1)
    assert younger.signal.archive_until is None


def childminder(world: World, name: str = "Eva") -> ProfessionalId:
    """Somebody of the preventive field, designated and with an agreement."""
    contact = Contact("Opvang", Domain.PREVENTIEF_VELD, "opvang", "Noord", "leidster", name, "020 1", "e@example.nl")
    profile = Profile(name, name, contact, 12, Category.PREVENTIEF_VELD)

    def enter(tx: Tx) -> ProfessionalId:
        made = settled(tx, profile, world.desk.new_id)
        organisations.set_bsn_right(tx, organisations.named(tx, "Opvang").id, said=True)
        return made

    return world.desk.db.write_now(enter)


async def test_the_preventive_field_can_be_kept_from_signalling(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)a: what it signalled ends by its date, and is not extended."""
    eva = childminder(world)
    made = (await register_signal(world.desk, eva, YOUTH, 6)).signal
    off = replace(world.desk, preventive_field=False)
    world.later(days=30)
    with pytest.raises(CategoryNotAllowed):
        await register_signal(off, eva, made_up_bsn(1))
    with pytest.raises(CategoryNotAllowed):
        await extend_signal(off, eva, made.id, 12)
    other = await register_signal(off, world.professional("Anna"), YOUTH)

    assert [match.signal for match in other.matches] == [other.signal.id]
    assert "signal.refused" in world.events()


async def test_a_signal_of_the_preventive_field_gets_no_bsn_where_it_may_not_signal(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)a: with the number it would be a signal as any other, and meet whom it may not meet anew."""
    eva = childminder(world)
    world.person(YOUTH)
    made = (await register_without_bsn(world.desk, eva, vsn("Vries"))).signal
    off = replace(world.desk, preventive_field=False)

    with pytest.raises(CategoryNotAllowed):
        await give_bsn(off, eva, made.id, YOUTH, Confirmation(BirthDate(2010, 5, 1), "Vries"))

    assert world.desk.db.read_now(lambda tx: signals.get(tx, made.id)) == made
    assert (await give_bsn(world.desk, eva, made.id, YOUTH, Confirmation(BirthDate(2010, 5, 1), "Vries"))).person_known


async def test_no_signal_goes_over_to_the_preventive_field_where_it_may_not_signal(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)a: who takes over has to be somebody who may signal; it ends instead."""
    eva, _ = childminder(world), childminder(world, "Fien")
    made = (await register_signal(world.desk, eva, YOUTH)).signal
    off, boss = replace(world.desk, preventive_field=False), coordinator(world, "Opvang")

    with pytest.raises(CategoryNotAllowed):
        await depart(off, boss, "Eva", {made.id: "Fien"})

    assert world.desk.db.read_now(lambda tx: signals.get(tx, made.id)) == made
    await depart(off, boss, "Eva", {made.id: EndReason.RISICO_WEG})
