"""What is shown of imports: to an operator counts and lines by number, to a professional which matches came with which.

An import tells its operator nothing of whom a signal is about; a professional sees the own part alone.
"""

from dataclasses import dataclass
from uuid import UUID

from ledger import Tx
from node.domain import importing
from node.domain.importing import Forecast
from node.domain.professional import PersonNumber
from node.flows import authority
from node.flows.desk import Desk
from node.flows.work_through import Held, held_now
from node.store import budget, imports, professionals
from node.store.imports import FromImport, LineTold, Run, RunState


@dataclass(frozen=True, slots=True)
class RunSeen:
    """An import as it stands. ``held`` says why it makes no signals now; ``forecast`` is about what is left of it."""

    run: Run
    held: Held | None
    forecast: Forecast


async def list_imports(desk: Desk, by: str | PersonNumber) -> list[RunSeen]:
    """All imports that are still kept, newest first. Raises PersonUnknown, NotAllowed."""

    def look(tx: Tx) -> list[RunSeen]:
        authority.require_operator(tx, desk, by)
        return [seen(tx, desk, run) for run in imports.every(tx)]

    return await desk.db.read(look)


async def look_at_import(desk: Desk, by: str | PersonNumber, number: int) -> RunSeen:
    """One import. Raises PersonUnknown, NotAllowed, ImportUnknown."""

    def look(tx: Tx) -> RunSeen:
        authority.require_operator(tx, desk, by)
        return seen(tx, desk, imports.get(tx, number))

    return await desk.db.read(look)


async def report_import(desk: Desk, by: str | PersonNumber, number: int) -> tuple[RunSeen, list[LineTold]]:
    """One import and its lines that became no signal. Raises as ``look_at_import`` does."""

    def look(tx: Tx) -> tuple[RunSeen, list[LineTold]]:
        authority.require_operator(tx, desk, by)
        return seen(tx, desk, imports.get(tx, number)), imports.lines_told(tx, number)

    return await desk.db.read(look)


async def own_imports(desk: Desk, who: UUID) -> list[FromImport]:
    """What each import brought this professional, newest first. Raises ProfessionalUnknown."""
    return await desk.db.read(lambda tx: imports.of_professional(tx, professionals.get(tx, who).id, desk.today()))


def seen(tx: Tx, desk: Desk, run: Run) -> RunSeen:
    """The import as it stands now."""
    waits = run.left if run.state in (RunState.RUNNING, RunState.PAUSED) else 0
    elements = importing.elements_to_come(waits, run.made, run.elements)
    forecast = importing.forecast(elements, budget.told(tx), desk.imports, desk.today())
    return RunSeen(run, held_now(tx, desk) if run.state is RunState.RUNNING else None, forecast)
