"""Every message of the two contracts as a frozen dataclass, field for field as in the XSDs.

The XSDs are the source of truth; ``tests/soap_wsdl/test_vocabulary.py`` walks both and fails on a difference.
A field's element name is its camelCase twin, unless ``many`` names it (a repeated element is singular on the wire).
Dates are local dates in Europe/Amsterdam and exclusive: valid until 1 May ends on 1 May at 00:00.
Date-times are aware, UTC, whole seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, NewType
from uuid import UUID

HUB_NAMESPACE = "urn:verwijsindex:hub:v1"
PSEUDONYM_NAMESPACE = "urn:verwijsindex:pseudonyms:v1"
FAULT_NAMESPACE = "urn:verwijsindex:fault:v1"

Oin = NewType("Oin", str)
"""Organisatie-identificatienummer: 20 digits, the name by which a zone is known on the wire."""

EpochName = NewType("EpochName", str)
"""Name of a pseudonym epoch, 1 to 16 of ``a-z 0-9 -``; for example ``2026``."""

MAX_RECORDS = 500
"""Records or withdrawals in one message."""
MAX_ELEMENTS = 1000
"""Blinded elements in one batch for the pseudonym service."""
MAX_NOTICES = 200
"""Notices in one answer."""
MAX_WAIT_SECONDS = 50
"""Longest long poll."""
MAX_RANGES = 256
"""Ranges in one comparison message."""
MAX_LEAVES = 64
"""A range with at most this many records is answered with its leaves."""
TAG_SIZE = 32
"""Bytes of a tag."""
ELEMENT_SIZE = 32
"""Bytes of a ristretto255 element."""
PROOF_SIZE = 64
"""Bytes of a DLEQ proof: two scalars, c then s."""
SEALED_CARD_SIZE = 1069
"""Bytes of a sealed card: 1 version, 16 salt, 12 nonce, 1,024 padded card, 16 authentication tag."""
MAX_SEALED_MESSAGE = 65536
"""Bytes of a sealed message from region to region."""


def many(element: str) -> Any:
    """A repeated element: a tuple here, ``element`` zero or more times on the wire."""
    return field(default=(), metadata={"element": element})


# --- Records -----------------------------------------------------------------------------------------


class Purpose(Enum):
    """What a tag was derived from. One key for each (epoch, purpose)."""

    YOUTH = "youth"
    PARENT = "parent"
    ADDRESS = "address"
    VSN = "vsn"


FAMILY_PURPOSES = frozenset({Purpose.PARENT, Purpose.ADDRESS})
"""Purposes whose records never travel in one message with youth records and are never archived."""


class RecordState(Enum):
    """Live matches; held matches nobody, and its archive is silent, until it is released."""

    LIVE = "live"
    HELD = "held"


class Reason(Enum):
    """Why a record is sent. Only NEW makes the archive speak; AGAIN is re-key, repair or restore."""

    NEW = "new"
    CHANGE = "change"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record under one epoch: its tag and the card sealed for whoever derives the same tag."""

    epoch: EpochName
    tag: bytes = field(repr=False)
    card: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Record:
    """One registration under its region's own random id. One or two entries, of different epochs."""

    record_id: UUID
    purpose: Purpose
    state: RecordState
    revision: int
    valid_until: date
    archive_until: date | None
    reason: Reason
    entries: tuple[Entry, ...] = many("entry")


class Outcome(Enum):
    """What became of one record in a changing operation."""

    REGISTERED = "registered"
    UPDATED = "updated"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Refusal(Enum):
    """Why one record was refused; the answer then tells the hub's revision where it has one."""

    OLDER_REVISION = "olderRevision"
    OTHER_CONTENT = "otherContent"
    TAG_CHANGED = "tagChanged"
    WITHDRAWN = "withdrawn"
    EPOCH_OVER = "epochOver"
    EPOCH_UNKNOWN = "epochUnknown"
    DATE_OUT_OF_RANGE = "dateOutOfRange"
    NOT_ALLOWED = "notAllowed"


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """The outcome for one record, in the order in which the records came."""

    record_id: UUID
    outcome: Outcome
    refusal: Refusal | None = None
    hub_revision: int | None = None


