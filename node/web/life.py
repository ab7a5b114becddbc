"""The routes of a signal's life after it was made: what is said of its matches, informing, renewal, the archive."""

from aiohttp import hdrs, web

from node.domain.errors import EarlierGone, MatchUnknown, SignalUnknown
from node.domain.signal import EndReason
from node.flows.desk import Desk
from node.flows.ending_soon import ending_soon
from node.flows.mark_match import mark_match, unmark_match
from node.flows.read_archive import fetch_archive, list_archive
from node.flows.record_informed import postpone_informing, record_informed, still_to_inform
from node.flows.remove_by_request import remove_by_request
from node.flows.renew_signal import renew_signal
from node.web.asking import answered, body_of, id_in_path, person_asks, who_asks
from node.web.bodies import (
    GROUNDS,
    MANNERS,
    MARKS,
    PERSONS,
    AtRequest,
    MarkMatch,
    PostponeInforming,
    RecordInformed,
    RenewSignal,
    UnmarkMatch,
    earlier_contact_json,
    earlier_json,
    ending_json,
    informing_json,
    registered_json,
)


def life_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = LifeRoutes(desk)
    return [
        web.post("/api/matches/{id}/markeren", routes.mark),
        web.post("/api/matches/{id}/markering-intrekken", routes.unmark),
        web.get("/api/aflopend", routes.list_ending),
        web.post("/api/signalen/{id}/vernieuwen", routes.renew),
        web.get("/api/signalen/{id}/archief", routes.list_earlier),
        web.post("/api/signalen/{id}/archief/{eerder}/ophalen", routes.fetch_earlier),
        web.get("/api/informeren", routes.list_informing),
        web.post("/api/signalen/{id}/informeren", routes.inform),
        web.post("/api/signalen/{id}/informeren-uitstellen", routes.postpone),
        web.post("/api/signalen/{id}/verwijderen-op-verzoek", routes.remove),
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

    async def list_informing(self, request: web.Request) -> web.Response:
        """One's own signals of which somebody must still be told, overdue first."""
        found = await still_to_inform(self._desk, await who_asks(self._desk, request))
        return answered({"signalen": [informing_json(one) for one in found]})

    async def inform(self, request: web.Request) -> web.Response:
        """Record who was told of a signal."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, RecordInformed)
        told = frozenset(PERSONS[word] for word in body.wie)
        signal_id = id_in_path(request, SignalUnknown)
        now = await record_informed(self._desk, who, signal_id, told, body.op, MANNERS[body.wijze])
        return answered(informing_json(now))

    async def postpone(self, request: web.Request) -> web.Response:
        """Record that telling waits."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, PostponeInforming)
        signal_id = id_in_path(request, SignalUnknown)
        now = await postpone_informing(self._desk, who, signal_id, GROUNDS[body.grond], body.opnieuwBekijkenOp)
        return answered(informing_json(now))

    async def list_ending(self, request: web.Request) -> web.Response:
        """One's own signals that end within thirty days, the first to end first."""
        found = await ending_soon(self._desk, await who_asks(self._desk, request))
        return answered({"signalen": [ending_json(one) for one in found]})

    async def renew(self, request: web.Request) -> web.Response:
        """Make a new signal in place of one that is about to end."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, RenewSignal)
        done = await renew_signal(self._desk, who, id_in_path(request, SignalUnknown), body.looptijdMaanden)
        answer = answered(registered_json(done), 201)
        answer.headers[hdrs.LOCATION] = f"/api/signalen/{done.signal.id}"
        return answer

    async def list_earlier(self, request: web.Request) -> web.Response:
        """That there were earlier signals about the youth of one's own signal, here and in other regions."""
        who = await who_asks(self._desk, request)
        found = await list_archive(self._desk, who, id_in_path(request, SignalUnknown))
        return answered({"eerder": [earlier_json(one) for one in found]})

    async def fetch_earlier(self, request: web.Request) -> web.Response:
        """Who had signalled: once."""
        who = await who_asks(self._desk, request)
        signal_id, earlier = id_in_path(request, SignalUnknown), id_in_path(request, EarlierGone, "eerder")
        contact = await fetch_archive(self._desk, who, signal_id, earlier)
        if contact is None:
            raise EarlierGone
        return answered(earlier_contact_json(contact))

    async def remove(self, request: web.Request) -> web.Response:
        """For a privacy officer: the signal is destroyed everywhere, on a right of the AVG that was granted."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, AtRequest)
        await remove_by_request(self._desk, by, id_in_path(request, SignalUnknown), EndReason(body.grond))
        return web.Response(status=204)
