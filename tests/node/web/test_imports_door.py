"""The routes of imports: a file is brought in, watched and stopped by who runs the node, and by nobody else."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from node.domain.bsn import passes_elfproef
from node.flows.register_signal import register_signal
from node.flows.work_through import work_on
from node.web.door import MOST_BYTES
from tests.bringing_in import operator
from tests.open_door import TOKEN, Door, open_door
from tests.region import World, made_up_bsn

YOUTH, BROTHER = made_up_bsn(0), made_up_bsn(1)
CSV, JSON = "text/csv", "application/json"


@pytest.fixture
async def client(world: World) -> AsyncIterator[Door]:
    """The door on a free port, in a region where Rik runs the node and Anna and Bram work."""
    await operator(world.desk)
    world.professional("Anna")
    world.professional("Bram")
    async with open_door(world.desk) as opened:
        yield opened


async def post(
    client: Door, path: str, content: str = "", kind: str = CSV, who: str | None = "rik"
) -> tuple[int, dict[str, Any]]:
    """One request that changes something: the status and what was answered."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind} | ({"Professional": who} if who else {})
    answer = await client.post(path, data=content.encode(), headers=headers)
    return answer.status, await answer.json(content_type=None)


async def get(client: Door, path: str, who: str = "rik") -> dict[str, Any]:
    """One question: what was answered."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Professional": who}
    said: dict[str, Any] = await (await client.get(path, headers=headers)).json(content_type=None)
    return said


def rows(*numbers: str) -> str:
    """A CSV file with signals of Anna."""
    return "bsn,kenmerk\n" + "".join(f"{number},Anna\n" for number in numbers)


async def test_a_file_comes_in_and_is_watched_to_its_end(world: World, client: Door) -> None:
    """CSV or JSON, which say the same: the second time it is known."""
    bram = (await get(client, "/api/profiel", "Bram"))["id"]
    await register_signal(world.desk, bram, YOUTH)
    status, taken = await post(client, "/api/imports", rows(YOUTH.reveal(), YOUTH.reveal(), BROTHER.reveal()))
    again, known = await post(
        client,
        "/api/imports",
        json.dumps([{"bsn": each.reveal(), "kenmerk": "Anna"} for each in (BROTHER, YOUTH, YOUTH)]),
        JSON,
    )

    await work_on(world.desk)
    shown = await get(client, "/api/imports/1/regels")
    own = await get(client, "/api/matches/uit-imports", "Bram")

    assert (status, taken["nummer"], taken["wachtend"], taken["alBekend"]) == (201, 1, 3, False)
    assert (again, known["nummer"], known["alBekend"]) == (200, 1, True)
    assert [taken["stand"], shown["import"]["stand"]] == ["bezig", "klaar"]
    assert (shown["import"]["gemaakt"], shown["import"]["dubbel"], shown["import"]["matchesInRegio"]) == (2, 1, None)
    assert shown["regels"] == [{"regel": 3, "uitkomst": "dubbel", "waarom": "U heeft al een signaal"}]
    assert [(one["nummer"], one["signalen"], len(one["matches"])) for one in own["imports"]] == [(1, 0, 1)]
    assert [one["nummer"] for one in (await get(client, "/api/imports"))["imports"]] == [1]


async def test_matches_are_counted_for_who_runs_the_node_of_many_signals_alone(world: World, client: Door) -> None:
    """P13: of a few it would tell whether others signalled; and only once it is over, not line by line."""
    bram = (await get(client, "/api/profiel", "Bram"))["id"]
    await register_signal(world.desk, bram, YOUTH)
    await post(client, "/api/imports", rows(*(made_up_bsn(n).reveal() for n in range(50))))
    running = await get(client, "/api/imports/1")
    await work_on(world.desk)

    over = await get(client, "/api/imports/1")

    assert (running["matchesInRegio"], over["gemaakt"], over["matchesInRegio"]) == (None, 50, 1)


async def test_a_file_larger_than_a_form_comes_in(world: World, client: Door) -> None:
    """Other routes take a form and no more; this one takes a file."""
    numbers = [number for number in map(str, range(999900000, 999922000)) if passes_elfproef(number)]
    content = rows(*numbers)
    assert len(content) > MOST_BYTES

    status, said = await post(client, "/api/imports", content)

    assert (status, said["regels"]) == (201, len(numbers))


async def test_wrong_lines_are_told_and_nothing_is_taken_in(world: World, client: Door) -> None:
    """By number, never what stood there."""
    wrong = YOUTH.reveal()[::-1]

    status, said = await post(client, "/api/imports", rows(wrong, BROTHER.reveal()))
    unreadable, told = await post(client, "/api/imports", "[1,", JSON)

    assert (status, said["regels"]) == (400, [{"regel": 2, "waarom": "This is not a BSN."}])
    assert wrong not in json.dumps(said)
    assert (unreadable, told["type"]) == (400, "urn:verwijsindex:probleem:bestand")
    assert world.rows("import_run") == 0


async def test_an_import_is_paused_resumed_and_cancelled_at_the_door(world: World, client: Door) -> None:
    """And what is over stays over."""
    await post(client, "/api/imports", rows(YOUTH.reveal()))

    said = [(await post(client, f"/api/imports/1/{do}"))[1]["stand"] for do in ("pauzeren", "hervatten", "annuleren")]

    assert said == ["gepauzeerd", "bezig", "geannuleerd"]
    assert (await post(client, "/api/imports/1/hervatten"))[0] == 409
    assert world.rows("import_block") == 0


@pytest.mark.parametrize("number", ["2", "x", "-1", "9" * 30])
async def test_an_import_that_is_not_there_is_unknown(client: Door, number: str) -> None:
    """Whatever stands in the address."""
    assert (await get(client, f"/api/imports/{number}"))["status"] == 404


@pytest.mark.parametrize(("who", "status"), [("Anna", 403), ("nobody", 403), (None, 403)])
async def test_only_who_runs_the_node_brings_in(world: World, client: Door, who: str | None, status: int) -> None:
    """B2: no professional does."""
    assert (await post(client, "/api/imports", rows(YOUTH.reveal()), who=who))[0] == status
    assert world.rows("import_run") == 0


async def test_no_other_kind_of_file_is_read(client: Door) -> None:
    """A spreadsheet is saved as CSV first."""
    assert (await post(client, "/api/imports", "x", "application/vnd.ms-excel"))[0] == 415


async def test_a_dry_run_tells_every_line_and_keeps_nothing(world: World, client: Door) -> None:
    """B11: what would be made, and what would not, by number."""
    status, said = await post(client, "/api/imports/proef", rows(YOUTH.reveal(), YOUTH.reveal()))

    assert (status, said["regels"], said["zouMaken"]) == (200, 2, 1)
    assert [(each["regel"], each["uitkomst"]) for each in said["nietGemaakt"]] == [(3, "dubbel")]
    assert (world.rows("signal"), world.rows("import_run")) == (0, 0)
    assert (await post(client, "/api/imports/proef", rows(YOUTH.reveal()), who="Anna"))[0] == 403


@pytest.mark.parametrize("path", ["/api/imports", "/api/imports/proef"])
async def test_the_right_is_asked_before_the_file(client: Door, path: str) -> None:
    """B2: nobody else makes the node read, check or seal a file, so what is in it makes no difference."""
    assert (await post(client, path, "x", "application/vnd.ms-excel", who="Anna"))[0] == 403
    assert (await post(client, path, rows("1"), who="Anna"))[0] == 403
