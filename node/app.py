"""The only place that builds a node: from its settings to an open database, the doors out, the jobs, the door in.

The clock is asked and chance is drawn here and in the command line, nowhere else.
"""

import asyncio
import json
import os
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog
from aiohttp import web

from certs.keyring import read_scheme_key
from certs.own import signing_identity, tls_identity, trust_of
from certs.region_keys import RegionKeys
from certs.sealing import FileKeys
from certs.trust import Use
from config.gemeenten import read_gemeenten
from config.logs import log_as_json
from config.memory import collect_seldom
from config.node import NodeSettings
from hub_connector.client import Ends, HubClient, PseudonymClient
from ledger import Database, Steps
from ledger.audit import record
from node import audit, door_files
from node.domain.departures import minute_of
from node.domain.importing import ImportRules
from node.domain.limits import Limits
from node.domain.matching import Rules
from node.domain.moves import Gemeenten
from node.domain.retention import Terms
from node.exchange import Exchange, ExchangeSettings, Turns
from node.flows import keys as scheme_keys
from node.flows.apply_rules import apply_rules
from node.flows.ask_again import ask_again
from node.flows.canaries import send_canaries
from node.flows.complete_youth import complete_youths
from node.flows.desk import Desk
from node.flows.expire import ClockInDoubt, expire
from node.flows.forgetting import forget
from node.flows.pausing import waits
from node.flows.reconcile import reconcile
from node.flows.rekey import rekey
from node.flows.restore import Books, catch_up, copy_deletions, replay_deletions, was_put_back
from node.jobs import Clockwork, Held, Job
from node.loops import Nudge, keep_collecting, keep_delivering, keep_importing
from node.people.haal_centraal import ApiKey, HaalCentraal, trusting
from node.people.local import LocalRegister
from node.people.protocol import People
from node.status import certificates_due, status
from node.store.holds import Side
from node.store.vault import Vault, open_vault
from node.web.door import door
from soap_wsdl.vocabulary import Oin

STEPS = Steps.of("node.store.migrations")
KEYS_FRESH = timedelta(minutes=10)
"""How long the directory and the epochs count as fresh."""
STOP_SECONDS = 10.0
"""Requests and jobs under way get this long to finish."""

log = structlog.get_logger("node")


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Node:
    """Everything that is open. ``desk`` serves professionals, ``exchange`` the way to hub and pseudonym service."""

    settings: NodeSettings
    db: Database
    desk: Desk
    exchange: Exchange
    hub: HubClient = field(repr=False)
    service: PseudonymClient = field(repr=False)

    async def close(self) -> None:
        """Close the connections and the database."""
        await self.hub.close()
        await self.service.close()
        await asyncio.to_thread(self.db.close)


def open_database(settings: NodeSettings, *, migrate: bool = False) -> Database:
    """The node's database. Raises SchemaDiffers when it waits for ``migrate``."""
    return Database.open(settings.database, STEPS, migrate=migrate)


@asynccontextmanager
async def books_kept(settings: NodeSettings, desk: Desk) -> AsyncIterator[None]:
    """What a command does lies within: before, endings that this database lost are done again; after, new ones copied.

    What if we stop here? Endings that were not copied are, by the next command or by the node that serves.
    """
    books = Books(desk, settings.deletions)
    await catch_up(books)
    try:
        yield
    finally:
        await copy_deletions(books)


def provider_of(settings: NodeSettings) -> FileKeys:
    """What the keys in the database are sealed with."""
    if settings.key_encryption_key is not None:
        return FileKeys.read(settings.key_encryption_key, os.urandom)
    return FileKeys.from_credential(settings.key_encryption_credential or "", os.environ, os.urandom)


def people_of(settings: NodeSettings, db: Database, vault: Vault) -> People:
    """The register of persons that the settings name. Raises KeyFileUnusable."""
    its = settings.people
    if its.source == "local" or its.url is None or its.key_file is None:
        return LocalRegister(db, vault)
    return HaalCentraal(its.url, ApiKey.read(its.key_file), trusting(its.ca_file))


def desk_of(settings: NodeSettings, db: Database) -> Desk:
    """The professionals' desk alone, without a way to the hub: for commands while no node serves."""
    vault = open_vault(db, provider_of(settings), os.urandom, clock())
    matching, limits = settings.matching, settings.limits
    return Desk(
        settings.region,
        db,
        vault,
        people_of(settings, db, vault),
        clock,
        uuid4,
        Rules(same_location=matching.same_location, family=matching.family, address=matching.address),
        Limits(
            limits.signals_per_day,
            limits.taken_back_per_professional,
            limits.taken_back_in_region,
            limits.refused_per_professional,
            limits.searches_missed_per_day,
            limits.tried_per_operator,
        ),
        gemeenten=gemeenten_of(settings),
        imports=ImportRules(settings.imports.days_back, settings.imports.kept_share, settings.imports.lines_a_second),
        terms=terms_of(settings),
        preventive_field=settings.preventive_field,
    )


