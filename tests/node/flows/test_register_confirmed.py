"""A BSN is confirmed before a signal is saved: what the professional says against what the register has."""

from dataclasses import replace
from uuid import UUID

import pytest

from node.domain.brp import BrpDate
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation, Stand
from node.domain.errors import (
    AlreadySignalled,
    DoesNotAgree,
    NotConfirmed,
    NotDesignated,
    NotDone,
    TooManyMissed,
    TooManySignals,
    YouthDeceased,
)
from node.domain.informing import Person as Informed
from node.domain.limits import Limits
from node.domain.person import BirthDate, Person
from node.domain.signal import EndReason
from node.flows.complete_youth import complete_youths
from node.flows.confirm_signal import confirm_signal
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.ending_soon import ending_soon
from node.flows.expire import expire
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signals
from node.flows.record_informed import still_to_inform
from node.flows.register_confirmed import register_confirmed
from node.flows.register_signal import register_signal
from node.flows.renew_signal import renew_signal
from node.store import counts, holds
from node.store.holds import AlarmKind
from tests import region
from tests.region import World, made_up_bsn

YOUTH, OTHER, THIRD = (made_up_bsn(n) for n in range(3))
RIGHT, WRONG = (Confirmation(BirthDate(2010, 5, day), "Vries") for day in (1, 2))


def away(world: World) -> Desk:
    """The register cannot be asked."""
    return replace(world.desk, people=region.RegisterAway())


def missed(world: World, who: UUID) -> int:
    """How many questions of today were answered without a signal."""
    return world.desk.db.read_now(lambda tx: counts.missed_on(tx, who, world.desk.today()))


async def test_what_agrees_is_saved_and_counts_as_nothing(world: World) -> None:
    """P2: from there it is a signal as any other."""
    anna = world.professional("Anna")
    done = await register_confirmed(world.desk, anna, world.person(YOUTH), RIGHT, 6)

    assert (done.confirmed, done.person_known, missed(world, anna)) == (Stand.CONFIRMED, True, 0)
    assert world.rows("signal_confirmation") == 0


@pytest.mark.parametrize(
    "other", [{}, {"died_on": BrpDate(2025)}, {"born": "1990-01-01"}, {"address_secret": True}, {"born": "2010-05-01"}]
)
async def test_what_does_not_agree_is_one_answer_whoever_it_is(world: World, other: dict[str, object]) -> None:
    """P13: whether the number is of somebody dead, grown up or behind a secret address is told to nobody."""
    world.person(YOUTH, surname="Anders", **other)  # type: ignore[arg-type]
    anna = world.professional("Anna")
    with pytest.raises(DoesNotAgree) as caught:
        await register_confirmed(world.desk, anna, YOUTH, WRONG)

    assert caught.value.words == DoesNotAgree().words
    assert (world.rows("signal"), world.rows("youth"), world.events()[-1]) == (0, 0, "signal.refused")
    assert missed(world, anna) == 1


async def test_a_professional_who_tries_is_counted_and_rings(world: World) -> None:
    """P13: as searches by name that miss, with which these are counted together; the register is asked no more."""
    desk = replace(world.desk, limits=Limits(searches_missed_per_day=2))
    world.person(YOUTH)
    anna = world.professional("Anna")
    for _ in range(2):
        with pytest.raises(DoesNotAgree):
            await register_confirmed(desk, anna, YOUTH, WRONG)
    with pytest.raises(TooManyMissed):
        await register_confirmed(desk, anna, YOUTH, RIGHT)

    (alarm,) = world.desk.db.read_now(holds.alarms)
    assert (alarm.kind, world.events().count("searches.missedOften")) == (AlarmKind.SEARCHES_MISSED, 1)
    world.later(days=1)
    assert (await register_confirmed(desk, anna, YOUTH, RIGHT)).person_known


async def test_another_refusal_is_no_miss(world: World) -> None:
    """It has a count of its own."""
    anna = world.professional("Anna")
    await register_signal(world.desk, anna, world.person(YOUTH))
    world.person(OTHER, died_on=BrpDate(2025))
    for bsn, error in ((YOUTH, AlreadySignalled), (OTHER, YouthDeceased)):
        with pytest.raises(error):
            await register_confirmed(world.desk, anna, bsn, RIGHT)

    assert missed(world, anna) == 0


class NeverAsked(region.RegisterAway):
    """A register that is not asked."""

    async def find(self, bsn: Bsn) -> Person | None:
        """Fails the test."""
        raise AssertionError("asked")


