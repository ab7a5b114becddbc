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
from node.store.jobs import JobState

log = structlog.get_logger("node")

GRACE_SECONDS = 3600
"""A run that is later than this, after the machine slept, counts as missed."""
HELD_SECONDS = 600.0
"""A held run is tried again after this long: its next time may be a day away, too late for what ends today."""


class Held(Exception):
    """A job does not run now, on purpose; the text says why. It shows in ``status`` and is tried again soon."""


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

    def behind(self, last: JobState | None, now: datetime) -> bool:
        """Whether a run fell into a time when no node served, or was cut off. One that never ran is not behind."""
        if last is None or last.started_at is None:
            return False
        if last.finished_at is None or last.finished_at < last.started_at:
            return True
        due: datetime | None = self.trigger().get_next_fire_time(None, last.finished_at)
        return due is not None and due <= now


class Clockwork:
    """The running jobs. ``start`` within the event loop; ``stop`` waits for those under way."""

    def __init__(
        self,
        db: Database,
        jobs: Sequence[Job],
        clock: Callable[[], datetime],
        held_seconds: float = HELD_SECONDS,
    ) -> None:
        self._db = db
        self._jobs = jobs
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()
        self._held_seconds = held_seconds
        self._again: dict[str, asyncio.TimerHandle] = {}
        self._stopping = False
        self._scheduler = AsyncIOScheduler(
            timezone=AMSTERDAM,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
        )

    def start(self) -> None:
        """Plan every job; run those that want it at once, and those that are behind, one after the other."""
        self._scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        for job in self._jobs:
            self._scheduler.add_job(self._run, job.trigger(), args=[job], id=job.name)
            if job.at_start:
                self._track(asyncio.get_running_loop().create_task(self.run_once(job)))
        self._track(asyncio.get_running_loop().create_task(self.catch_up()))
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """No new runs; wait this long for those under way (apscheduler itself does not), then cancel what is left."""
        self._stopping = True
        for again in self._again.values():
            again.cancel()
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
            self._try_again(job)
            return str(why)
        except Exception as broken:  # noqa: BLE001  the job runs again at its next time; the operator sees this one
            log.error("job-failed", job=job.name, kind=type(broken).__name__)  # noqa: TRY400  its text may say too much
            return type(broken).__name__
        return None

    def _try_again(self, job: Job) -> None:
        def run() -> None:
            self._track(loop.create_task(self.run_once(job)))

        if not self._stopping:
            loop = asyncio.get_running_loop()
            if (waiting := self._again.get(job.name)) is not None:
                waiting.cancel()
            self._again[job.name] = loop.call_later(self._held_seconds, run)

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

    async def catch_up(self) -> None:
        """Do what was missed while no node served, once each; ``at_start`` jobs run anyway. ``start`` calls it."""
        now = self._clock()
        try:
            book = {job.name: job for job in await self._db.read(store.every)}
        except Exception as broken:  # noqa: BLE001  each job runs at its next time all the same
            log.critical("book-not-read", kind=type(broken).__name__)
            return
        for job in self._jobs:
            if not job.at_start and not self._stopping and job.behind(book.get(job.name), now):
                log.warning("job-missed", job=job.name)
                await self._book_missed(job.name)
                await self.run_once(job)

    async def _book_missed(self, name: str) -> None:
        await self._db.write(lambda tx: store.missed(tx, name))
