"""The archive of the own region speaks once to who signals anew."""

from datetime import UTC, date, datetime

import pytest

from node.domain.errors import SignalOver, SignalUnknown
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.end_signal import end_signal, undo_signal
from node.flows.extend_signal import extend_signal
from node.flows.read_archive import Earlier, fetch_archive, list_archive
from node.flows.register_signal import register_signal
from node.flows.remove_by_request import remove_by_request
from tests.region import World, made_up_bsn, officer

YOUTH = made_up_bsn(0)


async def archived(world: World, name: str = "Anna", **other: object) -> Signal:
    """A signal that ended because its risk was gone."""
    who = world.professional(name, **other)
    signal = (await register_signal(world.desk, who, YOUTH)).signal
    world.later(days=20)
    await end_signal(world.desk, who, signal.id, EndReason.RISICO_WEG)
    world.later(days=20)
    return signal


async def newcomer(world: World, name: str = "Bram", **other: object) -> tuple[ProfessionalId, Signal]:
    """Somebody who signals the youth anew, and whose time to undo is over."""
    who = world.professional(name, **other)
    signal = (await register_signal(world.desk, who, YOUTH)).signal
    world.later(minutes=15)
    return who, signal


async def listed(world: World, who: ProfessionalId, signal: Signal) -> list[Earlier]:
    """What is offered."""
    return await list_archive(world.desk, who, signal.id)


async def test_a_newcomer_hears_once_who_had_signalled(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): exclusively and once; the fetch is logged by name and time."""
    await archived(world)
    bram, signal = await newcomer(world)
    [notice] = await listed(world, bram, signal)
    first = await fetch_archive(world.desk, bram, signal.id, notice.id)
    second = await fetch_archive(world.desk, bram, signal.id, notice.id)

    assert (notice.peer, notice.fetched, notice.available) == (None, False, True)
    assert first is not None
    assert (first.name, first.region, first.ended) == ("Anna", "Amsterdam", date(2026, 3, 30))
    assert second is None
    assert [(one.fetched, one.available) for one in await listed(world, bram, signal)] == [(True, False)]
    assert world.events().count("archive.toldHere") == world.events().count("archive.fetchedHere") == 1


async def test_it_is_shown_when_the_time_to_undo_is_over(world: World) -> None:
    """Who takes his signal back has asked nothing: undone, it leaves no notice."""
    await archived(world)
    bram = world.professional("Bram")
    signal = (await register_signal(world.desk, bram, YOUTH)).signal
    world.later(minutes=14, seconds=59)
    assert await listed(world, bram, signal) == []
    await undo_signal(world.desk, bram, signal.id)

    assert world.rows("archive_notice_here") == 0


async def test_every_newcomer_hears_it_and_every_archived_signal_speaks(world: World) -> None:
    """Decision 6: once for each pair of an archived signal and a new one."""
    await archived(world)
    await archived(world, "Chris")
    bram, first = await newcomer(world)
    dirk, second = await newcomer(world, "Dirk")

    assert len(await listed(world, bram, first)) == len(await listed(world, dirk, second)) == 2


async def test_an_extension_makes_no_archive_speak(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): at a report, and at nothing else; what ends later does not speak to who was there."""
    bram, signal = await newcomer(world)
    await archived(world)
    await extend_signal(world.desk, bram, signal.id, 24)

    assert await listed(world, bram, signal) == []


async def test_nobody_hears_of_himself(world: World) -> None:
    """The other party would be oneself, under whatever profile; decision 6."""
    await archived(world)
    anna, again = await newcomer(world, "Anna")
    other, also = await newcomer(world, "Anna-at-school", human="Anna")

    assert (await listed(world, anna, again), await listed(world, other, also)) == ([], [])


async def test_a_colleague_of_the_same_location_hears_it(world: World) -> None:
    """They would not match, but who signalled back then may be gone."""
    await archived(world, organisation="Levvel")
    bram, signal = await newcomer(world, organisation="Levvel")

    assert len(await listed(world, bram, signal)) == 1


