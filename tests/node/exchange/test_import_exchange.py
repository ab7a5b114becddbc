"""An import beside the day's own work: what is signalled by hand goes on, and what the service tells is kept."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.importing import ImportRules
from node.domain.person import BirthDate
from node.domain.signal import EndReason
from node.flows.forgetting import forget
from node.flows.look import own_signals
from node.flows.look_at_imports import list_imports, look_at_import
from node.flows.read_archive import list_archive
from node.flows.remove_by_request import remove_by_request
from node.flows.restore import copy_deletions, replay_deletions
from node.flows.take_in_signals import pause_import, resume_import, take_in
from node.flows.work_through import Held, work_on
from node.loops import keep_importing
from node.store import budget
from node.store.imports import RunState
from soap_wsdl.vocabulary import Purpose, RegisterSignals, RegisterSignalsResponse
from tests.bringing_in import listed, operator
from tests.region import officer
from tests.rehearsal import TODAY, Party, Rehearsal

NOOR = Confirmation(BirthDate(2012, 5, 1), "Vries")
"""What agrees with everybody whom ``Party.person`` puts in the register."""


async def importing(party: Party, numbers: list[Bsn]) -> None:
    """Somebody who runs the node brings in a signal of Visser about each of these youths."""
    await operator(party.desk)
    party.professional("Visser")
    await take_in(party.desk, "rik", listed(*(("Visser", number) for number in numbers), said=NOOR))


async def test_who_signals_by_hand_is_matched_before_an_import_is_through(rehearsal: Rehearsal) -> None:
    """One delivery later, with everything that an import may have on its way before it."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    youth = rehearsal.bsn()
    await haaglanden.signal(haaglanden.professional("Bakker"), youth)
    await haaglanden.deliver()
    await importing(amsterdam, [rehearsal.bsn() for _ in range(300)])
    while (await work_on(amsterdam.desk)).held is None:
        continue

    ours = await amsterdam.signal(amsterdam.professional("Jansen"), youth)
    await amsterdam.deliver()

    assert len(amsterdam.living(ours)) == 1
    assert (await look_at_import(amsterdam.desk, "rik", 1)).run.left == 100


async def test_a_delivery_comes_to_its_end_while_an_import_goes_on(rehearsal: Rehearsal) -> None:
    """What is added meanwhile waits until what was made has left: a delivery never chases an import."""
    amsterdam = await rehearsal.region("amsterdam")
    await importing(amsterdam, [rehearsal.bsn() for _ in range(600)])
    await work_on(amsterdam.desk)
    hasty = replace(amsterdam.desk, imports=ImportRules(lines_a_second=1_000_000))
    going_on = asyncio.create_task(keep_importing(hasty))

    report = await asyncio.wait_for(amsterdam.deliver(), 60)
    going_on.cancel()

    assert report.sent >= 100
    assert (await look_at_import(amsterdam.desk, "rik", 1)).run.left > 0


async def test_what_the_service_tells_of_the_budget_is_kept(rehearsal: Rehearsal) -> None:
    """After a signal with two parents three elements of the day are gone."""
    amsterdam = await rehearsal.region("amsterdam")
    youth, mother, father = rehearsal.bsn(), rehearsal.bsn(), rehearsal.bsn()
    amsterdam.person(youth, parents=(mother, father))
    await importing(amsterdam, [youth])
    assert amsterdam.db.read_now(budget.told) is None
    await work_on(amsterdam.desk)

    await amsterdam.deliver()

    told = amsterdam.db.read_now(budget.told)
    assert told is not None
    assert told.at == rehearsal.moment
    assert told.most_today - told.today == 3
    assert told.allowance == 0


