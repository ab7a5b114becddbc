"""A program of ours in a process of its own, over a pipe: what takes long runs there, and leaves this one free.

Python runs one thread of a process at a time, and a thread that calculates hands its turn over after every step. The
other process is trusted as this one is: same user, same code, same machine. It keeps nothing, and ends with the pipe.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

_LENGTH = 4


class OtherProcess:
    """A process that runs ``python -m module``, for several threads: started when first asked. Close it when done."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._lock = threading.Lock()
        self._usable = True
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the other process. Twice does nothing."""
        with self._lock:
            self._end()

    def ask(self, parts: Iterable[bytes]) -> bytes | None:
        """The answer to what the parts say together; None when there is nobody to ask: not started, gone or closed."""
        with self._lock:
            if not self._usable:
                return None
            try:
                tell, told = self._pipes()
                _write(tell, b"".join(parts))
                return _read(told, int.from_bytes(_read(told, _LENGTH), "big"))
            except (OSError, EOFError):
                self._end()
                return None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours, named by us
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).resolve().parent.parent,
            )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018
        return self._process.stdin, self._process.stdout

    def _end(self) -> None:
        self._usable = False
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError), process:
            process.kill()


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The other process: answer what is asked until the pipe ends."""
    told, tell = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            _write(tell, answer(_read(told, int.from_bytes(_read(told, _LENGTH), "big"))))


def cut(content: bytes, size: int) -> list[bytes]:
    """Pieces of one size."""
    return [content[at : at + size] for at in range(0, len(content), size)]


def _write(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(len(content).to_bytes(_LENGTH, "big") + content)
    pipe.flush()


def _read(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) != size:
        raise EOFError
    return content
