"""Searching bytes for what must not be there: a number, a name or a key, in every shape in which it could slip out.

Not covered: a number as four bare bytes in a file (chance alone would find some; the cells of a database are looked at
as values instead), and what was compressed or encrypted: the tap reads the wire before TLS, and no party compresses.
"""

import base64
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

_RUN = re.compile(rb"[0-9](?:(?:[ ./_,:;|\-]|\xc2\xa0)?[0-9]){8,}")
"""Nine digits or more, with at most one sign between any two."""
_NO_DIGIT = re.compile(rb"[^0-9]+")


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that was found: what it is, in which shape. Never the thing itself."""

    what: str
    shape: str


@dataclass
class Search:
    """What to look for. ``name`` says in a failure what was found, instead of the thing itself."""

    _shapes: dict[bytes, Leak] = field(default_factory=dict)
    _folded: dict[bytes, Leak] = field(default_factory=dict)
    _digits: dict[bytes, Leak] = field(default_factory=dict)
    _numbers: dict[int, Leak] = field(default_factory=dict)

    def number(self, name: str, digits: str) -> None:
        """A number that people write: also split by signs, the other way round, and as a value in a cell."""
        self.text(name, digits)
        bare = re.sub(r"\D", "", digits)
        self.text(name, bare)
        self._digits[bare.encode()] = Leak(name, "digits")
        self._digits[bare[::-1].encode()] = Leak(name, "digits reversed")
        self._numbers[int(bare)] = Leak(name, "value")

    def text(self, name: str, text: str) -> None:
        """A word: plain in any case, reversed, in UTF-16, for a URL, and as its bytes encoded."""
        raw = text.encode()
        self._folded[raw.lower()] = Leak(name, "plain")
        self._folded[raw[::-1].lower()] = Leak(name, "reversed")
        # Without the outer zero byte this is both byte orders.
        self._shapes[text.encode("utf-16-le")[:-1]] = Leak(name, "utf-16")
        for escaped in (quote(text, safe=""), quote_plus(text)):
            self._folded[escaped.encode().lower()] = Leak(name, "url")
        self._encoded(name, raw)

    def key(self, name: str, raw: bytes) -> None:
        """Bytes that look like chance: bare, reversed, encoded."""
        self._shapes[raw] = Leak(name, "bare bytes")
        self._shapes[raw[::-1]] = Leak(name, "bytes reversed")
        self._encoded(name, raw)

    def _encoded(self, name: str, raw: bytes) -> None:
        self._folded[raw.hex().encode()] = Leak(name, "hex")
        for before in range(3):
            # Whatever stands before and after it, these signs are always there.
            signs = base64.b64encode(bytes(before) + raw)[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
            self._shapes[signs] = Leak(name, "base64")
            self._shapes[signs.translate(bytes.maketrans(b"+/", b"-_"))] = Leak(name, "base64")

    def content(self, content: bytes) -> set[Leak]:
        """What is found in these bytes, broken over lines or not."""
        found: set[Leak] = set()
        for text in {content, b"".join(content.split())}:
            folded = text.lower()
            found |= {leak for shape, leak in self._shapes.items() if shape in text}
            found |= {leak for shape, leak in self._folded.items() if shape in folded}
        for run in {_NO_DIGIT.sub(b"", run) for run in _RUN.findall(content)}:
            found |= {leak for digits, leak in self._digits.items() if digits in run}
        return found

    def cells(self, database: Path, leave_out: Iterable[str] = ()) -> dict[str, set[Leak]]:
        """What is found in the cells of a database, by table and column; some tables may be left out."""
        found: dict[str, set[Leak]] = {}
        for place, content in _columns(database, frozenset(leave_out)):
            leaks: set[Leak] = set()
            said: list[bytes] = []
            for value in content:
                if isinstance(value, int) and value in self._numbers:
                    leaks.add(self._numbers[value])
                said.append(value if isinstance(value, bytes) else str(value).encode())
            leaks |= self.content(b"\n\n".join(said))
            if leaks:
                found[place] = leaks
        return found

    def files(self, *files: Path) -> dict[str, set[Leak]]:
        """What is found in the bytes of files, by file."""
        found = {str(file): self.content(file.read_bytes()) for file in files}
        return {place: leaks for place, leaks in found.items() if leaks}

    def messages(self, messages: Mapping[str, Iterable[bytes]]) -> dict[str, set[Leak]]:
        """What is found in messages, by where they passed."""
        found = {place: self.content(b"\n\n".join(passed)) for place, passed in messages.items()}
        return {place: leaks for place, leaks in found.items() if leaks}


def _columns(database: Path, leave_out: frozenset[str]) -> Iterator[tuple[str, list[object]]]:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        for table in tables:
            if table in leave_out:
                continue
            asked = db.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names of our own
            rows = asked.fetchall()
            for place, (column, *_) in enumerate(asked.description):
                yield f"{table}.{column}", [row[place] for row in rows]
