"""A command beside a node that serves: deliveries and comparisons take turns, whichever process they run in."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from node.exchange import Turns
from node.flows.reconcile import reconcile
from tests.rehearsal import Rehearsal


async def test_a_comparison_waits_until_the_node_beside_it_has_delivered(rehearsal: Rehearsal) -> None:
    """A record under way would look like one that only the hub has."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    file = rehearsal.directory / "delivering"
    serving, command = Turns(file), replace(amsterdam.exchange, delivering=Turns(file))
    async with serving:
        comparing = asyncio.create_task(reconcile(command))
        await asyncio.wait([comparing], timeout=0.3)
        waited = not comparing.done()

    assert waited
    assert (await comparing).agreed


async def test_who_gave_up_waiting_has_taken_nothing(tmp_path: Path) -> None:
    """A command that is stopped while it waits leaves the node its turn, and its own next one."""
    file = tmp_path / "delivering"
    serving, command = Turns(file), Turns(file)
    async with serving:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(command.__aenter__(), 0.3)

    async with command:
        pass
    async with serving:
        pass