@pytest.mark.parametrize("reason", [EndReason.RISICO_WEG, EndReason.ONTERECHT])
async def test_the_notice_falls_away_with_the_newcomers_signal(world: World, reason: EndReason) -> None:
    """Through an active signal only: protocol 1.5."""
    await archived(world)
    bram, signal = await newcomer(world)
    await end_signal(world.desk, bram, signal.id, reason)

    assert world.rows("archive_notice_here") == 0
    with pytest.raises((SignalOver, SignalUnknown)):
        await listed(world, bram, signal)


async def test_the_notice_falls_away_with_the_archived_signal(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): removed at request, nothing of it speaks any more."""
    old = await archived(world)
    bram, signal = await newcomer(world)
    [notice] = await listed(world, bram, signal)
    await remove_by_request(world.desk, officer(world), old.id, EndReason.AVG17)

    assert await listed(world, bram, signal) == []
    assert await fetch_archive(world.desk, bram, signal.id, notice.id) is None


@pytest.mark.parametrize(
    ("moment", "speaks"),
    [(datetime(2031, 3, 29, 22, 30, tzinfo=UTC), True), (datetime(2031, 3, 29, 23, 0, tzinfo=UTC), False)],
)
async def test_an_archived_signal_speaks_until_its_five_years_are_over(
    world: World, moment: datetime, speaks: bool
) -> None:
    """Jeugdwet 7.1.4.6(1), up to local midnight, whether or not the nightly run comes by then."""
    await archived(world)
    world.moment = moment
    bram, signal = await newcomer(world)

    assert bool(await listed(world, bram, signal)) is speaks


async def test_a_notice_is_fetched_within_thirty_days(world: World) -> None:
    """As long as the card of another region waits."""
    await archived(world)
    bram, signal = await newcomer(world)
    [notice] = await listed(world, bram, signal)
    world.later(days=30)

    assert [one.available for one in await listed(world, bram, signal)] == [False]
    assert await fetch_archive(world.desk, bram, signal.id, notice.id) is None


async def test_only_the_newcomer_himself_fetches(world: World) -> None:
    """Another's signal is not told to exist."""
    await archived(world)
    bram, signal = await newcomer(world)
    [notice] = await listed(world, bram, signal)
    chris = world.professional("Chris")
    with pytest.raises(SignalUnknown):
        await listed(world, chris, signal)
    with pytest.raises(SignalUnknown):
        await fetch_archive(world.desk, chris, signal.id, notice.id)

    assert [one.available for one in await listed(world, bram, signal)] == [True]


@pytest.mark.parametrize("fetched", [True, False])
async def test_who_signals_anew_is_not_offered_it_again(world: World, fetched: bool) -> None:
    """Jeugdwet 7.1.4.6(2): exclusively and once; ending and signalling anew asks nothing new, nor does a profile."""
    await archived(world)
    bram, signal = await newcomer(world)
    [notice] = await listed(world, bram, signal)
    if fetched:
        await fetch_archive(world.desk, bram, signal.id, notice.id)
    await end_signal(world.desk, bram, signal.id, EndReason.RISICO_WEG)
    again, anew = await newcomer(world)
    profile, other = await newcomer(world, "Bram-at-school", human="Bram")
    await archived(world, "Chris")
    dirk, third = await newcomer(world, "Dirk")

    assert (await listed(world, again, anew), await listed(world, profile, other)) == ([], [])
    assert len(await listed(world, dirk, third)) == 3


async def test_a_signal_that_was_taken_back_at_once_was_told_nothing(world: World) -> None:
    """Nothing was shown within the time to undo: the next signal is the first that is told."""
    await archived(world)
    bram = world.professional("Bram")
    await undo_signal(world.desk, bram, (await register_signal(world.desk, bram, YOUTH)).signal.id)
    _, signal = await newcomer(world)

    assert len(await listed(world, bram, signal)) == 1


async def test_what_is_remembered_goes_with_the_archived_signal(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): nothing of it is left, not even whom it spoke to."""
    old = await archived(world)
    await newcomer(world)
    before = world.rows("archive_heard")
    await remove_by_request(world.desk, officer(world), old.id, EndReason.AVG17)

    assert (before, world.rows("archive_heard")) == (1, 0)
