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
from datetime import timedelta
from functools import partial
from itertools import zip_longest

from hub_connector.failures import NotNow, Refused
from ledger import Tx
from node.domain.departures import shuffled
from node.domain.records import Lane, cut
from node.exchange import Exchange
from node.flows import answered, collect, pausing
from node.flows.derive import derive
from node.flows.keys import make_keys_known
from node.flows.send_sealed import send_sealed
from node.store import errands, holds, mailbox, outbox, records
from node.store.errands import Batch, Errand, Kind, Leaving
from node.store.holds import Side
from node.store.records import Content, Wanted
from soap_wsdl.vocabulary import (
    Cursor,
    Entry,
    GetStatus,
    MailboxStatus,
    Outcome,
    Reason,
    Record,
    Refusal,
    RegisterSignals,
    RegisterSignalsResponse,
    Withdrawal,
    WithdrawSignals,
    WithdrawSignalsResponse,
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
        self._applying: asyncio.Task[tuple[int, int]] | None = None
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
        await self._send_all(await exchange.db.read(errands.open_batches), whole=True)
        self._begun = True

    async def _send_lane(self, lane: Lane, *, whole: bool) -> None:
        """Bind and send all of a lane that may leave; while deriving goes on, ``whole`` messages alone.

        A departure of family records may be thousands of them: whoever signals meanwhile does not wait for their end.
        """
        exchange = self._exchange
        while batches := await exchange.db.write(lambda tx: _bind(tx, exchange, lane, whole=whole)):
            await self._send_all(batches, whole=whole)

    async def _send_all(self, batches: Sequence[Batch], *, whole: bool) -> None:
        """One after the other; while the hub works on one, the next is written and the answer before is applied."""
        exchange = self._exchange
        ahead: asyncio.Task[Written] | None = None
        try:
            for batch, following in zip_longest(batches, batches[1:]):
                written = await (ahead or _write(exchange, batch))
                ahead = asyncio.create_task(_write(exchange, following)) if following is not None else None
                if batch.lane is Lane.FAMILY and not whole:
                    await self._whoever_signals_meanwhile()
                await self._send(written)
            await self._applied()
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)
            if self._applying is not None:
                # Something else failed meanwhile, and is what is told: this answer stands, or its batch is still open.
                applying, self._applying = self._applying, None
                (kept,) = await asyncio.gather(applying, return_exceptions=True)
                if not isinstance(kept, BaseException):
                    self.sent, self.aside = self.sent + kept[0], self.aside + kept[1]

    async def _whoever_signals_meanwhile(self) -> None:
        if await self._exchange.db.read(outbox.anything_new):
            await derive(self._exchange)
            await self._send_lane(Lane.YOUTH, whole=False)

    async def _send(self, written: Written) -> None:
        """Tell the hub; a plain answer is applied while the next message is away, any other one before it."""
        heard = await _tell_hub(self._exchange, written)
        await self._applied()
        self._applying = asyncio.create_task(_apply_answer(self._exchange, heard))
        if not heard.plain:
            await self._applied()

    async def _applied(self) -> None:
        if self._applying is not None:
            applying, self._applying = self._applying, None
            told, refused = await applying
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


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the hub said to a batch, and which cursor it was told; ``refused``: the message as a whole is wrong."""

    written: Written
    cursor: Cursor | None
    answer: RegisterSignalsResponse | WithdrawSignalsResponse | None
    refused: Refused | None = None

    @property
    def plain(self) -> bool:
        """Everything was taken, and the mailbox is empty: nothing in it that the next message could depend on."""
        answer = self.answer
        return (
            answer is not None
            and not answer.mailbox.notices
            and answer.mailbox.status is MailboxStatus.CURRENT
            and all(outcome.outcome is not Outcome.REFUSED for outcome in answer.outcomes)
        )


async def _tell_hub(exchange: Exchange, written: Written) -> _Heard:
    if not written.bound:
        return _Heard(written, None, None)
    if written.batch.kind is Kind.REGISTER:
        await make_keys_known(exchange)
    # As it stands now: the answer before this one may have moved it since the message was written.
    cursor = (await exchange.db.read(mailbox.read)).cursor
    message = replace(written.message, cursor=cursor)
    try:
        if isinstance(message, RegisterSignals):
            return _Heard(written, cursor, await exchange.hub.register_signals(message))
        return _Heard(written, cursor, await exchange.hub.withdraw_signals(message))
    except Refused as refused:
        if refused.code not in _ABOUT_CONTENT:
            raise
        return _Heard(written, cursor, None, refused)


async def _apply_answer(exchange: Exchange, heard: _Heard) -> tuple[int, int]:
    """Apply an answer; returns how many errands were told and how many set aside."""
    batch, bound, answer = heard.written.batch, heard.written.bound, heard.answer
    if heard.refused is not None:
        change = partial(answered.refused_whole, exchange=exchange, batch=batch, bound=bound, why=heard.refused)
        return 0, await exchange.db.write(change)
    if answer is None:
        await exchange.db.write(lambda tx: errands.close_batch(tx, batch.batch_id))
        return 0, 0
    cards = await collect.open_cards(exchange, answer.mailbox)

    def applied(tx: Tx) -> int:
        aside = answered.apply_outcomes(tx, batch, bound, answer.outcomes, exchange.clock())
        collect.apply(tx, exchange, answer.mailbox, heard.cursor, cards)
        holds.lift(tx, Side.HUB)
        return aside

    aside = await exchange.db.write(applied)
    if any(outcome.refusal in _OTHER_EPOCHS for outcome in answer.outcomes):
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
