"""The route of the logbeheerder: lines of the audit log, a page at a time."""

from datetime import date
from uuid import UUID

from aiohttp import web
from pydantic import Field

from node.flows.desk import Desk
from node.flows.read_log import Asked, read_log
from node.web.asking import answered, body_of, person_asks
from node.web.bodies import Body


class ReadLog(Body):
    """POST /api/logboek: what is asked, in a body, because the name of a person does not stand in an address."""

    professional: str | None = Field(default=None, max_length=100)
    signaal: UUID | None = None
    gebeurtenis: str | None = Field(default=None, max_length=50)
    van: date | None = None
    tot: date | None = None
    na: int = Field(default=0, ge=0, lt=2**53)


def log_routes(desk: Desk) -> list[web.RouteDef]:
    """The route, for the application of the door."""

    async def lines(request: web.Request) -> web.Response:
        """Who did what, and when."""
        who = await person_asks(desk, request)
        body = await body_of(request, ReadLog)
        asked = Asked(body.professional, body.signaal, body.gebeurtenis, body.van, body.tot, body.na)
        return answered(
            {
                "regels": [
                    {
                        "nummer": line.number,
                        "op": line.at,
                        "gebeurtenis": line.event,
                        "door": line.by,
                        "velden": line.fields,
                    }
                    for line in await read_log(desk, who, asked)
                ]
            }
        )

    return [web.post("/api/logboek", lines)]
