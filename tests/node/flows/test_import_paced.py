"""How an import goes on: in steps, no faster than it may, stopped and tried out. B11."""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta

import pytest

from node.domain.confirming import Confirmation
from node.domain.errors import ImportOver, ImportUnknown
from node.domain.importing import MOST_ON_THEIR_WAY, Forecast
from node.domain.person import BirthDate
from node.flows.look_at_imports import look_at_import
from node.flows.register_signal import register_signal
from node.flows.take_in_signals import cancel_import, pause_import, resume_import, take_in
from node.flows.try_import import try_import
from node.flows.work_through import Held, work_on
from node.store import counts, holds
from node.store.holds import AlarmKind, Hold, Side
from node.store.imports import Outcome, RunState
from tests.bringing_in import listed, operator, sent, told
from tests.region import NOW, World, made_up_bsn

YOUTH, BROTHER = made_up_bsn(0), made_up_bsn(1)


async def test_a_run_goes_on_where_it_was(world: World) -> None:
    """Each step is one write: a node that is killed between two goes on at the first line not done, and none twice."""
    await operator(world.desk)
    world.professional("Anna")
    done = await take_in(world.desk, "rik", listed(*(("Anna", made_up_bsn(n)) for n in range(250))))
    made = []

    while (step := await work_on(world.desk)).held is None:
        made.append((step.lines, world.rows("signal"), world.rows("import_block")))
        sent(world)

    assert made == [(100, 100, 2), (100, 200, 1), (50, 250, 0)]
    assert (await look_at_import(world.desk, "rik", done.run.number)).run.state is RunState.DONE


