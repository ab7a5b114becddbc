"""A hub on a fresh store, and regions that speak to it: what the tests of the hub share."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from certs.statements import StatedKeys, StatementRefused
from hub import registry
from hub.limits import Limits
from hub.matching import EpochDates, Schedule, years_after
from hub.operations import Hub
from hub.outside import Outside
from hub.store.protocol import Swept
from hub.store.sql import SqlStore
from hub.store.sqlite import Beginning, begin, open_database, store_on
from ledger import Database
from soap_wsdl.digests import entry_digest, range_digest, record_digest
from soap_wsdl.serving import Caller
from soap_wsdl.vocabulary import (
    SEALED_CARD_SIZE,
    CollectMatches,
    CompareRegistrations,
    CompareRegistrationsResponse,
    Cursor,
    Declaration,
    Ending,
    Entry,
    EpochName,
    KeyStatement,
    Leaf,
    LeafState,
    MailboxPage,
    Notice,
    NoticeKind,
    Oin,
    Purpose,
    Range,
    Reason,
    Record,
    RecordOutcome,
    RecordState,
    RegisterSignals,
    RegisterSignalsResponse,
    Withdrawal,
    WithdrawSignals,
    WithdrawSignalsResponse,
)

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NEXT_YEAR = date(2027, 11, 24)
ARCHIVE = date(2032, 11, 24)
OLD, NEW = EpochName("2026"), EpochName("2027")
SCHEDULE = Schedule(
    (
        EpochDates(OLD, date(2026, 1, 1), date(2027, 2, 1)),
        EpochDates(NEW, date(2026, 11, 1), date(2028, 2, 1)),
    )
)

FIVE_YEARS = date.max
"""Stands for: five years after valid-until."""

_ids = itertools.count(1)


def fresh_id() -> UUID:
    """A new id, the same ones in every run."""
    return UUID(int=next(_ids), version=4)


def tag(child: str, epoch: str = OLD, purpose: Purpose = Purpose.YOUTH) -> bytes:
    """The tag that every region derives alike."""
    return hashlib.sha256(f"{child}|{epoch}|{purpose.value}".encode()).digest()


def card(text: str) -> bytes:
    """A sealed card, to the hub just bytes."""
    return hashlib.sha256(text.encode()).digest() * 33 + bytes(SEALED_CARD_SIZE - 33 * 32)


def entry(
    child: str, record_id: UUID, revision: int, epoch: EpochName = OLD, purpose: Purpose = Purpose.YOUTH
) -> Entry:
    """An entry with a card of its own for each record, revision and epoch."""
    return Entry(epoch, tag(child, epoch, purpose), card(f"{record_id}|{revision}|{epoch}"))


def _archive(valid_until: date, archive_until: date | None) -> date | None:
    return years_after(valid_until, 5) if archive_until is FIVE_YEARS else archive_until


def signal(
    child: str,
    *,
    record_id: UUID | None = None,
    revision: int = 1,
    purpose: Purpose = Purpose.YOUTH,
    state: RecordState = RecordState.LIVE,
    reason: Reason = Reason.NEW,
    valid_until: date = NEXT_YEAR,
    archive_until: date | None = FIVE_YEARS,
    epochs: Sequence[EpochName] = (OLD,),
) -> Record:
    """A record about a child (or parent, or address)."""
    record_id = record_id or fresh_id()
    return Record(
        record_id,
        purpose,
        state,
        revision,
        valid_until,
        _archive(valid_until, archive_until) if purpose is Purpose.YOUTH else None,
        reason,
        tuple(entry(child, record_id, revision, epoch, purpose) for epoch in epochs),
    )


def again(record: Record, child: str, **changes: object) -> Record:
    """The next revision of a record, sealed anew."""
    changed = replace(record, revision=record.revision + 1, **{"reason": Reason.CHANGE, **changes})  # type: ignore[arg-type]
    return replace(
        changed,
        entries=tuple(
            entry(child, record.record_id, changed.revision, e.epoch, record.purpose) for e in record.entries
        ),
    )


def leaf(record: Record, state: LeafState = LeafState.LIVE, archive_until: date | None = None) -> Leaf:
    """A record as its own region counts it."""
    digest = record_digest(
        record.purpose,
        record.valid_until,
        archive_until or record.archive_until,
        [(e.epoch, entry_digest(e)) for e in record.entries],
    )
    return Leaf(record.record_id, record.revision, state, digest)


EVERYTHING = Range(UUID(int=0), UUID(int=2**128 - 1))


def no_statements(statement: KeyStatement, now: datetime) -> StatedKeys:
    """Believes no key statement."""
    raise StatementRefused("not here")


class HubClock:
    """The hub's time, moved by the test."""

    def __init__(self) -> None:
        self.now = NOW

    def pass_days(self, days: int) -> None:
        """Some days later, at the same time of day."""
        self.now += timedelta(days=days)

    def go_to(self, day: date) -> None:
        """That day at nine."""
        self.now = datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """A hub with its files; it can be stopped, restored and begun again."""

    directory: Path
    clock: HubClock = field(default_factory=HubClock)
    schedule: Schedule = SCHEDULE
    limits: Limits = field(default_factory=lambda: Limits(requests_burst=10**6, records_burst=10**7))
    regions: "dict[str, RegionAtHub]" = field(default_factory=dict)
    beginning: Beginning | None = None

    def __post_init__(self) -> None:
        self.outside = Outside.make(self.directory / "outside")
        self.begin()

    @property
    def path(self) -> Path:
        """The database file."""
        return self.directory / "hub.db"

    def begin(self) -> None:
        """Open the database and take it into service."""
        self.database: Database = open_database(self.path, migrate=True)
        self.beginning = begin(self.database, self.outside, self.clock.now, fresh_id(), "test")
        self.store: SqlStore = store_on(self.database, self.outside)
        self.hub = Hub(
            self.store,
            self.outside.pepper(),
            lambda: self.schedule,
            no_statements,
            limits=self.limits,
            version="test",
            elapsed=lambda: self.clock.now.timestamp(),
        )

    def close(self) -> None:
        """Stop the hub."""
        self.hub.stop()
        self.database.close()

    def region(self, name: str) -> "RegionAtHub":
        """A registered region; the same one for the same name."""
        if name not in self.regions:
            oin = Oin(f"00000099000000000{len(self.regions) + 101:03d}")
            registry.add(self.database, self.outside, oin, name, self.clock.now)
            self.regions[name] = RegionAtHub(self, oin)
        return self.regions[name]

    async def sweep(self) -> Swept:
        """What the nightly job does."""
        return await self.store.sweep(self.clock.now, self.schedule)

    def backup(self) -> Path:
        """A copy of the database as it is now, as an operator would make by hand."""
        target = self.directory / f"backup-{fresh_id()}.db"
        self.database.backup(target)
        return target

    def restore(self, backup: Path) -> None:
        """Put an old copy back and begin with it."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        backup.rename(self.path)
        self.begin()

    def lose(self) -> None:
        """Lose the database altogether and begin with an empty one; the operator registers the regions again."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        self.begin()
        for name, region in self.regions.items():
            registry.add(self.database, self.outside, region.oin, name, self.clock.now)


