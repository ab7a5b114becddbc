"""A signal that runs out is renewed as a new one; what ends soon is listed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from node.domain.brp import BrpDate
from node.domain.errors import (
    NotDesignated,
    SignalOver,
    SignalUnknown,
    TooManySignals,
    TooSoonToRenew,
    YouthDeceased,
)
from node.domain.informing import Manner, Person, Stand
from node.domain.limits import Limits
from node.domain.matching import HowEnded
from node.domain.signal import EndReason, ProfessionalId, Signal, State
from node.flows.end_signal import end_signal, undo_signal
from node.flows.ending_soon import ending_soon
from node.flows.expire import expire
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signal, own_signals
from node.flows.record_informed import record_informed, still_to_inform
from node.flows.register_signal import register_signal
from node.flows.renew_signal import renew_signal
from node.store import designations, outbox, signals
from node.store.outbox import Intent
from soap_wsdl.vocabulary import Ending
from tests.region import RegisterAway, World, made_up_bsn

YOUTH = made_up_bsn(0)
LATE = datetime(2028, 3, 1, 12, tzinfo=UTC)


async def two_years_old(world: World) -> tuple[ProfessionalId, Signal]:
    """Anna's signal of 10 March 2026, in its last days."""
    anna = world.professional("Anna", months=24)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.moment = LATE
    return anna, signal


async def test_a_renewal_is_a_new_signal_with_a_term_of_its_own(world: World) -> None:
    """Feature P6: past two years only a new report goes on, Jeugdwet 7.1.4.1 and 7.1.4.5(2)a."""
    anna, old = await two_years_old(world)
    done = await renew_signal(world.desk, anna, old.id, 12)

    kept = world.desk.db.read_now(lambda tx: signals.get(tx, old.id))
    assert (done.signal.made_at, done.signal.valid_until) == (LATE, date(2029, 3, 1))
    assert done.signal.id != old.id
    assert (kept.state, kept.end_reason, kept.archive_until) == (State.ARCHIVED, EndReason.TERMIJN, date(2033, 3, 1))
    assert [seen.signal.id for seen in await own_signals(world.desk, anna)] == [done.signal.id]
    assert world.events()[-1] == "signal.renewed"


async def test_the_hub_hears_of_the_old_ones_end_and_of_a_new_signal(world: World) -> None:
    """Both wishes in the one write; what stops half-way tells neither."""
    anna, old = await two_years_old(world)
    done = await renew_signal(world.desk, anna, old.id)

    said = [(wish.signal_id, wish.intent, wish.ending) for wish in world.desk.db.read_now(outbox.every)]
    assert said[-2:] == [(old.id, Intent.END, Ending.ENDED), (done.signal.id, Intent.OFFER, None)]


async def test_colleagues_see_the_old_match_end_and_meet_the_new_signal(world: World) -> None:
    """One living match of the two, under the new signal."""
    bram = world.professional("Bram", months=24)
    anna, old = await two_years_old(world)
    world.moment = datetime(2027, 12, 1, tzinfo=UTC)
    theirs = (await register_signal(world.desk, bram, YOUTH)).signal
    world.moment = LATE
    done = await renew_signal(world.desk, anna, old.id)

    assert len(done.matches) == 1
    matches = (await own_signal(world.desk, bram, theirs.id)).matches
    assert sorted(str(match.how) for match in matches) == [str(HowEnded.ENDED), "None"]


async def test_who_was_told_of_the_earlier_signal_must_be_told_of_the_new_one(world: World) -> None:
    """Jeugdwet 7.1.5.1: a fresh report is told afresh."""
    anna = world.professional("Anna", months=6)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await record_informed(world.desk, anna, signal.id, frozenset(Person), date(2026, 3, 10), Manner.LETTER)
    world.moment = datetime(2026, 9, 1, tzinfo=UTC)
    done = await renew_signal(world.desk, anna, signal.id)

    assert [(one.signal, one.stand) for one in await still_to_inform(world.desk, anna)] == [
        (done.signal.id, Stand.TO_DO)
    ]


async def test_renewing_is_for_the_last_thirty_days(world: World) -> None:
    """Before that it is extended, within its two years."""
    anna, old = await two_years_old(world)
    world.moment = datetime(2028, 2, 8, 22, 59, tzinfo=UTC)
    with pytest.raises(TooSoonToRenew):
        await renew_signal(world.desk, anna, old.id)
    world.moment = datetime(2028, 2, 8, 23, 0, tzinfo=UTC)

    assert (await renew_signal(world.desk, anna, old.id)).signal.valid_until == date(2030, 2, 9)


