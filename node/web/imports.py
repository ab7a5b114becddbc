"""The routes of imports of signals: bringing a file in, how far it is, stopping it, what it brought a professional."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from node.domain.errors import FieldNotFit, ImportUnknown, PersonUnknown
from node.flows.desk import Desk
from node.flows.look_at_imports import RunSeen, list_imports, look_at_import, own_imports, report_import
from node.flows.take_in_signals import cancel_import, pause_import, resume_import, take_in
from node.flows.work_through import Held
from node.people.signal_lists import MOST_BYTES, read_signals
from node.store.imports import Outcome, Run, RunState
from node.web.asking import PROFESSIONAL, answered, who_asks
from node.web.problems import problem, title_of

BODY_SECONDS = 120.0
"""Within this a file must have come in."""
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
        by = _person(request)
        if request.content_type not in _KINDS:
            raise web.HTTPUnsupportedMediaType
        try:
            async with asyncio.timeout(BODY_SECONDS):
                content = await request.clone(client_max_size=MOST_BYTES).read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        try:
            lines, refused = await asyncio.to_thread(read_signals, content)
        except FieldNotFit as why:
            return problem(400, "bestand", "Bestand niet te lezen", f"Er is niets ingelezen ({why.words}).")
        if refused:
            wrong = [{"regel": each.line, "waarom": each.why} for each in refused]
            return problem(
                400, "regels", "Regels niet goed", "Er is niets ingelezen. Verbeter deze regels.", regels=wrong
            )
        taken = await take_in(self._desk, by, lines)
        seen = await look_at_import(self._desk, by, taken.run.number)
        return answered({**_run_json(seen), "alBekend": taken.known}, 200 if taken.known else 201)

    async def every(self, request: web.Request) -> web.Response:
        """All imports that are kept, newest first."""
        return answered({"imports": [_run_json(one) for one in await list_imports(self._desk, _person(request))]})

    async def show(self, request: web.Request) -> web.Response:
        """How far one import is, why it waits if it does, and until when it takes."""
        return answered(_run_json(await look_at_import(self._desk, _person(request), _number(request))))

    async def lines(self, request: web.Request) -> web.Response:
        """The lines that became no signal, by number, and why."""
        seen, told = await report_import(self._desk, _person(request), _number(request))
        said = [
            {"regel": each.line, "uitkomst": _OUTCOMES[each.outcome], "waarom": title_of(each.kind) or each.why}
            for each in told
        ]
        return answered({"import": _run_json(seen), "regels": said})

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

    async def _turn(self, request: web.Request, turn: Callable[[Desk, str, int], Awaitable[Run]]) -> web.Response:
        by, number = _person(request), _number(request)
        await turn(self._desk, by, number)
        return answered(_run_json(await look_at_import(self._desk, by, number)))


def _person(request: web.Request) -> str:
    """For whom the request is: a person who runs the node has no profile, but a reference."""
    said = unquote(request.headers.get(PROFESSIONAL, ""))
    if not said:
        raise PersonUnknown
    return said


def _number(request: web.Request) -> int:
    said = request.match_info["nummer"]
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise ImportUnknown
    return int(said)


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
        "matchesInRegio": run.matches,
        "wacht": _WAITS.get(seen.held) if seen.held is not None else None,
        "klaarNaarVerwachting": None if over or forecast.day is None else forecast.day.isoformat(),
        "meerDanMaandbudget": forecast.past_the_month and not over,
        "klaarOp": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
    }
