"""When there is work for the exchange again by itself: a departure of family records, the end of a pause."""

from datetime import datetime

from ledger import Tx


def next_moment(tx: Tx) -> datetime | None:
    """The earliest departure or end of a pause that is still waited for; None when nothing is."""
    row = tx.one(
        "SELECT min(moment) AS moment FROM ("
        " SELECT min(depart_at) AS moment FROM errand WHERE batch_id IS NULL AND refusal IS NULL"
        " UNION ALL SELECT min(not_before) FROM hold)"
    )
    return datetime.fromisoformat(row["moment"]) if row and row["moment"] else None
