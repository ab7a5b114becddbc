"""Who takes part: registering, suspending and departing, each with its audit line."""

from datetime import datetime
from uuid import UUID

from hub import audit
from hub.matching import local_date
from hub.outside import Outside
from hub.store import regions, registration
from ledger import Database, Tx, record
from soap_wsdl.vocabulary import Ending, Oin, RegionStatus, Withdrawal

AT_ONCE = 500
"""Records ended in one transaction when a region departs."""


def add(database: Database, outside: Outside, oin: Oin, name: str, now: datetime) -> bool:
    """Register a region or make it active again; True when it is new.

    A new one may be an old one, after the database was lost: then its deletions are done again first.
    """
    deletions = outside.deletions()

    def change(tx: Tx) -> bool:
        new = regions.add(tx, oin, name)
        if new and deletions:
            registration.replay(tx, deletions, local_date(now))
        record(tx, audit.REGION_ADDED, now, oin=oin, name=name, new=new)
        return new

    return database.write_now(change)


def suspend(database: Database, oin: Oin, now: datetime) -> None:
    """Let a region in no more, for now; raises NoSuchRegion."""

    def change(tx: Tx) -> None:
        regions.set_status(tx, oin, RegionStatus.SUSPENDED)
        record(tx, audit.REGION_SUSPENDED, now, oin=oin)

    database.write_now(change)


def depart(database: Database, outside: Outside, oin: Oin, now: datetime) -> int:
    """A region leaves for good: its records end and are destroyed, its peers are told, its keys stay listed.

    Returns how many records ended. Stopped half-way, the same again finishes it. Raises NoSuchRegion.
    """
    region = database.write_now(lambda tx: regions.set_status(tx, oin, RegionStatus.DEPARTED))
    ended = 0

    def some(tx: Tx) -> int:
        rows = tx.all(
            "SELECT record_id, revision FROM record WHERE region = ? AND standing <> 'destroyed'"
            " ORDER BY record LIMIT ?",
            (region, AT_ONCE),
        )
        withdrawals = [Withdrawal(UUID(bytes=row["record_id"]), row["revision"] + 1, Ending.ENDED) for row in rows]
        # One by one, because the hub itself may see youth and family records together.
        for withdrawal in withdrawals:
            _, deletions = registration.withdraw(tx, oin, region, [withdrawal], local_date(now))
            outside.note(deletions)
        return len(withdrawals)

    while count := database.write_now(some):
        ended += count

    def finish(tx: Tx) -> audit.AuditHead | None:
        record(tx, audit.REGION_DEPARTED, now, oin=oin, records=ended)
        return audit.head(tx)

    if (head := database.write_now(finish)) is not None:
        outside.remember(head)
    return ended
