"""The routes about organisations: their names, agreements with gemeenten, and who is designated to signal there.

Who asks is a person: a role for a place needs no profile. Each is refused unless a role of theirs allows it there.
"""

from datetime import date
from typing import Any

from aiohttp import web
from pydantic import Field

from node.domain.bsn_right import may_use
from node.domain.errors import NothingToEnd, PersonUnknown
from node.domain.period import Period
from node.flows.agree import end_agreement, sign_agreement
from node.flows.designate import designate, end_designation
from node.flows.desk import Desk
from node.flows.merge import merge_locations, merge_organisations
from node.flows.oversee import Overseen, list_organisations, list_staff
from node.flows.rename import rename
from node.flows.stand_in import arrange_substitute, end_substitute
from node.flows.use_bsn import set_bsn_right
from node.web.asking import answered, body_of, id_in_path, number_in_path, person_asks
from node.web.bodies import Body
from node.web.people import NewSubstitute


class NewName(Body):
    """POST /api/organisaties/naam: what stands at the end of organisation, location, team."""

    organisatie: str = Field(max_length=200)
    locatie: str | None = Field(default=None, max_length=200)
    team: str | None = Field(default=None, max_length=200)
    naam: str = Field(max_length=200)

    def path(self) -> tuple[str, ...]:
        """From the organisation down. Raises an HTTP error for a team without a location."""
        if self.team is not None and self.locatie is None:
            raise web.HTTPBadRequest
        return tuple(part for part in (self.organisatie, self.locatie, self.team) if part is not None)


class Merge(Body):
    """POST /api/organisaties/samenvoegen: two organisations, or two locations of ``organisatie``."""

    organisatie: str | None = Field(default=None, max_length=200)
    vervalt: str = Field(max_length=200)
    blijft: str = Field(max_length=200)


class BsnRight(Body):
    """POST /api/organisaties/bsn: whether it may use the BSN; as its category says if absent."""

    organisatie: str = Field(max_length=200)
    mag: bool | None = None


class NewAgreement(Body):
    """POST /api/afspraken: they begin when signed unless ``van`` says else."""

    organisatie: str = Field(max_length=200)
    gemeente: str = Field(pattern=r"^[0-9]{4}$")
    ondertekendOp: date
    van: date | None = None
    tot: date | None = None
    document: str = Field(max_length=200)


class AgreementOver(Body):
    """POST /api/afspraken/beeindigen: ``per`` is the first day without; today if absent."""

    organisatie: str = Field(max_length=200)
    gemeente: str = Field(pattern=r"^[0-9]{4}$")
    per: date | None = None


class Designation(Body):
    """POST /api/collegas/{id}/aanwijzen."""

    van: date | None = None
    tot: date | None = None


class DesignationOver(Body):
    """POST /api/collegas/{id}/aanwijzing-beeindigen."""

    per: date | None = None


def organisation_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = OrganisationRoutes(desk)
    return [
        web.get("/api/organisaties", routes.list_all),
        web.get("/api/medewerkers", routes.list_staff),
        web.post("/api/organisaties/naam", routes.give_name),
        web.post("/api/organisaties/samenvoegen", routes.merge),
        web.post("/api/organisaties/bsn", routes.say_bsn_right),
        web.post("/api/afspraken", routes.sign),
        web.post("/api/afspraken/beeindigen", routes.end_signed),
        web.post("/api/collegas/{id}/aanwijzen", routes.designate_one),
        web.post("/api/collegas/{id}/aanwijzing-beeindigen", routes.end_designated),
        web.post("/api/collegas/{id}/vervangers", routes.arrange_for),
        web.post("/api/collegas/{id}/vervangers/{nummer}/beeindigen", routes.end_arranged),
    ]


