"""Wishes become errands: what the hub should hear of a signal, under which tags, with which sealed cards.

1. Read the wishes that wait, and lay out the records each is about (``flows.laying``).
2. Ask the pseudonym service for the tags that are missing in the epochs in force (``flows.asking``). It may be away
   or its budget used: then the wishes that need it stay, and endings and changes go on without it.
3. Seal a card for each (record, next revision, epoch), while the service is asked about the wishes that follow.
4. One write: records, sealed keys, cards, errands; the wish goes. If an ending took the wish away meanwhile, or a
   revision moved, nothing of it is kept and the next run looks again.

What if we stop here? The wish is still there, and the same question to the service has the same batch id: it counts
once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from certs import oprf_apart
from certs.oprf import VOPRF
from certs.statements import KeyKind
from hub_connector import cards_apart
from hub_connector.cards_apart import Here, Locker
from hub_connector.failures import NotNow, Refused
from hub_connector.pseudonyms import BudgetExhausted, Derived
from ledger import Tx
from node.domain.days import local_day
from node.domain.departures import departure
from node.domain.records import Lane, lane
from node.exchange import Exchange
from node.flows import pausing
from node.flows.asking import Asking, ask, blind
from node.flows.hearing import annul_pairs_of
from node.flows.keys import Scheme, fetch_epochs, read_scheme
from node.flows.laying import Plan, Work, lay_out
from node.flows.sealing import Unsealed, cards_of, write_revision
from node.flows.subjects import seal_input
from node.store import budget, errands, outbox, records
from node.store.errands import Errand, Kind
from node.store.holds import Side
from node.store.outbox import Intent, Wish
from node.store.records import HubRecord, ToldState, Wanted
from soap_wsdl.vocabulary import BudgetLeft, Ending, EpochName, Purpose, Reason, RecordState

_WISHES_IN_A_WRITE = 100
_ALONE = 8
"""Up to this many wishes are sealed at once; more go to a thread, so that the loop goes on."""
_BUDGET_SECONDS = 3600
"""A budget that is used up until tomorrow or next month is asked about once an hour: an allowance may open it."""


async def derive(exchange: Exchange, kept: Callable[[], None] = lambda: None) -> int:
    """Turn waiting wishes into errands; returns how many were met. The caller holds ``exchange.delivering``.

    ``kept`` is called whenever the errands of many wishes are there while more wishes wait.
    """
    scheme = await read_scheme(exchange)
    if not scheme.usable(exchange.today()):
        scheme = await _first_scheme(exchange, scheme)
    met, tried = 0, set[int]()
    while True:
        here = await _one_pass(exchange, scheme, tried, kept)
        met += here
        if not here:
            # A wish that was met may have uncovered the next one of its signal, before where the pass was.
            return met


@dataclass(slots=True)
class _Page:
    """Wishes that are met together: laid out, and what is missing blinded. Nothing was asked or kept yet."""

    wishes: list[Wish]
    works: list[Work]
    question: Asking | None


async def _one_pass(exchange: Exchange, scheme: Scheme, tried: set[int], kept: Callable[[], None]) -> int:
    """Go once through all that waits and was not ``tried`` in this run; returns how many wishes were met.

    While one page is asked about, the one before is sealed and kept, and the next is laid out and blinded: there is
    one wish of a signal in all of them together, so none needs what another keeps. Where everything is told again,
    which may take minutes, the pass ends for whoever signals meanwhile: the next one begins with them.
    """
    whole, newest = exchange.settings.wishes_at_once, await exchange.db.read(outbox.newest)
    met, at_once = 0, whole
    keeping: asyncio.Task[int] | None = None
    ahead: asyncio.Task[_Page] | None = None
    asking, locking = oprf_apart.Apart(), cards_apart.Apart(Here(exchange.random))
    last: Wish | None = None

    async def following(limit: int, after: Wish | None) -> _Page:
        return await _lay_out_page(exchange, scheme, limit, after, tried, asking)

    try:
        page = await following(at_once, None)
        while page.wishes:
            before, last = last, page.wishes[-1]
            if len(page.wishes) == whole:
                ahead = asyncio.create_task(following(at_once, last))
            told = None
            try:
                told = await ask(exchange, page.question)
            except BudgetExhausted as why:
                await _let_go(ahead)
                ahead = None
                if len(page.works) > 1:
                    # What is left of the budget may still do for the first of them.
                    at_once, last = max(1, len(page.wishes) // 2), before
                    page = await following(at_once, last)
                    continue
                # From here on only what needs no tags can be met.
                await pausing.pause_side(exchange, Side.SERVICE, _asked_hourly(why, exchange.clock()))
                at_once = whole
            tried.update(work.wish.number for work in page.works)
            ready = [work for work in page.works if work.complete()]
            if keeping is not None:
                met += await keeping
                kept()
            long = locking.pid is not None or len(page.wishes) == whole
            locker: Locker = locking if long else Here(exchange.random)
            keeping = asyncio.create_task(_seal_and_keep(exchange, scheme, ready, told, locker))
            if last.intent is Intent.AGAIN and await exchange.db.read(lambda tx: outbox.came_since(tx, newest)):
                break
            page, ahead = await (ahead or following(at_once, last)), None
        return met + (await keeping if keeping is not None else 0)
    except BaseException:
        # What was asked before is counted at the service, and is not thrown away; what failed first is told.
        if keeping is not None:
            await asyncio.gather(keeping, return_exceptions=True)
        raise
    finally:
        await _let_go(ahead)
        asking.close()
        locking.close()


async def _lay_out_page(
    exchange: Exchange, scheme: Scheme, limit: int, after: Wish | None, tried: set[int], apart: oprf_apart.Apart
) -> _Page:
    def laid_out(tx: Tx) -> tuple[list[Wish], list[Work]]:
        wishes = outbox.waiting(tx, limit, after)
        return wishes, [lay_out(tx, exchange, scheme, wish) for wish in wishes if wish.number not in tried]

    wishes, works = await exchange.db.read(laid_out)
    # A process of its own for a long run, which a whole page begins.
    long = apart.pid is not None or len(wishes) == exchange.settings.wishes_at_once
    return _Page(wishes, works, await blind(exchange, scheme, works, apart if long else VOPRF))


async def _let_go(ahead: asyncio.Task[_Page] | None) -> None:
    """Of a page that is not asked about: nothing was done with it."""
    if ahead is not None:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


async def _seal_and_keep(
    exchange: Exchange, scheme: Scheme, works: Sequence[Work], told: tuple[BudgetLeft, int] | None, locker: Locker
) -> int:
    if len(works) <= _ALONE:
        _seal(exchange, scheme, works, Here(exchange.random))
    else:
        await asyncio.to_thread(_seal, exchange, scheme, works, locker)
    met = 0
    for start in range(0, len(works), _WISHES_IN_A_WRITE):
        part = works[start : start + _WISHES_IN_A_WRITE]
        met += await exchange.db.write(partial(_keep_all, exchange=exchange, works=part, told=told))
        told = None  # Said once, in the write that keeps the first of what it paid for.
    return met


def _asked_hourly(why: BudgetExhausted, now: datetime) -> NotNow:
    until = why.until(now)
    when = f" There is room again on {local_day(until)}, or once an allowance opens." if until is not None else ""
    return NotNow(why.reason + when, min(why.retry_after or _BUDGET_SECONDS, _BUDGET_SECONDS))


async def _first_scheme(exchange: Exchange, scheme: Scheme) -> Scheme:
    """Without an epoch to work in, ask for the epochs, unless the service asked for patience."""
    if await pausing.waits(exchange, Side.SERVICE):
        return scheme
    try:
        return await fetch_epochs(exchange)
    except (NotNow, Refused) as why:
        await pausing.pause_side(exchange, Side.SERVICE, why)
        return scheme


def _seal(exchange: Exchange, scheme: Scheme, works: Sequence[Work], locker: Locker) -> None:
    works = [work for work in works if any(plan.dates is not None for plan in work.plans)]
    if not works:
        return
    now, signing = exchange.clock(), exchange.region_keys.current(KeyKind.CARD)
    unsealed: list[tuple[Plan, Unsealed]] = []
    for work in works:
        cards = cards_of(exchange, scheme.secrets, work.facts) if work.facts is not None else None
        youth: dict[EpochName, Derived] = dict(work.youth_keys)
        for plan in work.plans:
            if plan.subject.purpose is Purpose.YOUTH:
                youth |= plan.keys
        for plan in work.plans:
            if plan.dates is not None:
                keys = {epoch: keys for epoch, keys in plan.keys.items() if epoch in scheme.secrets}
                written = write_revision(
                    exchange, signing, plan.record, plan.dates.valid_until, cards, keys, youth, now
                )
                unsealed += [(plan, each) for each in written]
    locked = locker.lock([each.written for _, each in unsealed], signing.card_key)
    for (plan, each), content in zip(unsealed, locked, strict=True):
        plan.cards.append(each.sealed(content))


def _keep_all(tx: Tx, exchange: Exchange, works: Sequence[Work], told: tuple[BudgetLeft, int] | None) -> int:
    if told is not None:
        budget.remember(tx, *told, exchange.clock())
    return sum(_keep(tx, exchange, work) for work in works)


def _keep(tx: Tx, exchange: Exchange, work: Work) -> int:
    """Everything of one wish, or nothing."""
    if not outbox.still_waits(tx, work.wish.number):
        return 0
    touched = [plan.record for plan in work.plans if not plan.fresh] + work.endings
    for record in touched:
        known = records.get(tx, record.record_id)
        # What the hub acknowledged since it was laid out decides how it goes on: the next run looks again.
        if known is None or known.revision != record.revision - 1 or known.told != record.told:
            return 0
    if work.refusal is not None:
        outbox.set_aside(tx, work.wish.number, work.refusal, exchange.clock())
        return 0
    _keep_plans(tx, exchange, work.plans)
    for record in work.endings:
        _keep_ending(tx, exchange, record, work)
        if work.wish.intent is not Intent.END:
            # A parent or home that is none any more: the hub tells the other side alone that this is annulled.
            annul_pairs_of(tx, exchange.today(), [record.record_id])
    outbox.fulfilled(tx, work.wish.number)
    return 1


def _keep_plans(tx: Tx, exchange: Exchange, plans: Sequence[Plan]) -> None:
    records.put(tx, *(_with_input(exchange, plan) for plan in plans))
    keys = [(plan.record.record_id, epoch, keys) for plan in plans for epoch, keys in plan.keys.items()]
    records.put_entries(tx, [(id, epoch, exchange.seal_keys(id, epoch, each)) for id, epoch, each in keys])
    leaving = [plan for plan in plans if plan.dates is not None and plan.cards]
    replaced = {
        plan.record.record_id: errands.clear(tx, plan.record.record_id, Kind.REGISTER)
        for plan in leaving
        if not plan.fresh
    }
    records.put_cards(tx, [(plan.record, card) for plan in leaving for card in plan.cards])
    errands.put(tx, *(_errand(exchange, plan, replaced.get(plan.record.record_id, [])) for plan in leaving))


def _with_input(exchange: Exchange, plan: Plan) -> HubRecord:
    record = plan.record
    if record.input is not None:
        return record
    return replace(record, input=seal_input(exchange, record.record_id, plan.subject), subject=plan.subject.key)


def _errand(exchange: Exchange, plan: Plan, replaced: Sequence[Errand]) -> Errand:
    assert plan.dates is not None  # noqa: S101 - only what is told has an errand
    return Errand(
        plan.record.record_id,
        plan.record.revision,
        Kind.REGISTER,
        lane(plan.record.purpose),
        plan.dates.valid_until,
        plan.dates.archive_until,
        RecordState.LIVE,
        Reason.NEW if any(errand.reason is Reason.NEW for errand in replaced) else plan.reason,
        None,
        _depart_at(exchange, plan.record),
    )


def _keep_ending(tx: Tx, exchange: Exchange, record: HubRecord, work: Work) -> None:
    ending = work.wish.ending if work.wish.intent is Intent.END else Ending.ANNULLED
    archive_until = record.archive_until if ending is Ending.ENDED else None
    never_left = record.told is None and all(
        errand.batch_id is None for errand in errands.of_record(tx, record.record_id)
    )
    if never_left and archive_until is None:
        # The hub has never heard of it and never will.
        errands.clear(tx, record.record_id)
        records.put(tx, replace(record, wanted=Wanted.GONE))
        records.forget_keys(tx, record.record_id)
        return
    if archive_until is None:
        errands.clear(tx, record.record_id)
    else:
        errands.clear(tx, record.record_id, Kind.WITHDRAW)
    records.put(tx, record)
    if record.told is not None and record.told.state is ToldState.GONE:
        return
    errands.put(
        tx,
        Errand(
            record.record_id,
            record.revision,
            Kind.WITHDRAW,
            lane(record.purpose),
            record.valid_until,
            archive_until,
            None,
            None,
            ending,
            _depart_at(exchange, record),
        ),
    )


def _depart_at(exchange: Exchange, record: HubRecord) -> datetime:
    now = exchange.clock()
    if lane(record.purpose) is Lane.FAMILY:
        return departure(now, exchange.settings.departure_seconds)
    return now
