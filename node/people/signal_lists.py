"""Signals from a file, CSV or JSON: whose they are, about whom, for how long, since when, and what confirms the BSN."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.errors import FieldNotFit, NotDone
from node.domain.person import BirthDate
from node.people.lines import Line, LineRefused, a_day, read_lines
from node.people.organisation_lists import months_of

COLUMNS = ("bsn", "kenmerk", "duur", "gestart", "geboortedatum", "achternaam")
"""The first line of a CSV file, and the names in a JSON object. Only the first two must be there."""
_REQUIRED = ("bsn", "kenmerk")
MOST_BYTES = 32 * 1024 * 1024
"""The largest file: several hundred thousand signals."""


@dataclass(frozen=True, slots=True)
class ListedSignal:
    """A line: the professional by reference, the youth, and months and first day where the line gives them.

    ``said`` is what is known of the youth, to be compared with the register; None leaves that to the professional.
    """

    reference: str
    bsn: Bsn
    months: int | None
    started: date | None
    said: Confirmation | None = None


Found = tuple[list[Line[ListedSignal]], list[LineRefused]]


def read_signals(content: bytes) -> Found:
    """The signals in a file, and every line that is wrong. JSON is a list of objects; anything else is read as CSV.

    Lines of CSV have the number of the line in the file; objects in JSON their place in the list, from 1.
    Raises FieldNotFit for a file that is too large, empty, or no text in UTF-8.
    """
    if len(content) > MOST_BYTES:
        raise FieldNotFit("file", f"larger than {MOST_BYTES // 1024 // 1024} MB; bring it in in parts")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FieldNotFit("file", "not UTF-8; save it as CSV UTF-8, or as JSON") from None
    if not text.strip():
        raise FieldNotFit("file", "empty")
    found = _read_json(text) if text.lstrip().startswith(("[", "{")) else _read_csv(text)
    if found == ([], []):
        raise FieldNotFit("file", "no signals in it")
    return found


def _read_csv(text: str) -> Found:
    try:
        return read_lines(text.splitlines(keepends=True), COLUMNS, _REQUIRED, _listed)
    except csv.Error:
        raise FieldNotFit("file", "not CSV: a value that has no end, or signs that are no text") from None


def _read_json(text: str) -> Found:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise FieldNotFit("file", "not JSON, though it begins like it") from None
    if not isinstance(said, list):
        raise FieldNotFit("file", "JSON must be one list of objects")
    found: list[Line[ListedSignal]] = []
    refused: list[LineRefused] = []
    for number, each in enumerate(said, 1):
        try:
            found.append(Line(number, _listed(_row(each))))
        except NotDone as why:
            refused.append(LineRefused(number, why.words))
    return found, refused


def _row(said: object) -> dict[str, str]:
    if not isinstance(said, dict):
        raise FieldNotFit("signal", "not an object")
    if not said.keys() <= set(COLUMNS):
        raise FieldNotFit("signal", f"a name that is not known; known are {', '.join(COLUMNS)}")
    row = {}
    for name in COLUMNS:
        value = said.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise FieldNotFit(name, "neither text nor a number")
        if name == "bsn" and isinstance(value, int):
            # As a number it has lost its leading zeros.
            value = str(value).zfill(9)
        row[name] = "" if value is None else str(value).strip()
    return row


def _listed(row: dict[str, str]) -> ListedSignal:
    if not row["kenmerk"]:
        raise FieldNotFit("kenmerk", "empty")
    return ListedSignal(row["kenmerk"], Bsn.parse(row["bsn"]), months_of(row), a_day(row, "gestart"), _said(row))


def _said(row: dict[str, str]) -> Confirmation | None:
    born, surname = row.get("geboortedatum", ""), row.get("achternaam", "")
    if not born and not surname:
        return None
    if not born or not surname:
        raise FieldNotFit("geboortedatum", "give achternaam as well, or neither")
    try:
        known = BirthDate.parse(born)
    except FieldNotFit:
        raise FieldNotFit("geboortedatum", "write it as 2009-05-17; shorter where less is known") from None
    return Confirmation(known, surname)


def write_lines(lines: Sequence[Line[ListedSignal]]) -> bytes:
    """Lines as they are sealed until they are done; ``read_written`` reads them."""
    return json.dumps(
        [
            [
                line.number,
                line.what.reference,
                line.what.bsn.reveal(),
                line.what.months,
                line.what.started.isoformat() if line.what.started else None,
                *((line.what.said.born.write(), line.what.said.surname) if line.what.said else ()),
            ]
            for line in lines
        ]
    ).encode()


def read_written(content: bytes) -> list[Line[ListedSignal]]:
    """Back from ``write_lines``."""
    return [
        Line(
            number,
            ListedSignal(
                reference,
                Bsn(bsn),
                months,
                date.fromisoformat(started) if started else None,
                Confirmation(BirthDate.parse(said[0]), said[1]) if said else None,
            ),
        )
        for number, reference, bsn, months, started, *said in json.loads(content)
    ]
