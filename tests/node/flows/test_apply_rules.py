"""A region switches a rule of matching: what is there already follows, once, also after a crash half-way."""

from typing import Any

import pytest

from ledger import Tx
from node.domain.matching import HowEnded, MatchKind
from node.domain.person import Address
from node.domain.signal import ProfessionalId, Signal
from node.flows import apply_rules as flow
from node.flows.apply_rules import apply_rules, rules_hold
from node.flows.desk import Desk
from node.flows.look import own_signal
from node.flows.register_signal import register_signal
from node.store import outbox
from node.store.outbox import Intent
from tests.region import World, made_up_bsn

HOME = Address("1012AB", 12, "a")
MOTHER = made_up_bsn(9)
Own = tuple[ProfessionalId, Signal]


async def two(world: World, desk: Desk, *, parents: bool = False, home: bool = False, location: str = "") -> Own:
    """Anna and Bram signalled a youth each, who have a mother or home in common; Anna and her signal."""
    place = {"organisation": "Levvel", "location": location} if location else {}
    anna, bram = world.professional("Anna", **place), world.professional("Bram", **place)
    shared: dict[str, Any] = {"parents": (MOTHER,) if parents else (), "address": HOME if home else None}
    signal = (await register_signal(desk, anna, world.person(made_up_bsn(0), **shared))).signal
    await register_signal(desk, bram, world.person(made_up_bsn(1), **shared))
    return anna, signal


async def seen(desk: Desk, own: Own) -> list[tuple[MatchKind, HowEnded | None]]:
    """The matches of a signal."""
    return [(match.kind, match.how) for match in (await own_signal(desk, own[0], own[1].id)).matches]


def changes(world: World) -> list[Intent]:
    """What waits for the hub."""
    return [wish.intent for wish in world.desk.db.read_now(outbox.every)]


def sent(tx: Tx) -> None:
    """All that waited has left."""
    for wish in outbox.every(tx):
        outbox.fulfilled(tx, wish.number)


async def test_neighbours_who_are_there_meet_when_the_address_match_is_switched_on(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)d: behind its switch, and then for everyone."""
    own = await two(world, world.desk, home=True)
    desk = world.with_rules(address=True)
    done = await apply_rules(desk)

    assert await seen(desk, own) == [(MatchKind.ADDRESS, None)]
    assert (done.signals, done.told, done.annulled) == (2, 1, 0)
    assert "rules.applied" in world.events()


async def test_a_switch_that_is_turned_off_annuls_what_rested_on_it(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)d and e: without its switch nobody sees such a match; on again it is the same match."""
    desk = world.with_rules(address=True)
    own = await two(world, desk, home=True)
    await apply_rules(desk)
    off = world.with_rules(address=False)
    await apply_rules(off)
    gone = (await own_signal(off, own[0], own[1].id)).matches
    await apply_rules(desk)

    assert [(match.how, match.contact, match.organisation) for match in gone] == [(HowEnded.ANNULLED, None, None)]
    assert await seen(desk, own) == [(MatchKind.ADDRESS, None)]
    assert world.rows("match") == 2


async def test_a_pair_with_two_grounds_lives_on_with_the_other(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)d, e: brothers at one home, in a region that gives up the family match."""
    desk = world.with_rules(address=True)
    own = await two(world, desk, parents=True, home=True)
    before = await seen(desk, own)
    off = world.with_rules(address=True, family=False)
    await apply_rules(off)

    assert before == [(MatchKind.FAMILY, None)]
    assert await seen(off, own) == [(MatchKind.ADDRESS, None)]


async def test_colleagues_of_one_location_follow_its_rule(world: World) -> None:
    """Decision 3 of each region: with the rule they meet, without it what they had falls away."""
    own = await two(world, world.desk, parents=True, location="Noord")
    await apply_rules(world.desk)
    before = await seen(world.desk, own)
    desk = world.with_rules(same_location=True)
    await apply_rules(desk)
    met = await seen(desk, own)
    await apply_rules(world.desk)

    assert (before, met) == ([], [(MatchKind.FAMILY, None)])
    assert await seen(world.desk, own) == [(MatchKind.FAMILY, HowEnded.ANNULLED)]


async def test_the_hub_hears_of_signals_that_have_such_a_ground_only(world: World) -> None:
    """Records of homes come or go; who has no home in the register has none to tell."""
    own = await two(world, world.desk, home=True)
    await register_signal(world.desk, own[0], world.person(made_up_bsn(2)))
    await apply_rules(world.desk)
    world.desk.db.write_now(sent)
    done = await apply_rules(world.with_rules(address=True))
    away = changes(world)
    world.desk.db.write_now(sent)
    await apply_rules(world.with_rules(address=True, same_location=True))

    assert (done.signals, done.offered) == (3, 2)
    assert away == [Intent.CHANGE] * 2
    assert changes(world) == []


async def test_applied_twice_nothing_more_is_done(world: World) -> None:
    """A start with the same rules looks at no signal."""
    await two(world, world.desk, home=True)
    desk = world.with_rules(address=True)
    await apply_rules(desk)
    lines = world.events()
    again = await apply_rules(desk)

    assert again.signals == 0
    assert world.events() == lines
    assert desk.db.read_now(lambda tx: rules_hold(tx, desk))
    assert not world.desk.db.read_now(lambda tx: rules_hold(tx, world.desk))


async def test_a_run_that_was_cut_off_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power fails after the first chunk: until the rest is done, status says so."""
    monkeypatch.setattr(flow, "AT_ONCE", 1)
    own = await two(world, world.desk, home=True)
    await apply_rules(world.desk)
    desk = world.with_rules(address=True)

    def half(tx: Tx) -> None:
        flow._begin(tx, desk)
        flow._next(tx, desk)

    desk.db.write_now(half)
    between = desk.db.read_now(lambda tx: rules_hold(tx, desk))
    rest = await apply_rules(desk)

    assert (between, rest.signals) == (False, 1)
    assert await seen(desk, own) == [(MatchKind.ADDRESS, None)]


async def test_switched_back_half_way_it_begins_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first half told is annulled, and the hub hears of what it may have begun to hear."""
    monkeypatch.setattr(flow, "AT_ONCE", 1)
    own = await two(world, world.desk, home=True)
    await apply_rules(world.desk)
    desk = world.with_rules(address=True)

    def half(tx: Tx) -> None:
        flow._begin(tx, desk)
        flow._next(tx, desk)

    desk.db.write_now(half)
    world.desk.db.write_now(sent)
    done = await apply_rules(world.desk)

    assert (done.signals, done.offered) == (2, 2)
    assert await seen(world.desk, own) == [(MatchKind.ADDRESS, HowEnded.ANNULLED)]


async def test_a_signal_that_is_over_meets_nobody_through_a_switch(world: World) -> None:
    """Jeugdwet 7.1.4.5(2): the archive has no matches, whatever the region switches on."""
    own = await two(world, world.desk, home=True)
    world.later(days=400)
    done = await apply_rules(world.with_rules(address=True))

    assert (done.told, done.offered, world.rows("match")) == (0, 0, 0)
    assert own[1].valid_until <= world.desk.today()
