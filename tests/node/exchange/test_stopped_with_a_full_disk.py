"""A program that is stopped stops, also while the disk is full: red until what failed gives way to the stop."""

import asyncio

import pytest

from ledger import WriteFailed
from node.flows import answered
from node.loops import Nudge, keep_delivering
from soap_wsdl.vocabulary import RegisterSignals, RegisterSignalsResponse
from tests.rehearsal import Rehearsal


async def test_a_stop_is_obeyed_while_an_answer_cannot_be_kept(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the loop goes on, and whoever stops the program waits for ever."""
    amsterdam = await rehearsal.region("amsterdam", family=False, records_per_message=3)
    who = amsterdam.professional("Visser")
    for _ in range(6):
        await amsterdam.signal(who, rehearsal.bsn())
    register, failed, away, seen = amsterdam.hub.register_signals, asyncio.Event(), asyncio.Event(), 0

    def full(*_: object) -> int:
        loop.call_soon_threadsafe(failed.set)
        raise WriteFailed("The disk is full.")

    async def second_never_answers(message: RegisterSignals) -> RegisterSignalsResponse:
        nonlocal seen
        seen += 1
        if seen > 1:
            away.set()
            await asyncio.Event().wait()
        return await register(message)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(answered, "apply_outcomes", full)
    amsterdam.hub.register_signals = second_never_answers  # type: ignore[method-assign]
    delivering = asyncio.create_task(keep_delivering(amsterdam.exchange, Nudge()))
    await asyncio.gather(failed.wait(), away.wait())
    delivering.cancel()
    done, _ = await asyncio.wait([delivering], timeout=2)
    stopped = bool(done)
    while not delivering.done():
        delivering.cancel()
        await asyncio.wait([delivering], timeout=0.2)

    assert stopped
