"""Builds the pseudonym service from its settings, serves it, and keeps its house in order while it runs.

The only place of this program that asks the clock, draws randomness and opens files of keys.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import uvloop
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.identity import replace_file
from certs.keyring import read_scheme_key
from certs.own import due_of, signing_identity, tls_identity, trust_of
from certs.sealing import FileKeys
from certs.tls import server_context
from certs.trust import Use
from config.logs import log_as_json
from config.memory import collect_seldom
from config.pseudonyms import PseudonymSettings
from config.version import software_version
from ledger import Database, record
from pseudonym_service import audit, keys, store
from pseudonym_service.allowances import operator_public_key
from pseudonym_service.budgets import LOCAL, Limits
from pseudonym_service.bundle import Bundle, BundleMissing
from pseudonym_service.keys import KeysRefused, SecretKeys
from pseudonym_service.operations import PseudonymService
from pseudonym_service.pacing import Pacing
from soap_wsdl.serving import soap_application, soap_runner
from soap_wsdl.vocabulary import PSEUDONYMS, Oin

MAX_REQUEST_BYTES = 256 * 1024
"""A batch of 1,000 elements with its signature is about 90 kB."""
TRUST_RESTS = 0.1
"""Seconds between two looks at the files of the trust stores: a new list works at once for people, not per request."""
TIDY_SECONDS = 60.0
KEYS_GRACE = timedelta(days=1)
"""Keys are destroyed a day after their epoch's end: a clock that is a little ahead destroys nothing."""

log = structlog.get_logger("pseudonym_service")


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """Everything that runs, so that it can be stopped in good order."""

    settings: PseudonymSettings
    db: Database
    bundle: Bundle
    secret_keys: SecretKeys
    operations: PseudonymService
    pool: ThreadPoolExecutor

    def close(self) -> None:
        """Stop the threads and close the database."""
        self.pool.shutdown(wait=True)
        self.db.close()


def limits_of(settings: PseudonymSettings) -> Mapping[Oin, Limits]:
    """The budget of each region that may ask."""
    budgets = {Oin(oin): settings.budget_of(oin) for oin in settings.regions}
    return {oin: Limits(budget.day, budget.month, budget.hour_share) for oin, budget in budgets.items()}


def operators_of(settings: PseudonymSettings) -> Mapping[str, Ed25519PublicKey]:
    """Who may sign an allowance."""
    return {name: operator_public_key(text) for name, text in settings.operators.items()}


def open_database(settings: PseudonymSettings, *, migrate: bool = False) -> Database:
    """The service's database. Raises SchemaDiffers when it waits for ``migrate``."""
    return Database.open(settings.database, store.STEPS, migrate=migrate)


def provider_of(settings: PseudonymSettings) -> FileKeys:
    """What the secret keys are sealed with."""
    return FileKeys.read(settings.key_encryption_key, os.urandom)


def bundle_of(settings: PseudonymSettings, db: Database) -> Bundle:
    """The scheme owner's bundle, never older than what was accepted before."""
    lowest = db.read_now(store.epoch_serial)
    return Bundle(settings.bundle_directory, read_scheme_key(settings.scheme_key), lowest)


def build(settings: PseudonymSettings) -> Service:
    """Open what the service needs. Raises before anything listens when something is missing or does not fit."""
    for identity in (tls_identity, signing_identity):
        identity(settings.certificates, settings.oin)  # with another party's, every region would refuse every answer
    db = open_database(settings)
    try:
        bundle = bundle_of(settings, db)
        pool = ThreadPoolExecutor(settings.limits.threads or os.cpu_count() or 1, thread_name_prefix="evaluate")
        secret_keys = SecretKeys(settings.keys_directory, provider_of(settings))
        operations = PseudonymService(
            db=db,
            keys=secret_keys,
            bundle=bundle,
            regions=limits_of(settings),
            pacing=Pacing(settings.limits.requests_a_minute, settings.limits.at_once),
            pool=pool,
            clock=clock,
            elapsed=time.monotonic,
            random=os.urandom,
        )
    except BaseException:
        db.close()
        raise
    return Service(settings, db, bundle, secret_keys, operations, pool)


async def serve(settings: PseudonymSettings, ready: Path | None, stopping: asyncio.Event) -> None:
    """Serve until ``stopping`` is set. ``ready`` gets {"address": ...} once it listens."""
    service = build(settings)
    try:
        runner = soap_runner(_application(service))
        await runner.setup()
        try:
            await _run(service, runner, ready, stopping)
        finally:
            await runner.cleanup()
    finally:
        await asyncio.to_thread(service.close)


