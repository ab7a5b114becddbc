"""The archive speaks once: whoever signalled sees that there was an earlier signal, and fetches it once.

Jeugdwet 7.1.4.6(2). Shown when the fifteen minutes of undo are over, fetched within thirty days; a fetch is one write
with the audit line that says who did it. Earlier signals of other regions come with a card, which that write deletes;
those of this region are read from the list of professionals at that moment. One list holds both.

What somebody signalled before is not offered to that same person, under whatever profile: here as between regions.
Nor is what was offered to that person before, however often the youth is signalled anew, or what they fetched as a
substitute.
"""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import audit
from node import exchange_audit as events
from node.domain import rights
from node.domain.days import years_after
from node.domain.retention import ARCHIVE_YEARS
from node.domain.rights import Act
from node.domain.signal import Signal
from node.flows.capacity import behalf, capacity
from node.flows.desk import Desk
from node.flows.end_signal import UNDO_WITHIN, require_active
from node.store import archive_heard, archive_here, mailbox, professionals, signals
from node.store.archive_here import NoticeHere
from node.store.mailbox import ArchiveNotice
from soap_wsdl.vocabulary import Oin

KEEP_ARCHIVED = timedelta(days=30)
"""How long an earlier signal of this region can be fetched; as long as the card of another region waits."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier signal, in this region where ``peer`` is None. ``id`` fetches it; ``fetched`` says that this was done.

    ``available`` is false once it was fetched, and when the thirty days are over. ``possible``: without a BSN, maybe
    about another child; of other regions only what has a BSN speaks.
    """

    id: UUID
    peer: Oin | None
    fetched: bool
    available: bool
    possible: bool


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """Who had signalled, and until when; of another child maybe where it is only ``possible``."""

    region: str
    organisation: str
    location: str
    function: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    ended: date
    possible: bool


def let_archive_speak(tx: Tx, desk: Desk, signal: Signal) -> int:
    """Every archived signal of this region about the same youth speaks to a new one; says how many did.

    In the transaction that makes the signal, or that gives it its BSN, and never later: a change or an extension makes
    no archive speak.
    """
    now, spoke = desk.clock(), 0
    for archived in archive_here.earlier(tx, signal.youth, signal.professional, desk.today()):
        until = now + KEEP_ARCHIVED
        shown = now + UNDO_WITHIN
        archive_heard.tell_here(tx, signal.id, archived, shown)
        if archive_here.put(tx, desk.new_id(), signal.id, archived, shown, until):
            audit_line(tx, audit.ARCHIVE_TOLD_HERE, now, signal=str(archived), other=str(signal.id))
            spoke += 1
    return spoke


async def list_archive(desk: Desk, who: UUID, signal_id: UUID) -> list[Earlier]:
    """What the archive told about one's own signal. Raises ProfessionalUnknown, SignalUnknown, SignalOver."""

    def question(tx: Tx) -> list[Earlier]:
        _require_own(tx, desk, who, signal_id)
        now = desk.clock()
        here = [
            Earlier(
                notice.id,
                None,
                notice.fetched_at is not None,
                notice.fetched_at is None and now < notice.keep_until,
                notice.possible,
            )
            for notice in archive_here.of_signal(tx, signal_id, now)
        ]
        return here + [
            Earlier(
                notice.peer_record_id,
                notice.peer,
                notice.fetched_at is not None,
                notice.card is not None and now < notice.keep_until,
                possible=False,
            )
            for notice in mailbox.archive_notices(tx, signal_id, now)
        ]

    return await desk.db.read(question)


async def fetch_archive(desk: Desk, who: UUID, signal_id: UUID, earlier: UUID) -> EarlierContact | None:
    """The contact, once; None when it was fetched before, or fell away.

    Raises ProfessionalUnknown, SignalUnknown, SignalOver.
    """

    def change(tx: Tx) -> EarlierContact | None:
        on_behalf_of = _require_own(tx, desk, who, signal_id)
        now = desk.clock()
        for here in archive_here.of_signal(tx, signal_id, now):
            if here.id == earlier:
                return _fetch_here(tx, desk, who, here, on_behalf_of)
        found = [notice for notice in mailbox.archive_notices(tx, signal_id, now) if notice.peer_record_id == earlier]
        sealed = mailbox.fetch_archive_card(tx, found[0], now) if found else None
        if sealed is None:
            return None
        notice = found[0]
        until = years_after(desk.today(), ARCHIVE_YEARS)
        archive_heard.tell_record(tx, signal_id, notice.peer, notice.peer_record_id, now, until, who)
        audit_line(
            tx,
            events.ARCHIVE_FETCHED,
            now,
            by=str(who),
            onBehalfOf=on_behalf_of,
            signal=str(signal_id),
            peer=notice.peer,
        )
        return _contact(desk, notice, sealed)

    return await desk.db.write(change)


def _require_own(tx: Tx, desk: Desk, who: UUID, signal_id: UUID) -> str | None:
    """That it is one's own, or of a colleague for whom one stands in; says on whose behalf."""
    professional, signal = professionals.get(tx, who), signals.get(tx, signal_id)
    rights.require(professional, Act.READ, signal, capacity(tx, professional, desk.today()))
    require_active(tx, desk, signal_id)
    return behalf(professional, signal)


def _fetch_here(tx: Tx, desk: Desk, who: UUID, notice: NoticeHere, on_behalf_of: str | None) -> EarlierContact | None:
    now = desk.clock()
    if not archive_here.fetch(tx, notice, now):
        return None
    # The signal may have come over from a colleague, to whom it was offered; or a substitute fetches.
    archive_heard.tell_here(tx, notice.signal, notice.archived, now, who)
    audit_line(
        tx,
        audit.ARCHIVE_FETCHED_HERE,
        now,
        by=str(who),
        onBehalfOf=on_behalf_of,
        signal=str(notice.signal),
        other=str(notice.archived),
    )
    contact = professionals.get(tx, notice.professional).contact
    return EarlierContact(
        desk.region,
        contact.organisation,
        contact.location,
        contact.function,
        contact.name,
        contact.phone,
        contact.email,
        notice.ended_on,
        notice.possible,
    )


def _contact(desk: Desk, notice: ArchiveNotice, sealed: bytes) -> EarlierContact:
    row = mailbox.row_of(notice.own_record_id, notice.peer, notice.peer_record_id)
    said = json.loads(desk.vault.open("archive_notice", row, sealed))
    return EarlierContact(
        said["region"],
        said["organisation"],
        said["location"],
        said["function"],
        said["name"],
        said["phone"],
        said["email"],
        date.fromisoformat(said["ended"]),
        possible=False,
    )
