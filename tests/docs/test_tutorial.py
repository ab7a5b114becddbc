"""The tutorial does what it says: its files are written, its lines run in their order, and it shows what is shown."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from verwijsindex.demo.ceremony import free_ports

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "two-regions-and-a-match.md"
PORTS = {"hub": "8443", "pseudonyms": "8444", "amsterdam": "8081", "haaglanden": "8082"}
"""The ports on the page; each is replaced by a free one."""
SECONDS = 60
_END = "-- the line ended with"


@dataclass(frozen=True)
class File:
    """A file that the reader makes."""

    name: str
    content: str


@dataclass
class Line:
    """A line that the reader types, and what the page shows after it."""

    typed: str
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[File | Line]:
    """What the reader does, from top to bottom."""
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if kind != "console":
            name, _, content = block.partition("\n")
            yield File(name.removeprefix("# "), content)
            continue
        found: list[Line] = []
        for text in block.splitlines():
            if text.startswith("$ "):
                found.append(Line(text[2:]))
            else:
                found[-1].shown.append(text)
        yield from found


class Shell:
    """One shell, as the reader has one; what it left running is stopped by its number."""

    def __init__(self, directory: Path, program: Path) -> None:
        self._directory = directory
        environment = {**os.environ, "PATH": f"{program}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started: list[int] = []
        self.run("set -m")

    def __enter__(self) -> Self:
        return self

    def run(self, line: str) -> tuple[int, str]:
        """Type a line, wait until it is done, and see how it ended and what it said."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{line}\necho; echo '{_END}' $?\n")
        self._bash.stdin.flush()
        said: list[str] = []
        for answer in self._bash.stdout:
            if answer.startswith(_END):
                return int(answer.split()[-1]), "".join(said).removesuffix("\n")
            said.append(answer)
        raise AssertionError(f"the shell ended at: {line}")

    def start(self, line: str) -> None:
        """A line that goes on in the background, until its log says that it listens."""
        log = self._directory.parent / "two-regions" / shlex.split(line)[-2]
        self.run(line)
        self._started.append(int(self.run("echo $!")[1]))
        deadline = time.monotonic() + SECONDS
        while not log.exists() or "listening" not in log.read_text("utf-8"):
            assert time.monotonic() < deadline, log.read_text("utf-8") if log.exists() else line
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.close()
        self._bash.wait(SECONDS)
        self._bash.stdout.close()


def matches(shown: list[str], said: str) -> bool:
    """Whether this was said; ``…`` stands for anything, also for lines."""
    pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", "\n".join(shown)))
    return re.fullmatch(pattern, said.strip("\n"), re.DOTALL) is not None


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell in a checkout, in which `verwijsindex` is this program."""
    (tmp_path / "checkout").mkdir()
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "verwijsindex"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m verwijsindex "$@"\n'
    )
    program.chmod(0o700)
    with Shell(tmp_path / "checkout", tmp_path / "bin") as opened:
        yield opened


def test_the_tutorial_leads_to_a_match_and_its_end(shell: Shell, tmp_path: Path) -> None:
    """Every file and every line of the page, in its order; every line succeeds and says what the page shows."""
    page = PAGE.read_text("utf-8")
    for party, port in free_ports(list(PORTS), {}).items():
        page = page.replace(PORTS[party], str(port))
    signal_id = before = ""

    for step in steps(page):
        if isinstance(step, File):
            (tmp_path / "two-regions" / step.name).write_text(step.content, "utf-8")
        elif step.typed.startswith("alias "):
            continue
        elif step.typed.endswith("&"):
            shell.start(step.typed)
        else:
            typed = step.typed.replace("SIGNAAL", signal_id)
            # Where the page lets the reader wait for others, a busy machine may need longer.
            deadline = time.monotonic() + (SECONDS if before.startswith("sleep ") else 0)
            code, said = shell.run(typed)
            while not (heard := not step.shown or matches(step.shown, said)) and time.monotonic() < deadline:
                code, said = shell.run(typed)
            assert heard, f"{typed}\n{said}"
            assert code == 0, f"{typed}\n{said}"
            before = typed
            if "--as anna" in step.typed and (found := re.search(r"Signaal ([0-9a-f-]{36})", said)):
                signal_id = found[1]

    assert signal_id
    assert not (tmp_path / "two-regions").exists()