def terms_of(settings: NodeSettings) -> Terms:
    """How long this region keeps anything."""
    its = settings.terms
    return Terms(its.active_months, its.archive_years, its.age)


def gemeenten_of(settings: NodeSettings) -> Gemeenten:
    """Which region each gemeente is in, as far as the settings name a file. Raises SettingsRefused."""
    found = read_gemeenten(settings.gemeenten) if settings.gemeenten is not None else {}
    return Gemeenten(Oin(settings.oin), {gemeente: Oin(oin) for gemeente, oin in found.items()})


def build(settings: NodeSettings) -> Node:
    """Open what the node needs. Raises before anything listens when something is missing."""
    db = open_database(settings)
    try:
        desk = desk_of(settings, db)
        files = settings.certificates
        signing, signing_trust = signing_identity(files, settings.oin), trust_of(files, Use.SIGNING)
        ends = Ends(
            tls_identity(files, settings.oin),
            trust_of(files, Use.TLS_SERVER),
            signing,
            signing_trust,
            clock,
        )
        hub = HubClient(settings.hub.url, Oin(settings.hub.oin), ends, connect_to=settings.hub.connect_to)
        its = settings.pseudonyms
        service = PseudonymClient(its.url, Oin(its.oin), ends, connect_to=its.connect_to)
        exchange = Exchange(
            Oin(settings.oin),
            settings.region,
            db,
            hub,
            service,
            desk.vault,
            RegionKeys(settings.region_keys_directory),
            signing.current,
            signing_trust,
            read_scheme_key(settings.pseudonyms.scheme_key),
            clock,
            os.urandom,
            settings.deletions,
            ExchangeSettings(
                departure_seconds=settings.exchange.departure_seconds,
                canaries=settings.exchange.canaries,
                family=settings.matching.family,
                address=settings.matching.address,
                terms=desk.terms,
            ),
            Turns(settings.database.with_name(f"{settings.database.name}.delivering")),
        )
    except BaseException:
        db.close()
        raise
    return Node(settings, db, desk, exchange, hub, service)


def jobs_of(node: Node) -> list[Job]:
    """One line for each job; cron fields are local time in Amsterdam."""
    desk, exchange = node.desk, node.exchange

    async def retention() -> None:
        try:
            await expire(desk)
        except ClockInDoubt as why:
            raise Held(str(why)) from None

    async def complete() -> None:
        try:
            await complete_youths(desk)
        except ClockInDoubt as why:
            raise Held(str(why)) from None

    async def people() -> None:
        try:
            asked = await ask_again(desk)
        except ClockInDoubt as why:
            raise Held(str(why)) from None
        if asked.away:
            raise Held("The register of persons cannot be asked; the rest of tonight's questions follow.")

    fresh_until = datetime.min.replace(tzinfo=UTC)

    async def keys() -> None:
        # Every minute until it worked, so that a node that starts while the hub is away is not late; then rarely.
        nonlocal fresh_until
        if clock() < fresh_until or await waits(exchange, Side.HUB) is not None:
            return
        if await scheme_keys.refresh(exchange):
            fresh_until = clock() + KEYS_FRESH

    async def compare() -> None:
        report = await reconcile(exchange)
        if report.holding is not None:
            raise Held(report.holding)
        if report.undecided:
            raise Held(f"Only the hub has {len(report.undecided)} records: decide with `node reconcile`.")
        if not report.agreed:
            raise Held("Hub and node still differ after mending: look at `node outbox list` and `node reconcile`.")

    async def follow_epochs() -> None:
        report = await rekey(exchange)
        if report.holding is not None:
            raise Held(report.holding)

    async def certificates() -> None:
        for due in await asyncio.to_thread(certificates_due, node.settings, clock()):
            log.warning("certificate-due", what=due)

    return [
        Job("deletions", {"minute": "*"}, lambda: copy_deletions(exchange)),
        Job("retention", {"hour": "0", "minute": "2"}, retention, at_start=True),
        Job("rules", {"hour": "0", "minute": "32"}, lambda: apply_rules(desk), at_start=True),
        Job("complete-youths", {"minute": "17"}, lambda: complete_youths(desk), at_start=True),
        Job("people", {"hour": "1", "minute": str(minute_of(exchange.own))}, people),
        Job("keys", {"minute": "*"}, keys, at_start=True),
        Job("rekey", {"minute": "8,23,38,53"}, follow_epochs),
        Job("canaries", {"hour": "6-20", "minute": "41"}, lambda: send_canaries(exchange)),
        Job("reconcile", {"hour": "3", "minute": str(minute_of(exchange.own))}, compare),
        Job("forget", {"hour": "4", "minute": "15"}, lambda: forget(exchange, desk.imports)),
        Job("certificates", {"hour": "6", "minute": "25"}, certificates, at_start=True),
    ]


