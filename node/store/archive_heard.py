"""To which human the archive spoke, of which archived signal: once, whatever they signal later (Jeugdwet 7.1.4.6(2)).

A row of this region goes with the archived signal; one of another region when its five years are over at the latest.
"""

from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from soap_wsdl.vocabulary import Oin


def tell_here(tx: Tx, signal_id: UUID, archived: UUID, show_from: datetime, fetched_by: UUID | None = None) -> bool:
    """An archived signal here speaks to whoever made this signal, and to the substitute who fetched it for them.

    False when it did before.
    """
    cursor = tx.execute(
        "INSERT INTO archive_heard (person_number, archived_signal_id, told_signal_id, show_from)"
        " SELECT DISTINCT person_number, ?2, ?1, ?3 FROM professional WHERE professional_id IN"
        " (?4, (SELECT professional_id FROM signal WHERE signal_id = ?1)) ON CONFLICT DO NOTHING",
        (str(signal_id), str(archived), show_from.isoformat(), str(fetched_by) if fetched_by else None),
    )
    return cursor.rowcount > 0


def tell_record(
    tx: Tx,
    signal_id: UUID,
    peer: Oin,
    record_id: UUID,
    show_from: datetime,
    keep_until: date,
    fetched_by: UUID | None = None,
) -> bool:
    """An archived record of another region speaks, to whom ``tell_here`` says; False when it did before."""
    cursor = tx.execute(
        "INSERT INTO archive_heard (person_number, peer, peer_record_id, told_signal_id, show_from, keep_until)"
        " SELECT DISTINCT person_number, ?2, ?3, ?1, ?4, ?5 FROM professional WHERE professional_id IN"
        " (?6, (SELECT professional_id FROM signal WHERE signal_id = ?1)) ON CONFLICT DO NOTHING",
        (
            str(signal_id),
            peer,
            str(record_id),
            show_from.isoformat(),
            keep_until.isoformat(),
            str(fetched_by) if fetched_by else None,
        ),
    )
    return cursor.rowcount > 0


def untell(tx: Tx, signal_id: UUID, at: datetime) -> None:
    """This signal is over: what was not shown by then was not said."""
    tx.execute("DELETE FROM archive_heard WHERE told_signal_id = ? AND show_from > ?", (str(signal_id), at.isoformat()))


def forget_record(tx: Tx, peer: Oin, record_id: UUID) -> None:
    """The record of another region is destroyed: nothing can speak of it any more."""
    tx.execute("DELETE FROM archive_heard WHERE peer = ? AND peer_record_id = ?", (peer, str(record_id)))


def forget(tx: Tx, today: date) -> int:
    """Drop what is about records of other regions whose archive is over."""
    return tx.execute("DELETE FROM archive_heard WHERE keep_until <= ?", (today.isoformat(),)).rowcount
