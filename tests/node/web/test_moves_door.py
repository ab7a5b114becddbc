"""The door for the coördinator of a gemeente: a list without persons, and one move read by name."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from node.domain.moves import Gemeenten
from node.domain.rights import Role
from node.flows.register_signal import register_signal
from node.flows.report_move import report_move
from soap_wsdl.vocabulary import Oin
from tests.open_door import Door, headers, open_door
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
OWN = Oin("00000099000000000101")


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """A youth signalled by Anna moved to 0363, whose coördinator is Coen; Bram is a professional, Dirk of elsewhere."""
    desk = replace(world.desk, gemeenten=Gemeenten(OWN, {"0363": OWN}))
    for name in ("Anna", "Bram"):
        world.professional(name)
    await register_signal(desk, world.professional("Anna"), YOUTH)
    world.granted("Coen", Role.COORDINATOR, "0363")
    world.granted("Dirk", Role.COORDINATOR, "0518")
    desk.db.write_now(lambda tx: report_move(tx, desk, YOUTH, "0363", OWN, desk.today()))
    async with open_door(desk) as opened:
        yield opened


async def test_a_coordinator_lists_and_reads_a_move(client: Door) -> None:
    """The list has no number in it; the move itself has, because the regievoerder must know whom it is about."""
    listed = await (await client.get("/api/verhuizingen", headers=headers("Coen"))).json()
    [move] = listed["verhuizingen"]

    read = await (await client.get(f"/api/verhuizingen/{move['id']}", headers=headers("Coen"))).json()

    assert YOUTH.reveal() not in json.dumps(listed)
    assert (read["bsn"], read["gemeente"], read["regio"]) == (YOUTH.reveal(), "0363", "Amsterdam")
    assert [each["naam"] for each in read["betrokkenen"]] == ["Anna"]


async def test_for_the_coordinator_of_another_gemeente_a_move_does_not_exist(client: Door) -> None:
    """The same answer as for one that never was."""
    [move] = (await (await client.get("/api/verhuizingen", headers=headers("Coen"))).json())["verhuizingen"]

    hidden = await client.get(f"/api/verhuizingen/{move['id']}", headers=headers("Dirk"))
    unknown = await client.get("/api/verhuizingen/none", headers=headers("Coen"))
    listed = await (await client.get("/api/verhuizingen", headers=headers("Dirk"))).json()

    assert (hidden.status, unknown.status) == (404, 404)
    assert await hidden.json() == await unknown.json()
    assert listed == {"verhuizingen": []}


@pytest.mark.parametrize(("who", "told"), [("Bram", "niet-toegestaan"), ("Niemand", "professional-onbekend")])
async def test_who_is_no_coordinator_has_no_moves_at_all(client: Door, who: str, told: str) -> None:
    """B2: it takes the role, and a profile gives none."""
    for path in ("/api/verhuizingen", "/api/verhuizingen/5a0c6f2e-6d6b-4c1e-9d6f-0c6f3f0a7b11"):
        refused = await client.get(path, headers=headers(who))

        assert refused.status == 403
        assert (await refused.json())["type"].endswith(told)


async def test_the_reporter_sees_on_the_signal_that_the_youth_moved(client: Door) -> None:
    """Jeugdwet 7.1.2.3(1)g."""
    listed = await (await client.get("/api/signalen", headers=headers("Anna"))).json()

    assert [each["verhuisd"] for each in listed["signalen"]] == [{"op": "2026-03-10", "gemeente": "0363"}]
