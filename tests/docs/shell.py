"""A shell as a reader has one, in which `verwijsindex` is the program of this checkout."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
SECONDS = 60
"""What a busy machine may need."""
_END = "-- the line ended with"


@contextmanager
def a_shell(scratch: Path, directory: Path) -> Iterator["Shell"]:
    """A shell that begins in ``directory``; ``scratch`` is for us."""
    programs = scratch / "bin"
    programs.mkdir()
    program = programs / "verwijsindex"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m verwijsindex "$@"\n'
    )
    program.chmod(0o700)
    with Shell(directory, programs) as opened:
        yield opened


class Shell:
    """One shell, as the reader has one; what it left running is stopped by its number."""

    def __init__(self, directory: Path, program: Path) -> None:
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

    def start(self, line: str, log: Path) -> None:
        """A line that goes on in the background, until its log says that it listens."""
        self.run(line)
        self._started.append(int(self.run("echo $!")[1]))
        deadline = time.monotonic() + SECONDS
        while not log.exists() or "listening" not in log.read_text("utf-8"):
            assert time.monotonic() < deadline, log.read_text("utf-8") if log.exists() else line
            time.sleep(0.05)

    def stop(self) -> None:
        """End what was started last, by its number, and wait until it has."""
        self.run(f"kill {self._started[-1]}; wait {self._started.pop()}")

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
