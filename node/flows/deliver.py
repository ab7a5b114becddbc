"""From the outbox to the hub: derive what is missing, bind errands to a batch, send it, apply what the hub answers.

1. While the hub asked for patience, or the clocks differ, nothing leaves.
2. A batch without an answer goes first, as the same batch: the hub knows what it has had.
3. Wishes become errands (``flows.derive``); the service may be away, then only those that need it wait. While many
   wishes wait, full messages leave already.
4. Errands whose departure has come are bound to a batch, kept, and only then sent: those of youths first, and those
   of youths that come meanwhile before each message of family records.
5. Outcomes, the mailbox that came with the answer, the cursor: one transaction, or none of it.
6. Sealed messages to other regions (``flows.send_sealed``).

What if we stop here? Between any two steps: the next run finds the wish, the errand or the open batch, and goes on.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import zip_longest

from hub_connector.failures import NotNow, Refused
from ledger import Tx
from node.domain.days import local_day
from node.domain.departures import shuffled
from node.domain.records import Lane, Next, after, cut
from node.exchange import Exchange
from node.flows import collect, pausing
from node.flows.derive import derive
from node.flows.keys import make_keys_known
from node.flows.send_sealed import send_sealed
from node.store import errands, holds, mailbox, outbox, records
from node.store.errands import Batch, Errand, Kind, Leaving
from node.store.holds import Side
from node.store.records import Content, Told, ToldState, Wanted
from soap_wsdl.vocabulary import (
    Ending,
    Entry,
    GetStatus,
    Reason,
    Record,
    RecordOutcome,
    RecordState,
    Refusal,
    RegisterSignals,
    Withdrawal,
    WithdrawSignals,
)

_MOST_AT_ONCE = 5000
"""Errands looked at in one go; the rest follows in the next."""
_EPOCH_SECONDS = 60
"""How long a hub gets to read an epoch file that we have read already, or we to come to the day that it has."""
_OTHER_EPOCHS = frozenset({Refusal.EPOCH_UNKNOWN, Refusal.EPOCH_OVER})
_ABOUT_CONTENT = frozenset({"0001", "0004", "0009", "0010", "0011", "BATCH", "GEMENGD"})
"""Faults that say the message itself is wrong; any other refusal is about us, and everything waits."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a run did. ``holding`` says in one sentence why it stopped early, if it did."""

    derived: int = 0
    sent: int = 0
    set_aside: int = 0
    holding: str | None = None
    sealed: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """A batch with its errands and its message; the cursor comes in as it leaves."""

    batch: Batch
    bound: list[Errand]
    message: RegisterSignals | WithdrawSignals


async def deliver(exchange: Exchange) -> DeliveryReport:
    """Tell the hub all that may leave now. Runs one at a time; a second call waits for the first."""
    async with exchange.delivering:
        return await deliver_now(exchange)


async def deliver_now(exchange: Exchange) -> DeliveryReport:
    """``deliver`` for a caller that holds ``exchange.delivering``."""
    page = asyncio.Event()
    deriving = asyncio.create_task(derive(exchange, page.set))
    deriving.add_done_callback(lambda _: page.set())
    telling = _Telling(exchange)
    try:
        while not deriving.done():
            await page.wait()
            page.clear()
            if not deriving.done():
                await telling.tell(last=False)
    except BaseException:
        deriving.cancel()
        await asyncio.gather(deriving, return_exceptions=True)
        raise
    derived = await deriving
    await telling.tell(last=True)
    return DeliveryReport(derived, telling.sent, telling.aside, telling.holding, telling.sealed)