class OrganisationRoutes:
    """One method for each route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_all(self, request: web.Request) -> web.Response:
        """For who holds a role: every organisation of the region, with its agreements and earlier names."""
        found = await list_organisations(self._desk, await person_asks(self._desk, request))
        return answered({"organisaties": [_organisation_json(one) for one in found]})

    async def list_staff(self, request: web.Request) -> web.Response:
        """For who coordinates: everybody of the organisation or location, and who may signal today."""
        found = await list_staff(self._desk, await person_asks(self._desk, request))
        return answered(
            {
                "medewerkers": [
                    {
                        "id": str(one.id),
                        "naam": one.contact.name,
                        "functie": one.contact.function,
                        "locatie": one.contact.location,
                        "magSignaleren": may,
                    }
                    for one, may in found
                ]
            }
        )

    async def give_name(self, request: web.Request) -> web.Response:
        """An organisation, a location of it or a team there has another name from today."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, NewName)
        await rename(self._desk, by, body.path(), body.naam)
        return web.Response(status=204)

    async def merge(self, request: web.Request) -> web.Response:
        """From today one is the other: people, signals, agreements and roles go along; says how many active signals."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, Merge)
        if body.organisatie is None:
            told = await merge_organisations(self._desk, by, body.vervalt, body.blijft)
        else:
            told = await merge_locations(self._desk, by, body.organisatie, body.vervalt, body.blijft)
        return answered({"signalen": told})

    async def say_bsn_right(self, request: web.Request) -> web.Response:
        """For an accounthouder of a gemeente with agreements: an organisation may use the BSN, or signals by name."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, BsnRight)
        await set_bsn_right(self._desk, by, body.organisatie, body.mag)
        return web.Response(status=204)

    async def sign(self, request: web.Request) -> web.Response:
        """For an accounthouder: an organisation has written agreements with the gemeente."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, NewAgreement)
        period = Period(body.van or body.ondertekendOp, body.tot)
        made = await sign_agreement(
            self._desk, by, body.organisatie, body.gemeente, body.ondertekendOp, period, body.document
        )
        return answered({"id": str(made)}, 201)

    async def end_signed(self, request: web.Request) -> web.Response:
        """For an accounthouder: the agreements end."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, AgreementOver)
        await end_agreement(self._desk, by, body.organisatie, body.gemeente, body.per or self._desk.today())
        return web.Response(status=204)

    async def designate_one(self, request: web.Request) -> web.Response:
        """For who coordinates: a colleague may signal in this period."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, Designation)
        period = Period(body.van or self._desk.today(), body.tot)
        await designate(self._desk, by, str(id_in_path(request, PersonUnknown)), period)
        return web.Response(status=204)

    async def end_designated(self, request: web.Request) -> web.Response:
        """For who coordinates: a colleague may signal no more; reading and ending own signals remain."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, DesignationOver)
        on = body.per or self._desk.today()
        await end_designation(self._desk, by, str(id_in_path(request, PersonUnknown)), on)
        return web.Response(status=204)

    async def arrange_for(self, request: web.Request) -> web.Response:
        """For who coordinates: somebody stands in for a colleague who is away."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, NewSubstitute)
        absent = str(id_in_path(request, PersonUnknown))
        number = await arrange_substitute(self._desk, by, absent, str(body.vervanger), Period(body.van, body.tot))
        return answered({"nummer": number}, 201)

    async def end_arranged(self, request: web.Request) -> web.Response:
        """For who coordinates: nobody stands in for that colleague any more."""
        by = await person_asks(self._desk, request)
        absent = str(id_in_path(request, PersonUnknown))
        await end_substitute(self._desk, by, absent, number_in_path(request, NothingToEnd))
        return web.Response(status=204)


def _organisation_json(one: Overseen) -> dict[str, Any]:
    return {
        "id": str(one.organisation.id),
        "naam": one.organisation.name,
        "categorie": one.organisation.category.value if one.organisation.category else None,
        "domein": one.organisation.domain.value,
        "magBsn": may_use(one.organisation.category, one.organisation.bsn_right),
        "afspraken": [
            {
                "gemeente": known.gemeente,
                "ondertekendOp": known.signed_on.isoformat(),
                "van": known.period.starts.isoformat(),
                "tot": known.period.ends.isoformat() if known.period.ends else None,
                "document": known.document,
            }
            for known in one.agreements
        ],
        "eerdereNamen": [named.name for named in one.earlier_names],
    }
