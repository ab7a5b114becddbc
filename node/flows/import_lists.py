"""An operator brings in the lists of a region: professionals, and persons for the local register."""

from collections.abc import Sequence

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.person import Person
from node.flows.complete_youth import complete_youths
from node.flows.desk import Desk
from node.store import outbox, people, professionals, signals
from node.store.professionals import Profile


async def import_professionals(desk: Desk, profiles: Sequence[Profile]) -> int:
    """Keep all of them or none; says how many are new or look different to others.

    Contact data that changed reach every match: inside the region at once, in other regions through the outbox.
    """

    def change(tx: Tx) -> int:
        now = desk.clock()
        changed = [who for profile in profiles if (who := professionals.put(tx, profile, desk.new_id)) is not None]
        for who in changed:
            for signal in signals.of_professional(tx, who, desk.today()):
                outbox.change(tx, signal.id, now)
        record(tx, audit.PROFESSIONALS_IMPORTED, now, profiles=len(profiles), changed=len(changed))
        return len(changed)

    changed = await desk.db.write(change)
    desk.nudge()
    return changed


async def import_people(desk: Desk, persons: Sequence[Person]) -> int:
    """Keep these persons, then complete signals that waited for one of them; says how many signals' youths it knew."""

    def change(tx: Tx) -> None:
        people.put(tx, desk.vault, persons)
        record(tx, audit.PEOPLE_IMPORTED, desk.clock(), persons=len(persons))

    await desk.db.write(change)
    return await complete_youths(desk)
