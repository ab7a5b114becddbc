"""The routes about who a youth is: signalling without a BSN, giving the BSN later, confirming once more."""

from typing import Literal

from aiohttp import hdrs, web
from pydantic import Field, SecretStr

from node.domain.brp import Sex
from node.domain.bsn import Bsn
from node.domain.errors import SignalUnknown
from node.domain.person import Vsn
from node.domain.spelling import LONGEST_SURNAME
from node.flows.confirm_signal import confirm_signal
from node.flows.desk import Desk
from node.flows.give_bsn import give_bsn
from node.flows.register_without_bsn import register_without_bsn
from node.store import reach
from node.web.asking import answered, body_of, id_in_path, who_asks
from node.web.bodies import CONFIRMED, Body, Confirms, born_of, registered_json, signal_json


class NewSignalWithoutBsn(Body):
    """POST /api/signalen/zonder-bsn: Besluit Jeugdwet 7.3.1."""

    achternaam: SecretStr = Field(max_length=LONGEST_SURNAME)
    geboortedatum: SecretStr = Field(max_length=10)
    geslacht: Literal["M", "V", "O"]
    looptijdMaanden: Literal[6, 12, 24] | None = None


class ConfirmAgain(Confirms):
    """POST /api/signalen/{id}/bevestigen."""


class GiveBsn(Confirms):
    """POST /api/signalen/{id}/bsn."""

    bsn: SecretStr = Field(max_length=20)


def naming_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = NamingRoutes(desk)
    return [
        web.post("/api/signalen/zonder-bsn", routes.register_without_bsn),
        web.post("/api/signalen/{id}/bsn", routes.give_bsn),
        web.post("/api/signalen/{id}/bevestigen", routes.confirm),
    ]


class NamingRoutes:
    """One method for each route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def register_without_bsn(self, request: web.Request) -> web.Response:
        """Signal a youth who has no BSN. Who else did so may be involved with another child: a possible match."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, NewSignalWithoutBsn)
        born = born_of(body.geboortedatum)
        vsn = Vsn.of(body.achternaam.get_secret_value(), born, Sex(body.geslacht), self._desk.today())
        done = await register_without_bsn(self._desk, who, vsn, body.looptijdMaanden)
        answer = answered(registered_json(done), 201)
        answer.headers[hdrs.LOCATION] = f"/api/signalen/{done.signal.id}"
        return answer

    async def give_bsn(self, request: web.Request) -> web.Response:
        """The BSN of the youth became known. The signal that goes on may be one that there was already."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, GiveBsn)
        signal_id, bsn = id_in_path(request, SignalUnknown), Bsn.parse(body.bsn.get_secret_value())
        done = await give_bsn(self._desk, who, signal_id, bsn, body.confirmation())
        how_far = await self._desk.db.read(lambda tx: reach.of_signal(tx, done.signal.id))
        shown = signal_json(done.signal, None, how_far, done.matches, confirmed=done.confirmed)
        return answered({**shown, "persoonBekend": done.person_known, "samengevoegd": done.merged})

    async def confirm(self, request: web.Request) -> web.Response:
        """Say again whom a signal is about, where that was not confirmed."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, ConfirmAgain)
        signal_id = id_in_path(request, SignalUnknown)
        standing = await confirm_signal(self._desk, who, signal_id, body.confirmation())
        return answered({"id": str(signal_id), "bevestiging": CONFIRMED[standing]})
