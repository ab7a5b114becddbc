"""The routes of who runs the node: lists with a dry run, persons, excluded addresses, the night; and removal."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from node.flows.register_signal import register_signal
from node.web.door import MOST_BYTES
from node.web.lists import LISTS
from tests.bringing_in import operator
from tests.node.flows.test_people_and_organisations import last_line
from tests.open_door import TOKEN, Door, open_door
from tests.region import World, made_up_bsn, officer

YOUTH = made_up_bsn(0)
ORGANISATIONS = "organisatie,categorie,soort\nDe Brug,jeugdhulpaanbieder,wijkteam\n"


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door on a free port, in a region where Rik runs the node and Anna works."""
    await operator(world.desk)
    world.professional("Anna")
    async with open_door(world.desk) as opened:
        yield opened


async def post(
    client: Door, path: str, content: bytes, kind: str = "text/csv", who: str = "rik"
) -> tuple[int, dict[str, Any]]:
    """One request that changes something: the status and what was answered."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Professional": who.replace(" ", "%20")}
    answer = await client.post(path, data=content, headers=headers)
    return answer.status, await answer.json(content_type=None) if answer.status != 204 else {}


async def test_a_list_is_tried_and_then_kept_with_who_did_it(world: World, client: Door) -> None:
    """B2: the log says which operator; the dry run keeps nothing."""
    before = world.rows("organisation")
    tried = await post(client, "/api/lijsten/organisaties/proef", ORGANISATIONS.encode())
    assert tried == (200, {"regels": 1, "veranderd": 1, "bewaard": False})
    assert world.rows("organisation") == before

    kept = await post(client, "/api/lijsten/organisaties", ORGANISATIONS.encode())

    assert kept == (200, {"regels": 1, "veranderd": 1, "bewaard": True})
    assert world.rows("organisation") == before + 1
    assert "by" in last_line(world, "organisations.imported")


@pytest.mark.parametrize("path", ["/api/lijsten/organisaties", "/api/lijsten/organisaties/proef"])
async def test_wrong_lines_are_told_by_number_and_nothing_is_kept(world: World, client: Door, path: str) -> None:
    """What stood there is not repeated."""
    before = world.rows("organisation")
    status, said = await post(client, path, (ORGANISATIONS + "Iets,onzin,wijkteam\n").encode())

    assert (status, [each["regel"] for each in said["regels"]]) == (400, [3])
    assert "onzin" not in str(said)
    assert world.rows("organisation") == before


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'organisatie\n"no end\n'])
@pytest.mark.parametrize("of", [*LISTS, "personen", "uitgesloten-adressen"])
async def test_what_is_no_list_is_refused_whatever_list_it_should_be(client: Door, of: str, content: bytes) -> None:
    """No text, or a value without an end: a clear refusal, never a failure."""
    status, said = await post(client, f"/api/lijsten/{of}", content)

    assert status == 400
    assert said["type"].rsplit(":", 1)[1] in ("bestand", "regels")


async def test_only_who_runs_the_node_brings_lists_in_or_sees_the_night(world: World, client: Door) -> None:
    """A right asked before anything else, for each of them."""
    homes, persons = "postcode,huisnummer\n1012AB,1\n", f"bsn,naam\n{YOUTH.reveal()},Noor de Vries\n"
    files = (("organisaties", ORGANISATIONS), ("personen", persons), ("uitgesloten-adressen", homes))
    for of, content in (*files, ("uitgesloten-adressen/proef", homes), ("organisaties/proef", ORGANISATIONS)):
        assert (of, (await post(client, f"/api/lijsten/{of}", content.encode(), who="Anna"))[0]) == (of, 403)
    headers = {"Authorization": f"Bearer {TOKEN}", "Professional": "Anna"}
    assert (await client.get("/api/bewaartermijnen", headers=headers)).status == 403
    assert (world.rows("excluded_home"), world.rows("register_person")) == (0, 0)


async def test_a_list_that_nobody_knows_and_one_that_is_too_large(client: Door) -> None:
    """A larger body than a form is for files alone."""
    assert (await post(client, "/api/lijsten/boodschappen", b"a\n"))[0] == 404
    assert (await post(client, "/api/afspraken", b"{" + b" " * MOST_BYTES, "application/json"))[0] == 413
    assert (await post(client, "/api/lijsten/organisaties", b"{}", "application/json"))[0] == 415


async def test_persons_excluded_addresses_and_the_night(world: World, client: Door) -> None:
    """Jeugdwet 7.1.2.3(1)d, 7.1.4.6: counts come back, and nobody."""
    persons = f"bsn,naam,geboortedatum\n{YOUTH.reveal()},Noor de Vries,2010-05-01\n"
    assert await post(client, "/api/lijsten/personen", persons.encode()) == (200, {"personen": 1, "aangevuld": 0})
    homes = b"postcode,huisnummer\n1012AB,1\n"
    would = await post(client, "/api/lijsten/uitgesloten-adressen/proef", homes)
    done = await post(client, "/api/lijsten/uitgesloten-adressen", homes)
    headers = {"Authorization": f"Bearer {TOKEN}", "Professional": "rik"}
    night = await (await client.get("/api/bewaartermijnen", headers=headers)).json()

    assert would == (200, {"nieuw": 1, "eraf": 0, "blijft": 0})
    assert (done[0], done[1]["nieuw"], world.rows("excluded_home")) == (200, 1, 1)
    assert (night["dag"], night["signalen"]) == (world.desk.today().isoformat(), [])


async def test_a_privacy_officer_removes_a_signal_and_nobody_else_does(world: World, client: Door) -> None:
    """AVG 17, Jeugdwet 7.1.4.6(1): who runs the node does not, who has the role for the gemeente does, once."""
    signal = (await register_signal(world.desk, world.professional("Bram"), world.person(YOUTH))).signal
    officer(world)
    path, body = f"/api/signalen/{signal.id}/verwijderen-op-verzoek", b'{"grond": "AVG17"}'

    refused = await post(client, path, body, "application/json")
    removed = await post(client, path, body, "application/json", "privacy officer 0363")
    again = await post(client, path, body, "application/json", "privacy officer 0363")

    assert (refused[0], removed[0], again[0]) == (403, 204, 404)
    assert world.rows("signal") == 0


@pytest.mark.parametrize(
    "path",
    ["organisaties", "organisaties/proef", "personen", "uitgesloten-adressen", "uitgesloten-adressen/proef"],
)
async def test_the_right_is_asked_before_the_list(client: Door, path: str) -> None:
    """B2: whoever may not bring a list in does not hear whether it could be read."""
    assert (await post(client, f"/api/lijsten/{path}", b"x;y\n", who="Anna"))[0] == 403
    assert (await post(client, f"/api/lijsten/{path}", b"x", "application/pdf", who="Anna"))[0] == 403
