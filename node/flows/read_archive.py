"""The archive speaks once: the professional who signalled sees that there was an earlier signal, and fetches it once.

Jeugdwet 7.1.4.6(2). Shown when the fifteen minutes of undo are over; the fetch and the deletion of the card are one
write with the audit line that says who fetched it.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain import rights
from node.domain.rights import Act
from node.flows.desk import Desk
from node.store import mailbox, professionals, signals
from node.store.mailbox import ArchiveNotice
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier signal in another region. ``id`` fetches it; ``fetched`` says that this was done."""

    id: UUID
    peer: Oin
    fetched: bool


@dataclass(frozen=True, slots=True)
class EarlierContact:
    """Who had signalled, and until when."""

    region: str
    organisation: str
    location: str
    function: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    ended: date


async def list_archive(desk: Desk, who: UUID, signal_id: UUID) -> list[Earlier]:
    """What the archive told about one's own signal. Raises ProfessionalUnknown, SignalUnknown."""

    def question(tx: Tx) -> list[Earlier]:
        rights.require(professionals.get(tx, who), Act.READ, signals.get(tx, signal_id))
        return [
            Earlier(notice.peer_record_id, notice.peer, notice.fetched_at is not None)
            for notice in mailbox.archive_notices(tx, signal_id, desk.clock())
        ]

    return await desk.db.read(question)


async def fetch_archive(desk: Desk, who: UUID, signal_id: UUID, earlier: UUID) -> EarlierContact | None:
    """The contact, once; None when it was fetched before, or fell away. Raises ProfessionalUnknown, SignalUnknown."""

    def change(tx: Tx) -> EarlierContact | None:
        professional = professionals.get(tx, who)
        rights.require(professional, Act.READ, signals.get(tx, signal_id))
        now = desk.clock()
        found = [notice for notice in mailbox.archive_notices(tx, signal_id, now) if notice.peer_record_id == earlier]
        sealed = mailbox.fetch_archive_card(tx, found[0], now) if found else None
        if sealed is None:
            return None
        notice = found[0]
        audit_line(tx, events.ARCHIVE_FETCHED, now, by=str(professional.id), signal=str(signal_id), peer=notice.peer)
        return _contact(desk, notice, sealed)

    return await desk.db.write(change)


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
    )