async def serve(settings: NodeSettings, ready: Path | None, stopping: asyncio.Event) -> None:
    """Serve until ``stopping`` is set. ``ready`` gets {"address": ...} once it listens.

    Raises AlreadyServing when another process serves this database.
    """
    async with _opened(settings) as (node, nudge):
        token = door_files.token(settings.web.token_file)
        async with _door(node.desk, settings, token, settings.web.port) as address, _exchanging(node, nudge):
            door_files.write_address(settings.database, address)
            await node.db.write(lambda tx: record(tx, audit.NODE_STARTED, clock()))
            collect_seldom()
            if ready is not None:
                door_files.write_whole(ready, json.dumps({"address": address}))
            log.info("listening", address=address, region=settings.region)
            await stopping.wait()
            log.info("stopping")
            door_files.forget_address(settings.database)
    log.info("stopped")


@asynccontextmanager
async def at_work(settings: NodeSettings) -> AsyncIterator[Node]:
    """A node that does all its work and has no door, for a command that waits for it. Raises AlreadyServing."""
    async with _opened(settings) as (node, nudge), _exchanging(node, nudge):
        yield node


@asynccontextmanager
async def _opened(settings: NodeSettings) -> AsyncIterator[tuple[Node, Nudge]]:
    """The one node of this database, and what wakes its delivery; closed afterwards."""
    with door_files.serving_lock(settings.database):
        node = build(settings)
        try:
            if await was_put_back(node.exchange):
                # Before anything opens: what was ended since the backup ends again.
                await replay_deletions(node.exchange)
            nudge = Nudge()
            yield replace(node, desk=replace(node.desk, nudge=nudge)), nudge
        finally:
            await node.close()


@asynccontextmanager
async def own_door(settings: NodeSettings) -> AsyncIterator[tuple[str, str]]:
    """A door on a free port for one command, while no node serves; yields its address and a token made for it.

    Nothing leaves for the hub: what waits goes when the node serves again. Raises AlreadyServing.
    """
    with door_files.serving_lock(settings.database):
        db = open_database(settings)
        try:
            token = secrets.token_urlsafe(door_files.TOKEN_BYTES)
            desk = desk_of(settings, db)
            async with books_kept(settings, desk), _door(desk, settings, token, port=0) as address:
                yield address, token
        finally:
            await asyncio.to_thread(db.close)


@asynccontextmanager
async def _door(desk: Desk, settings: NodeSettings, token: str, port: int) -> AsyncIterator[str]:
    known: set[str] = set()
    app = door(desk, lambda: status(desk, settings), token, lambda: frozenset(known))
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.web.host, port).start()
        host, port = runner.addresses[0][:2]
        name = f"[{host}]" if ":" in host else host
        known.update({f"{name}:{port}", f"localhost:{port}"})
        yield f"http://{name}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _exchanging(node: Node, nudge: Nudge) -> AsyncIterator[None]:
    """The jobs and the three loops, until the block ends; then jobs finish, and the loops are stopped where they wait.

    What if a loop is stopped half-way? A write that began goes on to its end; what was sent without an answer is sent
    again at the next start, as the same batch.
    """
    clockwork = Clockwork(node.db, jobs_of(node), clock)
    clockwork.start()
    loops = [
        asyncio.create_task(keep_delivering(node.exchange, nudge)),
        asyncio.create_task(keep_collecting(node.exchange, nudge)),
        asyncio.create_task(keep_importing(node.desk)),
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        # A job that waits for hub or service is let go with the connection; one that writes gets its time.
        await asyncio.gather(*loops, return_exceptions=True)
        await clockwork.stop(STOP_SECONDS)


def run(settings: NodeSettings, ready: Path | None) -> None:
    """Serve until SIGTERM or SIGINT."""
    log_as_json()

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopping.set)
        await serve(settings, ready, stopping)

    asyncio.run(main())
