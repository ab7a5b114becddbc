"""The exchange that tests stand on: made by the ceremony, run as processes, cut, killed and restarted at will."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from node.door_client import DoorSilent
from tests.demo.patience import comes_true
from tests.faults.wire import Mood, Wire
from verwijsindex.demo.ceremony import CeremonyFailed
from verwijsindex.demo.exchange import Door, Exchange, make_exchange
from verwijsindex.demo.world import make_world

WORLD = make_world(1, datetime.now(UTC).date(), 20)
YOUTH = WORLD.story.youth.confirmed


@pytest.fixture(scope="module")
def wire() -> Iterator[list[Wire]]:
    """The wires that were laid, to be taken up at the end."""
    laid: list[Wire] = []
    yield laid
    for each in laid:
        each.stop()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory, wire: list[Wire]) -> Iterator[Exchange]:
    """Two regions, with a wire between Haaglanden and the hub."""

    def route(region: str, party: str, port: int) -> int:
        if (region, party) != ("haaglanden", "hub"):
            return port
        wire.append(Wire(port))
        return wire[0].port

    directory = tmp_path_factory.mktemp("exchange")
    with make_exchange(directory, ("amsterdam", "haaglanden"), route=route) as made:
        for region in made.regions:
            made.import_lists(
                region.name, people=WORLD.register_csv(), professionals=WORLD.professionals_csv(region.title)
            )
        made.start()
        yield made


@pytest.fixture
def amsterdam(exchange: Exchange) -> Door:
    """The door in Amsterdam, for the professional of the story."""
    return exchange.door("amsterdam", WORLD.story.amsterdam.reference)


@pytest.fixture
def haaglanden(exchange: Exchange) -> Door:
    """The door in Haaglanden, for the professional of the story."""
    return exchange.door("haaglanden", WORLD.story.haaglanden.reference)


def living(door: Door) -> list[str]:
    """The regions with which this professional has a match."""
    return [match["regio"] for match in door.matches() if match["status"] == "actief"]


def test_a_cut_wire_keeps_one_region_out_and_the_rest_goes_on(
    exchange: Exchange, wire: list[Wire], amsterdam: Door, haaglanden: Door
) -> None:
    """Real TLS runs through the wire; whoever is cut off hears of it as soon as the wire is whole."""
    theirs = haaglanden.register(*YOUTH)["id"]
    assert comes_true(lambda: haaglanden.show(theirs)["landelijk"] == "gemeld")
    wire[0].be(Mood.CUT)
    ours = amsterdam.register(*YOUTH)["id"]

    assert comes_true(lambda: living(amsterdam) == ["Haaglanden"])
    assert comes_true(lambda: haaglanden.status()["wacht"]["hub"])
    assert living(haaglanden) == []
    wire[0].be(Mood.OPEN)
    assert comes_true(lambda: living(haaglanden) == ["Amsterdam"])
    amsterdam.undo(ours)
    haaglanden.end(theirs, "ONTERECHT")
    assert comes_true(lambda: living(amsterdam) + living(haaglanden) == [])


def test_a_program_is_killed_and_comes_back_with_what_it_had(exchange: Exchange, amsterdam: Door) -> None:
    """kill -9 of a node: its door is silent, then answers again at the same address."""
    kept = amsterdam.register(*YOUTH)["id"]

    exchange.kill("amsterdam")

    with pytest.raises(DoorSilent):
        amsterdam.signals()
    exchange.restart("amsterdam")
    assert [signal["id"] for signal in amsterdam.signals()] == [kept]
    amsterdam.end(kept)


def test_only_its_owner_can_enter_the_directory(exchange: Exchange) -> None:
    """It holds private keys."""
    assert stat.S_IMODE(exchange.places.directory.stat().st_mode) == 0o700
    loose = [file for file in exchange.places.pki.directory.rglob("*.key") if file.stat().st_mode & 0o077]
    assert loose == []


def test_a_setting_that_does_not_exist_is_told_by_the_ceremony(tmp_path: Path) -> None:
    """And nothing stays running."""
    with pytest.raises(CeremonyFailed, match="no_such_setting"):
        make_exchange(tmp_path / "exchange", ("amsterdam",), more={"hub": {"no_such_setting": 1}})
