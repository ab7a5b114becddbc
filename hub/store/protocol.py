"""What the hub asks of a store, and what a store promises: a few methods, each one transaction (a sweep is many).

Every store passes ``tests/hub/test_store_contract.py``. The promises that hold for all methods with a ``Sender``:

- The sender is looked up first: ``NotAdmitted`` for an unknown, suspended or departed region.
- Its message id is remembered in the same transaction: a second message with it raises ``SeenBefore`` and does nothing.
- Whatever is raised, nothing of the method was kept. What is returned is durable.
- Two methods at once give the result of one after the other: two regions that register the same youth at the same
  moment meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hub.matching import Offer, Schedule
from soap_wsdl.vocabulary import (
    CompareRegistrations,
    CompareRegistrationsResponse,
    Cursor,
    GetDirectoryResponse,
    GetStatistics,
    GetStatisticsResponse,
    GetStatusResponse,
    KeyStatement,
    MailboxPage,
    Oin,
    RecordOutcome,
    SealedMessage,
    SendSealedMessageResponse,
    Withdrawal,
)


class StoreRefusal(Exception):
    """Why a store did nothing at all with a message."""


class NotAdmitted(StoreRefusal):
    """The region is not registered, or suspended, or departed."""


class SeenBefore(StoreRefusal):
    """This region sent a message with this id before."""


class MixedPurposes(StoreRefusal):
    """A message about family records and others: together they would tell which parents are whose."""


class UnknownRecipient(StoreRefusal):
    """A sealed message for a region that does not take part."""


class OlderStatement(StoreRefusal):
    """A key statement with a lower serial than the one kept, or other content under the same serial."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a message, under which id, and when the hub received it (aware, UTC)."""

    oin: Oin
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """The outcomes in the order of the message, the mailbox from its cursor on, and the regions that got notices."""

    outcomes: tuple[RecordOutcome, ...]
    mailbox: MailboxPage
    told: frozenset[Oin] = frozenset()


@dataclass(frozen=True, slots=True)
class Collected:
    """A mailbox page, and whether the cursor was ahead of the mailbox: then the hub lost memory."""

    mailbox: MailboxPage
    cursor_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """The answer to a comparison, and the regions that got notices because one was finished."""

    response: CompareRegistrationsResponse
    told: frozenset[Oin] = frozenset()


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, in numbers."""

    archived: int = 0
    destroyed: int = 0
    epochs_ended: int = 0
    waiting: int = 0
    notices: int = 0
    tombstones: int = 0


@dataclass(frozen=True, slots=True)
class Deletion:
    """One line of the ledger outside the database: what a restored backup must not bring back.

    ``peers`` are the (OIN, record id) that were told of the pair, so that its end can be told again.
    """

    oin: Oin
    withdrawal: Withdrawal
    peers: tuple[tuple[Oin, UUID], ...] = field(default=(), repr=False)
    keep_until: str = ""


class HubStore(Protocol):
    """The hub's memory. Nothing in it is a tag, only ``HMAC(h, tag)[:16]``, and nothing outlives its date."""

    async def register(
        self, sender: Sender, batch_id: UUID, cursor: Cursor | None, offers: Sequence[Offer], schedule: Schedule
    ) -> Changed:
        """Put records, find the others, tell both regions' mailboxes, read the sender's mailbox: all or nothing.

        Raises MixedPurposes for youth or vsn records together with parent or address records.

        Outcomes are ``matching.weigh_offer``'s, record by record; a refused record leaves the others alone.
        The same batch with the same content within 48 hours gets the same outcomes and changes nothing; its mailbox
        part is read anew. A pair (record, record) of two regions is told once to both, however often and in whatever
        order its halves come; one that ended is told again only when a half revived by a higher revision.
        CHANGE tells the peers of living pairs; AGAIN tells nothing of them unless valid-until moved.
        """
        ...

    async def withdraw(
        self,
        sender: Sender,
        batch_id: UUID,
        cursor: Cursor | None,
        withdrawals: Sequence[Withdrawal],
        schedule: Schedule,
    ) -> Changed:
        """End records as ``matching.weigh_withdrawal`` says, and tell the peers of their living pairs.

        Each accepted withdrawal stands in the ledger of deletions before the transaction is durable. Annulled
        empties the card in every notice kept, of pairs that ended before too. An unknown record gets a tombstone.
        Raises MixedPurposes as ``register`` does, as far as the records are known.
        """
        ...

    async def collect(
        self, sender: Sender, cursor: Cursor | None, at_most: int, *, retell: bool, schedule: Schedule
    ) -> Collected:
        """Read a mailbox page after the cursor, in order, without gaps, and note how far the region is.

        NEW_SEED for a cursor of another seed, and for one ahead of the mailbox: then the page starts at the oldest
        notice kept. CURSOR_TOO_OLD, without notices, when one after the cursor was cleaned up. ``retell`` replaces
        the whole mailbox by new notices of all pairs kept, and starts there. Reading deletes nothing.
        """
        ...

    async def look(self, oin: Oin, cursor: Cursor, at_most: int, schedule: Schedule) -> MailboxPage:
        """Read once more for a poll that waited: as ``collect``, for a region admitted before, noting nothing.

        Raises NotAdmitted when the region was suspended while it waited.
        """
        ...

    async def compare(self, sender: Sender, request: CompareRegistrations) -> Compared:
        """Digests over the sender's records, all of one state of the store.

        A declaration that agrees ends the silence of the sender's old records: what they meet is told before this
        returns.
        """
        ...

    async def send(self, sender: Sender, recipient: Oin, message: SealedMessage) -> SendSealedMessageResponse:
        """Put a sealed message in a mailbox: once by (sender, message id), in sequence per sender and recipient.

        Out of sequence is REFUSED with the sequence expected, and nothing is kept; an id that is known is UNCHANGED
        whatever its sequence. Content and notice go thirty days after the recipient acknowledged them, or when it
        departs; the id stays. Raises UnknownRecipient.
        """
        ...

    async def publish(self, sender: Sender, statement: KeyStatement, serial: int) -> int:
        """Keep a verified key statement and return the serial now held; raises OlderStatement."""
        ...

    async def directory(self, sender: Sender) -> GetDirectoryResponse:
        """All regions that ever took part, by OIN, with their last key statements."""
        ...

    async def statistics(self, sender: Sender, request: GetStatistics) -> GetStatisticsResponse:
        """Pairs first told per month, pair of regions and purpose; a count under five is left out of its line."""
        ...

    async def status(self, sender: Sender, software_version: str, schedule: Schedule) -> GetStatusResponse:
        """How the store is and how the sender stands in it."""
        ...

    async def sweep(self, now: datetime, schedule: Schedule) -> Swept:
        """Do what dates demand: archive or destroy at valid-until, end epochs, clean up 30 days after, forget batches
        after 48 hours. In many short transactions; stopped half-way, the next one finishes it. Twice does nothing.
        """
        ...
