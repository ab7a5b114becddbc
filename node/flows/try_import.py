"""A dry run of an import: every line is tried as in earnest, small parts at a time, and nothing is kept.

Between two parts it lets others write: a node that serves beside it waits for one small part at most.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from node.domain import importing
from node.domain.importing import Forecast
from node.domain.professional import PersonNumber
from node.flows import authority
from node.flows.desk import Desk
from node.flows.work_through import try_out
from node.people.lines import Line
from node.people.signal_lists import ListedSignal
from node.store import budget
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
    await desk.db.read(lambda tx: authority.require_operator(tx, desk, by))
    made, elements = 0, 0
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
        seen(min(at + AT_ONCE, len(lines)))
        await asyncio.sleep(_PAUSE)
    service = await desk.db.read(budget.told)
    forecast = importing.forecast(elements, service, desk.imports, desk.today())
    return Tried(len(lines), made, tuple(sorted(told, key=lambda each: each.line)), elements, forecast)
