"""The routes about who a youth is: without a BSN, the BSN later, confirming once more. Nothing is ever repeated."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from node.domain.confirming import Confirmation
from node.domain.person import BirthDate
from node.flows.complete_youth import complete_youths
from node.flows.register_confirmed import register_confirmed
from tests import region
from tests.node.web.test_door import Door, client, headers
from tests.region import World, made_up_bsn

__all__ = ["client"]
YOUTH = made_up_bsn(0)
THREE = {"achternaam": "van Zonderling", "geboortedatum": "2010-05-01", "geslacht": "V"}
GIVEN = {"bsn": YOUTH.reveal(), "geboortedatum": "2010-05-01", "achternaam": "zon"}


async def post(door: Door, who: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One request, and the answer."""
    answer = await door.post(path, json=body, headers=headers(who))
    return answer.status, await answer.json(content_type=None)


async def listed(door: Door, who: str) -> list[dict[str, Any]]:
    """One's own signals."""
    found: list[dict[str, Any]] = (await (await door.get("/api/signalen", headers=headers(who))).json())["signalen"]
    return found


async def test_from_a_possible_match_to_a_certain_one(world: World, client: Door) -> None:
    """Besluit Jeugdwet 7.3.1: the field `mogelijk` says what it is, and whether it is the same youth is not claimed."""
    world.professional("Anna")
    world.professional("Bram")
    status, first = await post(client, "Anna", "/api/signalen/zonder-bsn", THREE)
    _, second = await post(client, "Bram", "/api/signalen/zonder-bsn", {**THREE, "achternaam": "ZONDERLING"})

    assert (status, first["zonderBsn"], first["bevestiging"], first["persoonBekend"]) == (201, True, None, False)
    [match] = second["matches"]
    assert (match["soort"], match["mogelijk"], match["betreftZelfdeJeugdige"]) == ("client", True, None)
    assert [one["jeugdige"] for one in await listed(client, "Bram")] == ["ZONDERLING"]

    world.person(YOUTH, name="Noor Zonderling", surname="Zonderling")
    status, given = await post(client, "Anna", f"/api/signalen/{first['id']}/bsn", GIVEN)
    assert (status, given["zonderBsn"], given["bevestiging"], given["samengevoegd"]) == (200, False, "bevestigd", False)
    assert [match["status"] for match in (await listed(client, "Bram"))[0]["matches"]] == ["vervallen"]
    _, given = await post(client, "Bram", f"/api/signalen/{second['id']}/bsn", GIVEN)
    [match] = given["matches"]
    assert (match["mogelijk"], match["betreftZelfdeJeugdige"], match["status"]) == (False, True, "actief")
    status, said = await post(client, "Bram", f"/api/signalen/{second['id']}/bsn", GIVEN)
    assert (status, said["type"]) == (409, "urn:verwijsindex:probleem:heeft-bsn")


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"achternaam": "1234567"}, "veld"),
        ({"achternaam": "Зондерлинг"}, "veld"),
        ({"geboortedatum": "1-5-2010"}, "veld"),
        ({"geboortedatum": "2099-01-01"}, "veld"),
        ({"geslacht": "X"}, "http"),
        ({"geboortedatum": "2003-03-10"}, "23-of-ouder"),
    ],
)
async def test_what_does_not_fit_is_not_repeated(
    world: World, client: Door, body: dict[str, str], slug: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in the answer and not in the log."""
    world.professional("Anna")
    answer = await client.post("/api/signalen/zonder-bsn", json={**THREE, **body}, headers=headers())
    text = await answer.text()

    assert f"urn:verwijsindex:probleem:{slug}" in text
    for told in (text, "".join(capsys.readouterr())):
        assert not [value for value in (*body.values(), "Zonderling") if len(value) > 1 and value in told]


async def test_a_number_of_somebody_else_is_refused_in_words_that_tell_nothing(world: World, client: Door) -> None:
    """P13: neither which of the two is wrong, nor who it is."""
    world.professional("Anna")
    world.person(YOUTH, name="Kim Anders", surname="Anders")
    _, made = await post(client, "Anna", "/api/signalen/zonder-bsn", THREE)
    status, said = await post(client, "Anna", f"/api/signalen/{made['id']}/bsn", GIVEN)

    assert (status, said["type"]) == (409, "urn:verwijsindex:probleem:komt-niet-overeen")
    assert not [secret for secret in (*GIVEN.values(), "Anders") if secret in str(said)]


async def test_a_signal_that_turned_out_otherwise_shows_nobody_and_is_confirmed_again(
    world: World, client: Door
) -> None:
    """P2: what was said while the register was away is compared later; nothing is deleted, and nobody is shown."""
    anna = world.professional("Anna")
    away = replace(world.desk, people=region.RegisterAway())
    wrong = Confirmation(BirthDate(2010, 5, 2), "Zonderling")
    signal = (await register_confirmed(away, UUID(str(anna)), YOUTH, wrong)).signal
    waiting = await listed(client, "Anna")
    world.person(YOUTH, name="Noor Zonderling", surname="Zonderling")
    await complete_youths(world.desk)
    differing = await listed(client, "Anna")
    path = f"/api/signalen/{signal.id}/bevestigen"
    refused, _ = await post(client, "Anna", path, {"geboortedatum": "2010-05-02", "achternaam": "Zon"})
    status, said = await post(client, "Anna", path, {"geboortedatum": "2010-05-01", "achternaam": "Zon"})

    assert [(one["bevestiging"], one["jeugdige"]) for one in waiting] == [("wacht op register", None)]
    assert [(one["bevestiging"], one["jeugdige"]) for one in differing] == [("komt niet overeen", None)]
    assert ([one["geldigTot"] for one in waiting], [one["geldigTot"] for one in differing]) == (["2027-03-10"], [None])
    assert (refused, status, said["bevestiging"]) == (409, 200, "bevestigd")
    assert [one["jeugdige"] for one in await listed(client, "Anna")] == ["Noor Zonderling"]
