"""The first whole way through the house: a youth signalled in two regions, over real TLS, SOAP and SQLite."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.started import town_of
from tests.faults.town import MISTAKE, RISK_OVER, Given, Town, worker
from tests.faults.waiting import soon

pytestmark = pytest.mark.xdist_group("flows")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three regions that run."""
    with town_of(tmp_path_factory, workers=2, lone=6, siblings=2) as made:
        yield made


def only_match(town: Town, one: Given) -> dict[str, Any]:
    """The one match of a signal, once it is there."""

    def there() -> dict[str, Any]:
        town.exchange.processes.look()
        found: list[dict[str, Any]] = town.door(one.region, one.who).show(one.id)["matches"]
        assert len(found) == 1, f"{one.who} sees {len(found)} matches about {one.child.name}"
        return found[0]

    return soon(there)


def test_two_regions_that_signal_the_same_youth_can_reach_each_other(town: Town) -> None:
    """Each side sees the whole card of the other, and nobody else sees anything."""
    first = town.signal("haaglanden", 0, town.children[0])
    bystander = town.signal("utrecht", 0, town.children[1])
    second = town.signal("amsterdam", 1, town.children[0])

    here, there = only_match(town, second), only_match(town, first)

    for match, other in ((here, first), (there, second)):
        assert (match["soort"], match["status"], match["matchsleutel"]) == ("client", "actief", None)
        assert match["regio"] == town.exchange.region(other.region).title
        assert match["organisatie"] == f"Stichting {other.who}"
        assert match["contact"]["naam"] == town.name_of(other.who)
        assert match["contact"]["email"] == f"{other.who}@{other.region}.example"
        assert match["contact"]["telefoon"] == f"000 {int(other.who[-1]):07d}"
        assert match["contact"]["functie"] == "jeugdhulpverlener"
    assert town.door("utrecht", bystander.who).show(bystander.id)["matches"] == []
    assert town.door("haaglanden", worker("haaglanden", 1)).matches() == []


def command_line(town: Town, region: str, number: int, *words: str, typed: str = "") -> dict[str, Any]:
    """``verwijsindex node …`` as a professional types it, in a process of its own; its JSON."""
    settings = str(town.exchange.settings(region))
    done = subprocess.run(
        [sys.executable, "-m", "verwijsindex", "node", *words, "--as", worker(region, number), "--config", settings],
        input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_command_line_does_the_same(town: Town) -> None:
    """`node signal --json` in two regions, with what is asked on standard input; `node matches --json` shows who."""
    child = town.children[2]
    typed = "\n".join([*child.confirmed, ""])
    ours = command_line(town, "amsterdam", 0, "signal", "--months", "12", "--json", typed=typed)
    theirs = command_line(town, "utrecht", 1, "signal", "--json", typed=typed)
    one = Given("amsterdam", worker("amsterdam", 0), child, ours["id"])
    other = Given("utrecht", worker("utrecht", 1), child, theirs["id"])
    town.given += [one, other]
    for each in (one, other):
        only_match(town, each)

    shown = command_line(town, "amsterdam", 0, "matches", "--json")

    [signal] = [signal for signal in shown["signalen"] if signal["id"] == one.id]
    assert ours["persoonBekend"] is True
    assert [match["contact"]["naam"] for match in signal["matches"]] == [town.name_of(other.who)]
    assert child.bsn not in json.dumps([ours, theirs, shown])


def test_a_brother_and_a_sister_in_two_regions_are_a_family_match(town: Town) -> None:
    """Both sides get the same key word to speak of, once, although the two share both parents."""
    brother, sister = town.children[6:8]
    one = town.signal("haaglanden", 1, brother)
    other = town.signal("utrecht", 0, sister)

    here, there = only_match(town, one), only_match(town, other)

    assert (here["soort"], there["soort"]) == ("gezin", "gezin")
    assert here["contact"]["naam"] == town.name_of(other.who)
    assert there["contact"]["naam"] == town.name_of(one.who)
    assert here["matchsleutel"]
    assert here["matchsleutel"] == there["matchsleutel"]
    assert brother.name not in str(there)
    assert sister.name not in str(here)


@pytest.mark.parametrize(("reason", "serial"), [(RISK_OVER, 3), (MISTAKE, 4)])
def test_an_ending_reaches_the_other_side_and_the_card_is_gone_there(town: Town, reason: str, serial: int) -> None:
    """Archived or destroyed: the other side still sees that there was a match, and no longer with whom."""
    staying = town.signal("amsterdam", 0, town.children[serial])
    going = town.signal("haaglanden", 0, town.children[serial])
    assert only_match(town, staying)["contact"] is not None
    assert cards(town, staying) == [True]

    town.end(going, reason)

    def over() -> None:
        match = only_match(town, staying)
        assert match["status"] != "actief"
        assert match["contact"] is None

    soon(over)
    assert cards(town, staying) == [False]
    assert only_match(town, staying)["status"] == {RISK_OVER: "geëindigd", MISTAKE: "vervallen"}[reason]
    left = town.rows("haaglanden", "SELECT state FROM signal WHERE signal_id = ?", going.id)
    assert left == ([("archived",)] if reason == RISK_OVER else [])


def cards(town: Town, one: Given) -> list[bool]:
    """For each match of a signal, whether its node's database still holds the card."""
    return [bool(held) for (held,) in town.rows(
        one.region, "SELECT card IS NOT NULL FROM match WHERE signal_id = ?", one.id
    )]  # fmt: skip


def test_afterwards_everyone_agrees(town: Town) -> None:
    """Whatever came before: nothing waits, nothing was told twice, every chain of audit lines holds."""
    town.wait_until_met()
    town.wait_until_nothing_waits()

    town.require_sound()
