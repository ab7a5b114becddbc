"""What runs by the clock, one line for each job, and the book in which a missed or failed run is seen.

Times are local in Amsterdam: each trigger gets the zone itself, because apscheduler's own setting does not reach a
trigger that was made by hand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from ledger import Database
from node.domain.days import AMSTERDAM
from node.store import jobs as store

log = structlog.get_logger("node")

GRACE_SECONDS = 3600
"""A run that is later than this, after the machine slept, counts as missed."""


class Held(Exception):
    """A job does not run now, on purpose; the text says why. It shows in ``status`` and is tried at its next time."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its name in ``status``, when (as cron fields), and what. ``at_start`` runs it once at start as well."""

    name: str
    when: dict[str, str]
    run: Callable[[], Awaitable[Any]]
    at_start: bool = False

    def trigger(self) -> CronTrigger:
        """The trigger, in local time."""
        return CronTrigger(**self.when, timezone=AMSTERDAM)


class Clockwork:
    """The running jobs. ``start`` within the event loop; ``stop`` waits for those under way."""

    def __init__(self, db: Database, jobs: Sequence[Job], clock: Callable[[], datetime]) -> None:
        self._db = db
        self._jobs = jobs
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._scheduler = AsyncIOScheduler(
            timezone=AMSTERDAM,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
        )

    def start(self) -> None:
        """Plan every job; run those that want it at once."""
        self._scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        for job in self._jobs:
            self._scheduler.add_job(self._run, job.trigger(), args=[job], id=job.name)
            if job.at_start:
                self._track(asyncio.get_running_loop().create_task(self.run_once(job)))
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """No new runs; wait this long for those under way (apscheduler itself does not), then cancel what is left."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def run_once(self, job: Job) -> None:
        """Run a job now and write down how it went. Never raises."""
        name = job.name
        try:
            await self._db.write(lambda tx: store.started(tx, name, self._clock()))
            error = await self._outcome(job)
            await self._db.write(lambda tx: store.finished(tx, name, self._clock(), error))
        except Exception as broken:  # noqa: BLE001  the book itself cannot be written: the log is what is left
            log.critical("job-not-booked", job=name, kind=type(broken).__name__)

    async def _outcome(self, job: Job) -> str | None:
        try:
            await job.run()
        except Held as why:
            log.warning("job-held", job=job.name, why=str(why))
            return str(why)
        except Exception as broken:  # noqa: BLE001  the job runs again at its next time; the operator sees this one
            log.error("job-failed", job=job.name, kind=type(broken).__name__)  # noqa: TRY400  its text may say too much
            return type(broken).__name__
        return None

    async def _run(self, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(self.run_once(job))
        self._track(task)
        await asyncio.shield(task)

    def _track(self, task: asyncio.Task[None]) -> None:
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _missed(self, event: JobExecutionEvent) -> None:
        log.warning("job-missed", job=event.job_id)
        if not self._stopping:
            name = event.job_id
            self._track(asyncio.get_running_loop().create_task(self._book_missed(name)))

    async def _book_missed(self, name: str) -> None:
        await self._db.write(lambda tx: store.missed(tx, name))
