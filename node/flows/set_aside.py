"""What was set aside, for the operator: see it, have it tried again, or give it up.

A wish is set aside when no errand can be made of it, an errand or a sealed message when the hub refuses it as it is.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ledger import Database, Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.store import errands, outbox, records, sealed
from node.store.errands import Errand
from node.store.records import Wanted
from soap_wsdl.vocabulary import Reason, Refusal

_NEEDS_NEW_RECORD = frozenset({Refusal.WITHDRAWN.value, Refusal.TAG_CHANGED.value})
"""A record that the hub has buried, or under another tag, never comes back: a new one takes its place."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One thing set aside. ``name`` is what the operator calls it: a wish's number, a record's id, or an s
    with the number of a sealed message."""

    name: str
    what: str
    refusal: str
    signal_id: UUID | None


def list_aside(tx: Tx) -> list[Aside]:
    """All that was set aside: wishes, errands, sealed messages."""
    wishes = [
        Aside(str(wish.number), wish.intent.value, wish.refusal, wish.signal_id)
        for wish in outbox.every(tx)
        if wish.refusal is not None
    ]
    refused = []
    for errand in errands.aside(tx):
        record = records.get(tx, errand.record_id)
        signal_id = record.signal_id if record else None
        refused.append(Aside(str(errand.record_id), errand.kind.value, errand.refusal or "", signal_id))
    letters = [
        Aside(f"s{each.number}", f"{each.kind} for {each.peer}", each.refusal or "", None) for each in sealed.aside(tx)
    ]
    return wishes + refused + letters


async def retry(db: Database, name: str, at: datetime) -> bool:
    """Try it again: an errand under its next revision, or as a new record where the old one is buried.

    False when nothing of this name is set aside.
    """
    return await db.write(lambda tx: _decide(tx, name, at, again=True))


async def drop(db: Database, name: str, at: datetime) -> bool:
    """Give it up. The next comparison will find what the hub then lacks. False when there is nothing of this name."""
    return await db.write(lambda tx: _decide(tx, name, at, again=False))


def _decide(tx: Tx, name: str, now: datetime, *, again: bool) -> bool:
    what = "retry" if again else "drop"
    if name.isdigit():
        done = outbox.retry(tx, int(name)) if again else outbox.drop(tx, int(name))
        if done:
            audit_line(tx, events.OUTBOX_DECIDED, now, what=what)
        return done
    if name[:1] == "s" and name[1:].isdigit():
        number = int(name[1:])
        done = sealed.retry(tx, number) if again else sealed.drop(tx, number)
        if done:
            audit_line(tx, events.OUTBOX_DECIDED, now, what=what)
        return done
    found = [errand for errand in errands.aside(tx) if str(errand.record_id) == name]
    for errand in found:
        errands.drop(tx, errand.record_id, errand.revision)
        if again:
            _again(tx, errand, now)
        audit_line(tx, events.OUTBOX_DECIDED, now, what=what, record=str(errand.record_id))
    return bool(found)


def _again(tx: Tx, errand: Errand, now: datetime) -> None:
    record = records.get(tx, errand.record_id)
    if record is None:
        return
    if errand.ending is not None:
        outbox.withdraw(tx, record.record_id, record.signal_id, errand.ending, errand.archive_until, now)
    elif errand.refusal in _NEEDS_NEW_RECORD and record.signal_id is not None:
        records.put(tx, replace(record, wanted=Wanted.GONE))
        records.forget_keys(tx, record.record_id)
        outbox.change(tx, record.signal_id, now)
    else:
        outbox.again(tx, record.record_id, record.signal_id, errand.reason or Reason.AGAIN, now)
