"""A node put back from yesterday ends again what it had ended, hears its mailbox again, and asks its operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.started import town_of
from tests.faults.town import MISTAKE, RISK_OVER, Town
from tests.faults.waiting import soon


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three regions, brothers and sisters."""
    with town_of(tmp_path_factory, lone=20, siblings=6) as made:
        yield made


def test_a_node_from_yesterday_catches_up_and_what_it_forgot_is_withdrawn(town: Town, tmp_path: Path) -> None:
    """Protocol 2.2: its own ledger, next revisions, its mailbox again; nobody else hears of a match twice."""
    kept = [town.signal("amsterdam", number % 3, child) for number, child in enumerate(town.children[:6])]
    for number, child in enumerate(town.children[:5]):
        town.signal("haaglanden", number % 3, child)
    town.signal("amsterdam", 0, town.children[-2])
    town.signal("utrecht", 0, town.children[-1])
    town.wait_until_met()
    town.wait_until_nothing_waits()
    copy = tmp_path / "yesterday.db"
    town.command("amsterdam", "backup", str(copy))
    town.end(kept[0], RISK_OVER)
    town.end(kept[1], MISTAKE)
    town.signal("haaglanden", 2, town.children[5])
    lost = [town.signal("amsterdam", 1, town.children[number]) for number in (6, 7)]
    town.signal("utrecht", 1, town.children[6])
    town.signal("haaglanden", 0, town.children[8])
    town.wait_until_met()
    town.wait_until_nothing_waits()

    town.exchange.stop("amsterdam")
    town.command("amsterdam", "restore", str(copy))
    town.given = [one for one in town.given if one not in lost]
    town.exchange.start("amsterdam")
    soon(lambda: town.require_met(["amsterdam"]))
    listed = town.try_command("amsterdam", "reconcile")
    town.command("amsterdam", "reconcile", "--withdraw-unknown")
    town.signal("amsterdam", 2, town.children[8])

    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()
    assert listed.exit_code == 1
    assert "Only the hub has 2 records" in listed.output


def test_a_node_from_before_it_told_anything_tells_no_one_twice(town: Town, tmp_path: Path) -> None:
    """Killed just after its signals left, and put back to when they waited: the same records, so the same matches."""
    town.exchange.stop("hub")
    for number, child in enumerate(town.children[10:13]):
        town.signal("utrecht", number, child)
    town.signal("utrecht", 0, town.children[-4])
    copy = tmp_path / "waiting.db"
    town.command("utrecht", "backup", str(copy))
    for number, child in enumerate(town.children[10:13]):
        town.signal("haaglanden", number, child)
    town.signal("amsterdam", 0, town.children[-3])
    town.exchange.start("hub")
    town.wait_until_met()
    town.wait_until_nothing_waits()

    town.exchange.kill("utrecht")
    town.command("utrecht", "restore", str(copy))
    town.exchange.start("utrecht")
    soon(lambda: reconciled(town))

    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()


def reconciled(town: Town) -> None:
    """The operator's word was heard: the node had its signals' records again, and both sides agreed."""
    done = town.try_command("utrecht", "reconcile", "--withdraw-unknown")
    assert done.exit_code == 0, done.output
