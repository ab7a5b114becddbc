"""The routes of the JSON door, each one call of a flow. No number of a person ever stands in an address."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from node.domain.bsn import Bsn
from node.domain.errors import NotDone, SignalUnknown
from node.domain.signal import EndReason
from node.flows.desk import Desk
from node.flows.end_signal import end_signal, undo_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import Seen, own_signal, own_signals
from node.flows.register_by_name import register_by_name
from node.flows.register_confirmed import register_confirmed
from node.flows.register_signal import Registered
from node.store import reach
from node.web.asking import answered, body_of, id_in_path, who_asks
from node.web.bodies import (
    EndSignal,
    ExtendSignal,
    NewSignal,
    NewSignalByName,
    match_json,
    registered_json,
    signal_json,
)
from node.web.guards import guarded, protect
from node.web.imports import import_routes
from node.web.life import life_routes
from node.web.lists import list_routes
from node.web.logbook import log_routes
from node.web.moves import move_routes
from node.web.naming import naming_routes
from node.web.organisations import organisation_routes
from node.web.people import people_routes
from node.web.problems import explained, problem
from node.web.roles import role_routes

log = structlog.get_logger("node")

MOST_BYTES = 16 * 1024
"""The largest body: a form, not a file."""
Status = Callable[[], Awaitable[dict[str, Any]]]


def door(desk: Desk, status: Status, token: str, hosts: Callable[[], frozenset[str]]) -> web.Application:
    """The application. ``hosts`` are the Host values under which it is reached, once it listens."""
    routes = Routes(desk, status)
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[translated, guarded(hosts, token)])
    app.on_response_prepare.append(protect)
    app.add_routes(
        [
            web.post("/api/signalen", routes.register),
            web.post("/api/signalen/op-naam", routes.register_by_name),
            web.get("/api/signalen", routes.list_signals),
            web.get("/api/signalen/{id}", routes.show),
            web.post("/api/signalen/{id}/beeindigen", routes.end),
            web.post("/api/signalen/{id}/ongedaan-maken", routes.undo),
            web.post("/api/signalen/{id}/verlengen", routes.extend),
            web.get("/api/matches", routes.list_matches),
            web.get("/api/status", routes.show_status),
            *naming_routes(desk),
            *life_routes(desk),
            *move_routes(desk),
            *log_routes(desk),
            *people_routes(desk),
            *organisation_routes(desk),
            *role_routes(desk),
            *import_routes(desk),
            *list_routes(desk),
        ]
    )
    return app


class Routes:
    """One method for each route."""

    def __init__(self, desk: Desk, status: Status) -> None:
        self._desk = desk
        self._status = status

    async def register(self, request: web.Request) -> web.Response:
        """Signal a youth by BSN and what confirms it. Colleagues here come in the answer; others are on their way."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, NewSignal)
        bsn = Bsn.parse(body.bsn.get_secret_value())
        return _registered(await register_confirmed(self._desk, who, bsn, body.confirmation(), body.looptijdMaanden))

    async def register_by_name(self, request: web.Request) -> web.Response:
        """Signal a youth without knowing the BSN; the answer is that of any other signal, and never holds it."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, NewSignalByName)
        return _registered(await register_by_name(self._desk, who, body.description(), body.looptijdMaanden))

    async def list_signals(self, request: web.Request) -> web.Response:
        """One's own active signals, newest first, with their matches."""
        seen = await own_signals(self._desk, await who_asks(self._desk, request))
        return answered({"signalen": [await self._shown(one) for one in seen]})

    async def show(self, request: web.Request) -> web.Response:
        """One signal of one's own."""
        who = await who_asks(self._desk, request)
        return answered(await self._shown(await own_signal(self._desk, who, id_in_path(request, SignalUnknown))))

    async def end(self, request: web.Request) -> web.Response:
        """End a signal, with the reason."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, EndSignal)
        await end_signal(self._desk, who, id_in_path(request, SignalUnknown), EndReason(body.reden))
        return web.Response(status=204)

    async def undo(self, request: web.Request) -> web.Response:
        """Take a signal back, within fifteen minutes."""
        await undo_signal(self._desk, await who_asks(self._desk, request), id_in_path(request, SignalUnknown))
        return web.Response(status=204)

    async def extend(self, request: web.Request) -> web.Response:
        """Move the end of a signal."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, ExtendSignal)
        extended = await extend_signal(self._desk, who, id_in_path(request, SignalUnknown), body.looptijdMaanden)
        return answered({"id": str(extended.id), "geldigTot": extended.valid_until.isoformat()})

    async def list_matches(self, request: web.Request) -> web.Response:
        """The matches of all one's own active signals."""
        seen = await own_signals(self._desk, await who_asks(self._desk, request))
        return answered({"matches": [match_json(match, one.confirmed) for one in seen for match in one.matches]})

    async def show_status(self, _request: web.Request) -> web.Response:
        """How the node stands; counts, never persons."""
        return answered(await self._status())

    async def _shown(self, seen: Seen) -> dict[str, Any]:
        how_far = await self._desk.db.read(lambda tx: reach.of_signal(tx, seen.signal.id))
        shown = signal_json(
            seen.signal,
            seen.youth,
            how_far,
            seen.matches,
            seen.moved,
            without_bsn=seen.without_bsn,
            confirmed=seen.confirmed,
        )
        return {**shown, "namens": seen.on_behalf_of, "verantwoordelijkeGemeente": seen.responsible}


def _registered(done: Registered) -> web.Response:
    answer = answered(registered_json(done), 201)
    answer.headers[hdrs.LOCATION] = f"/api/signalen/{done.signal.id}"
    return answer


@web.middleware
async def translated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become problem documents here, once; what nobody foresaw is logged by kind and told as nothing."""
    try:
        return await handler(request)
    except (NotDone, web.HTTPException) as error:
        if isinstance(error, web.HTTPException):
            return problem(error.status, "http", error.reason, "Dit verzoek kan zo niet.")
        return explained(error) or problem(400, "verzoek", "Verzoek niet goed", "Dit verzoek kan zo niet.")
    except Exception as error:  # noqa: BLE001  the edge: nothing of it may reach the caller
        if (answer := explained(error)) is not None:
            return answer
        log.error("request-failed", method=request.method, route=_route(request), kind=type(error).__name__)  # noqa: TRY400
        return problem(500, "storing", "Storing", "Er ging iets mis. Er is niets veranderd, voor zover bekend.")


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
