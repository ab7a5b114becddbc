"""Builds the hub from its settings and serves it: the only place, with the commands, that asks clock and chance."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
import uvloop
from aiohttp import web

from certs.identity import replace_file
from certs.keyring import read_scheme_key
from certs.own import due_of, signing_identity, tls_identity, trust_of
from certs.statements import StatedKeys, verify_statement
from certs.tls import server_context
from certs.trust import Use
from config.hub import HubSettings
from config.logs import log_as_json
from config.memory import collect_seldom
from config.version import software_version
from hub.envelopes import TRUST_RESTS, Recipe
from hub.epochs import Epochs
from hub.jobs import Job, noted, scheduler
from hub.limits import Limits
from hub.operations import Hub
from hub.outside import Outside
from hub.store import sweeping
from hub.store.sql import SqlStore
from hub.store.sqlite import begin, open_database, raise_generation, remember, store_on
from ledger import Database
from soap_wsdl.envelopes import Envelopes
from soap_wsdl.envelopes_apart import EnvelopesApart
from soap_wsdl.serving import soap_application, soap_runner
from soap_wsdl.vocabulary import HUB, KeyStatement

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""The contract's limit on a message."""
DAILY_LATE = timedelta(hours=26)
"""A daily job that did not finish within this is late."""
DAILY = frozenset({"certificates"})
"""The jobs that ``status`` expects once a day; all others more than once an hour."""

log = structlog.get_logger("hub")


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


def fresh_seed() -> UUID:
    """A seed that no cursor has."""
    return UUID(bytes=os.urandom(16), version=4)


def log_epochs(why: str) -> None:
    """Tell the operator why an epoch file is not in use."""
    log.critical("epochs", why=why)


def epochs_of(settings: HubSettings, database: Database, told: Callable[[str], None] = log_epochs) -> Epochs:
    """The signed epochs of the scheme owner, never older than what was in use before."""
    return Epochs(settings.bundle_directory, read_scheme_key(settings.scheme_key), database, told)


def hub_of(settings: HubSettings, store: SqlStore, outside: Outside, epochs: Epochs) -> Hub:
    """The hub's operations on a store."""
    trust = trust_of(settings.certificates, Use.SIGNING)

    def verify(statement: KeyStatement, now: datetime) -> StatedKeys:
        return verify_statement(statement.statement, statement.signature, statement.certificates, trust, now)

    return Hub(
        store,
        outside.pepper(),
        epochs.schedule,
        verify,
        limits=Limits(**settings.limits.model_dump()),
        version=software_version(),
        elapsed=time.monotonic,
    )


def certificates_due(settings: HubSettings, now: datetime) -> tuple[str, ...]:
    """What somebody should do about our certificates and revocation lists, one line each; empty when all is well."""
    return due_of(settings.certificates, settings.oin, now)


def jobs_of(
    settings: HubSettings, database: Database, store: SqlStore, outside: Outside, epochs: Epochs
) -> tuple[Job, ...]:
    """What the hub does by itself."""

    async def sweep() -> None:
        await store.sweep(clock(), epochs.schedule())

    async def forget() -> None:
        at = int(clock().timestamp())
        await database.write(lambda tx: sweeping.forget_messages(tx, at))

    async def generation() -> None:
        # A copy of the file made by hand is at most an hour from being recognised as old.
        await asyncio.to_thread(raise_generation, database, outside)
        await asyncio.to_thread(outside.prune, clock().date())

    async def audit_head() -> None:
        await asyncio.to_thread(remember, database, outside)

    async def certificates() -> None:
        for due in await asyncio.to_thread(certificates_due, settings, clock()):
            log.warning("certificate-due", what=due)

    return (
        Job("sweep-at-midnight", sweep, "0 0 * * *"),
        Job("sweep", sweep, "7 * * * *"),
        Job("generation", generation, "37 * * * *"),
        Job("audit-head", audit_head, "* * * * *"),
        Job("forget-messages", forget, "*/5 * * * *"),
        Job("certificates", certificates, "25 6 * * *"),
    )


def application_of(settings: HubSettings, hub: Hub, envelopes: Envelopes) -> web.Application:
    """The hub behind the WUS profile."""
    files = settings.certificates
    signer: Callable[[], Any] = signing_identity(files, settings.oin).current
    return soap_application(
        HUB,
        hub.handlers(),
        signer=signer,
        signing_trust=trust_of(files, Use.SIGNING, rests=TRUST_RESTS),
        tls_trust=trust_of(files, Use.TLS_CLIENT, rests=TRUST_RESTS),
        clock=clock,
        public_url=settings.public_url,
        max_bytes=MAX_REQUEST_BYTES,
        on_event=_noted,
        envelopes=envelopes,
    )


async def serve(settings: HubSettings, ready: Path | None, stopping: asyncio.Event) -> None:
    """Serve until ``stopping`` is set. ``ready`` gets {"address": ...} once it listens.

    Raises before anything listens when the pepper, the schema or a certificate does not fit, or another hub runs.
    """
    outside = Outside(settings.outside_directory)
    outside.pepper()
    with outside.locked(), closing(open_database(settings.database)) as database:
        beginning = begin(database, outside, clock(), fresh_seed(), software_version())
        store, epochs = store_on(database, outside), epochs_of(settings, database)
        hub = hub_of(settings, store, outside, epochs)
        jobs = jobs_of(settings, database, store, outside, epochs)
        recipe = Recipe(settings, outside.pepper().check(), software_version())
        envelopes = EnvelopesApart("hub.envelopes", recipe, settings.envelope_processes, _alarmed)
        runner = soap_runner(application_of(settings, hub, envelopes))
        await runner.setup()
        timetable = scheduler(database, jobs, clock, _failed)
        try:
            await envelopes.start()
            files = settings.certificates
            identity = tls_identity(files, settings.oin)
            context = server_context(identity, trust_of(files, Use.TLS_CLIENT), clock)
            await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
            host, port = runner.addresses[0][:2]
            address = f"https://{f'[{host}]' if ':' in host else host}:{port}"
            timetable.start()
            # What was missed while the hub was away, before the first region asks.
            for job in jobs[1:]:
                await noted(database, job, clock, _failed)()
            collect_seldom()
            if ready is not None:
                replace_file(ready, json.dumps({"address": address}).encode())
            log.info(
                "listening",
                address=address,
                processes=envelopes.pids,
                generation=beginning.generation,
                new_seed=beginning.new_seed,
                replayed=beginning.replayed,
            )
            await stopping.wait()
        finally:
            if timetable.running:
                timetable.shutdown(wait=False)
            hub.stop()
            await runner.cleanup()
            with suppress(OSError):
                remember(database, outside)
    log.info("stopped")


def run(settings: HubSettings, ready: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    log_as_json()

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopping.set)
        await serve(settings, ready, stopping)

    uvloop.run(main())


def _noted(event: str, /, **fields: Any) -> None:
    log.info(event, **fields)


def _alarmed(event: str, /, **fields: Any) -> None:
    log.critical(event, **fields)


def _failed(job: str, error: Exception) -> None:
    log.critical("job-failed", job=job, kind=type(error).__name__)
