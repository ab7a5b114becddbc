"""A dry run of an import: every line is tried as in earnest, small parts at a time, and nothing is kept.

1. The right to run the node, then the lines, part by part. Between two parts it lets others write: a node that serves
   beside it waits for one small part at most.
2. In one write: the audit line, and the count of what was told of youths; too much on a day is an alarm. A dry run
   answers whom nobody has to signal for, so it is no free way to look up (P13). Nothing is told before it was counted.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import importing
from node.domain.importing import Forecast
from node.domain.limits import TELLING_WHEN_TRIED
from node.domain.professional import PersonNumber
from node.flows import authority
from node.flows.desk import Desk
from node.flows.work_through import try_out
from node.people.lines import Line
from node.people.signal_lists import ListedSignal
from node.store import budget, counts, holds
from node.store.holds import AlarmKind
from node.store.imports import LineTold, Outcome

AT_ONCE = 25
"""Lines tried in one write."""
_PAUSE = 0.02
"""Seconds between two parts."""
_TWICE = "The same professional and youth stand on an earlier line as well."


@dataclass(frozen=True, slots=True)
class Tried:
    """What an import of these lines would do. ``elements`` is what it would ask of the pseudonym service."""

    lines: int
    made: int
    told: tuple[LineTold, ...]
    elements: int
    forecast: Forecast

    @property
    def doubles(self) -> int:
        """Lines about a youth whom the professional signals already."""
        return sum(each.outcome is Outcome.DOUBLE for each in self.told)

    @property
    def refused(self) -> int:
        """Lines that would be refused."""
        return len(self.told) - self.doubles


async def try_import(
    desk: Desk,
    by: str | PersonNumber,
    lines: Sequence[Line[ListedSignal]],
    seen: Callable[[int], None] = lambda _lines: None,
) -> Tried:
    """Try all of these lines. ``seen`` hears after each part how many were tried. Raises PersonUnknown, NotAllowed."""
    person = await desk.db.read(lambda tx: authority.require_operator(tx, desk, by))
    made, elements, of_youths = 0, 0, 0
    told: list[LineTold] = []
    earlier: set[tuple[str, object]] = set()
    for at in range(0, len(lines), AT_ONCE):
        part = []
        for line in lines[at : at + AT_ONCE]:
            key = (line.what.reference, line.what.bsn)
            if key in earlier:
                told.append(LineTold(line.number, Outcome.DOUBLE, "AlreadySignalled", _TWICE))
            else:
                part.append(line)
        tally = await try_out(desk, part)
        refused = {each.line for each in tally.told if each.outcome is Outcome.REFUSED}
        earlier.update((line.what.reference, line.what.bsn) for line in part if line.number not in refused)
        made, elements = made + len(tally.made), elements + tally.elements
        told += tally.told
        of_youths += sum(each.kind in TELLING_WHEN_TRIED for each in tally.told)
        seen(min(at + AT_ONCE, len(lines)))
        await asyncio.sleep(_PAUSE)
    service = await desk.db.read(budget.told)
    forecast = importing.forecast(elements, service, desk.imports, desk.today())
    tried = Tried(len(lines), made, tuple(sorted(told, key=lambda each: each.line)), elements, forecast)
    await desk.db.write(lambda tx: _count(tx, desk, person, tried, of_youths))
    return tried


def _count(tx: Tx, desk: Desk, person: PersonNumber, tried: Tried, of_youths: int) -> None:
    now, most = desk.clock(), desk.limits.tried_by_one
    record(tx, audit.IMPORT_TRIED, now, by=str(person), lines=tried.lines, doubles=tried.doubles, refused=tried.refused)
    if not of_youths:
        return
    told = counts.tried(tx, person, desk.today(), of_youths)
    about = f"Dry runs of imports told person {person} more than {most} times on one day something about a youth."
    if told > most and holds.ring(tx, AlarmKind.TRIED_OFTEN, about, None, now):
        record(tx, audit.IMPORTS_TRIED_OFTEN, now, by=str(person), told=told)
