"""Outlives whoever started it by a moment, to leave nothing behind: ends its programs and removes its directory.

Run by file name with one argument, the directory to remove ("" to remove none). It hears ``+PID`` and ``-PID`` on its
standard input, a line each, and acts when that closes: in good order, or because its starter was killed.
It uses the standard library alone and no thread, so that it starts at once and cannot hang.
"""

import os
import select
import shutil
import signal
import sys
import time

LONGEST_WAIT = 10.0


class Watched:
    """One program. On Linux a handle that is sure to mean this process; elsewhere its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle: int | None = None
        if sys.platform == "linux":
            try:
                self.handle = os.pidfd_open(pid)
            except OSError:  # it ended meanwhile, or the kernel is too old
                self.handle = None

    def kill(self) -> None:
        """End it at once; the programs are made to stand that."""
        try:
            if sys.platform == "linux" and self.handle is not None:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def gone(self, deadline: float) -> None:
        """Wait until it is."""
        while time.monotonic() < deadline:
            if self.handle is not None:
                if select.select([self.handle], [], [], max(0.0, deadline - time.monotonic()))[0]:
                    return
            else:
                try:
                    os.kill(self.pid, 0)
                except ProcessLookupError:
                    return
                time.sleep(0.02)

    def forget(self) -> None:
        """It ended and was seen to; its number may come to mean another process."""
        if self.handle is not None:
            os.close(self.handle)


def watch(directory: str) -> None:
    """Until the standard input closes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, Watched] = {}
    for line in sys.stdin:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            watched[pid] = Watched(pid)
        elif pid in watched:
            watched.pop(pid).forget()
    for one in watched.values():
        one.kill()
    deadline = time.monotonic() + LONGEST_WAIT
    for one in watched.values():
        one.gone(deadline)
    if directory:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    watch(sys.argv[1])