@dataclass
class RegionAtHub:
    """One region as it speaks to the hub, with its cursor and all it heard."""

    world: World
    oin: Oin
    cursor: Cursor | None = None
    heard: list[Notice] = field(default_factory=list)

    def caller(self, seconds_left: float = 900.0) -> Caller:
        """A verified request of this region, under a new message id."""
        return Caller(self.oin, f"urn:uuid:{fresh_id()}", self.world.clock.now, lambda: None, seconds_left)

    def hear(self, page: MailboxPage) -> list[Notice]:
        """Apply a page as a node does: only numbers above the cursor, notices and cursor together."""
        above = self.cursor.number if self.cursor and self.cursor.seed == page.seed else 0
        fresh = [notice for notice in page.notices if notice.number > above]
        self.heard.extend(fresh)
        self.cursor = Cursor(page.seed, max(above, page.number))
        return fresh

    async def send(self, *records: Record, batch: UUID | None = None) -> RegisterSignalsResponse:
        """Register and hear the answer's mailbox."""
        request = RegisterSignals(batch or fresh_id(), self.cursor, records)
        response = await self.world.hub.handlers()["RegisterSignals"](self.caller(), request)
        assert isinstance(response, RegisterSignalsResponse)
        self.hear(response.mailbox)
        return response

    async def register(self, *records: Record) -> RecordOutcome:
        """Register and give the outcome of the last record."""
        return (await self.send(*records)).outcomes[-1]

    async def withdraw(
        self,
        record: Record,
        ending: Ending = Ending.ENDED,
        archive_until: date | None = None,
        revision: int | None = None,
        batch: UUID | None = None,
    ) -> RecordOutcome:
        """Withdraw a record under its next revision."""
        withdrawal = Withdrawal(record.record_id, revision or record.revision + 1, ending, archive_until)
        request = WithdrawSignals(batch or fresh_id(), self.cursor, (withdrawal,))
        response = await self.world.hub.handlers()["WithdrawSignals"](self.caller(), request)
        assert isinstance(response, WithdrawSignalsResponse)
        self.hear(response.mailbox)
        return response.outcomes[-1]

    async def page(
        self, cursor: Cursor | None = None, *, retell: bool = False, at_most: int = 200, wait: int = 0
    ) -> MailboxPage:
        """Collect from a cursor, without moving our own."""
        request = CollectMatches(cursor, at_most, wait, retell)
        response = await self.world.hub.handlers()["CollectMatches"](self.caller(), request)
        page: MailboxPage = response.mailbox
        return page

    async def collect(self) -> list[Notice]:
        """Collect all there is after our cursor."""
        found: list[Notice] = []
        while True:
            page = await self.page(self.cursor)
            found.extend(self.hear(page))
            if not page.more:
                return found

    async def compare(
        self, *leaves: Leaf, as_of: date | None = None, ranges: Sequence[Range] = (EVERYTHING,), declare: bool = False
    ) -> CompareRegistrationsResponse:
        """Compare, and declare these leaves when asked to."""
        declaration = Declaration(len(leaves), range_digest(leaves)) if declare else None
        request = CompareRegistrations(as_of or self.world.clock.now.date(), declaration, tuple(ranges))
        response = await self.world.hub.handlers()["CompareRegistrations"](self.caller(), request)
        assert isinstance(response, CompareRegistrationsResponse)
        return response

    def kinds(self) -> list[NoticeKind]:
        """The kinds of all notices heard, in order."""
        return [notice.kind for notice in self.heard]