async def _run(service: Service, runner: web.AppRunner, ready: Path | None, stopping: asyncio.Event) -> None:
    settings, files = service.settings, service.settings.certificates
    identity = tls_identity(files, settings.oin)
    context = server_context(identity, trust_of(files, Use.TLS_CLIENT), clock)
    await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
    host, port = runner.addresses[0][:2]
    address = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    await tidy(service)
    started, serial = clock(), await service.db.read(store.epoch_serial)
    await service.db.write(
        lambda tx: record(tx, audit.SERVICE_STARTED, started, version=software_version(), serial=serial)
    )
    collect_seldom()
    if ready is not None:
        replace_file(ready, json.dumps({"address": address}).encode())
    log.info("listening", address=address, serial=serial)
    told: date | None = None
    while not stopping.is_set():
        if told != (today := clock().astimezone(LOCAL).date()):
            await tell_certificates(settings)
            told = today
        try:
            await asyncio.wait_for(stopping.wait(), TIDY_SECONDS)
        except TimeoutError:
            await tidy(service)
    stopped = clock()
    await service.db.write(lambda tx: record(tx, audit.SERVICE_STOPPED, stopped))
    log.info("stopped")


def certificates_due(settings: PseudonymSettings, now: datetime) -> tuple[str, ...]:
    """What somebody should do about our certificates and revocation lists, one line each; empty when all is well."""
    return due_of(settings.certificates, settings.oin, now)


async def tell_certificates(settings: PseudonymSettings) -> None:
    """A warning in the log for each certificate or list that is due. Never raises."""
    try:
        for due in await asyncio.to_thread(certificates_due, settings, clock()):
            log.warning("certificate-due", what=due)
    except OSError as error:
        log.warning("certificate-due", what=f"The certificates cannot be looked at ({error.strerror}).")


async def tidy(service: Service) -> None:
    """Look for a new epoch file, forget what is old, destroy keys of epochs that ended, here too. Never raises."""
    now = clock()
    try:
        await service.db.write(lambda tx: store.forget(tx, now))
        await asyncio.to_thread(destroy_ended, service.settings.keys_directory, service.bundle, service, now)
    except BundleMissing as missing:
        log.warning("no-epoch-file", why=str(missing))
    except Exception as error:  # noqa: BLE001  the next round tries again; the operator sees that this one failed
        log.critical("tidying-failed", kind=type(error).__name__)
    finally:
        # Also those that an operator destroyed from the command line, in another process.
        await asyncio.to_thread(service.secret_keys.drop_destroyed)


def destroy_ended(directory: Path, bundle: Bundle, service: Service, now: datetime) -> tuple[str, ...]:
    """Destroy the secret keys of every epoch that the signed file says ended, and note it. Returns their names.

    Keys that no epoch file speaks of yet stay: they wait for the scheme owner.
    """
    file = bundle.look(service.operations.bundle_changed)
    today = (now - KEYS_GRACE).astimezone(LOCAL).date()
    over = {epoch.name for epoch in file.epochs if epoch.ends <= today}
    destroyed = []
    for name in keys.names(directory):
        if name in over:
            try:
                keys.destroy(directory, name)
            except KeysRefused as refused:
                log.critical("keys-not-destroyed", epoch=name, why=str(refused))
                continue
            note_destroyed(service.db, name, "ended", now)
            destroyed.append(name)
            log.info("keys-destroyed", epoch=name)
    return tuple(destroyed)


def note_destroyed(db: Database, epoch: str, why: str, now: datetime) -> None:
    """Note in the audit log that keys are gone."""
    db.write_now(lambda tx: record(tx, audit.KEYS_DESTROYED, now, epoch=epoch, why=why))


def run(settings: PseudonymSettings, ready: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    log_as_json()

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopping.set)
        await serve(settings, ready, stopping)

    uvloop.run(main())


def _application(service: Service) -> web.Application:
    settings, files = service.settings, service.settings.certificates
    signer: Callable[[], Any] = signing_identity(files, settings.oin).current
    return soap_application(
        PSEUDONYMS,
        service.operations.handlers(),
        signer=signer,
        signing_trust=trust_of(files, Use.SIGNING, rests=TRUST_RESTS),
        tls_trust=trust_of(files, Use.TLS_CLIENT, rests=TRUST_RESTS),
        clock=clock,
        public_url=settings.public_url,
        max_bytes=MAX_REQUEST_BYTES,
        on_event=_noted,
    )


def _noted(event: str, /, **fields: Any) -> None:
    log.info(event, **fields)