class _Telling:
    """What one delivery told the hub so far. ``holding`` is set once it must stop: then nothing more leaves."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._begun = False
        self.sent = self.aside = self.sealed = 0
        self.holding: str | None = None

    async def tell(self, *, last: bool) -> None:
        """Send what may leave now; unless it is the ``last`` time, full messages alone."""
        exchange = self._exchange
        if self.holding is None and (hold := await pausing.waits(exchange, Side.HUB)):
            self.holding = hold.reason
        if self.holding is not None:
            return
        try:
            if not self._begun:
                await self._begin()
            for lane in Lane:
                await self._send_lane(lane, whole=not last)
            if last:
                letters = await send_sealed(exchange)
                self.sealed, self.aside = letters.sent, self.aside + letters.set_aside
        except (NotNow, Refused) as why:
            self.holding = (await pausing.pause_side(exchange, Side.HUB, why)).reason

    async def _begin(self) -> None:
        exchange = self._exchange
        if await exchange.db.read(holds.clock_differs) is not None:
            # A question that changes nothing shows whether the clocks agree again.
            await exchange.hub.get_status(GetStatus())
            await pausing.answered(exchange, Side.HUB)
        # Looked for by a reader first: with an import on its way it takes a while, and would hold the writer.
        if await exchange.db.read(errands.without_cards):
            await exchange.db.write(lambda tx: wish_hollow_again(tx, exchange))
        for batch in await exchange.db.read(errands.open_batches):
            await self._send(await _write(exchange, batch))
        self._begun = True

    async def _send_lane(self, lane: Lane, *, whole: bool) -> None:
        """Bind and send all of a lane that may leave; while deriving goes on, ``whole`` messages alone.

        A departure of family records may be thousands of them: whoever signals meanwhile does not wait for their end.
        """
        exchange = self._exchange
        while batches := await exchange.db.write(lambda tx: _bind(tx, exchange, lane, whole=whole)):
            await self._send_all(lane, batches, whole=whole)

    async def _send_all(self, lane: Lane, batches: Sequence[Batch], *, whole: bool) -> None:
        """One after the other; while the hub works on a message, the next is written."""
        exchange = self._exchange
        ahead: asyncio.Task[Written] | None = None
        try:
            for batch, following in zip_longest(batches, batches[1:]):
                written = await (ahead or _write(exchange, batch))
                ahead = asyncio.create_task(_write(exchange, following)) if following is not None else None
                if lane is Lane.FAMILY and not whole:
                    await self._whoever_signals_meanwhile()
                await self._send(written)
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    async def _whoever_signals_meanwhile(self) -> None:
        if await self._exchange.db.read(outbox.anything_new):
            await derive(self._exchange)
            await self._send_lane(Lane.YOUTH, whole=False)

    async def _send(self, written: Written) -> None:
        told, refused = await _send(self._exchange, written)
        self.sent, self.aside = self.sent + told, self.aside + refused


def wish_hollow_again(tx: Tx, exchange: Exchange) -> None:
    """Registrations that lost their every card, with an epoch or with their own date, cannot leave as they are."""
    for errand in errands.without_cards(tx):
        errands.drop(tx, errand.record_id, errand.revision)
        record = records.get(tx, errand.record_id)
        if record is not None and record.wanted is not Wanted.GONE:
            reason = errand.reason or Reason.AGAIN
            outbox.again(tx, record.record_id, record.signal_id, reason, exchange.clock())


def _bind(tx: Tx, exchange: Exchange, lane: Lane, *, whole: bool) -> list[Batch]:
    """Bind the errands of a lane that may leave to batches of one kind each; family records shuffled.

    ``whole``: only as many as fill their messages.
    """
    now = exchange.clock()
    batches = []
    for kind in Kind:
        latest = now + timedelta(seconds=exchange.settings.departure_seconds if lane is Lane.FAMILY else 0)
        waiting: Sequence[Leaving] = errands.due(tx, kind, lane, now, latest, _MOST_AT_ONCE)
        if lane is Lane.FAMILY:
            waiting = shuffled(waiting, exchange.random)
        groups = list(cut(waiting, exchange.settings.records_per_message))
        for group in groups[:-1] if whole else groups:
            batch = Batch(exchange.new_id(), kind, lane)
            errands.make_batch(tx, batch, group, now)
            batches.append(batch)
    return batches


async def _send(exchange: Exchange, written: Written) -> tuple[int, int]:
    """Send one batch and apply its answer; returns how many errands were told and how many set aside."""
    batch, bound = written.batch, written.bound
    if not bound:
        await exchange.db.write(lambda tx: errands.close_batch(tx, batch.batch_id))
        return 0, 0
    if batch.kind is Kind.REGISTER:
        await make_keys_known(exchange)
    # As it stands now: the answer before this one may have moved it since the message was written.
    message = replace(written.message, cursor=(await exchange.db.read(mailbox.read)).cursor)
    try:
        response = (
            await exchange.hub.register_signals(message)
            if isinstance(message, RegisterSignals)
            else await exchange.hub.withdraw_signals(message)
        )
    except Refused as refused:
        if refused.code not in _ABOUT_CONTENT:
            raise
        return 0, await exchange.db.write(
            partial(_refused_whole, exchange=exchange, batch=batch, bound=bound, why=refused)
        )
    cards = await collect.open_cards(exchange, response.mailbox)
    outcomes = {outcome.record_id: outcome for outcome in response.outcomes}

    def change(tx: Tx) -> int:
        now = exchange.clock()
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
        collect.apply(tx, exchange, response.mailbox, message.cursor, cards)
        holds.lift(tx, Side.HUB)
        return aside

    aside = await exchange.db.write(change)
    if any(outcome.refusal in _OTHER_EPOCHS for outcome in response.outcomes):
        raise NotNow("The hub has other epochs than we have; what waits for one is told later.", _EPOCH_SECONDS)
    return len(bound) - aside, aside


async def _write(exchange: Exchange, batch: Batch) -> Written:
    def written(tx: Tx) -> Written:
        bound = errands.in_batch(tx, batch.batch_id)
        if batch.kind is Kind.REGISTER:
            content = records.in_batch(tx, batch.batch_id)
            told = tuple(_record(exchange, errand, content[errand.record_id]) for errand in bound)
            return Written(batch, bound, RegisterSignals(batch.batch_id, None, told))
        withdrawals = tuple(
            Withdrawal(errand.record_id, errand.revision, errand.ending, errand.archive_until)
            for errand in bound
            if errand.ending is not None
        )
        return Written(batch, bound, WithdrawSignals(batch.batch_id, None, withdrawals))

    return await exchange.db.read(written)


def _record(exchange: Exchange, errand: Errand, content: Content) -> Record:
    assert errand.state is not None and errand.reason is not None  # noqa: S101, PT018
    return Record(
        errand.record_id,
        content.purpose,
        errand.state,
        errand.revision,
        errand.valid_until,
        errand.archive_until,
        errand.reason,
        tuple(
            Entry(epoch, exchange.open_tag(errand.record_id, epoch, sealed).reveal(), card)
            for epoch, sealed, card in content.entries
        ),
    )


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


def _refused_whole(tx: Tx, exchange: Exchange, batch: Batch, bound: Sequence[Errand], why: Refused) -> int:
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
