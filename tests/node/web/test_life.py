"""The routes of a signal's life after it was made."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.open_door import TOKEN, Door, open_door
from tests.region import World, confirmed, made_up_bsn

YOUTH = made_up_bsn(0)


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door on a free port."""
    async with open_door(world.desk) as opened:
        yield opened


async def post(client: Door, who: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """One request that changes something: the status and what was answered."""
    answer = await client.post(path, json=body, headers=_headers(who))
    return answer.status, await answer.json(content_type=None) if answer.status != 204 else {}


async def get(client: Door, who: str, path: str) -> dict[str, Any]:
    """One question: what was answered."""
    said: dict[str, Any] = await (await client.get(path, headers=_headers(who))).json(content_type=None)
    return said


def _headers(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "Professional": who}


async def signalled(client: Door, who: str, born: str = "2010-05-01") -> dict[str, Any]:
    """This professional signals the youth."""
    _, said = await post(client, who, "/api/signalen", confirmed(YOUTH, born))
    return said


async def test_a_match_is_marked_and_the_mark_taken_back(world: World, client: Door) -> None:
    """Both parties see it; an unknown word, an unknown match and a day to come are refused."""
    world.professional("Anna")
    world.professional("Bram")
    await signalled(client, "Anna")
    match = (await signalled(client, "Bram"))["matches"][0]["id"]
    status, said = await post(client, "Bram", f"/api/matches/{match}/markeren", {"markering": "contact opgenomen"})
    assert (status, said["op"]) == (200, "2026-03-10")

    [mine] = (await get(client, "Bram", "/api/matches"))["matches"]
    [theirs] = (await get(client, "Anna", "/api/matches"))["matches"]
    expected = {"contactOpgenomenOp": "2026-03-10", "afgestemdOp": None}
    assert mine["eigenMarkering"] == theirs["markeringAnder"] == expected
    path = f"/api/matches/{match}"
    assert (await post(client, "Anna", f"{path}/markeren", {"markering": "afgestemd"}))[0] == 404
    assert (await post(client, "Bram", "/api/matches/1/markeren", {"markering": "afgestemd"}))[0] == 404
    assert (await post(client, "Bram", f"{path}/markeren", {"markering": "gezellig"}))[0] == 400
    assert (await post(client, "Bram", f"{path}/markeren", {"markering": "afgestemd", "op": "2026-03-11"}))[0] == 400
    assert (await post(client, "Bram", f"{path}/markering-intrekken", {"markering": "contact opgenomen"}))[0] == 204
    [after] = (await get(client, "Anna", "/api/matches"))["matches"]
    assert after["markeringAnder"]["contactOpgenomenOp"] is None


async def test_informing_is_recorded_postponed_and_listed(world: World, client: Door) -> None:
    """Enumerations and days only: there is no field for a text."""
    world.professional("Anna")
    world.person(YOUTH, "2013-01-01")
    path = f"/api/signalen/{(await signalled(client, 'Anna', '2013-01-01'))['id']}"
    late = {"grond": "veiligheid", "opnieuwBekijkenOp": "2026-05-01"}
    status, said = await post(client, "Anna", f"{path}/informeren-uitstellen", late)
    assert (status, said["stand"], said["uitgesteld"]) == (200, "uitgesteld", late)
    told = {"wie": ["vertegenwoordiger"], "op": "2026-03-09", "wijze": "brief"}
    await post(client, "Anna", f"{path}/informeren", told)

    [listed] = (await get(client, "Anna", "/api/informeren"))["signalen"]
    assert (listed["teInformeren"], listed["geinformeerd"]) == (
        ["jeugdige"],
        [{"wie": "vertegenwoordiger", "op": "2026-03-09", "wijze": "brief"}],
    )
    assert (await post(client, "Anna", f"{path}/informeren", {**told, "toelichting": "boos"}))[0] == 400
    assert (await post(client, "Anna", f"{path}/informeren", {**told, "wijze": "via oma"}))[0] == 400
    assert (await post(client, "Anna", f"{path}/informeren", {**told, "wie": []}))[0] == 400
    status, done = await post(client, "Anna", f"{path}/informeren", {**told, "wie": ["jeugdige"]})
    assert (status, done["stand"]) == (200, "geïnformeerd")


async def test_what_ends_soon_is_listed_and_renewed(world: World, client: Door) -> None:
    """A renewal answers as a new signal does; too early it says from when."""
    world.professional("Anna", months=6)
    first = (await signalled(client, "Anna"))["id"]
    path = f"/api/signalen/{first}/vernieuwen"
    status, said = await post(client, "Anna", path, {"looptijdMaanden": 12})
    assert (status, said["vanaf"]) == (409, "2026-08-11")
    world.later(days=160)

    [listed] = (await get(client, "Anna", "/api/aflopend"))["signalen"]
    assert (listed["signaal"], listed["herinnering"], listed["kanVernieuwen"]) == (first, 30, True)
    status, said = await post(client, "Anna", path, {"looptijdMaanden": 12})
    assert (status, said["landelijk"], said["geldigTot"]) == (201, "onderweg", "2027-08-17")
    assert (await get(client, "Anna", "/api/aflopend"))["signalen"] == []
    assert (await post(client, "Anna", path, {}))[0] == 409


async def test_an_earlier_signal_is_listed_and_fetched_once(world: World, client: Door) -> None:
    """The second time it is gone, and so is an id that nobody gave out."""
    world.professional("Anna")
    world.professional("Bram")
    old = (await signalled(client, "Anna"))["id"]
    await post(client, "Anna", f"/api/signalen/{old}/beeindigen", {"reden": "RISICO_WEG"})
    path = f"/api/signalen/{(await signalled(client, 'Bram'))['id']}/archief"
    world.later(minutes=15)
    [earlier] = (await get(client, "Bram", path))["eerder"]
    status, said = await post(client, "Bram", f"{path}/{earlier['id']}/ophalen")

    assert earlier == {
        "id": earlier["id"],
        "andereRegio": None,
        "opgehaald": False,
        "beschikbaar": True,
        "mogelijk": False,
    }
    assert (status, said["naam"], said["beeindigdOp"], said["mogelijk"]) == (200, "Anna", "2026-03-10", False)
    for unknown in (earlier["id"], "12", "00000000-0000-4000-8000-000000000077"):
        assert (await post(client, "Bram", f"{path}/{unknown}/ophalen"))[0] == 410
    assert (await post(client, "Anna", f"{path}/{earlier['id']}/ophalen"))[0] == 404