async def test_the_archive_speaks_at_once_to_a_signal_that_cannot_be_undone(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(2): fifteen minutes after a signal was made, which for one from a file may have been before."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    youth, visser = rehearsal.bsn(), amsterdam.professional("Visser")
    await amsterdam.end(visser, await amsterdam.signal(visser, youth))
    await amsterdam.deliver()
    bakker, jansen = haaglanden.professional("Bakker"), haaglanden.professional("Jansen")
    await operator(haaglanden.desk)
    await take_in(haaglanden.desk, "rik", listed(("Bakker", youth, TODAY - timedelta(days=1)), ("Jansen", youth)))
    await work_on(haaglanden.desk)

    await haaglanden.deliver()

    [[since_yesterday], [today]] = [await own_signals(haaglanden.desk, who) for who in (bakker, jansen)]
    assert len(await list_archive(haaglanden.desk, bakker, since_yesterday.signal.id)) == 1
    assert await list_archive(haaglanden.desk, jansen, today.signal.id) == []
    rehearsal.later(minutes=15)
    assert len(await list_archive(haaglanden.desk, jansen, today.signal.id)) == 1


async def test_a_restored_node_makes_no_signal_again_that_was_removed(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(1), B18: its lines wait again in the backup, so that a person decides before any is made."""
    amsterdam = await rehearsal.region("amsterdam")
    visser, youth = amsterdam.professional("Visser"), rehearsal.bsn()
    await operator(amsterdam.desk)
    number = (await take_in(amsterdam.desk, "rik", listed(("Visser", youth)))).run.number
    copy = amsterdam.back_up()
    await work_on(amsterdam.desk)
    [made] = await own_signals(amsterdam.desk, visser)
    await remove_by_request(amsterdam.desk, officer(amsterdam), made.signal.id, EndReason.AVG17)
    await copy_deletions(amsterdam.exchange)

    amsterdam.put_back(copy)
    await replay_deletions(amsterdam.exchange)
    held = (await work_on(amsterdam.desk)).held

    run = (await look_at_import(amsterdam.desk, "rik", number)).run
    assert (held, run.state, run.left) == (Held.NOTHING, RunState.PAUSED, 1)
    assert await own_signals(amsterdam.desk, visser) == []
    await resume_import(amsterdam.desk, "rik", number)
    assert (await work_on(amsterdam.desk)).lines == 1


async def test_lines_do_not_wait_for_ever(rehearsal: Rehearsal) -> None:
    """A number without a signal has no ground to stay: paused or held up, its import is cancelled, and logged so."""
    amsterdam = await rehearsal.region("amsterdam")
    await importing(amsterdam, [rehearsal.bsn()])
    await pause_import(amsterdam.desk, "rik", 1)
    await take_in(amsterdam.desk, "rik", listed(("Visser", rehearsal.bsn())))
    rehearsal.later(days=90)
    await take_in(amsterdam.desk, "rik", listed(("Visser", rehearsal.bsn())))
    await forget(amsterdam.exchange)
    before = [told.run.state for told in await list_imports(amsterdam.desk, "rik")]
    rehearsal.later(days=1)

    await forget(amsterdam.exchange)
    await forget(amsterdam.exchange)

    after = [told.run.state for told in await list_imports(amsterdam.desk, "rik")]
    assert before == [RunState.RUNNING, RunState.RUNNING, RunState.PAUSED]
    assert after == [RunState.RUNNING, RunState.CANCELLED, RunState.CANCELLED]
    blocks, lines = amsterdam.db.read_now(
        lambda tx: (
            tx.all("SELECT run FROM import_block"),
            tx.all("SELECT fields FROM audit WHERE event = 'import.cancelled'"),
        )
    )
    assert [row["run"] for row in blocks] == [3]
    assert [json.loads(row["fields"]) for row in lines] == [{"run": number, "linesLeft": 1} for number in (1, 2)]


async def test_a_youth_goes_before_the_family_records_that_still_depart(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A departure after an import may be thousands of records: who signals meanwhile does not wait for their end."""
    amsterdam = await rehearsal.region("amsterdam", records_per_message=2)
    youths = [rehearsal.bsn() for _ in range(4)]
    for each in youths:
        amsterdam.person(each, parents=(rehearsal.bsn(), rehearsal.bsn()))
    await importing(amsterdam, youths)
    await work_on(amsterdam.desk)
    await amsterdam.deliver()
    rehearsal.later(minutes=15)
    jansen, late = amsterdam.professional("Jansen"), rehearsal.bsn()
    amsterdam.hub.trouble.sent.clear()
    monkeypatch.setattr(amsterdam.hub, "register_signals", _then(amsterdam, lambda: amsterdam.signal(jansen, late)))

    await amsterdam.deliver()

    sent = [message for message in amsterdam.hub.trouble.sent if isinstance(message, RegisterSignals)]
    purposes = ["youth" if message.records[0].purpose is Purpose.YOUTH else "family" for message in sent]
    assert purposes == ["family", "youth", "family", "family", "family"]


def _then(
    party: Party, do: Callable[[], Coroutine[Any, Any, object]]
) -> Callable[[RegisterSignals], Coroutine[Any, Any, RegisterSignalsResponse]]:
    """The hub's door, and something that happens once while the first message is under way."""
    through, todo = party.hub.register_signals, [do]

    async def register(message: RegisterSignals) -> RegisterSignalsResponse:
        while todo:
            await todo.pop()()
        return await through(message)

    return register
