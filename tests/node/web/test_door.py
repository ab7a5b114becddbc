"""The JSON door: what a screen will use, and who is kept out."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.domain.brp import Address, Sex
from node.domain.limits import Limits
from node.web.asking import BODY_SECONDS
from node.web.door import MOST_BYTES, door
from node.web.guards import HEADERS
from tests.region import World, confirmed, made_up_bsn

TOKEN = "a-token-for-the-test-of-the-door-only"
YOUTH = made_up_bsn(0)
CONFIRMS = {"geboortedatum": "2009-05-17", "achternaam": "Zonderling"}
Door = TestClient[web.Request, web.Application]


async def _status() -> dict[str, Any]:
    return {"regio": "Amsterdam"}


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door on a free port, with its own Host value."""
    known: set[str] = set()
    server = TestServer(door(world.desk, _status, TOKEN, lambda: frozenset(known)))
    async with TestClient(server) as opened:
        known.add(f"127.0.0.1:{server.port}")
        yield opened


def headers(who: str = "Anna", **more: str) -> dict[str, str]:
    """What a rightful caller sends."""
    return {"Authorization": f"Bearer {TOKEN}", "Professional": who, **more}


async def test_a_signal_from_making_to_ending(world: World, client: Door) -> None:
    """Register, see the colleague, extend, end."""
    world.professional("Anna", months=6)
    bram = world.professional("Bram")
    world.person(YOUTH, name="Noor de Vries")
    made = await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers())
    first = await made.json()
    assert (made.status, first["landelijk"], first["matches"]) == (201, "onderweg", [])

    second = await (await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers(str(bram)))).json()
    assert second["matches"][0]["contact"]["naam"] == "Anna"
    assert second["matches"][0]["betreftZelfdeJeugdige"] is True

    listed = await (await client.get("/api/signalen", headers=headers())).json()
    assert [one["jeugdige"] for one in listed["signalen"]] == ["Noor de Vries"]
    assert listed["signalen"][0]["landelijk"] == "onderweg"
    found = await (await client.get("/api/matches", headers=headers())).json()
    assert [match["contact"]["naam"] for match in found["matches"]] == ["Bram"]
    shown = await (await client.get(made.headers["Location"], headers=headers())).json()
    assert shown["id"] == first["id"]

    world.later(days=30)
    path = f"/api/signalen/{first['id']}"
    longer = await client.post(f"{path}/verlengen", json={"looptijdMaanden": 12}, headers=headers())
    assert (await longer.json())["geldigTot"] == "2027-04-09"
    undo = await client.post(f"{path}/ongedaan-maken", headers=headers())
    assert (undo.status, (await undo.json())["type"]) == (409, "urn:verwijsindex:probleem:te-laat")
    ended = await client.post(f"{path}/beeindigen", json={"reden": "RISICO_WEG"}, headers=headers())
    assert ended.status == 204
    assert (await client.get(path, headers=headers())).status == 409


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Authorization": ""}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
async def test_who_is_let_in(client: Door, change: dict[str, str], status: int) -> None:
    """A name that resolves to loopback, a page of another origin, and whoever lacks the token stay outside."""
    answer = await client.get("/api/status", headers={**headers(), **change})

    assert answer.status == status
    assert all(answer.headers[name] == value for name, value in HEADERS.items())
    if status != 200:
        said = await answer.json(content_type="application/problem+json")
        assert {"type", "status", "title", "detail"} <= set(said)


async def test_a_token_that_is_no_text_is_only_a_wrong_token(client: Door) -> None:
    """Whatever bytes stand there: 401, and nothing in the log of failures."""
    host, port = "127.0.0.1", client.server.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /api/status HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer ".encode())
    writer.write(b"\xff\xfe\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({**CONFIRMS, "bsn": "123456789"}, "geen-bsn"),
        ({**CONFIRMS, "bsn": 999993847}, "geen-bsn"),
        (CONFIRMS, "geen-bsn"),
        ({}, "http"),
        ({"bsn": "999993847"}, "http"),
        ({**CONFIRMS, "bsn": "999993847", "achternaam": "12345"}, "veld"),
        ({**CONFIRMS, "bsn": "999993847", "geboortedatum": "17-5-2009"}, "veld"),
        ({**CONFIRMS, "bsn": "999993847", "reden": "huiselijk geweld"}, "http"),
        ({**CONFIRMS, "bsn": "999993847", "looptijdMaanden": 18}, "looptijd"),
    ],
)
async def test_what_does_not_fit_is_refused_without_an_echo(
    world: World, client: Door, body: dict[str, Any], slug: str
) -> None:
    """There is no field for a reason (Jeugdwet 7.1.4.3), and nothing that was sent comes back."""
    world.professional("Anna")
    answer = await client.post("/api/signalen", json=body, headers=headers())
    said = await answer.text()

    assert (answer.status, json.loads(said)["type"]) == (400, f"urn:verwijsindex:probleem:{slug}")
    assert not any(str(value) in said for value in body.values())


async def test_a_number_that_is_not_of_whom_was_meant_saves_nothing(world: World, client: Door) -> None:
    """P2: birth date and surname must both agree with the register, and the answer tells neither which nor who."""
    world.professional("Anna")
    world.person(YOUTH, name="Kim Anders", surname="Anders")
    answer = await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers())
    said = await answer.text()

    assert (answer.status, json.loads(said)["type"]) == (409, "urn:verwijsindex:probleem:komt-niet-overeen")
    assert not [secret for secret in (*confirmed(YOUTH).values(), "Anders") if secret in said]
    assert world.rows("signal") == 0


