"""The routes of imports of signals: bringing a file in, how far it is, stopping it, what it brought a professional."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from node.domain import importing
from node.domain.errors import FieldNotFit, ImportUnknown
from node.domain.professional import PersonNumber
from node.flows.desk import Desk
from node.flows.look_at_imports import RunSeen, list_imports, look_at_import, own_imports, report_import
from node.flows.take_in_signals import cancel_import, pause_import, resume_import, take_in
from node.flows.try_import import try_import
from node.flows.work_through import Held
from node.people.lines import Line
from node.people.signal_lists import MOST_BYTES, ListedSignal, read_signals
from node.store.imports import LineTold, Outcome, Run, RunState
from node.web.asking import answered, file_of, number_in_path, operator_asks, person_asks, who_asks
from node.web.problems import title_of, unreadable, wrong_lines

_KINDS = frozenset({"text/csv", "application/json"})
_STATES = {
    RunState.RUNNING: "bezig",
    RunState.PAUSED: "gepauzeerd",
    RunState.CANCELLED: "geannuleerd",
    RunState.DONE: "klaar",
}
_WAITS = {
    Held.AWAY: "De hub of de pseudoniemdienst is nu niet bereikbaar.",
    Held.BUDGET: "Wat er vandaag nog over is, is voor het gewone werk. Morgen gaat het verder.",
}
_OUTCOMES = {Outcome.DOUBLE: "dubbel", Outcome.REFUSED: "geweigerd"}


def import_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = ImportRoutes(desk)
    return [
        web.post("/api/imports", routes.bring_in),
        web.post("/api/imports/proef", routes.try_out),
        web.get("/api/imports", routes.every),
        web.get("/api/imports/{nummer}", routes.show),
        web.get("/api/imports/{nummer}/regels", routes.lines),
        web.post("/api/imports/{nummer}/pauzeren", routes.pause),
        web.post("/api/imports/{nummer}/hervatten", routes.resume),
        web.post("/api/imports/{nummer}/annuleren", routes.cancel),
        web.get("/api/matches/uit-imports", routes.own),
    ]


class ImportRoutes:
    """One method for each route. All but the last are for who runs the node."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def bring_in(self, request: web.Request) -> web.Response:
        """A file of signals, CSV or JSON: taken in whole, or not at all with every wrong line by its number."""
        by = await operator_asks(self._desk, request)
        lines = await self._lines_of(request)
        if isinstance(lines, web.Response):
            return lines
        taken = await take_in(self._desk, by, lines)
        seen = await look_at_import(self._desk, by, taken.run.number)
        return answered({**_run_json(seen), "alBekend": taken.known}, 200 if taken.known else 201)

    async def try_out(self, request: web.Request) -> web.Response:
        """What a file of signals would bring: every line that would be refused or is double; nothing is kept."""
        by = await operator_asks(self._desk, request)
        lines = await self._lines_of(request)
        if isinstance(lines, web.Response):
            return lines
        tried = await try_import(self._desk, by, lines)
        return answered(
            {
                "regels": tried.lines,
                "zouMaken": tried.made,
                "klaarNaarVerwachting": tried.forecast.day.isoformat() if tried.forecast.day else None,
                "meerDanMaandbudget": tried.forecast.past_the_month,
                "nietGemaakt": [_line_json(each) for each in tried.told],
            }
        )

    async def _lines_of(self, request: web.Request) -> list[Line[ListedSignal]] | web.Response:
        content = await file_of(request, _KINDS, MOST_BYTES)
        try:
            lines, refused = await asyncio.to_thread(read_signals, content)
        except FieldNotFit as why:
            return unreadable(why)
        return wrong_lines(refused) if refused else lines

    async def every(self, request: web.Request) -> web.Response:
        """All imports that are kept, newest first."""
        found = await list_imports(self._desk, await person_asks(self._desk, request))
        return answered({"imports": [_run_json(one) for one in found]})

    async def show(self, request: web.Request) -> web.Response:
        """How far one import is, why it waits if it does, and until when it takes."""
        return answered(_run_json(await look_at_import(self._desk, *await self._which(request))))

    async def lines(self, request: web.Request) -> web.Response:
        """The lines that became no signal, by number, and why."""
        seen, told = await report_import(self._desk, *await self._which(request))
        return answered({"import": _run_json(seen), "regels": [_line_json(each) for each in told]})

    async def pause(self, request: web.Request) -> web.Response:
        """No more lines become signals for now."""
        return await self._turn(request, pause_import)

    async def resume(self, request: web.Request) -> web.Response:
        """It goes on."""
        return await self._turn(request, resume_import)

    async def cancel(self, request: web.Request) -> web.Response:
        """What waits is forgotten; what was made stays."""
        return await self._turn(request, cancel_import)

    async def own(self, request: web.Request) -> web.Response:
        """For a professional: what each import brought, as one line each instead of match by match."""
        found = await own_imports(self._desk, await who_asks(self._desk, request))
        return answered(
            {
                "imports": [
                    {
                        "nummer": one.run,
                        "op": one.taken_in_at.isoformat(timespec="seconds"),
                        "signalen": one.signals,
                        "matches": [str(match) for match in one.matches],
                    }
                    for one in found
                ]
            }
        )

    async def _which(self, request: web.Request) -> tuple[PersonNumber, int]:
        return await person_asks(self._desk, request), number_in_path(request, ImportUnknown)

    async def _turn(
        self, request: web.Request, turn: Callable[[Desk, PersonNumber, int], Awaitable[Run]]
    ) -> web.Response:
        by, number = await self._which(request)
        await turn(self._desk, by, number)
        return answered(_run_json(await look_at_import(self._desk, by, number)))


def _line_json(told: LineTold) -> dict[str, Any]:
    return {"regel": told.line, "uitkomst": _OUTCOMES[told.outcome], "waarom": title_of(told.kind) or told.why}


def _run_json(seen: RunSeen) -> dict[str, Any]:
    run, forecast = seen.run, seen.forecast
    over = run.finished_at is not None
    return {
        "nummer": run.number,
        "ingelezenOp": run.taken_in_at.isoformat(timespec="seconds"),
        "stand": _STATES[run.state],
        "regels": run.lines,
        "gemaakt": run.made,
        "dubbel": run.doubles,
        "geweigerd": run.refused,
        "wachtend": 0 if over else run.left,
        "matchesInRegio": run.matches if importing.tells_matches(run.made, over=over) else None,
        "wacht": _WAITS.get(seen.held) if seen.held is not None else None,
        "klaarNaarVerwachting": None if over or forecast.day is None else forecast.day.isoformat(),
        "meerDanMaandbudget": forecast.past_the_month and not over,
        "klaarOp": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
    }
