"""The routes of a signal's life after it was made: what is said of its matches, informing, renewal, the archive."""

from aiohttp import web

from node.domain.errors import MatchUnknown
from node.flows.desk import Desk
from node.flows.mark_match import mark_match, unmark_match
from node.web.asking import answered, body_of, id_in_path, who_asks
from node.web.bodies import MARKS, MarkMatch, UnmarkMatch


def life_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = LifeRoutes(desk)
    return [
        web.post("/api/matches/{id}/markeren", routes.mark),
        web.post("/api/matches/{id}/markering-intrekken", routes.unmark),
    ]


class LifeRoutes:
    """One method for each route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def mark(self, request: web.Request) -> web.Response:
        """Say of a match that there was contact, or that it was settled who does what."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, MarkMatch)
        match = id_in_path(request, MatchUnknown)
        since = await mark_match(self._desk, who, match, MARKS[body.markering], body.op)
        return answered({"id": str(match), "markering": body.markering, "op": since.isoformat()})

    async def unmark(self, request: web.Request) -> web.Response:
        """Take that back."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, UnmarkMatch)
        await unmark_match(self._desk, who, id_in_path(request, MatchUnknown), MARKS[body.markering])
        return web.Response(status=204)
