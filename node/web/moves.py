"""The routes of the coördinator of a gemeente: which youths with active signals came to live there, and who to call."""

from typing import Any

from aiohttp import web

from node.domain.errors import MoveUnknown
from node.flows.desk import Desk
from node.flows.read_moves import MoveRead, list_moves, read_move
from node.store.moves import IncomingMove
from node.web.asking import answered, id_in_path, person_asks


def move_routes(desk: Desk) -> list[web.RouteDef]:
    """Both routes."""

    async def every(request: web.Request) -> web.Response:
        """The moves to one's gemeenten, without whom they are about."""
        found = await list_moves(desk, await person_asks(desk, request))
        return answered({"verhuizingen": [_move(each) for each in found]})

    async def one(request: web.Request) -> web.Response:
        """One move with the youth and the reporters; that it was read is in the log."""
        asker = await person_asks(desk, request)
        return answered(_read(await read_move(desk, asker, id_in_path(request, MoveUnknown))))

    return [web.get("/api/verhuizingen", every), web.get("/api/verhuizingen/{id}", one)]


def _move(move: IncomingMove) -> dict[str, Any]:
    return {
        "id": str(move.id),
        "gemeente": move.gemeente,
        "verhuisdOp": move.moved_on.isoformat(),
        "ontvangenOp": move.received_at.isoformat(timespec="seconds"),
        "bewaardTot": move.keep_until.isoformat(),
    }


def _read(read: MoveRead) -> dict[str, Any]:
    return {
        **_move(read.move),
        "regio": read.region,
        # The one place where a number leaves by the door: the new regievoerder must know whom it is about.
        "bsn": read.moved.youth.reveal(),
        "betrokkenen": [
            {
                "organisatie": each.organisation,
                "locatie": each.location,
                "functie": each.function,
                "naam": each.name,
                "telefoon": each.phone,
                "email": each.email,
                "sinds": each.since.isoformat(),
                "geldigTot": each.until.isoformat(),
            }
            for each in read.moved.reporters
        ],
    }
