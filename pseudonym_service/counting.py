"""Whether a batch is answered: replay, batch memory, budget and alarms, decided in one transaction.

The decision is returned, never raised: what was noted (the message id, an alarm, the audit line) must stay when the
answer is no.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from ledger import Tx, record
from pseudonym_service import audit, store
from pseudonym_service.budgets import (
    Alarm,
    Limits,
    Spent,
    alarms,
    charge,
    left_now,
    retry_after,
    spent_alarm,
)
from soap_wsdl.vocabulary import BudgetLeft, EvaluateBlinded, Oin
from soap_wsdl.wus.faults import Code


class Verdict(Enum):
    """What to do with a batch."""

    COUNTED = "counted"
    REPEATED = "repeated"
    REPLAYED = "replayed"
    DIFFERS = "differs"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, what is left, the alarms told for the first time, and for SPENT when to come back."""

    verdict: Verdict
    left: BudgetLeft
    alarms: tuple[Alarm, ...] = ()
    retry_after: int | None = None
    spent: str | None = None


def decide(tx: Tx, oin: Oin, message_id: str, message: EvaluateBlinded, limits: Limits, now: datetime) -> Decision:
    """Count a new batch, recognise a repeated one, refuse the rest. Nothing of a refused batch is charged.

    A process that dies after this commit and before its answer costs the region nothing: the batch comes again with
    the same id, is recognised, and is evaluated then.
    """
    before = store.used(tx, oin, now)
    pools = store.open_allowances(tx, oin, now)
    left = left_now(before, limits, pools, now)
    if not store.note_message(tx, oin, message_id, now):
        _refused(tx, oin, message, Code.REPLAY, None, now)
        return Decision(Verdict.REPLAYED, left)
    digest = store.digest(message)
    known = store.remembered_batch(tx, oin, message.batch_id, now)
    if known is not None:
        return _known_batch(tx, oin, message, left, same=known == digest, now=now)
    paid = charge(len(message.blinded), before, limits, pools, now)
    if isinstance(paid, Spent):
        _refused(tx, oin, message, Code.BUDGET, paid.again, now)
        told = _tell(tx, oin, (spent_alarm(paid, before, limits, now),), now)
        return Decision(Verdict.SPENT, paid.left, told, retry_after(paid.again, now), paid.period)
    store.use(tx, oin, paid.from_budget, now)
    store.use_allowances(tx, paid.from_allowances)
    store.remember_batch(tx, oin, message.batch_id, digest, now)
    record(
        tx,
        audit.BATCH_COUNTED,
        now,
        region=oin,
        batch=str(message.batch_id),
        epoch=message.epoch,
        purpose=message.purpose.value,
        elements=len(message.blinded),
        budget=paid.from_budget,
        allowance=len(message.blinded) - paid.from_budget,
    )
    told = _tell(tx, oin, alarms(store.used(tx, oin, now), limits, now), now) if paid.from_budget else ()
    return Decision(Verdict.COUNTED, paid.left, told)


def _known_batch(
    tx: Tx, oin: Oin, message: EvaluateBlinded, left: BudgetLeft, *, same: bool, now: datetime
) -> Decision:
    if not same:
        _refused(tx, oin, message, Code.BATCH, None, now)
        return Decision(Verdict.DIFFERS, left)
    record(
        tx,
        audit.BATCH_REPEATED,
        now,
        region=oin,
        batch=str(message.batch_id),
        epoch=message.epoch,
        purpose=message.purpose.value,
        elements=len(message.blinded),
    )
    return Decision(Verdict.REPEATED, left)


def _refused(tx: Tx, oin: Oin, message: EvaluateBlinded, code: Code, until: datetime | None, now: datetime) -> None:
    record(
        tx,
        audit.BATCH_REFUSED,
        now,
        region=oin,
        batch=str(message.batch_id),
        epoch=message.epoch,
        purpose=message.purpose.value,
        elements=len(message.blinded),
        code=code.value,
        until=until.astimezone(UTC).isoformat(timespec="seconds") if until else None,
    )


def _tell(tx: Tx, oin: Oin, found: tuple[Alarm, ...], now: datetime) -> tuple[Alarm, ...]:
    told = []
    for alarm in found:
        if store.tell_alarm(tx, oin, alarm.kind.value, alarm.period, alarm.used, alarm.limit, now):
            record(
                tx,
                audit.ALARM_TOLD,
                now,
                region=oin,
                kind=alarm.kind.value,
                period=alarm.period,
                used=alarm.used,
                limit=alarm.limit,
            )
            told.append(alarm)
    return tuple(told)
