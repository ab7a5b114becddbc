"""The routes of who holds a granted role: organisations, agreements, designations, substitutes for others, roles."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger import Tx
from node.domain.rights import Role
from node.flows.register_signal import register_signal
from node.store import humans, organisations, roles
from tests.open_door import Door, headers, open_door
from tests.region import NOW, World, made_up_bsn


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door, with Anna and Bram of one organisation, Karin who coordinates there, and two who have no profile."""
    for name in ("Anna", "Bram", "Karin"):
        world.professional(name, organisation="Levvel")

    def appoint(tx: Tx) -> None:
        one, two = (humans.enter(tx, each, world.desk.new_id) for each in ("een", "twee"))
        place = str(organisations.named(tx, "Levvel").id)
        for who, role, where in (
            ("Karin", Role.INSTELLINGSCOORDINATOR, place),
            ("Rekenaar", Role.ACCOUNTHOUDER, "0363"),
            ("Beheer", Role.REGIOBEHEERDER, ""),
            ("Beheer2", Role.REGIOBEHEERDER, ""),
        ):
            person = humans.enter(tx, who, world.desk.new_id)
            roles.confirm(tx, roles.ask(tx, person, role, where, one, NOW), two, NOW, world.desk.today())

    world.desk.db.write_now(appoint)
    async with open_door(world.desk) as opened:
        yield opened


