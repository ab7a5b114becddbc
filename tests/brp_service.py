"""Haal Centraal BRP Personen bevragen 2.x in this process, with the contract's own shapes and faults, over real TLS.

It filters on ``fields``, knows only what it was given, and remembers each question.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from certs.authority import DevPki
from node.people.haal_centraal import ApiKey, HaalCentraal, trusting

KEY = "sleutel-van-de-proef"
PATH = "/haalcentraal/api/brp/personen"
ALWAYS = ("geheimhoudingPersoonsgegevens", "opschortingBijhouding")
"""Delivered without being asked for."""


@dataclass
class BrpService:
    """Persons as the BRP tells them, whole. ``fault`` answers every question in place of the service."""

    persons: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fault: web.Response | None = None
    silent: bool = False
    most_found: int = 10

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One question."""
        self.requests.append((request.raw_path, dict(request.headers)))
        asked = await request.json()
        self.questions.append(asked)
        if self.silent:
            await asyncio.Event().wait()
        if self.fault is not None:
            return self.fault
        if request.headers.get("X-API-KEY") != KEY:
            return _problem(401, "authentication", "Niet correct geauthenticeerd.")
        found = [person for person in self.persons if _wanted(asked, person)]
        if asked["type"].startswith("Zoek"):
            found = [person for person in found if "overlijden" not in person]
            if len(found) > self.most_found:
                return _problem(400, "tooManyResults", "Teveel zoekresultaten.")
        told = [_only(person, asked["fields"]) for person in found]
        return web.json_response({"type": asked["type"], "personen": told})


def _problem(status: int, code: str, title: str) -> web.Response:
    body = {"status": status, "code": code, "title": title, "instance": PATH}
    return web.json_response(body, status=status, content_type="application/problem+json")


def _wanted(asked: dict[str, Any], person: dict[str, Any]) -> bool:
    place = person.get("verblijfplaats", {}).get("verblijfadres", {})
    match asked["type"]:
        case "RaadpleegMetBurgerservicenummer":
            return person["burgerservicenummer"] in asked["burgerservicenummer"]
        case "ZoekMetGeslachtsnaamEnGeboortedatum":
            return (
                person.get("naam", {}).get("geslachtsnaam", "").lower() == asked["geslachtsnaam"].lower()
                and person.get("geboorte", {}).get("datum", {}).get("datum") == asked["geboortedatum"]
                and asked.get("geslacht") in (None, person.get("geslacht", {}).get("code"))
            )
        case "ZoekMetPostcodeEnHuisnummer":
            return (
                (place.get("postcode"), place.get("huisnummer")) == (asked["postcode"], asked["huisnummer"])
                and asked.get("huisletter", "").lower() in ("", place.get("huisletter", "").lower())
                and asked.get("huisnummertoevoeging", "") in ("", place.get("huisnummertoevoeging", ""))
            )
        case _:
            return False


def _only(person: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """What was asked for; a date or a value of a table comes whole, and so does the type of a residence."""
    told = {key: person[key] for key in ALWAYS if key in person}
    for path in fields:
        _copy(person, told, path.split("."))
    return told


def _copy(source: dict[str, Any], target: dict[str, Any], path: list[str]) -> None:
    head, rest = path[0], path[1:]
    if head not in source:
        return
    found = source[head]
    if not rest:
        target[head] = found
    elif isinstance(found, list):
        kept = target.setdefault(head, [{} for _ in found])
        for each, into in zip(found, kept, strict=True):
            _copy(each, into, rest)
    else:
        inner = target.setdefault(head, {})
        inner |= {key: found[key] for key in ("type", "indicatieVastgesteldVerblijftNietOpAdres") if key in found}
        _copy(found, inner, rest)


@asynccontextmanager
async def served(service: BrpService, pki: DevPki, directory: Path) -> AsyncIterator[HaalCentraal]:
    """The service on loopback, and a client with the right key that believes the right authority."""
    files = pki.files("hub")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.tls_certificate, files.tls_key)
    app = web.Application()
    app.router.add_post(PATH, service.answer)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        port = runner.addresses[0][1]
        key = directory / "brp.key"
        if not key.exists():
            key.touch(mode=0o600)
            key.write_text(f"{KEY}\n")
        url = f"https://127.0.0.1:{port}{PATH.removesuffix('/personen')}"
        yield HaalCentraal(url, ApiKey.read(key), trusting(files.tls_trust))
    finally:
        await runner.cleanup()
