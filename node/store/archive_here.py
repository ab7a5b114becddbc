"""Archive notices inside the region: which archived signal speaks to which newcomer, and whether it was fetched.

They hold no contact data. Those stand in the list of professionals, and are read once, at the moment of fetching.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.days import local_day
from node.domain.professional import PersonNumber
from node.domain.signal import ProfessionalId, SignalId, YouthKey


@dataclass(frozen=True, slots=True)
class NoticeHere:
    """One notice. ``archived`` is the signal that spoke, of ``professional``, over since ``ended_on``.

    ``possible``: one of the two signals has no BSN, so that they may be about two children.
    """

    id: UUID
    signal: SignalId
    archived: SignalId
    professional: ProfessionalId
    ended_on: date
    keep_until: datetime
    fetched_at: datetime | None
    possible: bool


def earlier(tx: Tx, youth: YouthKey, who: ProfessionalId, today: date) -> list[SignalId]:
    """Archived signals about a youth that others made, by whatever profile, oldest first.

    Without those that spoke to this human before.
    """
    rows = tx.all(
        """
        SELECT signal_id FROM signal JOIN professional USING (professional_id)
        WHERE youth_key = ?1 AND state = 'archived' AND archive_until > ?2
        AND person_number <> (SELECT person_number FROM professional WHERE professional_id = ?3)
        AND NOT EXISTS (SELECT 1 FROM archive_heard WHERE archived_signal_id = signal_id AND archive_heard.person_number
            = (SELECT person_number FROM professional WHERE professional_id = ?3))
        ORDER BY made_at, signal_id
        """,
        (youth, today.isoformat(), str(who)),
    )
    return [SignalId(UUID(row["signal_id"])) for row in rows]


def put(
    tx: Tx, notice_id: UUID, signal: SignalId, archived: SignalId, show_from: datetime, keep_until: datetime
) -> bool:
    """The archived signal speaks to this new one; False when it did before."""
    cursor = tx.execute(
        "INSERT INTO archive_notice_here (notice_id, signal_id, archived_signal_id, show_from, keep_until)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (str(notice_id), str(signal), str(archived), show_from.isoformat(), keep_until.isoformat()),
    )
    return cursor.rowcount == 1


def of_signal(tx: Tx, signal_id: UUID, now: datetime) -> list[NoticeHere]:
    """The notices that may be shown for a signal: its time to undo is over, and the archive's date has not come."""
    rows = tx.all(
        """
        SELECT notice_id, notice.signal_id, archived_signal_id, professional_id, ended_at, keep_until, fetched_at,
            EXISTS (SELECT 1 FROM youth JOIN signal AS either USING (youth_key) WHERE without_bsn = 1
                AND either.signal_id IN (notice.signal_id, archived_signal_id)) AS possible
        FROM archive_notice_here AS notice JOIN signal AS archived ON archived.signal_id = archived_signal_id
        WHERE notice.signal_id = ? AND show_from <= ? AND archived.archive_until > ?
        ORDER BY show_from, notice_id
        """,
        (str(signal_id), now.isoformat(), local_day(now).isoformat()),
    )
    return [
        NoticeHere(
            UUID(row["notice_id"]),
            SignalId(UUID(row["signal_id"])),
            SignalId(UUID(row["archived_signal_id"])),
            ProfessionalId(UUID(row["professional_id"])),
            local_day(datetime.fromisoformat(row["ended_at"])),
            datetime.fromisoformat(row["keep_until"]),
            datetime.fromisoformat(row["fetched_at"]) if row["fetched_at"] else None,
            bool(row["possible"]),
        )
        for row in rows
    ]


def fetch(tx: Tx, notice: NoticeHere, at: datetime) -> bool:
    """It is fetched now, once. False when it was before, or its thirty days are over."""
    cursor = tx.execute(
        "UPDATE archive_notice_here SET fetched_at = ?1"
        " WHERE notice_id = ?2 AND fetched_at IS NULL AND keep_until > ?1",
        (at.isoformat(), str(notice.id)),
    )
    return cursor.rowcount == 1


def forget_own(tx: Tx, signal_id: UUID, person: PersonNumber) -> int:
    """What this human signalled before is not on offer to them; says how many notices went. Fetched ones stay."""
    return tx.execute(
        "DELETE FROM archive_notice_here WHERE signal_id = ?1 AND fetched_at IS NULL AND archived_signal_id IN ("
        "SELECT signal_id FROM signal JOIN professional USING (professional_id) WHERE person_number = ?2)",
        (str(signal_id), str(person)),
    ).rowcount


def forget(tx: Tx, signal_id: UUID) -> None:
    """The signal that was told is over: what it was told goes, fetched or not."""
    tx.execute("DELETE FROM archive_notice_here WHERE signal_id = ?", (str(signal_id),))
