"""How far a signal has come on its way to the other regions."""

from enum import Enum
from uuid import UUID

from ledger import Tx


class Reach(Enum):
    """On its way, told to the hub, or waiting for the operator."""

    ON_ITS_WAY = "onderweg"
    TOLD = "gemeld"
    SET_ASIDE = "wacht op beheerder"


def of_signal(tx: Tx, signal_id: UUID) -> Reach:
    """How far this signal has come; family records, which leave at set moments, are not waited for."""
    row = tx.one(
        """
        SELECT
            EXISTS (SELECT 1 FROM outbox WHERE signal_id = ?1 AND refusal IS NOT NULL)
            OR EXISTS (SELECT 1 FROM errand JOIN hub_record USING (record_id)
                WHERE signal_id = ?1 AND refusal IS NOT NULL) AS aside,
            EXISTS (SELECT 1 FROM outbox WHERE signal_id = ?1 AND refusal IS NULL)
            OR EXISTS (SELECT 1 FROM errand JOIN hub_record USING (record_id)
                WHERE signal_id = ?1 AND lane = 'youth' AND refusal IS NULL) AS waiting
        """,
        (str(signal_id),),
    )
    if row is not None and row["aside"]:
        return Reach.SET_ASIDE
    return Reach.ON_ITS_WAY if row is not None and row["waiting"] else Reach.TOLD