# --- Mailbox -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a region has applied its mailbox: the hub's seed and the last notice number."""

    seed: UUID
    number: int


class MailboxStatus(Enum):
    """CURRENT: the notices follow the cursor. NEW_SEED: the hub was restored, offer everything again.

    CURSOR_TOO_OLD: notices between the cursor and here are gone; collect once with retell.
    """

    CURRENT = "current"
    NEW_SEED = "newSeed"
    CURSOR_TOO_OLD = "cursorTooOld"


class NoticeKind(Enum):
    """What a notice tells."""

    MATCH = "match"
    CARD_UPDATED = "cardUpdated"
    MATCH_ENDED = "matchEnded"
    MATCH_ANNULLED = "matchAnnulled"
    ARCHIVE_NOTICE = "archiveNotice"
    ARCHIVE_TOLD = "archiveTold"
    SEALED_MESSAGE = "sealedMessage"


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """A message from region to region, closed to the hub: HPKE to ``key_id``, signed by the sender inside."""

    message_id: UUID
    sequence: int
    key_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """One numbered line of a region's mailbox.

    ``revision``, ``epoch``, ``valid_until`` and ``card`` are the peer's. ``card`` is absent where the kind has none
    or where it was destroyed since. ``sealed_message`` belongs to SEALED_MESSAGE alone, which has no record ids.
    """

    number: int
    kind: NoticeKind
    peer: Oin
    own_record_id: UUID | None = None
    peer_record_id: UUID | None = None
    purpose: Purpose | None = None
    epoch: EpochName | None = None
    revision: int | None = None
    valid_until: date | None = None
    card: bytes | None = field(default=None, repr=False)
    sealed_message: SealedMessage | None = None


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """At most 200 notices, in order, and the cursor to keep in the same transaction as their effects."""

    status: MailboxStatus
    seed: UUID
    number: int
    more: bool
    notices: tuple[Notice, ...] = many("notice")


# --- Hub: messages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterSignals:
    """Register, change or offer again. Youth and family records never share a message."""

    batch_id: UUID
    cursor: Cursor | None
    records: tuple[Record, ...] = many("record")


@dataclass(frozen=True, slots=True)
class RegisterSignalsResponse:
    """An outcome for each record, in order, and the mailbox from the cursor on."""

    mailbox: MailboxPage
    outcomes: tuple[RecordOutcome, ...] = many("outcome")


class Ending(Enum):
    """ENDED: archived until the date given. ANNULLED: destroyed, also when already archived."""

    ENDED = "ended"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The end of a record, with a revision from the same sequence as its registrations."""

    record_id: UUID
    revision: int
    ending: Ending
    archive_until: date | None = None


@dataclass(frozen=True, slots=True)
class WithdrawSignals:
    """Withdraw records; youth and family records never share a message."""

    batch_id: UUID
    cursor: Cursor | None
    withdrawals: tuple[Withdrawal, ...] = many("withdrawal")


@dataclass(frozen=True, slots=True)
class WithdrawSignalsResponse:
    """An outcome for each withdrawal, in order, and the mailbox from the cursor on."""

    mailbox: MailboxPage
    outcomes: tuple[RecordOutcome, ...] = many("outcome")


@dataclass(frozen=True, slots=True)
class CollectMatches:
    """The mailbox from the cursor on; waits up to ``wait_seconds`` when it is empty.

    Without a cursor it starts at the oldest notice kept. ``retell`` rewrites the mailbox from the living pairs.
    """

    cursor: Cursor | None
    max_notices: int
    wait_seconds: int
    retell: bool


@dataclass(frozen=True, slots=True)
class CollectMatchesResponse:
    """The mailbox, empty when nothing came or when a newer poll of this region took over."""

    mailbox: MailboxPage


class LeafState(Enum):
    """State of a record in a comparison. WAITING: its only epoch is over, tag and card are gone."""

    LIVE = "live"
    HELD = "held"
    ARCHIVED = "archived"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Range:
    """Record ids from ``first`` to ``last``, both included, in the order of their lower-case text."""

    first: UUID
    last: UUID


@dataclass(frozen=True, slots=True)
class Leaf:
    """One record in a comparison; ``digest`` as made by ``soap_wsdl.digests.record_digest``."""

    record_id: UUID
    revision: int
    state: LeafState
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RangeDigest:
    """How many records a range holds and the digest over their leaves; the leaves when they are few."""

    first: UUID
    last: UUID
    count: int
    digest: bytes = field(repr=False)
    leaves: tuple[Leaf, ...] = many("leaf")


@dataclass(frozen=True, slots=True)
class Declaration:
    """The region's own count and digest over all its records: with it, a comparison is finished."""

    count: int
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CompareRegistrations:
    """Digests over ranges of this region's records that live or are archived on ``as_of``, by their own dates."""

    as_of: date
    declaration: Declaration | None
    ranges: tuple[Range, ...] = many("range")


