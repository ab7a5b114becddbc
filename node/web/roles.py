"""The routes about roles: one person asks for a role, another confirms it, a third receives it (B2)."""

from typing import Any

from aiohttp import web
from pydantic import Field

from node.domain.errors import RequestUnknown
from node.domain.rights import PLACE, Role
from node.flows.desk import Desk
from node.flows.grant_role import Where, ask_role, confirm_role, end_role
from node.flows.oversee import KnownGrant, list_roles
from node.web.asking import answered, body_of, number_in_path, person_asks
from node.web.bodies import Body

_ROLES = {role.value: role for role in PLACE}


class RoleWanted(Body):
    """POST /api/rollen: for whom, which role, and for which place as the role asks."""

    voor: str = Field(min_length=1, max_length=100)
    rol: str = Field(max_length=40)
    organisatie: str | None = Field(default=None, max_length=200)
    locatie: str | None = Field(default=None, max_length=200)
    gemeente: str | None = Field(default=None, pattern=r"^[0-9]{4}$")

    def role(self) -> Role:
        """The role of this name. Raises an HTTP error for a name that no role has."""
        if self.rol not in _ROLES:
            raise web.HTTPBadRequest
        return _ROLES[self.rol]


def role_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = RoleRoutes(desk)
    return [
        web.get("/api/rollen", routes.list_known),
        web.post("/api/rollen", routes.ask),
        web.post("/api/rollen/{nummer}/bevestigen", routes.confirm),
        web.post("/api/rollen/{nummer}/beeindigen", routes.end),
    ]


class RoleRoutes:
    """One method for each route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_known(self, request: web.Request) -> web.Response:
        """One's own roles, and those that one may grant: held, or waiting for somebody to confirm."""
        found = await list_roles(self._desk, await person_asks(self._desk, request))
        return answered({"rollen": [_grant_json(one) for one in found]})

    async def ask(self, request: web.Request) -> web.Response:
        """Ask for a role for somebody else; nothing is held until somebody else again confirms it."""
        by = await person_asks(self._desk, request)
        body = await body_of(request, RoleWanted)
        where = Where(body.organisatie, body.locatie, body.gemeente)
        return answered({"nummer": await ask_role(self._desk, by, body.voor, body.role(), where)}, 201)

    async def confirm(self, request: web.Request) -> web.Response:
        """Confirm what somebody else asked for somebody else."""
        await confirm_role(self._desk, await person_asks(self._desk, request), number_in_path(request, RequestUnknown))
        return web.Response(status=204)

    async def end(self, request: web.Request) -> web.Response:
        """A role is held no more, or a request is withdrawn; status 202 while a second person must say so too."""
        by, number = await person_asks(self._desk, request), number_in_path(request, RequestUnknown)
        ended = await end_role(self._desk, by, number)
        return web.Response(status=204) if ended else answered({"nummer": number, "wachtOpTweede": True}, 202)


def _grant_json(one: KnownGrant) -> dict[str, Any]:
    grant = one.grant
    return {
        "nummer": grant.number,
        "voor": one.holder,
        "rol": grant.role.value,
        "plaats": grant.place or None,
        "sinds": grant.starts_on.isoformat() if grant.starts_on else None,
    }