async def test_a_step_that_fails_leaves_everything_as_it_was(world: World) -> None:
    """Signals, counts and lines change together or not at all."""
    await operator(world.desk)
    world.professional("Anna")
    await take_in(world.desk, "rik", listed(("Anna", YOUTH), ("Anna", BROTHER)))

    world.desk.db.write_now(
        lambda tx: tx.execute(
            "CREATE TRIGGER fails BEFORE UPDATE ON import_run BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    )

    with pytest.raises(sqlite3.IntegrityError):
        await work_on(world.desk)
    world.desk.db.write_now(lambda tx: tx.execute("DROP TRIGGER fails"))

    assert (world.rows("signal"), world.rows("outbox"), world.rows("import_block")) == (0, 0, 1)
    assert (await work_on(world.desk)).lines == 2


async def test_no_more_than_a_few_hundred_are_on_their_way(world: World) -> None:
    """Whoever signals by hand in the middle of a large import is behind these and no more."""
    await operator(world.desk)
    world.professional("Anna")
    await take_in(world.desk, "rik", listed(*(("Anna", made_up_bsn(n)) for n in range(350))))

    steps = [await work_on(world.desk) for _ in range(3)]

    assert [step.lines for step in steps] == [100, 100, 0]
    assert steps[-1].held is Held.OUTBOX
    assert world.rows("outbox") == MOST_ON_THEIR_WAY
    sent(world)
    assert (await work_on(world.desk)).lines == 100


@pytest.mark.parametrize("side", Side)
async def test_an_import_waits_for_hub_and_service(world: World, side: Side) -> None:
    """Nothing piles up in the outbox while one of them is left alone; afterwards it goes on."""
    await operator(world.desk)
    world.professional("Anna")
    await take_in(world.desk, "rik", listed(("Anna", YOUTH)))
    away = Hold(side, NOW, 1, NOW + timedelta(minutes=4), "away", None)
    world.desk.db.write_now(lambda tx: holds.put_hold(tx, away))

    assert (await work_on(world.desk)).held is Held.AWAY
    world.later(minutes=5)
    assert (await work_on(world.desk)).lines == 1


async def test_an_import_leaves_the_day_its_share_and_goes_on_the_next(world: World) -> None:
    """Paced by what the service told; it says until when it takes, and an allowance that opens sets it free."""
    await operator(world.desk)
    world.professional("Anna")
    done = await take_in(world.desk, "rik", listed(*(("Anna", made_up_bsn(n)) for n in range(100))))
    told(world, 280, most=1000)

    step = await work_on(world.desk)
    sent(world)
    told(world, 250)
    held = await work_on(world.desk)
    seen = await look_at_import(world.desk, "rik", done.run.number)

    assert (step.lines, held.held, seen.held) == (10, Held.BUDGET, Held.BUDGET)
    assert (seen.run.left, seen.forecast) == (90, Forecast(date(2026, 3, 11)))
    world.later(days=1)
    assert (await work_on(world.desk)).lines == 90


async def test_an_open_allowance_sets_an_import_free(world: World) -> None:
    """The pseudonym operators open it for this very purpose."""
    await operator(world.desk)
    world.professional("Anna")
    await take_in(world.desk, "rik", listed(*(("Anna", made_up_bsn(n)) for n in range(100))))
    told(world, 0, most=1000, allowance=300)

    assert (await work_on(world.desk)).lines == 100


async def test_a_dry_run_tells_what_would_be_and_keeps_nothing(world: World) -> None:
    """Every line that would be refused or is double, also one that stands twice in the file; and until when."""
    await operator(world.desk)
    world.professional("Anna")
    world.person(BROTHER, born="2001-01-01")
    many = [("Anna", made_up_bsn(n)) for n in range(4, 64)]
    before, seen = world.events(), list[int]()

    tried = await try_import(world.desk, "rik", listed(*many, ("Anna", BROTHER), ("Anna", made_up_bsn(4))), seen.append)

    assert (tried.lines, tried.made, tried.doubles, tried.refused, tried.elements) == (62, 60, 1, 1, 60)
    assert [(each.line, each.outcome) for each in tried.told] == [(62, Outcome.REFUSED), (63, Outcome.DOUBLE)]
    assert seen == [25, 50, 62]
    assert tried.forecast == Forecast()
    assert {world.rows(table) for table in ("signal", "outbox", "youth", "import_run", "signals_made")} == {0}
    assert world.events() == [*before, "import.tried"]


async def test_dry_runs_that_tell_much_of_youths_are_an_alarm(world: World) -> None:
    """B2, P13: nobody who runs the node looks youths up one by one unseen; what a file says twice tells nothing."""
    await operator(world.desk)
    anna = world.professional("Anna")
    await register_signal(world.desk, anna, world.person(YOUTH))
    world.person(BROTHER, born="2001-01-01")
    world.desk = replace(world.desk, limits=replace(world.desk.limits, tried_by_one=3))
    old = Confirmation(BirthDate(2001, 1, 1), "Vries")

    await try_import(world.desk, "rik", listed(("Anna", YOUTH)))
    await try_import(world.desk, "rik", listed(("Anna", BROTHER), said=old))
    await try_import(world.desk, "rik", listed(("Anna", BROTHER), ("Dirk", YOUTH), ("Anna", made_up_bsn(9))))
    assert world.rows("alarm") == 0
    await try_import(world.desk, "rik", listed(("Anna", YOUTH)))
    await try_import(world.desk, "rik", listed(("Anna", YOUTH)))

    [alarm] = world.desk.db.read_now(holds.alarms)
    assert alarm.kind is AlarmKind.TRIED_OFTEN
    assert (world.events().count("import.tried"), world.events().count("import.triedOften")) == (5, 1)
    world.later(days=1)
    assert world.desk.db.write_now(lambda tx: counts.forget(tx, world.desk.today(), world.moment)) >= 1
    assert world.rows("import_tried") == 0


async def test_an_import_is_paused_resumed_and_cancelled(world: World) -> None:
    """What was made stays; what waits is forgotten at once, and the same file may come again."""
    await operator(world.desk)
    world.professional("Anna")
    lines = listed(*(("Anna", made_up_bsn(n)) for n in range(150)))
    number = (await take_in(world.desk, "rik", lines)).run.number
    await work_on(world.desk)

    await pause_import(world.desk, "rik", number)
    assert (await work_on(world.desk)).held is Held.NOTHING
    await resume_import(world.desk, "rik", number)
    await resume_import(world.desk, "rik", number)
    run = await cancel_import(world.desk, "rik", number)

    assert (run.state, run.made, run.left, world.rows("import_block")) == (RunState.CANCELLED, 100, 50, 0)
    with pytest.raises(ImportOver):
        await resume_import(world.desk, "rik", number)
    with pytest.raises(ImportUnknown):
        await pause_import(world.desk, "rik", 99)
    assert not (await take_in(world.desk, "rik", lines)).known
    assert [name.partition(".")[2] for name in world.events() if name.startswith("import.")] == [
        "takenIn", "paused", "resumed", "cancelled", "takenIn",
    ]  # fmt: skip
