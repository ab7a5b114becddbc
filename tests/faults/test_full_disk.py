"""A disk that is full, for the hub and for a node: nothing half is kept, and all goes on when there is room again."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from node.door_client import DoorRefused
from tests.faults.started import town_of
from tests.faults.town import Town, worker
from tests.faults.waiting import soon


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two regions will do."""
    with town_of(tmp_path_factory, regions=("amsterdam", "haaglanden")) as made:
        yield made


@contextmanager
def full_disk(town: Town, name: str) -> Iterator[None]:
    """The kernel lets this running program write nothing to any file, log included; then everything again."""
    pid = town.exchange.processes.pid(name)
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def sound(town: Town) -> None:
    """Everybody has met once, nothing waits, and hub and nodes agree; no program fell."""
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()
    town.exchange.processes.look()


def test_hub_and_service_whose_disk_is_full_say_not_now_and_go_on_later(town: Town) -> None:
    """Nodes keep what they have to tell; a question that cannot be counted is not answered, or budgets were open."""
    theirs = [town.signal("haaglanden", number % 3, child) for number, child in enumerate(town.children[:4])]
    town.wait_until_nothing_waits()
    with full_disk(town, "hub"), full_disk(town, "pseudonyms"):
        for number, child in enumerate(town.children[:6]):
            town.signal("amsterdam", number % 3, child)
        town.end(theirs[0])
        reasons = soon(lambda: (waits_for(town, "amsterdam", "service"), waits_for(town, "haaglanden", "hub")))
        assert town.rows("hub", "SELECT count(*) FROM record WHERE standing = 'live'") == [(4,)]
    for number, child in enumerate(town.children[4:6]):
        town.signal("haaglanden", number % 3, child)

    sound(town)
    assert [reason.partition(":")[0] for reason in reasons] == ["0051", "0051"]


def test_a_node_whose_disk_is_full_says_so_and_keeps_nothing_half(town: Town) -> None:
    """The professional hears that nothing was kept; what other regions tell waits at the hub."""
    theirs = town.signal("amsterdam", 0, town.children[8])
    town.wait_until_nothing_waits()
    before = town.rows("amsterdam", "SELECT count(*) FROM signal")
    with full_disk(town, "amsterdam"):
        with pytest.raises(DoorRefused, match="Nu niet op te slaan"):
            town.door("amsterdam", worker("amsterdam", 1)).register(*town.children[9].confirmed)
        ours = town.signal("haaglanden", 0, town.children[8])
        soon(lambda: town.require_met(["haaglanden"]))
        assert town.rows("amsterdam", "SELECT count(*) FROM signal") == before
    town.signal("amsterdam", 1, town.children[9])

    sound(town)
    assert {one.child.name for one in (ours, theirs)} == {town.children[8].name}


def waits_for(town: Town, region: str, side: str) -> str:
    """Why a region leaves another party alone for now; it must."""
    pause = town.exchange.door(region).status()["wacht"][side]
    assert pause is not None, f"{region} does not wait for the {side}"
    return str(pause["reden"])
