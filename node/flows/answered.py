"""What the hub's answer to a batch means here: what it took is done, what it refused is wished anew or set aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hub_connector.failures import Refused
from ledger import Tx
from node.domain.days import local_day
from node.domain.records import Next, after
from node.exchange import Exchange
from node.store import errands, outbox, records
from node.store.errands import Batch, Errand, Kind
from node.store.records import Told, ToldState
from soap_wsdl.vocabulary import Ending, Reason, RecordOutcome, RecordState, Refusal


def apply_outcomes(tx: Tx, batch: Batch, bound: Sequence[Errand], told: Iterable[RecordOutcome], now: datetime) -> int:
    """Apply the outcomes and close the batch; returns how many errands were set aside."""
    outcomes = {outcome.record_id: outcome for outcome in told}
    # A command that delivers beside the node may have had this answer first: then nothing is left in the batch.
    left = errands.still_in_batch(tx, batch.batch_id)
    answered = [
        (errand, outcomes[errand.record_id])
        for errand in bound
        if (errand.record_id, errand.revision) in left and errand.record_id in outcomes
    ]
    taken = [errand for errand, outcome in answered if _is_taken(errand, outcome)]
    records.tell_registered(tx, {errand.record_id: _registered(errand) for errand in taken})
    errands.drop_all(tx, taken)
    aside = sum(_apply(tx, errand, outcome, now) for errand, outcome in answered if not _is_taken(errand, outcome))
    errands.close_batch(tx, batch.batch_id)
    return aside


def refused_whole(tx: Tx, exchange: Exchange, batch: Batch, bound: Sequence[Errand], why: Refused) -> int:
    """The hub refuses the whole message: halve it until the errand that is wrong stands alone, and set it aside."""
    now = exchange.clock()
    errands.close_batch(tx, batch.batch_id)
    if len(bound) == 1 and errands.supersede(tx, bound[0]):
        return 0
    if len(bound) == 1:
        errands.set_aside(tx, bound[0].record_id, bound[0].revision, f"{why.code}: {why.omschrijving}", now)
        return 1
    middle = len(bound) // 2
    for half in (bound[:middle], bound[middle:]):
        errands.make_batch(tx, Batch(exchange.new_id(), batch.kind, batch.lane), half, now)
    return 0


def _is_taken(errand: Errand, outcome: RecordOutcome) -> bool:
    return errand.kind is Kind.REGISTER and after(outcome) is Next.DONE


def _registered(errand: Errand) -> Told:
    state = ToldState.HELD if errand.state is RecordState.HELD else ToldState.LIVE
    return Told(errand.revision, state, errand.valid_until, errand.archive_until, errand.revision)


def _apply(tx: Tx, errand: Errand, outcome: RecordOutcome, now: datetime) -> bool:
    """Apply one outcome other than a registration that was taken; true when the errand was set aside."""
    todo = after(outcome)
    if todo is Next.DONE:
        _withdrawn(tx, errand, now)
        errands.drop(tx, errand.record_id, errand.revision)
        return False
    if _too_late(errand, outcome, now):
        todo = Next.DERIVE_ANEW
    if todo is Next.SET_ASIDE:
        if errands.supersede(tx, errand):
            return False
        refusal = outcome.refusal.value if outcome.refusal else "refused"
        errands.set_aside(tx, errand.record_id, errand.revision, refusal, now)
        return True
    if outcome.hub_revision is not None:
        records.raise_revision(tx, errand.record_id, outcome.hub_revision)
    _wish_again(tx, errand, now)
    return False


def _too_late(errand: Errand, outcome: RecordOutcome, now: datetime) -> bool:
    """It ended by its date while it waited to leave: what is left of it belongs in the archive, or nowhere."""
    today = local_day(now)
    nothing_left = errand.archive_until is None or errand.archive_until <= today
    return (
        outcome.refusal is Refusal.DATE_OUT_OF_RANGE
        and errand.kind is Kind.REGISTER
        and (errand.reason is not Reason.AGAIN or nothing_left)
        and errand.valid_until <= today
    )


def _withdrawn(tx: Tx, errand: Errand, now: datetime) -> None:
    record = records.get(tx, errand.record_id)
    if record is None:
        return
    kept = errand.ending is Ending.ENDED and errand.archive_until is not None
    told = Told(
        errand.revision,
        ToldState.ARCHIVED if kept else ToldState.GONE,
        record.told.valid_until if record.told else errand.valid_until,
        errand.archive_until,
        record.told.cards if record.told else None,
    )
    records.tell(tx, errand.record_id, told)
    if not kept:
        records.forget_keys(tx, errand.record_id)
    elif record.told is None:
        # The hub took the end of a record that it has from before this node was restored, or not at all: it is told
        # once more what belongs in the archive, in bytes that both sides know.
        outbox.again(tx, errand.record_id, record.signal_id, Reason.AGAIN, now)


def _wish_again(tx: Tx, refused: Errand, now: datetime) -> None:
    """All that was still to be told of this record is wished anew, in its order, under next revisions."""
    record = records.get(tx, refused.record_id)
    if record is None:
        return
    for errand in errands.of_record(tx, refused.record_id):
        errands.drop(tx, errand.record_id, errand.revision)
        if errand.ending is not None:
            outbox.withdraw(tx, errand.record_id, record.signal_id, errand.ending, errand.archive_until, now)
        else:
            outbox.again(tx, errand.record_id, record.signal_id, errand.reason or Reason.AGAIN, now)
