"""What the hub does by itself, one line per job. Each run is noted, so that a missed or failed one shows in status."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from hub.matching import AMSTERDAM
from hub.store import regions
from hub.store.regions import JobRun
from ledger import Database

LATE = timedelta(hours=2)
"""An hourly job that did not finish within this is late."""
FORGIVEN_SECONDS = 1800
"""A run that could not start in time still starts this much later."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job and when it runs, local time in Amsterdam."""

    name: str
    run: Callable[[], Awaitable[None]]
    cron: str


def state(run: JobRun, now: datetime, late: timedelta = LATE) -> str:
    """In one word: ``well``, ``failed`` or ``late``, when its last run is older than that."""
    if run.failed is not None and run.failed >= (run.finished or 0):
        return "failed"
    if run.finished is None or now.timestamp() - run.finished > late.total_seconds():
        return "late"
    return "well"


def noted(
    database: Database, job: Job, clock: Callable[[], datetime], failed: Callable[[str, Exception], None]
) -> Callable[[], Awaitable[None]]:
    """The job, with its start and end noted. It never raises: the next run tries again."""

    async def run() -> None:
        try:
            started = clock()
            await database.write(lambda tx: regions.job_started(tx, job.name, started))
            await job.run()
            ended = clock()
            await database.write(lambda tx: regions.job_ended(tx, job.name, ended, well=True))
        except Exception as error:  # noqa: BLE001  whatever it was, the hub goes on and the operator sees it
            failed(job.name, error)
            try:
                ended = clock()
                await database.write(lambda tx: regions.job_ended(tx, job.name, ended, well=False))
            except Exception as again:  # noqa: BLE001  a full disk keeps no note; then ``late`` tells
                failed(job.name, again)

    return run


def scheduler(
    database: Database,
    jobs: tuple[Job, ...],
    clock: Callable[[], datetime],
    failed: Callable[[str, Exception], None],
) -> AsyncIOScheduler:
    """A scheduler with these jobs, not started yet. A job that is still running is not started twice."""
    made = AsyncIOScheduler(timezone=AMSTERDAM)
    for job in jobs:
        made.add_job(
            noted(database, job, clock, failed),
            # A trigger does not take the scheduler's time zone: midnight would be London's.
            CronTrigger.from_crontab(job.cron, timezone=AMSTERDAM),
            id=job.name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=FORGIVEN_SECONDS,
        )
    return made
