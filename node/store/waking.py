"""When there is work for the exchange again by itself: a departure of family records, the end of a pause."""

from datetime import datetime

from ledger import Tx


def next_moment(tx: Tx, since: datetime) -> datetime | None:
    """The earliest departure or end of a pause after ``since``; None when none is waited for.

    What could leave at ``since`` was looked at then: what is still there waits for an answer, or for an operator.
    Nothing leaves before a pause of the hub is over, nor past an errand about the same record that was set aside.
    """
    row = tx.one(
        """
        SELECT min(moment) AS moment FROM (
            SELECT min(not_before) AS moment FROM hold WHERE not_before > ?1
            UNION ALL
            SELECT * FROM (SELECT depart_at FROM errand INDEXED BY errand_departure
            WHERE batch_id IS NULL AND refusal IS NULL AND depart_at > ?1
            AND NOT EXISTS (SELECT 1 FROM hold WHERE side = 'hub' AND not_before > ?1)
            AND NOT EXISTS (SELECT 1 FROM errand AS earlier WHERE earlier.record_id = errand.record_id
                AND earlier.revision < errand.revision AND earlier.refusal IS NOT NULL)
            ORDER BY depart_at LIMIT 1))
        """,
        (since.isoformat(),),
    )
    return datetime.fromisoformat(row["moment"]) if row and row["moment"] else None
