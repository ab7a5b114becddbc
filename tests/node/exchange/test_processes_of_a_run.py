"""The processes that a long run starts: for a long run alone, and ended with it however it ends."""

import asyncio
import os
import subprocess
import threading
from typing import Any

import pytest

from certs import oprf_apart
from certs.oprf import VOPRF
from node.flows.derive import derive
from node.store import budget
from tests.rehearsal import Party, Rehearsal


async def _with_signals(rehearsal: Rehearsal, count: int, parents: int = 0, **settings: Any) -> Party:
    """Amsterdam, with signals about as many youths that wait."""
    amsterdam = await rehearsal.region("amsterdam", **settings)
    who = amsterdam.professional("Visser")
    for _ in range(count):
        youth = rehearsal.bsn()
        if parents:
            amsterdam.person(youth, parents=tuple(rehearsal.bsn() for _ in range(parents)))
        await amsterdam.signal(who, youth)
    return amsterdam


async def test_a_few_signals_start_no_process(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting one takes longer than nine cards."""
    amsterdam = await _with_signals(rehearsal, 9)

    def started(*_words: Any, **_more: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    assert await derive(amsterdam.exchange) == 9


async def test_a_run_that_is_stopped_in_its_first_page_leaves_no_process(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started to blind that page."""
    amsterdam = await _with_signals(rehearsal, 12, wishes_at_once=12)
    blinding, goes_on, pids = threading.Event(), threading.Event(), list[int]()
    real = oprf_apart.Apart.blind

    def slow(self: oprf_apart.Apart, *words: Any) -> list[bytes]:
        blinded = real(self, *words)
        assert self.pid is not None
        pids.append(self.pid)
        blinding.set()
        goes_on.wait(30)
        return blinded

    monkeypatch.setattr(oprf_apart.Apart, "blind", slow)
    run = asyncio.create_task(derive(amsterdam.exchange))
    await asyncio.to_thread(blinding.wait, 30)
    run.cancel()
    goes_on.set()
    await asyncio.wait([run])

    assert run.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


async def test_what_is_left_of_the_budget_is_what_was_said_last(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an earlier and larger answer is verified later."""
    amsterdam = await _with_signals(rehearsal, 6, parents=2)
    real, said = VOPRF.verify_and_finalize, list[int]()
    smaller = threading.Event()

    def slow(_self: Any, inputs: Any, *words: Any) -> list[bytes]:
        if len(inputs) > 8:
            smaller.wait(30)
        else:
            smaller.set()
        return real(inputs, *words)

    monkeypatch.setattr(type(VOPRF), "verify_and_finalize", slow)
    evaluate = amsterdam.service.evaluate_blinded

    async def heard(message: Any) -> Any:
        answer = await evaluate(message)
        said.append(answer.budget_left.today)
        return answer

    monkeypatch.setattr(amsterdam.service, "evaluate_blinded", heard)
    await derive(amsterdam.exchange)

    told = amsterdam.db.read_now(budget.told)
    assert len(said) == 2
    assert told is not None
    assert told.today == said[-1] == min(said)
