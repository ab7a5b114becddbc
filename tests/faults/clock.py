"""A clock that a test sets, for programs that run under Debian's ``faketime``: live, without a restart."""

import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path


class Clock:
    """How far the programs that were started with ``environment`` are from the machine's own clock."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.differ(timedelta())

    def differ(self, by: timedelta) -> None:
        """From now on so much ahead; behind when it is negative."""
        self._file.write_text(f"{by.total_seconds():+.0f}\n")

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes a program follow this clock. Its waiting goes on in real seconds."""
        return {
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def _library() -> str:
    """Where ``faketime`` has its library; the command itself knows."""
    command = shutil.which("faketime")
    assert command is not None, "Debian's faketime is needed; ./dev test installs it"
    said = subprocess.run(
        [command, "-m", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True
    )
    return said.stdout.strip()