@dataclass(frozen=True, slots=True)
class CompareRegistrationsResponse:
    """A digest for each range, in order, and the seed under which they were computed.

    ``agreed`` answers a declaration: true when the hub counts the same; the region's records then match again.
    """

    seed: UUID
    agreed: bool
    digests: tuple[RangeDigest, ...] = many("rangeDigest")


@dataclass(frozen=True, slots=True)
class SendSealedMessage:
    """A sealed message for the mailbox of another region. In effect once by its message id, in order per sender."""

    recipient: Oin
    message: SealedMessage


class Delivery(Enum):
    """What became of a sealed message."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SendSealedMessageResponse:
    """The outcome; ``expected_sequence`` when it came out of order."""

    delivery: Delivery
    expected_sequence: int | None = None


@dataclass(frozen=True, slots=True)
class KeyStatement:
    """All card and sealing keys of one region, as canonical JSON, signed by the region's signing certificate.

    ``signature`` is RSASSA-PKCS1-v1_5 with SHA-256 over ``statement``; ``certificates`` is the chain, leaf first, DER.
    """

    statement: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(default=(), repr=False, metadata={"element": "certificate"})


@dataclass(frozen=True, slots=True)
class PublishKeys:
    """A region's own new key statement, for the directory. A lower serial than the one kept is refused."""

    key_statement: KeyStatement


@dataclass(frozen=True, slots=True)
class PublishKeysResponse:
    """The serial that the directory now holds for this region."""

    serial: int


class RegionStatus(Enum):
    """A departed region stays listed, so that its old cards still verify."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class Region:
    """A region in the directory. Without a key statement nothing of it can be verified yet."""

    oin: Oin
    name: str
    status: RegionStatus
    key_statement: KeyStatement | None = None


@dataclass(frozen=True, slots=True)
class GetDirectory:
    """Who takes part, and their keys."""


@dataclass(frozen=True, slots=True)
class GetDirectoryResponse:
    """All regions that ever took part, by OIN."""

    regions: tuple[Region, ...] = many("region")


@dataclass(frozen=True, slots=True)
class GetStatistics:
    """Registered pairs per pair of regions and month, from ``first_month`` up to and including ``last_month``."""

    first_month: str
    last_month: str


@dataclass(frozen=True, slots=True)
class PairCount:
    """Pairs between two regions in one month; ``pairs`` is absent where it is under five."""

    month: str
    region: Oin
    other_region: Oin
    purpose: Purpose
    pairs: int | None = None


@dataclass(frozen=True, slots=True)
class GetStatisticsResponse:
    """Includes canaries and family pairs of one youth: published figures come from the nodes."""

    pair_counts: tuple[PairCount, ...] = many("pairCount")


@dataclass(frozen=True, slots=True)
class GetStatus:
    """How the hub is, and how this region stands at it."""


@dataclass(frozen=True, slots=True)
class EpochCount:
    """Records of this region that carry an entry of one epoch; ``waiting`` lost their only entry with it."""

    epoch: EpochName
    live: int
    archived: int
    waiting: int


@dataclass(frozen=True, slots=True)
class GetStatusResponse:
    """``comparison_due``: after a restore this region's old records match nobody until its comparison is finished."""

    hub_time: datetime
    software_version: str
    seed: UUID
    last_number: int
    acknowledged_number: int
    comparison_due: bool
    epoch_counts: tuple[EpochCount, ...] = many("epochCount")


