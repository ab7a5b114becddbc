"""Starts the program `verwijsindex` so that it cannot outlive its starter: the kernel ends it where the kernel can.

Run by file name with the starter's process number and the arguments of the program. Where the kernel has no such
thing (macOS) the watchdog does it alone.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tie(starter: int) -> None:
    """End with the thread that started us. A starter that is gone already counts as ended now."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != starter:
            sys.exit(1)


def begin(starter: int, arguments: list[str]) -> None:
    """Be the program, out of the same installation or checkout as this file."""
    tie(starter)
    # The first entry is the folder of this file, whose modules have names that others may have too.
    del sys.path[0]
    root = str(Path(__file__).resolve().parents[2])
    if root not in sys.path:
        sys.path.insert(0, root)
    from verwijsindex.command import main

    main(arguments, prog_name="verwijsindex")


if __name__ == "__main__":
    begin(int(sys.argv[1]), sys.argv[2:])
