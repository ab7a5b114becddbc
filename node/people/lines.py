"""CSV files that operators import: named columns, comma or semicolon, every wrong line told, none repeated."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from node.domain.errors import FieldNotFit, NotDone

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Line(Generic[W]):
    """What one line of a list says, and the number of that line."""

    number: int
    what: W


@dataclass(frozen=True, slots=True)
class LineRefused:
    """A line that cannot be read, and why; never what stood there."""

    line: int
    why: str


def read_rows(
    lines: Iterable[str], columns: tuple[str, ...], required: tuple[str, ...]
) -> Iterable[tuple[int, dict[str, str] | str]]:
    """Each line as a row, or why it is none. The first line names the columns."""
    text = [line.lstrip("\ufeff") if number == 0 else line for number, line in enumerate(lines)]
    if not text:
        return [(1, "the file is empty")]
    reader = csv.reader(text, delimiter=";" if ";" in text[0] else ",")
    names = [name.strip().lower() for name in next(reader)]
    if missing := [name for name in required if name not in names]:
        return [(1, f"the column {missing[0]} is missing")]
    if any(name not in columns for name in names):
        return [(1, f"a column that is not known; known are {', '.join(columns)}")]
    found: list[tuple[int, dict[str, str] | str]] = []
    for cells in reader:
        if not any(cells):
            continue
        if len(cells) != len(names):
            found.append((reader.line_num, "not as many values as columns"))
        else:
            found.append((reader.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=True))))
    return found


def read_lines(
    lines: Iterable[str], columns: tuple[str, ...], required: tuple[str, ...], read: Callable[[dict[str, str]], W]
) -> tuple[list[Line[W]], list[LineRefused]]:
    """Each line as ``read`` makes it, and every line that is wrong, whatever is wrong with it."""
    found: list[Line[W]] = []
    refused: list[LineRefused] = []
    for number, row in read_rows(lines, columns, required):
        if isinstance(row, str):
            refused.append(LineRefused(number, row))
            continue
        try:
            found.append(Line(number, read(row)))
        except NotDone as why:
            refused.append(LineRefused(number, why.words))
    return found, refused


def a_day(row: dict[str, str], column: str) -> date | None:
    """The day in this column, written as 2026-05-17; None when it is empty or not there. Raises FieldNotFit."""
    text = row.get(column, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldNotFit(column, "write it as 2026-05-17") from None
