"""Jobs by the clock: in local time, booked, and finished before the node stops."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from node.jobs import Clockwork, Held, Job
from node.store import jobs as store
from node.store.jobs import JobState
from tests.region import World

NEVER = {"year": "2099"}


def booked(world: World) -> dict[str, JobState]:
    """What the book says."""
    return {job.name: job for job in world.desk.db.read_now(store.every)}


def clockwork(world: World, *jobs: Job) -> Clockwork:
    """These jobs, on the clock of the test."""
    return Clockwork(world.desk.db, jobs, world.desk.clock)


async def nothing() -> None:
    """A job that does nothing."""


async def fails() -> None:
    """A job that fails, with a text that says too much."""
    raise RuntimeError("999993847")


async def held() -> None:
    """A job that does not want to run now."""
    raise Held("The clock differs.")


@pytest.mark.parametrize(
    ("job", "outcome", "error"),
    [(nothing, "done", None), (fails, "failed", "RuntimeError"), (held, "failed", "The clock differs.")],
)
async def test_a_run_is_booked_with_its_outcome(world: World, job: object, outcome: str, error: str | None) -> None:
    """A failure by its kind only."""
    one = Job("one", NEVER, job)  # type: ignore[arg-type]
    await clockwork(world, one).run_once(one)

    found = booked(world)["one"]
    assert (found.outcome, found.error, found.runs, found.failures) == (outcome, error, 1, int(error is not None))


async def test_what_was_held_is_tried_again_before_its_next_time(world: World) -> None:
    """The retention run of midnight, held while the clock was in doubt, does not wait for the next midnight."""
    tried = []
    again = asyncio.Event()

    async def held_once() -> None:
        tried.append(True)
        if len(tried) == 1:
            raise Held("The clock differs.")
        again.set()

    works = Clockwork(world.desk.db, (Job("one", NEVER, held_once, at_start=True),), world.desk.clock, held_seconds=0)
    works.start()
    async with asyncio.timeout(20):
        await again.wait()
    await works.stop(30)

    assert len(tried) == 2
    assert booked(world)["one"].outcome == "done"


async def test_stopping_waits_for_what_is_under_way(world: World) -> None:
    """apscheduler itself does not."""
    go_on = asyncio.Event()
    finished = []

    async def slow() -> None:
        await go_on.wait()
        finished.append(True)

    works = clockwork(world, Job("slow", NEVER, slow, at_start=True))
    works.start()
    await asyncio.sleep(0)
    stopping = asyncio.create_task(works.stop(30))
    await asyncio.sleep(0)
    go_on.set()
    await stopping

    assert finished == [True]
    assert booked(world)["slow"].outcome == "done"


async def test_what_does_not_finish_in_time_is_let_go(world: World) -> None:
    """A node that stops does not hang on a call to the other side."""
    begun = asyncio.Event()

    async def stuck() -> None:
        begun.set()
        await asyncio.Event().wait()

    works = clockwork(world, Job("stuck", NEVER, stuck, at_start=True))
    works.start()
    await begun.wait()
    await works.stop(0)

    assert booked(world)["stuck"].outcome is None


async def test_a_missed_run_is_seen(world: World) -> None:
    """For ``status``."""
    world.desk.db.write_now(lambda tx: store.missed(tx, "one"))
    world.desk.db.write_now(lambda tx: store.missed(tx, "one"))

    assert booked(world)["one"].missed == 2


@pytest.mark.parametrize(
    ("hours_away", "missed", "runs"),
    [(2, 0, 1), (20, 1, 2), (100, 1, 2)],
)
async def test_a_run_that_fell_into_a_stop_is_seen_and_made_up_for(
    world: World, hours_away: int, missed: int, runs: int
) -> None:
    """However many were missed, it is done once."""
    nightly = Job("nightly", {"hour": "3", "minute": "30"}, nothing)
    await clockwork(world, nightly).run_once(nightly)
    world.later(hours=hours_away)

    await clockwork(world, nightly).catch_up()

    found = booked(world)["nightly"]
    assert (found.missed, found.runs) == (missed, runs)


async def test_a_run_that_was_cut_off_is_done_again(world: World) -> None:
    """Its start is in the book, its end is not."""
    world.desk.db.write_now(lambda tx: store.started(tx, "nightly", world.moment))

    await clockwork(world, Job("nightly", {"hour": "3", "minute": "30"}, nothing)).catch_up()

    assert booked(world)["nightly"].outcome == "done"


@pytest.mark.parametrize(
    ("after", "runs"),
    [
        (datetime(2026, 1, 9, 22, 0, tzinfo=UTC), datetime(2026, 1, 9, 23, 2, tzinfo=UTC)),
        (datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 28, 23, 2, tzinfo=UTC)),
        (datetime(2026, 3, 29, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 2, tzinfo=UTC)),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 2, tzinfo=UTC)),
    ],
)
def test_the_nightly_run_is_just_after_local_midnight_also_when_the_clock_changes(
    after: datetime, runs: datetime
) -> None:
    """Each trigger has the zone itself."""
    trigger = Job("retention", {"hour": "0", "minute": "2"}, nothing).trigger()
    found = trigger.get_next_fire_time(None, after.astimezone(ZoneInfo("Europe/Amsterdam")))

    assert found == runs