async def test_a_second_signal_points_to_the_first(world: World, client: Door) -> None:
    """So that a screen can offer to extend it."""
    world.professional("Anna")
    first = await (await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers())).json()
    again = await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers())

    assert (again.status, (await again.json())["signaal"]) == (409, first["id"])


@pytest.mark.parametrize("who", ["", "Nobody", "00000000-0000-4000-8000-000000000000"])
async def test_someone_unknown_gets_nothing(client: Door, who: str) -> None:
    """By no reference, a wrong one, a wrong id."""
    assert (await client.get("/api/signalen", headers=headers(who))).status == 403


async def test_the_door_answers_only_what_it_has(world: World, client: Door) -> None:
    """Other paths, methods, content types and sizes are refused as problems."""
    world.professional("Anna")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    large = {"Content-Type": "application/json"}

    assert (await client.get("/api/jeugdigen", headers=headers())).status == 404
    assert (await client.delete("/api/signalen", headers=headers())).status == 405
    assert (await client.get("/api/signalen/999993847", headers=headers())).status == 404
    assert (await client.post("/api/signalen", data="bsn=1", headers=headers(**form))).status == 415
    assert (await client.post("/api/signalen", data=b" " * (MOST_BYTES + 1), headers=headers(**large))).status == 413
    assert BODY_SECONDS < 60


async def test_more_signals_than_a_day_allows_are_refused_with_when_again(world: World) -> None:
    """Protocol 1.5: in Dutch, with the moment for people and for programs."""
    world.professional("Anna")
    known: set[str] = set()
    desk = replace(world.desk, limits=Limits(signals_per_day=2))
    server = TestServer(door(desk, _status, TOKEN, lambda: frozenset(known)))
    async with TestClient(server) as opened:
        known.add(f"127.0.0.1:{server.port}")
        for serial in range(2):
            await opened.post("/api/signalen", json=confirmed(made_up_bsn(serial)), headers=headers())
        answer = await opened.post("/api/signalen", json=confirmed(made_up_bsn(2)), headers=headers())
        said = await answer.json()

    assert (answer.status, answer.content_type) == (429, "application/problem+json")
    assert answer.headers["Retry-After"] == "Tue, 10 Mar 2026 23:00:00 GMT"
    assert said["type"] == "urn:verwijsindex:probleem:te-veel-signalen"
    assert said["weerVanaf"] == "2026-03-10T23:00:00+00:00"
    assert said["detail"] == (
        "U kunt 2 signalen op een dag maken, en dat is gebeurd. Vanaf 11-03-2026 om 00:00 uur kan het weer."
    )


async def test_a_signal_by_name_never_shows_the_number(world: World, client: Door) -> None:
    """Neither the answer nor what is listed later holds it; what does not fit is told in Dutch, without an echo."""
    world.professional("Anna")
    world.person(YOUTH, name="Noor Velde", surname="Velde", sex=Sex.FEMALE, address=Address("1011AB", 12))
    said = {
        "achternaam": "van der Velde",
        "geboortedatum": "2010-05-01",
        "geslacht": "V",
        "postcode": "1011 ab",
        "huisnummer": 12,
    }
    path = "/api/signalen/op-naam"
    made = await client.post(path, json=said, headers=headers())
    answer = await made.text() + await (await client.get("/api/signalen", headers=headers())).text()
    assert (made.status, YOUTH.reveal() in answer) == (201, False)

    for wrong, status, slug in (
        ({"achternaam": "Zonderling"}, 409, "niemand-gevonden"),
        ({"postcode": "99"}, 400, "veld"),
        ({"geboortedatum": "gisteren"}, 400, "veld"),
        ({"reden": "zorgen"}, 400, "http"),
        ({"huisnummer": 0}, 400, "http"),
    ):
        refused = await client.post(path, json={**said, **wrong}, headers=headers())
        told = await refused.text()
        assert (refused.status, json.loads(told)["type"].rsplit(":", 1)[1]) == (status, slug)
        assert not any(str(value) in told for value in wrong.values() if isinstance(value, str) and len(value) > 2)


async def test_searching_too_often_says_when_it_goes_on(world: World) -> None:
    """429 with the day, as for too many signals."""
    world.professional("Anna")
    desk = replace(world.desk, limits=Limits(searches_missed_per_day=1))
    said = {
        "achternaam": "Velde",
        "geboortedatum": "2010-05-01",
        "geslacht": "V",
        "postcode": "1011AB",
        "huisnummer": 1,
    }
    known: set[str] = set()
    server = TestServer(door(desk, _status, TOKEN, lambda: frozenset(known)))
    async with TestClient(server) as opened:
        known.add(f"127.0.0.1:{server.port}")
        first = await opened.post("/api/signalen/op-naam", json=said, headers=headers())
        second = await opened.post("/api/signalen/op-naam", json=said, headers=headers())

        assert (first.status, second.status) == (409, 429)
        assert (await second.json())["weerVanaf"] == "2026-03-10T23:00:00+00:00"
