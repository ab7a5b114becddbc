"""Which routes answer a profile that left, and one that is designated no more: each route of the door is asked."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import pytest

from node.flows.depart import depart
from node.flows.designate import end_designation
from node.flows.register_signal import register_signal
from tests.node.flows.test_people_and_organisations import LEVVEL, coordinator
from tests.open_door import TOKEN, Door, open_door
from tests.region import World, made_up_bsn

FOR_ALL = frozenset({"/api/status"})
"""Answers that are about nobody: how the node stands."""
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Asked:
    """The door of a region in which Anna and Bram work at one organisation, and Anna signalled one youth."""

    world: World
    client: Door
    signal: str
    match: str
    bram: str

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """The status, and what kind of problem it is."""
        shown = {"Authorization": f"Bearer {TOKEN}", "Professional": "Anna", "Content-Type": "application/json"}
        answer = await self.client.request(method, path, data=json.dumps(body or {}), headers=shown)
        text = await answer.text()
        kind = json.loads(text).get("type", "").rpartition(":")[2] if text else ""
        return answer.status, kind


@pytest.fixture
async def asked(world: World) -> AsyncIterator[Asked]:
    """The door on a free port."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL)
    signal = (await register_signal(world.desk, anna, made_up_bsn(0), 6)).signal
    met = await register_signal(world.desk, world.professional("Dirk"), made_up_bsn(0))
    async with open_door(world.desk) as client:
        [row] = world.desk.db.read_now(
            lambda tx: tx.all("SELECT match_id FROM match WHERE signal_id = ?", (str(signal.id),))
        )
        assert len(met.matches) == 1
        yield Asked(world, client, str(signal.id), row["match_id"], str(bram))


async def test_a_profile_that_left_is_served_by_no_route(asked: Asked) -> None:
    """O4: whatever route there is or comes; only what is about nobody is answered."""
    world = asked.world
    signal = world.desk.db.read_now(lambda tx: tx.all("SELECT signal_id FROM signal ORDER BY made_at"))
    await depart(world.desk, coordinator(world), "Anna", {}, others_to="Bram")
    assert len(signal) == 2
    routes = {
        (route.method, re.sub(r"\{\w+\}", NOBODY, route.resource.canonical))
        for route in asked.client.app.router.routes()
        if route.resource is not None and route.method in ("GET", "POST")
    }

    answers = {(method, path): await asked.ask(method, path) for method, path in sorted(routes) if path not in FOR_ALL}

    assert len(answers) > 20
    assert {where: said for where, said in answers.items() if said != (403, "zelf-vertrokken")} == {}


async def test_without_a_designation_one_reads_and_ends_and_makes_nothing_new(asked: Asked) -> None:
    """Jeugdwet 7.1.1.2(1)c: route by route; ending comes last, because then nothing is left to read."""
    world, own = asked.world, f"/api/signalen/{asked.signal}"
    await end_designation(world.desk, coordinator(world), "Anna", date(2026, 3, 10))
    world.later(days=165)
    refused = (403, "niet-aangewezen")
    table: list[tuple[str, str, object, tuple[int, str]]] = [
        ("GET", "/api/signalen", None, (200, "")),
        ("GET", own, None, (200, "")),
        ("GET", "/api/matches", None, (200, "")),
        ("GET", "/api/aflopend", None, (200, "")),
        ("GET", "/api/informeren", None, (200, "")),
        ("GET", f"{own}/archief", None, (200, "")),
        ("GET", "/api/profiel", None, (200, "")),
        ("GET", "/api/collegas", None, (200, "")),
        ("POST", f"{own}/verlengen", {"looptijdMaanden": 12}, refused),
        ("POST", f"{own}/vernieuwen", {}, refused),
        ("POST", f"/api/matches/{asked.match}/markeren", {"markering": "afgestemd"}, (200, "")),
        ("POST", f"{own}/informeren-uitstellen", {"grond": "veiligheid", "opnieuwBekijkenOp": "2026-09-01"}, (200, "")),
        ("POST", "/api/vervangers", {"vervanger": asked.bram, "van": "2026-08-22", "tot": "2026-08-30"}, (201, "")),
        ("POST", f"{own}/beeindigen", {"reden": "RISICO_WEG"}, (204, "")),
    ]

    answers = [(method, path, await asked.ask(method, path, body)) for method, path, body, _ in table]

    assert answers == [(method, path, expected) for method, path, _, expected in table]
