"""Asking the pseudonym service for the tags that a page of wishes misses: one question for each (epoch, purpose).

1. Blind everything: nothing leaves yet, so it may be done while an earlier page is asked about.
2. Ask the questions one after the other; each answer is verified and finalized while the next question is away.
3. Fill in the keys that came. The service may be away or its budget used: then the rest goes without.

What if we stop here? The same question has the same batch id, and the service counts it once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from certs.oprf_apart import Asker
from hub_connector.failures import NotNow, Refused
from hub_connector.pseudonyms import (
    BudgetExhausted,
    Derived,
    EpochOver,
    NoTag,
    Pseudonyms,
    Question,
    WrongElement,
    WrongSecret,
    WrongServiceKey,
)
from node.exchange import Exchange
from node.flows import pausing
from node.flows.keys import Scheme, fetch_epochs
from node.flows.laying import Plan, Work
from node.store import holds
from node.store.holds import AlarmKind, Side
from soap_wsdl.vocabulary import BudgetLeft, EpochName, EvaluateBlindedResponse, Purpose

_OPERATOR_SECONDS = 3600
"""After a proof that does not hold, only an operator can help: asking again at once would not."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The plans of one epoch and purpose, and what is asked about them, in the same order."""

    epoch: EpochName
    plans: list[Plan]
    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a page asks, blinded. ``refused``: what kept the rest of it from being asked."""

    service: Pseudonyms
    parts: list[_Part]
    refused: NoTag | None


async def blind(exchange: Exchange, scheme: Scheme, works: Sequence[Work], asker: Asker) -> Asking | None:
    """Blind what is missing; None when nothing is, or the service is to be left alone."""
    wanted: dict[tuple[EpochName, Purpose], list[Plan]] = {}
    for plan in (plan for work in works for plan in work.plans):
        for epoch in plan.missing():
            wanted.setdefault((epoch, plan.subject.purpose), []).append(plan)
    if not wanted or scheme.file is None or await pausing.waits(exchange, Side.SERVICE):
        return None
    service = Pseudonyms(exchange.service, scheme.file, scheme.secrets, exchange.blinding(), asker)
    parts: list[_Part] = []
    for (epoch, purpose), plans in sorted(wanted.items(), key=lambda each: (each[0][0], each[0][1].value)):
        inputs, batch_id = [plan.subject.input for plan in plans], _batch_id(exchange, epoch, purpose, plans)
        try:
            parts.append(_Part(epoch, plans, await service.blind(epoch, purpose, inputs, batch_id)))
        except NoTag as why:
            return Asking(service, parts, why)
    return Asking(service, parts, None)


async def ask(exchange: Exchange, asking: Asking | None) -> tuple[BudgetLeft, int] | None:
    """Ask, and fill in the missing keys. Raises BudgetExhausted; the rest is noted.

    Returns what the service then said of our budget, and how many elements it was asked for; None without an answer.
    """
    if asking is None or await pausing.waits(exchange, Side.SERVICE):
        return None
    why, left = await _fill_in(asking)
    match why:
        case BudgetExhausted():
            raise why
        case NotNow() | Refused():
            await pausing.pause_side(exchange, Side.SERVICE, why)
            return None
        case NoTag():
            await _no_tag(exchange, why)
            return None
    await pausing.answered(exchange, Side.SERVICE)
    return (left, sum(len(part.plans) for part in asking.parts)) if left is not None else None


async def _fill_in(asking: Asking) -> tuple[NotNow | Refused | NoTag | None, BudgetLeft | None]:
    """Ask until something fails, and say what did; what was answered before that is filled in.

    Also what the last answer whose proof holds says of our budget.
    """
    why: NotNow | Refused | NoTag | None = asking.refused
    left: BudgetLeft | None = None
    finishing: list[tuple[_Part, asyncio.Task[_Finished]]] = []
    try:
        for part in asking.parts:
            if any(finished.done() and finished.exception() for _, finished in finishing):
                break
            try:
                answers = [(question, await asking.service.ask(question)) for question in part.questions]
            except (NotNow, Refused, NoTag) as failed:
                why = failed
                break
            finishing.append((part, asyncio.create_task(_finished(asking.service, answers))))
        for part, finished in finishing:
            try:
                derived, left = await finished
            except NoTag as failed:
                return failed, left
            for plan, keys in zip(part.plans, derived, strict=True):
                plan.keys[part.epoch] = keys
    finally:
        for _, finished in finishing:
            finished.cancel()
        await asyncio.gather(*(finished for _, finished in finishing), return_exceptions=True)
    return why, left


_Finished = tuple[list[Derived], BudgetLeft | None]
"""The keys of a part, in order, and what its last answer said of our budget."""


async def _finished(service: Pseudonyms, answers: Sequence[tuple[Question, EvaluateBlindedResponse]]) -> _Finished:
    derived = [keys for question, answer in answers for keys in await service.finish(question, answer)]
    return derived, answers[-1][1].budget_left if answers else None


def _batch_id(exchange: Exchange, epoch: EpochName, purpose: Purpose, plans: Sequence[Plan]) -> UUID:
    """The same for the same question, also after a crash: the service counts it once.

    It names the records, not only whom they are about: another signal about the same youth is another question, with
    blinds of its own, so that the service counts it and cannot tell that somebody is asked about again.
    """
    records_asked = (f"{plan.record.record_id}:{plan.subject.key.hex()}" for plan in plans)
    asked = "|".join([epoch, purpose.value, *records_asked])
    return UUID(bytes=exchange.vault.blind("evaluation", asked)[:16], version=4)


async def _no_tag(exchange: Exchange, why: NoTag) -> None:
    """The service answered and it is of no use: tell the operator, and leave it alone for a while."""
    kind = AlarmKind.WRONG_SECRET if isinstance(why, WrongSecret) else AlarmKind.WRONG_SERVICE_KEY
    now = exchange.clock()
    if isinstance(why, WrongServiceKey | WrongElement | WrongSecret):
        await exchange.db.write(lambda tx: holds.ring(tx, kind, str(why), None, now))
        await pausing.pause_side(exchange, Side.SERVICE, NotNow(str(why), _OPERATOR_SECONDS))
        return
    assert isinstance(why, EpochOver)  # noqa: S101 - the fourth and last kind
    try:
        await fetch_epochs(exchange)
    except (NotNow, Refused) as away:
        await pausing.pause_side(exchange, Side.SERVICE, away)
        return
    await pausing.pause_side(exchange, Side.SERVICE, NotNow(str(why)))
