"""The routes about who works here: profile, colleagues, substitutes, leaving."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from ledger import Tx
from node.domain.rights import Role
from node.flows.register_signal import register_signal
from node.store import humans, organisations, roles
from tests.open_door import Door, headers, open_door
from tests.region import NOW, World, confirmed, made_up_bsn

YOUTH, OTHER = (made_up_bsn(n) for n in range(2))


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door on a free port, with Anna and Bram of one organisation, and Karin who coordinates there."""
    for name in ("Anna", "Bram", "Karin"):
        world.professional(name, organisation="Levvel")

    def appoint(tx: Tx) -> None:
        one, two, karin = (humans.enter(tx, each, world.desk.new_id) for each in ("een", "twee", "Karin"))
        place = str(organisations.named(tx, "Levvel").id)
        number = roles.ask(tx, karin, Role.INSTELLINGSCOORDINATOR, place, one, NOW)
        roles.confirm(tx, number, two, NOW, world.desk.today())

    world.desk.db.write_now(appoint)
    async with open_door(world.desk) as opened:
        yield opened


async def test_ones_own_profile_says_on_what_it_stands(client: Door) -> None:
    """Designation, agreements and roles; and new contact data are there at once."""
    own = await (await client.get("/api/profiel", headers=headers("Karin"))).json()
    assert (own["aangewezen"], own["gemeenten"]) == (True, ["0363"])
    assert [role["rol"] for role in own["rollen"]] == ["instellingscoördinator", "professional"]

    changed = await client.post("/api/profiel", json={"telefoon": "020 7654321"}, headers=headers("Karin"))
    assert (await changed.json())["telefoon"] == "020 7654321"
    wrong = await client.post("/api/profiel", json={"email": "geen adres"}, headers=headers("Karin"))
    assert (wrong.status, "geen adres" in await wrong.text()) == (400, False)


async def test_a_substitute_sees_the_signals_of_the_absent_one_with_their_name(world: World, client: Door) -> None:
    """P26: arranged by oneself with a colleague, and ended again."""
    listed = await (await client.get("/api/collegas", headers=headers("Anna"))).json()
    bram = next(one for one in listed["collegas"] if one["naam"] == "Bram")
    assert bram["magSignaleren"] is True
    await client.post("/api/signalen", json=confirmed(YOUTH), headers=headers("Anna"))
    body = {"vervanger": bram["id"], "van": "2026-03-10", "tot": "2026-04-01"}
    made = await client.post("/api/vervangers", json=body, headers=headers("Anna"))
    number = (await made.json())["nummer"]

    seen = await (await client.get("/api/signalen", headers=headers("Bram"))).json()
    assert [one["namens"] for one in seen["signalen"]] == ["Anna"]
    own = await (await client.get("/api/profiel", headers=headers("Bram"))).json()
    assert [(one["naam"], one["vervangtMij"]) for one in own["vervangingen"]] == [("Anna", False)]
    ended = await client.post(f"/api/vervangers/{number}/beeindigen", headers=headers("Anna"))
    assert ended.status == 204
    assert (await client.post("/api/vervangers/x/beeindigen", headers=headers("Anna"))).status == 409
    assert (await (await client.get("/api/signalen", headers=headers("Bram"))).json())["signalen"] == []


async def test_a_coordinator_lets_somebody_leave_with_a_plan_for_each_signal(world: World, client: Door) -> None:
    """O4, O5: sees which signals there are, not about whom; a plan that forgets one is refused with how many."""
    people = await (await client.get("/api/collegas", headers=headers("Karin"))).json()
    anna, bram = (next(one["id"] for one in people["collegas"] if one["naam"] == name) for name in ("Anna", "Bram"))
    for bsn in (YOUTH, OTHER):
        await register_signal(world.desk, world.professional("Anna", organisation="Levvel"), bsn)
    said = await client.get(f"/api/collegas/{anna}/signalen", headers=headers("Karin"))
    first, second = [one["id"] for one in (await said.json())["signalen"]]
    assert YOUTH.reveal() not in await said.text()

    path = f"/api/collegas/{anna}/vertrek"
    half = await client.post(path, json={"signalen": {first: {"naar": bram}}}, headers=headers("Karin"))
    assert (half.status, (await half.json())["signalen"]) == (409, 1)
    plan = {"signalen": {first: {"naar": bram}, second: {"reden": "RISICO_WEG"}}}
    assert (await client.post(path, json=plan, headers=headers("Bram"))).status == 403
    unclear = {"signalen": {first: {"naar": bram, "reden": "RISICO_WEG"}}}
    assert (await client.post(path, json=unclear, headers=headers("Karin"))).status == 400
    assert (await client.post(path, json=plan, headers=headers("Karin"))).status == 204

    taken = await (await client.get("/api/signalen", headers=headers("Bram"))).json()
    assert [one["id"] for one in taken["signalen"]] == [first]


async def test_a_plan_for_two_thousand_signals_fits_the_door(client: Door) -> None:
    """O4: it is read and judged, and not turned away for its size; any other body stays a form."""
    people = await (await client.get("/api/collegas", headers=headers("Karin"))).json()
    anna, bram = (next(one["id"] for one in people["collegas"] if one["naam"] == name) for name in ("Anna", "Bram"))
    plan = {"signalen": {str(UUID(int=serial)): {"naar": bram} for serial in range(2000)}}

    answer = await client.post(f"/api/collegas/{anna}/vertrek", json=plan, headers=headers("Karin"))
    assert (answer.status, (await answer.json())["type"]) == (404, "urn:verwijsindex:probleem:signaal-onbekend")
    large = await client.post("/api/profiel", json={"naam": "a" * 20_000}, headers=headers("Karin"))
    assert large.status == 413


async def test_all_signals_go_to_one_colleague(world: World, client: Door) -> None:
    """What the plan names goes its own way; the others go over with one word."""
    people = await (await client.get("/api/collegas", headers=headers("Karin"))).json()
    anna, bram = (next(one["id"] for one in people["collegas"] if one["naam"] == name) for name in ("Anna", "Bram"))
    made = [(await register_signal(world.desk, UUID(anna), bsn)).signal for bsn in (YOUTH, OTHER)]
    plan = {"signalen": {str(made[0].id): {"reden": "RISICO_WEG"}}, "overigeNaar": bram}

    answer = await client.post(f"/api/collegas/{anna}/vertrek", json=plan, headers=headers("Karin"))

    assert answer.status == 204
    taken = await (await client.get("/api/signalen", headers=headers("Bram"))).json()
    assert [one["id"] for one in taken["signalen"]] == [str(made[1].id)]


async def test_a_coordinator_corrects_contact_data_at_the_own_organisation_only(world: World, client: Door) -> None:
    """Jeugdwet 7.1.3.3."""
    dirk = world.professional("Dirk")
    people = await (await client.get("/api/collegas", headers=headers("Karin"))).json()
    anna = next(one["id"] for one in people["collegas"] if one["naam"] == "Anna")
    new = {"telefoon": "020 7654321"}

    right = await client.post(f"/api/collegas/{anna}/contactgegevens", json=new, headers=headers("Karin"))
    wrong = await client.post(f"/api/collegas/{dirk}/contactgegevens", json=new, headers=headers("Karin"))
    nobody = await client.post("/api/collegas/x/contactgegevens", json=new, headers=headers("Karin"))
    assert (right.status, wrong.status, nobody.status) == (204, 403, 404)