# --- Pseudonym service: messages ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EvaluateBlinded:
    """Blinded elements of one epoch and purpose. The same batch id with the same elements counts once in 48 hours."""

    batch_id: UUID
    epoch: EpochName
    purpose: Purpose
    blinded: tuple[bytes, ...] = field(default=(), repr=False, metadata={"element": "blinded"})


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """Elements this region may still ask for, outside and inside an allowance."""

    today: int
    this_month: int
    allowance: int


@dataclass(frozen=True, slots=True)
class EvaluateBlindedResponse:
    """The evaluated elements, in order, and one DLEQ proof over the batch (RFC 9497, section 2.2)."""

    proof: bytes = field(repr=False)
    budget_left: BudgetLeft
    evaluated: tuple[bytes, ...] = field(default=(), repr=False, metadata={"element": "evaluated"})


@dataclass(frozen=True, slots=True)
class GetEpochs:
    """The scheme owner's signed epoch file and this region's sealed secrets."""


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """The regions' shared secret of one epoch, sealed to ``key_id`` of the asking region (HPKE, MLKEM768-X25519)."""

    epoch: EpochName
    key_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GetEpochsResponse:
    """The signed epoch file byte for byte, and a sealed secret for each epoch that the region was admitted to."""

    epoch_file: bytes = field(repr=False)
    sealed_secrets: tuple[SealedSecret, ...] = many("sealedSecret")


# --- Faults ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaultDetail:
    """The detail of every soap:Fault (docs/reference/faults.md). Never repeats what was sent."""

    code: str
    omschrijving: str
    herhaalbaar: bool
    herhaal_na_seconden: int | None = None


# --- Contracts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a contract: its name, the two messages and their WS-Addressing actions."""

    name: str
    request: type
    response: type
    action: str
    response_action: str


@dataclass(frozen=True, slots=True)
class Contract:
    """A WSDL: its namespace, files and operations by name."""

    name: str
    namespace: str
    wsdl: str
    schema: str
    path: str
    operations: Mapping[str, Operation]


def _contract(name: str, namespace: str, path: str, *messages: tuple[type, type]) -> Contract:
    operations = {
        request.__name__: Operation(
            request.__name__,
            request,
            response,
            f"{namespace}:{request.__name__}",
            f"{namespace}:{response.__name__}",
        )
        for request, response in messages
    }
    return Contract(name, namespace, f"{name}_v1.wsdl", f"{name}_v1.xsd", path, operations)


HUB = _contract(
    "hub",
    HUB_NAMESPACE,
    "/hub/v1",
    (RegisterSignals, RegisterSignalsResponse),
    (WithdrawSignals, WithdrawSignalsResponse),
    (CollectMatches, CollectMatchesResponse),
    (CompareRegistrations, CompareRegistrationsResponse),
    (SendSealedMessage, SendSealedMessageResponse),
    (PublishKeys, PublishKeysResponse),
    (GetDirectory, GetDirectoryResponse),
    (GetStatistics, GetStatisticsResponse),
    (GetStatus, GetStatusResponse),
)
"""The hub's contract (``hub_v1.wsdl``)."""

PSEUDONYMS = _contract(
    "pseudonyms",
    PSEUDONYM_NAMESPACE,
    "/pseudonyms/v1",
    (EvaluateBlinded, EvaluateBlindedResponse),
    (GetEpochs, GetEpochsResponse),
)
"""The pseudonym service's contract (``pseudonyms_v1.wsdl``)."""
