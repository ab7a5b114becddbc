"""Which region every gemeente is in: a small file that all nodes have alike, read once at start.

CSV with a heading line `gemeente,oin`: the four digits of the gemeente, and the OIN of the region that has it.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from config.reading import SettingsRefused

_HEADING = ["gemeente", "oin"]


def read_gemeenten(file: Path) -> dict[str, str]:
    """Every gemeente with the OIN of its region. Raises SettingsRefused, naming the line and what to do."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.reader(text))
    except OSError as error:
        raise SettingsRefused(
            f"{file}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise SettingsRefused(f"{file}: is not CSV in UTF-8; save it as such") from None
    if not rows or rows[0] != _HEADING:
        raise SettingsRefused(f"{file}: line 1 must be `gemeente,oin`")
    found: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != 2 or not re.fullmatch(r"[0-9]{4}", row[0]) or not re.fullmatch(r"[0-9]{20}", row[1]):
            raise SettingsRefused(f"{file}: line {number} is not four digits, a comma and an OIN of 20 digits")
        if row[0] in found:
            raise SettingsRefused(f"{file}: line {number} names a gemeente for the second time; keep one")
        found[row[0]] = row[1]
    return found
