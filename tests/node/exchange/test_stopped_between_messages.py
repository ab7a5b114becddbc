"""A delivery that is stopped while one message is away and the answer before is applied: each signal told once."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import pytest

from node.domain.signal import Signal
from node.flows import collect
from node.flows.opening import Answer
from node.flows.reconcile import reconcile
from node.store import errands, outbox
from soap_wsdl.vocabulary import RegisterSignals, RegisterSignalsResponse
from tests.rehearsal import Party, Rehearsal

YOUTHS = 8
MESSAGES = 3
"""Eight youths, at most three in a message."""


class HubBroke(Exception):
    """Something that nobody foresaw."""


async def two_regions(rehearsal: Rehearsal) -> tuple[Party, list[tuple[Signal, Party]]]:
    """Amsterdam and Haaglanden with the same eight youths, and nothing told yet.

    So Amsterdam's answers bring no notices, and each is applied while the next message is away.
    """
    haaglanden = await rehearsal.region("haaglanden", family=False)
    amsterdam = await rehearsal.region("amsterdam", family=False, records_per_message=3)
    signals: list[tuple[Signal, Party]] = []
    youths = [rehearsal.bsn() for _ in range(YOUTHS)]
    for party in (haaglanden, amsterdam):
        who = party.professional("Visser")
        signals += [(await party.signal(who, youth), party) for youth in youths]
    return amsterdam, signals


def told(party: Party) -> list[RegisterSignals]:
    """The registrations that reached the hub, in order."""
    return [each for each in party.hub.trouble.sent if isinstance(each, RegisterSignals)]


def waits(party: Party) -> int:
    """Wishes and errands that have not been told."""
    return party.db.read_now(lambda tx: outbox.count(tx)[0] + sum(errands.count(tx)))


def open_batches(party: Party) -> list[str]:
    """The batches without an answer, oldest first."""
    return [str(batch.batch_id) for batch in party.db.read_now(errands.open_batches)]


@asynccontextmanager
async def second_answer_withheld(party: Party, failure: Exception | None = None) -> AsyncIterator[asyncio.Event]:
    """The hub carries out the second message and its answer never comes, or ``failure`` does. Set once it is there."""
    register, arrived = party.hub.register_signals, asyncio.Event()

    async def withheld(message: RegisterSignals) -> RegisterSignalsResponse:
        answer = await register(message)
        if len(told(party)) == 2:
            arrived.set()
            if failure is not None:
                raise failure
            await asyncio.Event().wait()
        return answer

    party.hub.register_signals = withheld  # type: ignore[method-assign]
    try:
        yield arrived
    finally:
        party.hub.register_signals = register  # type: ignore[method-assign]


@contextmanager
def applying_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """No answer is kept before the second event is set; the first one says that one is about to be."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*_: object) -> Mapping[int, Answer]:
        begun.set()
        await may_go_on.wait()
        return {}

    with monkeypatch.context() as patched:
        patched.setattr(collect, "open_cards", slowly)
        yield begun, may_go_on


async def all_met(rehearsal: Rehearsal, amsterdam: Party, signals: list[tuple[Signal, Party]]) -> bool:
    """Deliver what is left; whether every signal met the other one once, and hub and node agree on every record."""
    rehearsal.later(minutes=5)
    await rehearsal.settle()
    once = all(len(party.matches(signal)) == len(party.living(signal)) == 1 for signal, party in signals)
    return once and waits(amsterdam) == 0 and (await reconcile(amsterdam.exchange)).agreed


async def test_a_process_that_is_killed_with_two_batches_open_sends_both_again(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither answer was kept: both go first, in their order and under their own ids, and nobody meets twice."""
    amsterdam, signals = await two_regions(rehearsal)
    with applying_waits(monkeypatch) as (begun, _):
        async with second_answer_withheld(amsterdam) as arrived:
            delivering = asyncio.create_task(amsterdam.deliver())
            await asyncio.gather(arrived.wait(), begun.wait())
            as_killed, unanswered = amsterdam.back_up(), open_batches(amsterdam)
            while not delivering.done():
                delivering.cancel()
                await asyncio.wait([delivering], timeout=0.1)
    amsterdam.put_back(as_killed)
    met = await all_met(rehearsal, amsterdam, signals)

    assert len(unanswered) == MESSAGES
    assert [str(each.batch_id) for each in told(amsterdam)] == unanswered[:2] + unanswered
    assert [each.records for each in told(amsterdam)[:2]] == [each.records for each in told(amsterdam)[2:4]]
    assert met


async def test_a_delivery_that_is_stopped_keeps_the_answer_before(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program stops while a message is away: what was answered is kept, that message leaves as the same batch."""
    amsterdam, signals = await two_regions(rehearsal)
    with applying_waits(monkeypatch) as (begun, may_go_on):
        async with second_answer_withheld(amsterdam) as arrived:
            delivering = asyncio.create_task(amsterdam.deliver())
            await asyncio.gather(arrived.wait(), begun.wait())
            delivering.cancel()
            asyncio.get_running_loop().call_later(0.1, may_go_on.set)
            with pytest.raises(asyncio.CancelledError):
                await delivering
    others, unanswered = asyncio.all_tasks() - {asyncio.current_task()}, open_batches(amsterdam)
    amsterdam.close()
    amsterdam.start()
    met = await all_met(rehearsal, amsterdam, signals)

    assert others == set()
    assert len(unanswered) == MESSAGES - 1
    assert [str(each.batch_id) for each in told(amsterdam)[1:]] == [unanswered[0], *unanswered]
    assert met


async def test_a_failure_while_a_message_is_away_keeps_the_answer_before(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks is told to the caller; what the hub had answered is not told to it again."""
    amsterdam, signals = await two_regions(rehearsal)
    with applying_waits(monkeypatch) as (_, may_go_on):
        async with second_answer_withheld(amsterdam, HubBroke()) as arrived:
            delivering = asyncio.create_task(amsterdam.deliver())
            await arrived.wait()
            asyncio.get_running_loop().call_later(0.1, may_go_on.set)
            with pytest.raises(HubBroke):
                await delivering
    others, unanswered = asyncio.all_tasks() - {asyncio.current_task()}, open_batches(amsterdam)
    met = await all_met(rehearsal, amsterdam, signals)

    assert others == set()
    assert len(unanswered) == MESSAGES - 1
    assert [str(each.batch_id) for each in told(amsterdam)[1:]] == [unanswered[0], *unanswered]
    assert met
