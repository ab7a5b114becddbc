"""The programs of an exchange as child processes: started, watched, stopped, and never left behind.

Three nets, one under the other: ``close`` stops them in good order; a watchdog process ends them and removes the
directory when we are killed; on Linux the kernel ends them even when the watchdog is killed with us.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

_HERE = Path(__file__).resolve().parent
START_SECONDS = 60.0
"""A machine that is busy with other things starts five programs slowly."""
STOP_SECONDS = 15.0
LAST_LINES = 12
_STEP = 0.02


class Crashed(Exception):
    """A program ended that should not have. The text holds the last lines of its log."""

    def __init__(self, name: str, code: int, last_lines: Sequence[str]) -> None:
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        said = "\n".join(f"    {line}" for line in last_lines) or "    (its log is empty)"
        super().__init__(f"{name} ended by itself with {how}. The last lines of its log:\n{said}")
        self.name = name
        self.code = code
        self.last_lines = tuple(last_lines)


class NotReady(Exception):
    """A program runs, but did not say in time that it listens."""


@dataclass(frozen=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    log: Path
    ready: Path


class Processes:
    """The running programs of one directory, by name. Use as a context, or ``close`` it.

    Logs are in ``DIRECTORY/logs/NAME.log``. With ``remove`` the directory goes when we do, however that happens.
    """

    def __init__(self, directory: Path, *, remove: bool) -> None:
        self._directory = directory
        self._children: dict[str, _Child] = {}
        for folder in ("logs", "ready"):
            (directory / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        # The kernel's tie is to the thread that starts a program. This one lives as long as we do.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self._watchdog = subprocess.Popen(  # noqa: S603  our own file, under our own Python
            [sys.executable, "-I", "-S", str(_HERE / "watchdog.py"), str(directory.resolve()) if remove else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._line = cast(IO[bytes], self._watchdog.stdin)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        wrapped_in: Sequence[str] = (),
    ) -> None:
        """Start `verwijsindex ARGUMENTS --ready FILE` under this name. It is not ready yet: see ``ready``.

        ``environment`` adds to ours. ``wrapped_in`` is a command that becomes the program (`prlimit …`).
        """
        if name in self._children:
            raise LookupError(f"{name} is running already")
        self.look()
        ready = self._directory / "ready" / f"{name}.json"
        ready.unlink(missing_ok=True)
        log = self._directory / "logs" / f"{name}.log"
        command = [
            *wrapped_in, sys.executable, str(_HERE / "tethered.py"), str(os.getpid()), *arguments,
            "--ready", str(ready),
        ]  # fmt: skip
        process = self._starter.submit(_spawn, command, log, {**os.environ, **(environment or {})}).result()
        self._tell(f"+{process.pid}")
        self._children[name] = _Child(process, log, ready)

    def ready(self, name: str, seconds: float = START_SECONDS) -> dict[str, Any]:
        """What the program wrote once it listened. Raises Crashed, at once, or NotReady."""
        child = self._children[name]
        deadline = time.monotonic() + seconds
        while not child.ready.exists():
            self.look()
            if time.monotonic() > deadline:
                raise NotReady(f"{name} did not listen within {seconds:.0f} seconds; its log is {child.log}")
            time.sleep(_STEP)
        said: dict[str, Any] = json.loads(child.ready.read_bytes())
        return said

    def look(self) -> None:
        """Raises Crashed when a program ended that nobody stopped."""
        if self._watchdog.poll() is not None:
            raise Crashed("the watchdog of the demo", self._watchdog.returncode, ())
        for name, child in list(self._children.items()):
            code = child.process.poll()
            if code is not None:
                self._forget(name)
                raise Crashed(name, code, last_lines(child.log))

    def stop(self, name: str) -> int:
        """Ask it to stop, and wait; a program that does not is killed. Returns its exit code."""
        child = self._children[name]
        child.process.terminate()
        try:
            code = child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            code = child.process.wait()
        self._forget(name)
        return code

    def kill(self, name: str) -> None:
        """As the power does: kill -9."""
        child = self._children[name]
        child.process.kill()
        child.process.wait()
        self._forget(name)

    def running(self) -> tuple[str, ...]:
        """The names of what was started and not stopped."""
        return tuple(self._children)

    def pid(self, name: str) -> int:
        """Its process number."""
        return self._children[name].process.pid

    def close(self) -> None:
        """Stop everything, all at once, and remove the directory if that was asked. Twice does nothing."""
        for child in self._children.values():
            child.process.terminate()
        for name in reversed(tuple(self._children)):
            self.stop(name)
        with contextlib.suppress(BrokenPipeError):
            self._line.close()
        self._watchdog.wait()
        self._starter.shutdown()

    def _forget(self, name: str) -> None:
        child = self._children.pop(name)
        self._tell(f"-{child.process.pid}")

    def _tell(self, line: str) -> None:
        # A watchdog that is gone is told by ``look``; after ``close`` there is nobody to tell.
        with contextlib.suppress(BrokenPipeError, ValueError):
            self._line.write(f"{line}\n".encode())
            self._line.flush()


def last_lines(log: Path, count: int = LAST_LINES) -> list[str]:
    """The end of a log, for people."""
    try:
        with log.open(errors="replace") as file:
            return [line.rstrip() for line in deque(file, count)]
    except OSError:
        return []


def _spawn(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C at the terminal reaches us alone, and we stop the programs in good order.
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603  our own program, under our own Python
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(environment),
            start_new_session=True,
        )
