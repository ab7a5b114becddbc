"""What the benches share: rounds whose median counts, a figure beside its reference, and a line about the machine.

Machines are noisy, so two sides take turns in short rounds and their ratio is taken round by round. What a process
used of the processor says more than the clock where others use the machine too; both are shown.
"""

import os
import platform
import sqlite3
import ssl
import statistics
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Round:
    """So many done, in so many seconds by the clock, and of the processor where that is known."""

    done: int
    clock: float
    processor: float | None = None


@dataclass(frozen=True)
class Figure:
    """What a number of rounds say together."""

    name: str
    rounds: Sequence[Round]
    unit: str = "a second"

    @property
    def rate(self) -> float:
        """How many in a second by the clock: the median of the rounds."""
        return statistics.median(each.done / each.clock for each in self.rounds)

    @property
    def best(self) -> float:
        """The round that was disturbed least."""
        return max(each.done / each.clock for each in self.rounds)

    @property
    def per_processor_second(self) -> float | None:
        """How many for each second of one core; nothing where it was not measured."""
        used = [each.processor for each in self.rounds]
        if None in used:
            return None
        # Over all rounds: the processor's clock is too coarse for one.
        total = sum(each for each in used if each is not None)
        return sum(each.done for each in self.rounds) / total if total else None

    def of(self, reference: "Figure") -> float:
        """This as a share of a reference that took its turns in the same rounds: the median of their ratios."""
        pairs = zip(self.rounds, reference.rounds, strict=True)
        return statistics.median((own.done / own.clock) / (ref.done / ref.clock) for own, ref in pairs)

    def line(self) -> str:
        """For people."""
        text = f"  {self.name:<46}{self.rate:>9,.0f} {self.unit} (best round {self.best:,.0f})"
        processor = self.per_processor_second
        return text + (f", {processor:,.0f} for each second of one core" if processor else "")


def machine() -> str:
    """What was measured on, and how busy it was."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    busy = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{cores} cores ({platform.machine()}), {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]}, load {busy}"
    )


def family(pid: int) -> tuple[int, ...]:
    """A running process and those that it started: from /proc, or from ps where there is none."""
    pairs = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            pairs.append((int(file.parent.name), int(file.read_text().rpartition(")")[2].split()[1])))
    if not pairs:
        text = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [(int(child), int(parent)) for child, parent in map(str.split, text.splitlines())]
    return pid, *(child for child, parent in pairs if parent == pid)


def processor_seconds(*pids: int) -> float:
    """User and system time of running processes together."""
    return sum(map(_processor_seconds, pids))


def _processor_seconds(pid: int) -> float:
    """User and system time of a running process: from /proc, or from ps where there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        text = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
        seconds = 0.0
        for part in text.strip().split(":"):
            seconds = seconds * 60 + float(part)
        return seconds


def megabytes(pid: int) -> tuple[float, float]:
    """What a process keeps in memory, and its share of that where pages are shared; twice the same without /proc."""
    try:
        found = dict(
            (name, float(rest.split()[0]) / 1024)
            for name, _, rest in (
                line.partition(":") for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
            )
        )
        return found["Rss"], found["Pss"]
    except OSError:
        text = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
        return float(text) / 1024, float(text) / 1024
