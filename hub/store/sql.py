"""The hub's store in SQL: each promise of ``protocol.py`` as one transaction on the ground that it is given."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from hub import audit
from hub.audit import AuditHead
from hub.matching import Offer, Schedule, local_date
from hub.store import comparison, mailbox, regions, registration
from hub.store.ground import Ground
from hub.store.mailbox import Line
from hub.store.protocol import (
    Changed,
    Collected,
    Compared,
    Deletion,
    Sender,
    Swept,
    UnknownRecipient,
)
from hub.store.records import next_numbers
from hub.store.sweep import Sweep
from ledger import Tx, record
from soap_wsdl.vocabulary import (
    FAMILY_PURPOSES,
    CompareRegistrations,
    CompareRegistrationsResponse,
    Cursor,
    Delivery,
    GetDirectoryResponse,
    GetStatistics,
    GetStatisticsResponse,
    GetStatusResponse,
    KeyStatement,
    MailboxPage,
    MailboxStatus,
    NoticeKind,
    Oin,
    Outcome,
    RecordOutcome,
    RegionStatus,
    SealedMessage,
    SendSealedMessageResponse,
    Withdrawal,
)

PAGE = 200
"""Notices in the answer to a delivery."""
EPOCHS_TOLD = 16
"""Epoch counts in a status answer."""


class SqlStore:
    """``HubStore`` on SQL.

    ``hold`` locks tags against another transaction until the end of this one, in the order given (sorted); where
    writes come one by one it has nothing to do. ``note`` puts deletions in the ledger outside, durably, or raises.
    ``kept`` is told the head of the audit log after deletions are durable, in a thread of its own.
    """

    def __init__(
        self,
        ground: Ground,
        note: Callable[[Sequence[Deletion]], None],
        hold: Callable[[Tx, Sequence[bytes]], None] = lambda tx, tags: None,
        kept: Callable[[AuditHead], None] = lambda head: None,
    ) -> None:
        self._ground = ground
        self._note = note
        self._hold = hold
        self._kept = kept
        self._sweep = Sweep(ground)

    async def register(
        self, sender: Sender, batch_id: UUID, cursor: Cursor | None, offers: Sequence[Offer], schedule: Schedule
    ) -> Changed:
        """See ``HubStore.register``."""
        digest = registration.digest_of_offers(offers)

        def change(tx: Tx) -> Changed:
            region = regions.admit(tx, sender)
            self._hold(tx, sorted({entry.held_tag for offer in offers for entry in offer.entries}))
            today, at = local_date(sender.at), int(sender.at.timestamp())
            outcomes = registration.recall(tx, region, batch_id, digest, [offer.record_id for offer in offers], at)
            told: frozenset[int] = frozenset()
            if outcomes is None:
                done = registration.register(tx, region, offers, schedule, today)
                outcomes, told = done.outcomes, done.told
                registration.remember(tx, region, batch_id, digest, outcomes, at)
                counts = _counts(outcomes)
                record(
                    tx,
                    audit.REGISTERED,
                    sender.at,
                    oin=sender.oin,
                    batch=str(batch_id),
                    registered=counts[Outcome.REGISTERED],
                    updated=counts[Outcome.UPDATED],
                    unchanged=counts[Outcome.UNCHANGED],
                    refused=counts[Outcome.REFUSED],
                    family=any(offer.purpose in FAMILY_PURPOSES for offer in offers),
                )
            page = _page(tx, sender, region, cursor, PAGE, schedule)
            return Changed(outcomes, page.mailbox, regions.oins(tx, told))

        return await self._ground.write(change)

    async def withdraw(
        self,
        sender: Sender,
        batch_id: UUID,
        cursor: Cursor | None,
        withdrawals: Sequence[Withdrawal],
        schedule: Schedule,
    ) -> Changed:
        """See ``HubStore.withdraw``."""
        digest = registration.digest_of_withdrawals(withdrawals)

        def change(tx: Tx) -> tuple[Changed, AuditHead | None]:
            region = regions.admit(tx, sender)
            today, at = local_date(sender.at), int(sender.at.timestamp())
            ids = [withdrawal.record_id for withdrawal in withdrawals]
            outcomes = registration.recall(tx, region, batch_id, digest, ids, at)
            told: frozenset[int] = frozenset()
            head = None
            if outcomes is None:
                done, deletions = registration.withdraw(tx, sender.oin, region, withdrawals, today)
                outcomes, told = done.outcomes, done.told
                registration.remember(tx, region, batch_id, digest, outcomes, at)
                counts = _counts(outcomes)
                record(
                    tx,
                    audit.WITHDRAWN,
                    sender.at,
                    oin=sender.oin,
                    batch=str(batch_id),
                    withdrawn=counts[Outcome.WITHDRAWN],
                    unchanged=counts[Outcome.UNCHANGED],
                    refused=counts[Outcome.REFUSED],
                )
                # Before the commit: stopped in between, the ledger names a withdrawal that its sender sends again.
                self._note(deletions)
                head = audit.head(tx) if deletions else None
            page = _page(tx, sender, region, cursor, PAGE, schedule)
            return Changed(outcomes, page.mailbox, regions.oins(tx, told)), head

        changed, head = await self._ground.write(change)
        if head is not None:
            # The withdrawal stands, whatever becomes of this: the minute's job comes again, and shows when it fails.
            with suppress(OSError):
                await asyncio.to_thread(self._kept, head)
        return changed

    async def collect(
        self, sender: Sender, cursor: Cursor | None, at_most: int, *, retell: bool, schedule: Schedule
    ) -> Collected:
        """See ``HubStore.collect``."""

        def change(tx: Tx) -> Collected:
            region = regions.admit(tx, sender)
            if not retell:
                return _page(tx, sender, region, cursor, at_most, schedule)
            _retell(tx, sender, region)
            return Collected(mailbox.read(tx, mailbox.box(tx, region), None, at_most, schedule).page)

        return await self._ground.write(change)

    async def look(self, oin: Oin, cursor: Cursor, at_most: int, schedule: Schedule) -> MailboxPage:
        """See ``HubStore.look``."""

        def question(tx: Tx) -> MailboxPage:
            region = regions.active(tx, oin)
            return mailbox.read(tx, mailbox.box(tx, region), cursor, at_most, schedule).page

        return await self._ground.read(question)

    async def compare(self, sender: Sender, request: CompareRegistrations) -> Compared:
        """See ``HubStore.compare``."""

        def admit(tx: Tx) -> tuple[int, bool]:
            region = regions.admit(tx, sender)
            return region, regions.comparison_due(tx, region)

        region, due = await self._ground.write(admit)

        def question(tx: Tx) -> CompareRegistrationsResponse:
            return CompareRegistrationsResponse(
                mailbox.seed_of(tx),
                comparison.agrees(tx, region, request),
                tuple(comparison.digest(tx, region, asked, request.as_of) for asked in request.ranges),
            )

        def finish(tx: Tx) -> Compared:
            response = question(tx)
            told = comparison.end_silence(tx, region, local_date(sender.at)) if response.agreed else frozenset()
            record(
                tx,
                audit.COMPARED,
                sender.at,
                oin=sender.oin,
                records=request.declaration.count if request.declaration else 0,
                agreed=response.agreed,
            )
            return Compared(response, regions.oins(tx, told))

        # What ends the silence must be counted in the transaction that ends it; anything else only reads.
        if due and request.declaration is not None:
            return await self._ground.write(finish)
        return Compared(await self._ground.read(question))

    async def send(self, sender: Sender, recipient: Oin, message: SealedMessage) -> SendSealedMessageResponse:
        """See ``HubStore.send``."""

        def change(tx: Tx) -> SendSealedMessageResponse:
            region = regions.admit(tx, sender)
            there = tx.one("SELECT region, status FROM region WHERE oin = ?", (recipient,))
            if there is None or there["status"] == RegionStatus.DEPARTED.value or there["region"] == region:
                raise UnknownRecipient
            if tx.one(
                "SELECT 1 FROM sealed_message WHERE sender = ? AND message_id = ?", (region, message.message_id.bytes)
            ):
                return SendSealedMessageResponse(Delivery.UNCHANGED)
            last = tx.one(
                "SELECT MAX(sequence) AS last FROM sealed_message WHERE sender = ? AND recipient = ?",
                (region, there["region"]),
            )
            expected = (last["last"] or 0) + 1 if last else 1
            if message.sequence != expected:
                return SendSealedMessageResponse(Delivery.REFUSED, expected)
            (number,) = next_numbers(tx, "sealed", 1)
            tx.execute(
                "INSERT INTO sealed_message (sealed, sender, recipient, message_id, sequence, key_id, content)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    region,
                    there["region"],
                    message.message_id.bytes,
                    message.sequence,
                    message.key_id,
                    message.sealed,
                ),
            )
            line = Line(there["region"], NoticeKind.SEALED_MESSAGE, sealed=number)
            mailbox.tell(tx, [line], local_date(sender.at))
            record(tx, audit.SEALED_SENT, sender.at, oin=sender.oin, recipient=recipient, sequence=message.sequence)
            return SendSealedMessageResponse(Delivery.ACCEPTED)

        return await self._ground.write(change)

    async def publish(self, sender: Sender, statement: KeyStatement, serial: int) -> int:
        """See ``HubStore.publish``."""

        def change(tx: Tx) -> int:
            kept = regions.publish(tx, regions.admit(tx, sender), statement, serial)
            record(tx, audit.KEYS_PUBLISHED, sender.at, oin=sender.oin, serial=kept)
            return kept

        return await self._ground.write(change)

    async def directory(self, sender: Sender) -> GetDirectoryResponse:
        """See ``HubStore.directory``."""
        await self._ground.write(lambda tx: regions.admit(tx, sender))
        return await self._ground.read(regions.directory)

    async def statistics(self, sender: Sender, request: GetStatistics) -> GetStatisticsResponse:
        """See ``HubStore.statistics``."""
        await self._ground.write(lambda tx: regions.admit(tx, sender))
        return await self._ground.read(lambda tx: regions.statistics(tx, request))

    async def status(self, sender: Sender, software_version: str, schedule: Schedule) -> GetStatusResponse:
        """See ``HubStore.status``."""
        region = await self._ground.write(lambda tx: regions.admit(tx, sender))
        names = tuple(epoch.name for epoch in schedule.epochs)

        def question(tx: Tx) -> GetStatusResponse:
            row = regions.row(tx, region)
            return GetStatusResponse(
                sender.at.replace(microsecond=0),
                software_version,
                mailbox.seed_of(tx),
                row["last_number"],
                row["acknowledged"],
                bool(row["comparison_due"]),
                regions.epoch_counts(tx, region, names)[-EPOCHS_TOLD:],
            )

        return await self._ground.read(question)

    async def sweep(self, now: datetime, schedule: Schedule) -> Swept:
        """See ``HubStore.sweep``."""
        return await self._sweep.run(now, schedule)


def _counts(outcomes: Sequence[RecordOutcome]) -> dict[Outcome, int]:
    counts = dict.fromkeys(Outcome, 0)
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return counts


def _retell(tx: Tx, sender: Sender, region: int) -> None:
    mailbox.retell(tx, region, local_date(sender.at))
    record(tx, audit.RETOLD, sender.at, oin=sender.oin)


def _page(tx: Tx, sender: Sender, region: int, cursor: Cursor | None, at_most: int, schedule: Schedule) -> Collected:
    """Read the sender's mailbox and move its mark. A mailbox read from its start is retold first if it has holes."""
    box = mailbox.box(tx, region)
    mailbox.acknowledge(tx, box, cursor)
    found = mailbox.read(tx, box, cursor, at_most, schedule)
    from_start = cursor is None or found.page.status is MailboxStatus.NEW_SEED
    if from_start and mailbox.has_holes(box, found.page):
        _retell(tx, sender, region)
        found = mailbox.read(tx, mailbox.box(tx, region), cursor, at_most, schedule)
    if found.ahead and cursor is not None:
        record(tx, audit.CURSOR_AHEAD, sender.at, oin=sender.oin, number=cursor.number)
    return Collected(found.page, found.ahead)