async def test_on_its_date_a_signal_ends_by_that_date_and_is_renewed(world: World) -> None:
    """The nightly run has not come by yet: the archive counts from the date all the same, Jeugdwet 7.1.4.6(1)."""
    anna, old = await two_years_old(world)
    world.moment = datetime(2028, 3, 12, 12, tzinfo=UTC)
    await renew_signal(world.desk, anna, old.id)

    kept = world.desk.db.read_now(lambda tx: signals.get(tx, old.id))
    assert (kept.state, kept.archive_until) == (State.ARCHIVED, date(2033, 3, 10))


async def test_the_archive_is_no_place_to_look_a_youth_up(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): one that rests there is not renewed by its id; signalling anew asks for the number."""
    anna, old = await two_years_old(world)
    world.later(days=30)
    await expire(world.desk)

    with pytest.raises(SignalOver):
        await renew_signal(world.desk, anna, old.id)
    assert (await register_signal(world.desk, anna, YOUTH)).signal.id != old.id


async def test_a_refused_renewal_changes_nothing(world: World) -> None:
    """The earlier signal stays as it was, for each reason to refuse."""
    anna, old = await two_years_old(world)
    before = (world.rows("signal"), world.rows("outbox"))
    full = replace(world.desk, limits=Limits(signals_per_day=1))
    await register_signal(full, anna, made_up_bsn(5))
    with pytest.raises(TooManySignals):
        await renew_signal(full, anna, old.id)
    for who, signal_id in ((world.professional("Bram"), old.id), (anna, UUID(int=77))):
        with pytest.raises(SignalUnknown):
            await renew_signal(world.desk, who, signal_id)
    world.person(YOUTH, died_on=BrpDate(2028, 2, 1))
    with pytest.raises(YouthDeceased):
        await renew_signal(world.desk, anna, old.id)
    world.desk.db.write_now(lambda tx: designations.end_by(tx, anna, world.desk.today()))
    with pytest.raises(NotDesignated):
        await renew_signal(world.desk, anna, old.id)

    assert (world.rows("signal"), world.rows("outbox")) == (before[0] + 1, before[1] + 1)
    assert world.desk.db.read_now(lambda tx: signals.get(tx, old.id)) == old


async def test_with_the_register_away_what_was_known_counts(world: World) -> None:
    """As for any new signal: saved, and never past the 23rd birthday that is known."""
    world.person(YOUTH, "2005-06-01")
    anna, old = await two_years_old(world)
    done = await renew_signal(replace(world.desk, people=RegisterAway()), anna, old.id, 24)

    assert (done.person_known, done.signal.valid_until) == (True, date(2028, 6, 1))


async def test_undoing_a_renewal_takes_the_new_signal_away_and_leaves_the_old_one_ended(world: World) -> None:
    """Its professional then signals anew, or not."""
    anna, old = await two_years_old(world)
    done = await renew_signal(world.desk, anna, old.id)
    await undo_signal(world.desk, anna, done.signal.id)

    assert await own_signals(world.desk, anna) == []
    assert world.rows("signal WHERE state = 'archived'") == 1


async def test_what_ends_soon_is_listed_with_what_can_be_done(world: World) -> None:
    """Feature P7: thirty and seven days before the end; extend within the cap, renew, or end."""
    anna = world.professional("Anna", months=6)
    short = (await register_signal(world.desk, anna, YOUTH)).signal
    grown = world.person(made_up_bsn(1), "2003-09-05")
    birthday = (await register_signal(world.desk, anna, grown)).signal
    await register_signal(world.desk, anna, made_up_bsn(2), 12)
    world.moment = datetime(2026, 8, 10, 12, tzinfo=UTC)
    assert [one.signal.id for one in await ending_soon(world.desk, anna)] == [birthday.id]
    world.moment = datetime(2026, 9, 3, 12, tzinfo=UTC)

    assert [
        (one.signal.id, one.days_left, one.reminder, one.can_extend, one.can_renew)
        for one in await ending_soon(world.desk, anna)
    ] == [(birthday.id, 2, 7, False, False), (short.id, 7, 7, True, True)]


async def test_what_is_extended_or_ended_is_not_listed_any_more(world: World) -> None:
    """A reminder is for who has not answered yet."""
    anna = world.professional("Anna", months=6)
    one = (await register_signal(world.desk, anna, YOUTH)).signal
    other = (await register_signal(world.desk, anna, made_up_bsn(1))).signal
    world.moment = datetime(2026, 9, 1, tzinfo=UTC)
    assert len(await ending_soon(world.desk, anna)) == 2
    await extend_signal(world.desk, anna, one.id, 12)
    await end_signal(world.desk, anna, other.id, EndReason.RISICO_WEG)

    assert await ending_soon(world.desk, anna) == []
