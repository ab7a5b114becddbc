"""The routes about who works here: the own profile, colleagues, substitutes, and leaving with a plan for signals."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field

from node.domain.errors import NothingToEnd, PersonUnknown
from node.domain.period import Period
from node.domain.professional import PersonNumber
from node.domain.signal import EndReason
from node.flows.change_contact import NewContact, change_contact
from node.flows.depart import depart, list_signals
from node.flows.desk import Desk
from node.flows.own_profile import OwnProfile, colleagues, own_profile
from node.flows.stand_in import arrange_substitute, end_substitute
from node.web.asking import answered, body_of, id_in_path, number_in_path, person_asks, who_asks
from node.web.bodies import Body

MOST_DEPARTURE_BYTES = 256 * 1024
"""A plan for two thousand signals, two ids on a line, fits."""


class ChangeContact(Body):
    """POST /api/profiel and POST /api/collegas/{id}/contactgegevens: what changes; the rest stays."""

    functie: str | None = Field(default=None, max_length=100)
    naam: str | None = Field(default=None, max_length=100)
    telefoon: str | None = Field(default=None, max_length=40)
    email: str | None = Field(default=None, max_length=100)


class NewSubstitute(Body):
    """POST /api/vervangers and POST /api/collegas/{id}/vervangers."""

    vervanger: UUID
    van: date
    tot: date


class Fate(Body):
    """What becomes of one signal: over to a colleague, or ended for a reason."""

    naar: UUID | None = None
    reden: Literal["ONTERECHT", "RISICO_WEG"] | None = None


class Departure(Body):
    """POST /api/collegas/{id}/vertrek: a plan for active signals, by id, and who takes over the others."""

    signalen: dict[UUID, Fate] = Field(default_factory=dict, max_length=2000)
    overigeNaar: UUID | None = None


def people_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = PeopleRoutes(desk)
    return [
        web.get("/api/profiel", routes.show_profile),
        web.post("/api/profiel", routes.change_own_contact),
        web.get("/api/collegas", routes.list_colleagues),
        web.post("/api/vervangers", routes.arrange),
        web.post("/api/vervangers/{nummer}/beeindigen", routes.end_arrangement),
        web.get("/api/collegas/{id}/signalen", routes.list_signals_of),
        web.post("/api/collegas/{id}/contactgegevens", routes.change_contact_of),
        web.post("/api/collegas/{id}/vertrek", routes.let_leave),
    ]


class PeopleRoutes:
    """One method for each route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show_profile(self, request: web.Request) -> web.Response:
        """The own profile, its standing today, and what it may do besides."""
        return answered(_profile_json(await own_profile(self._desk, await who_asks(self._desk, request))))

    async def change_own_contact(self, request: web.Request) -> web.Response:
        """New contact data of one's own."""
        who = await who_asks(self._desk, request)
        await self._change(request, await self._person(who), who)
        return answered(_profile_json(await own_profile(self._desk, who)))

    async def list_colleagues(self, request: web.Request) -> web.Response:
        """Everyone else of the organisation: for a transfer, or to stand in."""
        found = await colleagues(self._desk, await who_asks(self._desk, request))
        return answered(
            {
                "collegas": [
                    {
                        "id": str(other.id),
                        "naam": other.contact.name,
                        "functie": other.contact.function,
                        "locatie": other.contact.location,
                        "magSignaleren": may,
                    }
                    for other, may in found
                ]
            }
        )

    async def arrange(self, request: web.Request) -> web.Response:
        """A colleague stands in for oneself."""
        who = await who_asks(self._desk, request)
        body = await body_of(request, NewSubstitute)
        number = await arrange_substitute(
            self._desk, await self._person(who), str(who), str(body.vervanger), Period(body.van, body.tot)
        )
        return answered({"nummer": number}, 201)

    async def end_arrangement(self, request: web.Request) -> web.Response:
        """The colleague stands in no more."""
        who = await who_asks(self._desk, request)
        number = number_in_path(request, NothingToEnd)
        await end_substitute(self._desk, await self._person(who), str(who), number)
        return web.Response(status=204)

    async def list_signals_of(self, request: web.Request) -> web.Response:
        """For who coordinates: the signals of a colleague, never about whom."""
        by = await person_asks(self._desk, request)
        found = await list_signals(self._desk, by, str(id_in_path(request, PersonUnknown)))
        return answered(
            {
                "signalen": [
                    {
                        "id": str(entry.signal),
                        "gemaaktOp": entry.made_on,
                        "geldigTot": entry.valid_until,
                        "match": entry.matched,
                    }
                    for entry in found
                ]
            }
        )

    async def change_contact_of(self, request: web.Request) -> web.Response:
        """For who coordinates: new contact data of a colleague."""
        await self._change(request, await person_asks(self._desk, request), id_in_path(request, PersonUnknown))
        return web.Response(status=204)

    async def let_leave(self, request: web.Request) -> web.Response:
        """For who coordinates: a colleague leaves, with what becomes of each signal."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, Departure, MOST_DEPARTURE_BYTES)
        plan: dict[UUID, str | EndReason] = {}
        for signal, fate in body.signalen.items():
            if (fate.naar is None) == (fate.reden is None):
                raise web.HTTPBadRequest
            plan[signal] = EndReason(fate.reden) if fate.reden else str(fate.naar)
        others_to = str(body.overigeNaar) if body.overigeNaar else None
        await depart(self._desk, by, str(id_in_path(request, PersonUnknown)), plan, others_to)
        return web.Response(status=204)

    async def _change(self, request: web.Request, by: PersonNumber, whose: UUID) -> None:
        body = await body_of(request, ChangeContact)
        new = NewContact(body.functie, body.naam, body.telefoon, body.email)
        await change_contact(self._desk, by, str(whose), new)

    async def _person(self, who: UUID) -> PersonNumber:
        return (await own_profile(self._desk, who)).professional.person


def _profile_json(own: OwnProfile) -> dict[str, Any]:
    contact = own.professional.contact
    return {
        "id": str(own.professional.id),
        "organisatie": contact.organisation,
        "locatie": contact.location,
        "team": own.team,
        "functie": contact.function,
        "naam": contact.name,
        "telefoon": contact.phone,
        "email": contact.email,
        "aangewezen": own.standing.designated,
        "magBsnGebruiken": own.may_use_bsn,
        "gemeenten": sorted({agreement.gemeente for agreement in own.standing.agreements}),
        "rollen": [{"rol": held.role.value, "plaats": held.place or None} for held in own.roles],
        "vervangingen": [
            {
                "nummer": known.number,
                "vervangtMij": known.absent == own.professional.id,
                "naam": name,
                "van": known.period.starts.isoformat(),
                "tot": known.period.ends.isoformat() if known.period.ends else None,
            }
            for known, name in own.substitutions
        ],
        "andereProfielen": [
            {"id": str(other.id), "organisatie": other.contact.organisation, "locatie": other.contact.location}
            for other in own.others
        ],
    }
