"""Who works and lives in an exchange under test, what they did, and who must therefore have met.

Everything goes through the doors that people use. Names and numbers are made up: 9999xxxxx that pass the elfproef.
"""

import itertools
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner

from hub.commands import hub
from node.commands import node
from node.domain.bsn import passes_elfproef
from node.door_client import DoorRefused, DoorSilent
from pseudonym_service.commands import pseudonyms
from tests.faults.waiting import LONG_ENOUGH, soon
from verwijsindex.demo.exchange import PROGRAMS, Door, Exchange

OPERATOR = "beheerder"
"""Who runs the nodes, where a test names somebody."""
RISK_OVER, MISTAKE = "RISICO_WEG", "ONTERECHT"
BORN = "2012-05-01"
"""The birth date of every child."""
_GROUPS = {"hub": hub, "pseudonyms": pseudonyms}


@dataclass(frozen=True, slots=True)
class Child:
    """A youth who does not exist."""

    bsn: str
    name: str
    parents: tuple[str, ...] = ()

    @property
    def confirmed(self) -> tuple[str, str, str]:
        """What a professional gives to signal: the number, and what confirms it."""
        return self.bsn, BORN, self.name.partition(" ")[0]


@dataclass(slots=True)
class Given:
    """A signal as the professional who gave it knows it."""

    region: str
    who: str
    child: Child
    id: str
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A match on somebody's screen, as far as both sides can agree on it."""

    kind: str
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it printed."""

    exit_code: int
    output: str


@dataclass
class Town:
    """An exchange with people in it. ``given`` is everything that was signalled."""

    exchange: Exchange
    workers: int = 3
    lone: int = 20
    siblings: int = 0
    """Pairs of brother and sister, who come after the lone children in ``children``."""
    children: list[Child] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    absent: frozenset[str] = frozenset()
    """Regions whose node does not run: the test plays them itself."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What the programs run in beside our own, and so their commands."""

    def __post_init__(self) -> None:
        numbers = (str(n) for n in itertools.count(999900000) if passes_elfproef(str(n)))
        self.children = [Child(next(numbers), f"Proefkind {serial:03d}") for serial in range(self.lone)]
        for pair in range(self.siblings):
            parents = (next(numbers), next(numbers))
            self.children += [Child(next(numbers), f"Proefbroer {pair:03d}-{one}", parents) for one in range(2)]

    def settle_in(self) -> None:
        """Every region learns who works there and who lives in the country; the lists are not left behind."""
        rows = [[c.bsn, c.name, BORN, *c.parents, *("", "")][:5] for c in self.children]
        people = _csv(["bsn,naam,geboortedatum,ouder1,ouder2"], rows)
        for region in self.exchange.regions:
            workers = _csv(
                ["kenmerk,organisatie,categorie,soort,locatie,functie,naam,telefoon,email,gemeente"],
                [self._worker(region.name, number) for number in range(self.workers)],
            )
            self.exchange.import_lists(region.name, people=people, professionals=workers)
            for kind in ("people", "professionals"):
                (self.exchange.places.home(region.name) / f"{kind}.csv").unlink(missing_ok=True)

    def _worker(self, region: str, number: int) -> list[str]:
        who = worker(region, number)
        return [
            who, f"Stichting {who}", "jeugdhulpaanbieder", "wijkteam", f"Locatie {who}", "jeugdhulpverlener",
            self.name_of(who), f"000 {number:07d}", f"{who}@{region}.example", "0363",
        ]  # fmt: skip

    @staticmethod
    def name_of(who: str) -> str:
        """What a professional is called."""
        return f"Proefwerker {who}"

    @property
    def regions(self) -> tuple[str, ...]:
        """The short names of the regions whose node runs."""
        return tuple(region.name for region in self.exchange.regions if region.name not in self.absent)

    def door(self, region: str, who: str) -> Door:
        """The door of a region, for one of its professionals."""
        return self.exchange.door(region, who)

    # --- what professionals do

    def signal(self, region: str, number: int, child: Child, months: int | None = None) -> Given:
        """Signal a child. When the node falls silent they look whether it was kept, and else do it again."""
        who = worker(region, number)

        def once() -> str:
            door = self.door(region, who)
            try:
                return str(door.register(*child.confirmed, months)["id"])
            except DoorRefused as refused:
                if "al een signaal" not in str(refused):
                    raise AssertionError(f"{region} refuses a signal: {refused}") from None
                return next(str(one["id"]) for one in door.signals() if one["jeugdige"] == child.name)

        made = Given(region, who, child, soon(once))
        self.given.append(made)
        return made

    def take_in(self, region: str, number: int, children: Sequence[Child], *options: str) -> str:
        """An operator brings in signals of one professional from a file; says what the command said."""
        rows = [[worker(region, number), *child.confirmed] for child in children]
        file = _csv(["kenmerk,bsn,geboortedatum,achternaam"], rows)
        return self.exchange.import_signals(region, file, OPERATOR, *options)

    def wait_taken_in(self, region: str, number: int, children: Sequence[Child]) -> None:
        """Soon each line is a signal of that professional; they are as if given by hand."""
        who = worker(region, number)

        def found() -> dict[str, str]:
            shown = {str(one["jeugdige"]): str(one["id"]) for one in self.door(region, who).signals()}
            assert {child.name for child in children} <= shown.keys()
            return shown

        shown = soon(found)
        self.given += [Given(region, who, child, shown[child.name]) for child in children]

    def end(self, given: Given, reason: str = RISK_OVER) -> None:
        """End a signal, again when the node fell silent meanwhile."""

        def once() -> None:
            try:
                self.door(given.region, given.who).end(given.id, reason)
            except DoorRefused as refused:
                if "beëindigd" not in str(refused) and "onbekend" not in str(refused):
                    raise AssertionError(f"{given.region} refuses an ending: {refused}") from None

        soon(once)
        given.ended = reason

    # --- who must have met

    def living(self) -> list[Given]:
        """The signals that have not ended."""
        return [one for one in self.given if one.ended is None]

    def should_see(self, one: Given) -> Counter[Seen]:
        """Every match that must be on the screen of whoever gave this signal, once each."""
        seen: Counter[Seen] = Counter()
        for other in self.living():
            kind = _ground(one, other)
            if kind is not None:
                seen[Seen(kind, self.exchange.region(other.region).title, self.name_of(other.who))] += 1
        return seen

    def require_met(self, regions: Iterable[str] | None = None) -> None:
        """Now: everybody sees whom they must see, once, and nobody else; who is gone left no card."""
        for region in regions or self.regions:
            for who in sorted({one.who for one in self.given if one.region == region}):
                shown = {str(one["id"]): one["matches"] for one in self.door(region, who).signals()}
                mine = [one for one in self.living() if one.region == region and one.who == who]
                assert set(shown) == {one.id for one in mine}, f"{who} has other signals than they gave"
                for one in mine:
                    self._require_seen(one, shown[one.id])

    def _require_seen(self, one: Given, matches: Sequence[dict[str, Any]]) -> None:
        active = [match for match in matches if match["status"] == "actief"]
        over = [match for match in matches if match["status"] != "actief"]
        seen = Counter(Seen(m["soort"], m["regio"], (m["contact"] or {}).get("naam", "?")) for m in active)
        should = self.should_see(one)
        assert seen == should, (
            f"{one.who} about {one.child.name}: missing {list((should - seen).elements())},"
            f" too much {list((seen - should).elements())}"
        )
        assert all(match["contact"] is None for match in over), f"{one.who} still has the card of a match that ended"

    def wait_until_met(self, seconds: float = LONG_ENOUGH) -> None:
        """Soon everybody sees whom they must see. A program that fell meanwhile is told at once."""

        def met() -> None:
            self.exchange.processes.look()
            self.require_met()

        soon(met, seconds)

    def words_of(self, one: Given) -> dict[str, str | None]:
        """The matchsleutel of each living match of a signal, by the name of the other."""
        matches = self.door(one.region, one.who).show(one.id)["matches"]
        return {m["contact"]["naam"]: m["matchsleutel"] for m in matches if m["contact"] is not None}

    # --- what must hold afterwards

    def wait_until_nothing_waits(self, seconds: float = LONG_ENOUGH) -> None:
        """Nothing is on its way any more, and nothing was set aside."""

        def nothing_waits() -> None:
            for region in self.regions:
                status = self.exchange.door(region).status()
                assert set(status["uitgaand"].values()) == {0}, f"{region} still has {status['uitgaand']}"
                assert not status["brievenbus"]["vergelijkingNodig"], f"{region} has to compare"
                # A pause that is over stays written down until the next answer comes: that of a poll, perhaps.
                pauses = [pause for pause in status["wacht"].values() if pause is not None]
                assert all(pause["totEnMet"] < status["op"] for pause in pauses), f"{region} waits: {pauses}"

        soon(nothing_waits, seconds)

    def require_sound(self, *may_ring: str) -> None:
        """Hub and nodes agree on every record, no match was told twice, every chain holds, and no other alarm rings."""
        for region in self.regions:
            assert self.command(region, "reconcile", "--dry-run").output.startswith("0 differences"), region
            # Chance takes back more signals in a day than people do; that alarm is right.
            rings = {alarm["soort"] for alarm in self.exchange.door(region).status()["alarmen"]}
            assert rings <= {"takenBack", *may_ring}, f"{region} rings {rings}"
            self._require_told_once(region)
        for name in self.exchange.names:
            assert "intact" in self.command(name, "audit", "verify").output

    def _require_told_once(self, region: str) -> None:
        rows = self.rows(
            region,
            "SELECT signal_id, peer, count(*) FROM match WHERE peer IS NOT NULL GROUP BY signal_id, peer",
        )
        told = {(signal, peer): number for signal, peer, number in rows}
        lines = self.rows(
            region,
            "SELECT fields ->> 'signal', fields ->> 'peer', count(*) FROM audit WHERE event = 'match.heard'"
            " GROUP BY 1, 2",
        )
        for signal, peer, number in lines:
            assert number == told.get((signal, peer), number), f"{region} was told of a match {number} times"

    def rows(self, name: str, question: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the database of a program holds."""
        file = self.exchange.places.database(name)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as connection:
            return [tuple(row) for row in connection.execute(question, parameters)]

    def command(self, name: str, *words: str) -> Done:
        """A command of an operator that must succeed."""
        done = self.try_command(name, *words)
        assert done.exit_code == 0, f"{name} {' '.join(words)}: {done.output}"
        return done

    def try_command(self, name: str, *words: str) -> Done:
        """A command of an operator, however it ends."""
        if self.environment:
            command = [sys.executable, "-m", "verwijsindex", PROGRAMS.get(name, "node"), *words]
            command += ["--config", str(self.exchange.settings(name))]
            run = subprocess.run(
                command,
                env={**os.environ, **self.environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            return Done(run.returncode, run.stdout)
        done = CliRunner().invoke(
            _GROUPS.get(name, node), [*words, "--config", str(self.exchange.settings(name))], catch_exceptions=False
        )
        return Done(done.exit_code, done.output)


def worker(region: str, number: int) -> str:
    """The reference of a professional."""
    return f"{region}-{number}"


def _ground(one: Given, other: Given) -> str | None:
    """On what ground two signals must meet, if they must."""
    if (one.region, one.who) == (other.region, other.who):
        return None
    if one.child.bsn == other.child.bsn:
        return "client"
    return "gezin" if set(one.child.parents) & set(other.child.parents) else None


def _csv(head: list[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([*head, *(",".join(row) for row in rows)]) + "\n"


__all__ = ["MISTAKE", "PROGRAMS", "RISK_OVER", "Child", "DoorSilent", "Given", "Seen", "Town", "worker"]