async def post(client: Door, path: str, who: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer; an empty body is an empty one."""
    answer = await client.post(path, json=body, headers=headers(who))
    return answer.status, await answer.json(content_type=None) if answer.content_length else {}


async def ids(client: Door) -> dict[str, str]:
    """The id of each colleague of Karin, by name."""
    found = await (await client.get("/api/collegas", headers=headers("Karin"))).json()
    return {one["naam"]: one["id"] for one in found["collegas"]}


async def test_an_accounthouder_ends_and_signs_agreements_and_sees_them(client: Door) -> None:
    """Jeugdwet 7.1.3.1, G1 and G2: from the day of the end nobody signals there; new agreements open it again."""
    over = {"organisatie": "Levvel", "gemeente": "0363"}
    assert await post(client, "/api/afspraken/beeindigen", "Rekenaar", over) == (204, {})
    again = {"organisatie": "Levvel", "gemeente": "0363", "ondertekendOp": "2026-03-10", "document": "2026-17"}
    status, made = await post(client, "/api/afspraken", "Rekenaar", again)

    seen = await (await client.get("/api/organisaties", headers=headers("Rekenaar"))).json()

    assert (status, set(made)) == (201, {"id"})
    levvel = next(one for one in seen["organisaties"] if one["naam"] == "Levvel")
    assert [(one["gemeente"], one["document"]) for one in levvel["afspraken"]] == [("0363", "2026-17")]


async def test_a_gemeente_that_is_not_ones_own_is_refused_and_one_that_is_unknown_is_named_so(client: Door) -> None:
    """A right is for a place: 0518 is another accounthouder's, and nobody has 9999."""
    for gemeente, slug in (("0518", "niet-toegestaan"), ("9999", "gemeente-onbekend")):
        body = {"organisatie": "Levvel", "gemeente": gemeente, "ondertekendOp": "2026-03-10", "document": "2026-17"}
        _, said = await post(client, "/api/afspraken", "Rekenaar", body)
        assert said["type"].endswith(slug)
    body = {"organisatie": "Wie?", "gemeente": "0363", "ondertekendOp": "2026-03-10", "document": "2026-17"}
    status, said = await post(client, "/api/afspraken", "Rekenaar", body)
    assert (status, said["type"].rsplit(":", 1)[1], "Wie?" in str(said)) == (409, "organisatie-onbekend", False)


async def test_who_coordinates_designates_and_ends_that(client: Door) -> None:
    """O2: the profile shows it at once, and Karin does it at her own organisation alone."""
    bram = (await ids(client))["Bram"]
    assert (await post(client, f"/api/collegas/{bram}/aanwijzing-beeindigen", "Karin", {}))[0] == 204
    own = await (await client.get("/api/profiel", headers=headers("Bram"))).json()
    assert own["aangewezen"] is False
    twice, said = await post(client, f"/api/collegas/{bram}/aanwijzing-beeindigen", "Karin", {})
    assert (twice, said["type"].rsplit(":", 1)[1]) == (409, "niets-te-beeindigen")

    assert (await post(client, f"/api/collegas/{bram}/aanwijzen", "Karin", {"tot": "2026-12-01"}))[0] == 204

    own = await (await client.get("/api/profiel", headers=headers("Bram"))).json()
    assert own["aangewezen"] is True
    refused, _ = await post(client, f"/api/collegas/{bram}/aanwijzen", "Anna", {})
    assert refused == 403


async def test_who_coordinates_arranges_a_substitute_for_somebody_who_is_away(client: Door) -> None:
    """P26: Anna is ill and cannot do it herself."""
    known = await ids(client)
    body = {"vervanger": known["Bram"], "van": "2026-03-10", "tot": "2026-04-01"}
    status, made = await post(client, f"/api/collegas/{known['Anna']}/vervangers", "Karin", body)
    own = await (await client.get("/api/profiel", headers=headers("Bram"))).json()
    assert (status, [one["naam"] for one in own["vervangingen"]]) == (201, ["Anna"])

    path = f"/api/collegas/{known['Anna']}/vervangers/{made['nummer']}/beeindigen"
    assert (await post(client, path, "Bram"))[0] == 403
    assert (await post(client, path, "Karin"))[0] == 204


async def test_names_change_for_who_may_and_the_earlier_name_stays_known(client: Door) -> None:
    """O8; a team without a location is no place at all."""
    done = await post(client, "/api/organisaties/naam", "Karin", {"organisatie": "Levvel", "naam": "Levvel Jeugd"})
    seen = await (await client.get("/api/organisaties", headers=headers("Karin"))).json()
    assert done == (204, {})
    assert [one["eerdereNamen"] for one in seen["organisaties"] if one["naam"] == "Levvel Jeugd"] == [["Levvel"]]

    body = {"organisatie": "Levvel", "team": "Noord", "naam": "Zuid"}
    assert (await post(client, "/api/organisaties/naam", "Karin", body))[0] == 400
    assert (await client.get("/api/organisaties", headers=headers("Anna"))).status == 403


async def test_organisations_and_locations_go_into_one_another(world: World, client: Door) -> None:
    """O8: who may rename at both does it; who coordinates one of them alone does not, and nothing goes into itself."""
    chris = world.professional("Chris", organisation="Stek", location="Noord")
    world.professional("Dirk", organisation="Stek", location="Zuid")
    await register_signal(world.desk, chris, made_up_bsn(0))
    path, into = "/api/organisaties/samenvoegen", {"vervalt": "Stek", "blijft": "Levvel"}

    assert (await post(client, path, "Karin", into))[0] == 403
    assert (await post(client, path, "Beheer", {"vervalt": "Stek", "blijft": "Stek"}))[0] == 400
    locations = {"organisatie": "Stek", "vervalt": "Noord", "blijft": "Zuid"}
    assert await post(client, path, "Beheer", locations) == (200, {"signalen": 1})
    assert await post(client, path, "Beheer", into) == (200, {"signalen": 1})

    seen = await (await client.get("/api/organisaties", headers=headers("Beheer"))).json()
    assert [(one["naam"], one["eerdereNamen"]) for one in seen["organisaties"]] == [("Levvel", ["Stek"])]
    assert world.rows("location") == 2


async def test_a_role_takes_two_people_and_a_third(client: Door) -> None:
    """B2: who asks cannot confirm, who receives can do neither, and the list shows what waits."""
    wanted = {"voor": "Leo", "rol": "logbeheerder"}
    status, asked = await post(client, "/api/rollen", "Beheer", wanted)
    path = f"/api/rollen/{asked['nummer']}"
    assert status == 201
    assert (await post(client, f"{path}/bevestigen", "Beheer"))[1]["type"].endswith("twee-mensen")
    listed = await (await client.get("/api/rollen", headers=headers("Beheer2"))).json()
    assert [one["sinds"] for one in listed["rollen"] if one["nummer"] == asked["nummer"]] == [None]

    assert (await post(client, f"{path}/bevestigen", "Beheer2"))[0] == 204

    own = await (await client.get("/api/rollen", headers=headers("Leo"))).json()
    assert [(one["rol"], one["sinds"]) for one in own["rollen"]] == [("logbeheerder", "2026-03-10")]
    assert (await post(client, f"{path}/beeindigen", "Leo"))[0] == 403
    assert (await post(client, f"{path}/beeindigen", "Beheer2"))[0] == 204
    assert (await post(client, f"{path}/beeindigen", "Beheer2"))[0] == 404


async def test_the_door_never_names_a_first_regiobeheerder(world: World, client: Door) -> None:
    """Only at the node's own command line, while there are fewer than two: this door is no start."""

    def nobody_holds_any(tx: Tx) -> None:
        for grant in roles.every(tx):
            roles.end(tx, grant.number, world.desk.today())

    world.desk.db.write_now(nobody_holds_any)
    for who in ("Anna", "Beheer"):
        refused, _ = await post(client, "/api/rollen", who, {"voor": "Nieuw", "rol": "regiobeheerder"})
        assert refused == 403
    unknown, said = await post(client, "/api/rollen", "Wildvreemde", {"voor": "Nieuw", "rol": "regiobeheerder"})
    assert (unknown, said["type"].rsplit(":", 1)[1]) == (403, "professional-onbekend")


async def test_a_role_or_place_that_does_not_exist_is_refused_without_repeating_it(client: Door) -> None:
    """What was sent never comes back."""
    for body in ({"voor": "Leo", "rol": "keizer"}, {"voor": "Leo", "rol": "accounthouder", "gemeente": "nul"}):
        status, said = await post(client, "/api/rollen", "Beheer", body)
        assert (status, "keizer" in str(said), "nul" in str(said)) == (400, False, False)
    needs_place, _ = await post(client, "/api/rollen", "Beheer", {"voor": "Leo", "rol": "accounthouder"})
    assert needs_place == 400


async def test_who_coordinates_needs_no_profile_here(world: World, client: Door) -> None:
    """O3, O4, O5: the role is enough to find colleagues, correct their data, and let them go."""
    lotte = world.granted("Lotte", Role.INSTELLINGSCOORDINATOR, levvel(world))
    assert lotte
    staff = await (await client.get("/api/medewerkers", headers=headers("Lotte"))).json()
    assert [(one["naam"], one["magSignaleren"]) for one in staff["medewerkers"]] == [
        ("Anna", True),
        ("Bram", True),
        ("Karin", True),
    ]
    bram = next(one["id"] for one in staff["medewerkers"] if one["naam"] == "Bram")

    signals = await client.get(f"/api/collegas/{bram}/signalen", headers=headers("Lotte"))
    changed, _ = await post(client, f"/api/collegas/{bram}/contactgegevens", "Lotte", {"telefoon": "020 7654321"})
    gone, _ = await post(client, f"/api/collegas/{bram}/vertrek", "Lotte", {"signalen": {}})

    left = await (await client.get("/api/medewerkers", headers=headers("Lotte"))).json()
    assert ((await signals.json())["signalen"], changed, gone) == ([], 204, 204)
    assert [one["naam"] for one in left["medewerkers"]] == ["Anna", "Karin"]
    assert (await client.get("/api/medewerkers", headers=headers("Anna"))).status == 403


def levvel(world: World) -> str:
    """The id of the organisation, as the place of a role."""
    return str(world.desk.db.read_now(lambda tx: organisations.named(tx, "Levvel").id))
