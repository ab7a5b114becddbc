"""A program of ours in a process of its own, over a pipe: what takes long runs there, and leaves this one free.

Python runs one thread of a process at a time, and a thread that calculates hands its turn over after every step. The
other process is trusted as this one is: same user, same code, same machine. It keeps nothing, and ends with the pipe.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

STUCK_SECONDS = 60.0
"""A process that did not answer by then is ended; the largest batch takes a quarter of a second."""
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
        """End the other process, whatever it is at; who waits for it hears that it is gone. Twice does nothing."""
        self._usable = False
        if (process := self._process) is not None:
            process.kill()
        with self._lock:
            self._end()

    def ask(self, parts: Iterable[bytes]) -> bytes | None:
        """The answer to what the parts say together; None when there is nobody to ask: not started, gone or closed."""
        with self._lock:
            if not self._usable:
                return None
            try:
                process = self._running()
                assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
                with _killed_after(process, STUCK_SECONDS):
                    _write(process.stdin, b"".join(parts))
                    return _read(process.stdout, int.from_bytes(_read(process.stdout, _LENGTH), "big"))
            except (OSError, EOFError):
                self._end()
                return None
            except BaseException:
                # Its answer is still in the pipe: the next question must not get it.
                self._end()
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours, named by us
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).resolve().parent.parent,
            )
        return self._process

    def _end(self) -> None:
        self._usable = False
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError), process:
            process.kill()


@contextmanager
def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """End a process that hangs: whoever reads from it then reads the end of the pipe."""
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


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
