"""Gemeenten by their four digits: what each is called, and which one took over the work of one that ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from node.domain.errors import GemeenteUnknown
from node.domain.gemeenten_table import ENDED, TODAY


@dataclass(frozen=True, slots=True)
class Gemeente:
    """A gemeente. One that was merged, divided or renamed has the day from which ``successor`` does its work."""

    code: str
    name: str
    until: date | None = None
    successor: str | None = None


def _named(text: str) -> Iterator[tuple[str, str]]:
    for one in text.replace("\n", " ").split(";"):
        code, name = one.split(maxsplit=1)
        yield code, name.strip()


def _ended() -> Iterator[Gemeente]:
    for line in ENDED.strip().splitlines():
        (day, successor), gone = line.partition(":")[0].split(), line.partition(":")[2]
        for code, name in _named(gone):
            yield Gemeente(code, name, date.fromisoformat(day), successor)


GEMEENTEN: tuple[Gemeente, ...] = (*(Gemeente(code, name) for code, name in _named(TODAY)), *_ended())
"""Every gemeente since the Jeugdwet began, those that ended since included."""

_BY_CODE = {gemeente.code: gemeente for gemeente in GEMEENTEN}


def gemeente_on(code: str, day: date) -> Gemeente:
    """Who does the work of the gemeente with this code on this day: itself, or who took it over since.

    Raises GemeenteUnknown.
    """
    found = _BY_CODE.get(code)
    if found is None:
        raise GemeenteUnknown
    if found.until is not None and found.successor is not None and found.until <= day:
        return gemeente_on(found.successor, day)
    return found


def codes_of(code: str, day: date) -> frozenset[str]:
    """Every code under which the work of this gemeente may still be written on this day: its own, and those before it.

    Empty for a code that is not in the table.
    """
    if code not in _BY_CODE:
        return frozenset()
    now = gemeente_on(code, day)
    return frozenset(each.code for each in GEMEENTEN if gemeente_on(each.code, day) == now)


def require_code(code: str) -> None:
    """Raises GemeenteUnknown for a code that is not in the table."""
    if code not in _BY_CODE:
        raise GemeenteUnknown
