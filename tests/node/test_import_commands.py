"""The commands of imports, on a real database while no node serves; others of our tests have one that does."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from node.domain.importing import Forecast
from node.domain.professional import PersonNumber
from node.flows.look_at_imports import RunSeen
from node.flows.work_through import Held
from node.import_commands import progress
from node.store.imports import Run, RunState
from tests.node.test_people_commands import Place
from tests.region import made_up_bsn

PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;gemeente
anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Anna de Boer;020 1234567;anna@example.nl;0363
"""
ONE, TWO = made_up_bsn(0).reveal(), made_up_bsn(1).reveal()
NOW, TODAY = datetime(2026, 3, 10, 9, 30, tzinfo=UTC), date(2026, 3, 10)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A node where Rik runs the node and Anna signals."""
    here = Place(tmp_path)
    here.run("professionals", "import", here.file("professionals.csv", PROFESSIONALS))
    here.run("roles", "ask", "rik", "regiobeheerder", "--as", "bouwer-een")
    here.run("roles", "confirm", "1", "--as", "bouwer-twee")
    return here


def test_a_dry_run_lists_every_line_and_keeps_nothing(place: Place) -> None:
    """Those that cannot be read, and those that would be refused or are double."""
    good = place.file("good.csv", f"bsn;kenmerk\n{ONE};anna\n{ONE};anna\n{TWO};bram\n{TWO};anna\n")
    bad = place.file("bad.csv", f"bsn;kenmerk\n{ONE};anna\n{ONE[::-1]};anna\n")

    said = place.run("signals", "import", good, "--as", "rik", "--dry-run")
    wrong = place.run("signals", "import", bad, "--as", "rik", "--dry-run", fails=True)

    assert "line 3\tdouble" in said
    assert "line 4\trefused\tNo such professional" in said
    assert "4 lines: 2 new signals, 1 double, 1 refused." in said
    assert "Nothing was kept" in said
    assert "elements" not in said
    assert "1 lines: 1 new signals" in wrong
    assert "line 3: This is not a BSN." in wrong
    assert ONE[::-1] not in wrong
    assert place.run("imports", "list", "--as", "rik") == "No imports.\n"


def test_lines_are_taken_in_once_and_turned(place: Place) -> None:
    """Without a node that serves they wait; they can be paused, resumed and cancelled."""
    file = place.file("signals.json", json.dumps([{"bsn": ONE, "kenmerk": "anna", "duur": 6}]))

    first = place.run("signals", "import", file, "--as", "rik", "--no-wait")
    again = place.run("signals", "import", file, "--as", "rik", "--no-wait")

    assert first == "Import 1: 1 lines taken in.\n"
    assert "taken in before, as import 1" in again
    assert "running, 0 of 1 lines" in place.run("imports", "list", "--as", "rik")
    assert place.run("imports", "pause", "1", "--as", "rik") == "Paused, with 0 of 1 lines done.\n"
    assert "Import 1: paused" in place.run("imports", "report", "1", "--as", "rik")
    assert place.run("imports", "resume", "1", "--as", "rik").startswith("Resumed")
    assert place.run("imports", "cancel", "1", "--as", "rik").startswith("Cancelled")
    assert "Import 1: cancelled" in place.run("imports", "watch", "1", "--as", "rik")
    assert "done or was cancelled" in place.run("imports", "resume", "1", "--as", "rik", fails=True)
    assert place.run("imports", "mine", "--as", "anna") == "Geen imports.\n"


def test_a_file_that_cannot_be_read_and_somebody_who_may_not(place: Place) -> None:
    """In one sentence each."""
    empty, good = place.file("empty.csv", ""), place.file("good.csv", f"bsn;kenmerk\n{ONE};anna\n")

    assert "file: empty" in place.run("signals", "import", empty, "--as", "rik", fails=True)
    assert "No role" in place.run("signals", "import", good, "--as", "anna", "--no-wait", fails=True)
    assert "nobody" not in place.run("signals", "import", good, "--as", "nobody", "--no-wait", fails=True)


def run(done: int, state: RunState = RunState.RUNNING) -> Run:
    """An import of a thousand lines, of which so many are done."""
    return Run(1, PersonNumber(UUID(int=1)), NOW, 1000, state, done, 0, 0, 0, 0, None)


@pytest.mark.parametrize(
    ("seen", "rate", "parts"),
    [
        (RunSeen(run(250), None, Forecast(TODAY)), 50.0, ["25%", "250 of 1000", "50 a second", "done about 10:30"]),
        (RunSeen(run(0), None, Forecast()), 0.0, ["0%", "has not told yet"]),
        (RunSeen(run(999), Held.BUDGET, Forecast(date(2026, 3, 12))), 9.0, ["99%", "day's own work", "2026-03-12"]),
        (RunSeen(run(1), Held.AWAY, Forecast(past_the_month=True)), 0.0, ["waits: the hub", "allowance"]),
        (RunSeen(run(1), Held.OUTBOX, Forecast(TODAY)), 0.0, ["1 of 1000"]),
    ],
)  # fmt: skip
def test_one_line_says_how_far_how_fast_and_until_when(seen: RunSeen, rate: float, parts: list[str]) -> None:
    """The bar of an import that is watched."""
    line = progress(seen, rate, NOW)

    assert all(part in line for part in parts), line
    assert "\n" not in line