@pytest.mark.parametrize(("designated", "most", "error"), [(False, 50, NotDesignated), (True, 0, TooManySignals)])
async def test_who_may_not_signal_asks_nothing(world: World, designated: bool, most: int, error: type[NotDone]) -> None:
    """Jeugdwet 7.1.1.2: rights and the day's room come before the register is asked."""
    anna = world.professional("Anna", designated=designated)
    desk = replace(world.desk, people=NeverAsked(), limits=Limits(signals_per_day=most))

    with pytest.raises(error):
        await register_confirmed(desk, anna, YOUTH, RIGHT)


async def test_without_the_register_it_is_saved_and_compared_later(world: World) -> None:
    """What agreed then is confirmed and what was said is gone; nothing of it ever lay open."""
    anna = world.professional("Anna")
    done = await register_confirmed(away(world), anna, YOUTH, RIGHT)
    path = world.desk.db.path
    files = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    world.person(YOUTH)
    await complete_youths(world.desk)
    [seen] = await own_signals(world.desk, anna)

    assert (done.confirmed, seen.confirmed, seen.youth) == (Stand.WAITS, Stand.CONFIRMED, "Noor de Vries")
    assert (world.rows("signal_confirmation"), world.events().count("signal.compared")) == (0, 1)
    assert b"Vries" not in files


async def test_what_differs_later_is_a_mark_and_nobody_is_shown(world: World) -> None:
    """Nothing is ended without its professional; the name of whoever has the number stays hidden until confirmed."""
    anna = world.professional("Anna")
    signal = (await register_confirmed(away(world), anna, YOUTH, WRONG)).signal
    world.person(YOUTH)
    await complete_youths(world.desk)
    [before] = await own_signals(world.desk, anna)
    with pytest.raises(DoesNotAgree):
        await confirm_signal(world.desk, anna, signal.id, WRONG)
    standing = await confirm_signal(world.desk, anna, signal.id, RIGHT)
    [after] = await own_signals(world.desk, anna)

    assert (before.signal.id, before.confirmed, before.youth) == (signal.id, Stand.DIFFERS, None)
    assert (standing, after.confirmed, after.youth) == (Stand.CONFIRMED, Stand.CONFIRMED, "Noor de Vries")
    assert missed(world, anna) == 1


async def test_what_the_register_told_before_is_compared_when_it_is_away(world: World) -> None:
    """A colleague's signal made the youth known here: guessing meanwhile helps nobody."""
    await register_signal(world.desk, world.professional("Bram"), world.person(YOUTH))

    with pytest.raises(DoesNotAgree):
        await register_confirmed(away(world), world.professional("Anna"), YOUTH, WRONG)


async def test_a_renewal_confirms_nobody(world: World) -> None:
    """What waited waits on; what does not agree, or turns out not to by then, is not renewed and tells no age."""
    anna = world.professional("Anna", months=6)
    differs = (await register_confirmed(away(world), anna, YOUTH, WRONG)).signal
    wrong = (await register_confirmed(away(world), anna, OTHER, WRONG)).signal
    waits = (await register_confirmed(away(world), anna, THIRD, RIGHT)).signal
    world.person(YOUTH)
    await complete_youths(world.desk)
    world.person(OTHER, born="2001-01-01")
    world.later(days=160)

    done = await renew_signal(away(world), anna, waits.id)

    assert (done.confirmed, done.signal.id == waits.id) == (Stand.WAITS, False)
    with pytest.raises(NotConfirmed):
        await renew_signal(world.desk, anna, differs.id)
    with pytest.raises(DoesNotAgree):
        await renew_signal(world.desk, anna, wrong.id)


async def test_what_differs_tells_no_age_of_the_stranger(world: World) -> None:
    """P13: neither who must be informed, nor that it ends on a birthday, in a list or by extending."""
    anna = world.professional("Anna", months=24)
    said = Confirmation(BirthDate(2015, 5, 1), "Jansen")
    signal = (await register_confirmed(away(world), anna, YOUTH, said)).signal
    world.person(YOUTH, born="2003-04-01")
    await complete_youths(world.desk)

    [informing] = await still_to_inform(world.desk, anna)
    with pytest.raises(NotConfirmed):
        await extend_signal(world.desk, anna, signal.id, 24)

    assert informing.missing == informing.must_know == frozenset(Informed)
    assert await ending_soon(world.desk, anna) == []
    world.later(days=30)
    await expire(world.desk)
    assert world.rows("signal") == 0


async def test_nothing_of_it_goes_to_the_archive(world: World) -> None:
    """Jeugdwet 7.1.4.3(1) names what is kept."""
    anna = world.professional("Anna")
    signal = (await register_confirmed(away(world), anna, YOUTH, RIGHT)).signal
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    assert (world.rows("signal"), world.rows("signal_confirmation")) == (1, 0)
