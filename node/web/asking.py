"""What every route of the JSON door asks of a request: who it is for, what its body says, which thing it is about."""

import asyncio
import json
from typing import Any, TypeVar
from urllib.parse import unquote
from uuid import UUID

from aiohttp import web
from pydantic import ValidationError

from ledger import Tx
from node.domain.errors import DurationNotOffered, NotABsn, NotDone, NotHereAnyMore, PersonUnknown, ProfessionalUnknown
from node.domain.professional import PersonNumber, Professional
from node.flows import authority
from node.flows.desk import Desk
from node.store import professionals
from node.web.bodies import Body

BODY_SECONDS = 10.0
"""Within this a body must have come in."""
FILE_SECONDS = 120.0
"""Within this a file must have come in."""
PROFESSIONAL = "Professional"
"""The header that says for whom a request is, until sign-in tells it: a profile by id or reference (percent-encoded).

For what a granted role allows, the reference of a person does as well."""

B = TypeVar("B", bound=Body)


async def who_asks(desk: Desk, request: web.Request) -> UUID:
    """The professional for whom the request is. Raises ProfessionalUnknown, and NotHereAnyMore for one who left."""
    said = unquote(request.headers.get(PROFESSIONAL, ""))
    if not said:
        raise ProfessionalUnknown
    who = await desk.db.read(lambda tx: _profile(tx, said))
    if who.left_on is not None:
        raise NotHereAnyMore
    return who.id


def _profile(tx: Tx, said: str) -> Professional:
    try:
        return professionals.get(tx, UUID(said))
    except ValueError:
        return professionals.by_reference(tx, said)


async def person_asks(desk: Desk, request: web.Request) -> PersonNumber:
    """The human for whom the request is: by reference, or by a profile. Raises ProfessionalUnknown, NotHereAnyMore.

    Roles that are granted belong to a human, who need not have a profile.
    """
    said = unquote(request.headers.get(PROFESSIONAL, ""))
    try:
        return await desk.db.read(lambda tx: _here(tx, desk, said))
    except PersonUnknown:
        raise ProfessionalUnknown from None


async def operator_asks(desk: Desk, request: web.Request) -> PersonNumber:
    """The human for whom the request is, who runs the node. Raises as ``person_asks``, and NotAllowed.

    Asked before the body is read: nobody else makes the node read, check or seal a file.
    """
    by = await person_asks(desk, request)
    await desk.db.read(lambda tx: authority.require_operator(tx, desk, by))
    return by


def _here(tx: Tx, desk: Desk, said: str) -> PersonNumber:
    person = authority.person_called(tx, said)
    authority.require_here(tx, desk, person)
    return person


async def body_of(request: web.Request, model: type[B], most_bytes: int | None = None) -> B:
    """The body, as this route knows it. Raises an HTTP error or NotABsn, which repeat nothing of it.

    ``most_bytes`` is for a route whose body may be larger than a form.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(BODY_SECONDS):
            sized = request if most_bytes is None else request.clone(client_max_size=most_bytes)
            raw = await sized.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    try:
        return model.model_validate_json(raw)
    except ValidationError as wrong:
        # Places only: what stood there is not repeated, and a field that the caller made up is not either.
        places = [found["loc"] for found in wrong.errors(include_input=False, include_url=False)]
        fields = {str(place[0]) for place in places if place}
        if fields == {"bsn"}:
            raise NotABsn from None
        if fields == {"looptijdMaanden"}:
            raise DurationNotOffered from None
        raise web.HTTPBadRequest from None


async def file_of(request: web.Request, kinds: frozenset[str], most_bytes: int) -> bytes:
    """The file that is the body. Raises an HTTP error for another kind, a larger one, or one that comes too slowly."""
    if request.content_type not in kinds:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(FILE_SECONDS):
            return await request.clone(client_max_size=most_bytes).read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def id_in_path(request: web.Request, unknown: type[NotDone], name: str = "id") -> UUID:
    """The id in the address; what is no id is as unknown as an id that nobody has."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise unknown from None


def number_in_path(request: web.Request, unknown: type[NotDone], name: str = "nummer") -> int:
    """The number in the address; what is no number is as unknown as one that nothing has."""
    said = request.match_info[name]
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise unknown
    return int(said)


def answered(body: dict[str, Any], status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.Response(
        status=status, body=json.dumps(body, ensure_ascii=False).encode(), content_type="application/json"
    )
