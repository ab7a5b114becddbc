"""What Haal Centraal tells of one person, value by value: read as it is meant, or that one left out and no other."""

import json
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from node.domain.brp import BrpDate
from node.people.haal_centraal import HaalCentraal
from node.people.protocol import PersonUnfit
from tests.brp_service import BrpService
from tests.node.people.brp_world import ASKED, HOME, MOTHER, SISTER, TODAY, YOUTH, day, told


@pytest.mark.parametrize(
    ("written", "since"),
    [
        ({"datumVan": day("2026-02-20")}, BrpDate(2026, 2, 20)),
        ({"datumVan": day("2026-02")}, BrpDate(2026, 2)),
        ({"datumVan": day("onbekend")}, BrpDate()),
        ({}, None),
    ],
)
async def test_since_when_somebody_lives_there_is_asked(
    brp: HaalCentraal, service: BrpService, written: dict[str, Any], since: BrpDate | None
) -> None:
    """The day of a move is the BRP's where it has one."""
    service.persons = [told(verblijfplaats={**HOME, **written})]

    person = await brp.find(YOUTH)

    assert person is not None
    assert person.lives_since == since


@pytest.mark.parametrize(("code", "gemeente"), [("0599", "0599"), ("GM0599", "0599"), ("0000", None), ("", None)])
async def test_a_gemeente_is_its_four_digits(
    brp: HaalCentraal, service: BrpService, code: str, gemeente: str | None
) -> None:
    """However it is written: a move is told by these digits, and a code that is none would stop the night's work."""
    service.persons = [told(gemeenteVanInschrijving={"code": code})]

    person = await brp.find(YOUTH)

    assert person is not None
    assert person.gemeente == gemeente


UNFIT: list[dict[str, Any]] = [
    {"verblijfplaats": {"type": "Maan"}},
    {"overlijden": {"datum": {"type": "Eeuw", "eeuw": 20}}},
    {"geboorte": {"datum": {"type": "Datum", "datum": "2010-02-31"}}},
    {"ouders": [{"burgerservicenummer": "123456789"}]},
    {"geslacht": {"code": "?"}},
    {"naam": "Noor"},
    {"gemeenteVanInschrijving": {"code": "Rotterdam"}},
    {"gemeenteVanInschrijving": {"code": "599"}},
]


@pytest.mark.parametrize("unfit", UNFIT, ids=lambda each: "+".join(each))
async def test_one_who_does_not_fit_keeps_nobody_else_from_being_read(
    brp: HaalCentraal, service: BrpService, unfit: dict[str, Any]
) -> None:
    """Half a person is worse than none, and one record in a question of twenty must not silence the others."""
    answer = {"personen": [told(SISTER), {**told(), **unfit}]}
    with capture_logs() as lines:
        service.fault = web.json_response(answer)
        found = await brp.find_all([YOUTH, SISTER, MOTHER])
        service.fault = web.json_response(answer)
        with pytest.raises(PersonUnfit) as why:
            await brp.find(YOUTH)

    assert {bsn: person is not None for bsn, person in found.items()} == {YOUTH: False, SISTER: True}
    assert YOUTH.reveal() not in json.dumps(lines) + str(why.value)
    assert [line["event"] for line in lines] == ["person-unfit"] * 2


async def test_one_without_a_number_may_be_anybody_of_whom_nothing_else_was_told(
    brp: HaalCentraal, service: BrpService
) -> None:
    """In doubt are those who were asked about and not told of; whoever was told of is known."""
    service.fault = web.json_response({"personen": [told(SISTER), {**told(), "burgerservicenummer": "123456789"}, 5]})

    found = await brp.find_all([YOUTH, SISTER, MOTHER])

    assert {bsn: person is not None for bsn, person in found.items()} == {YOUTH: False, SISTER: True, MOTHER: False}


async def test_a_search_in_which_one_does_not_fit_finds_nobody_for_certain(
    brp: HaalCentraal, service: BrpService
) -> None:
    """A twin who cannot be read might be the one who is meant."""
    service.persons = [told(), told(SISTER, ouders=[{"burgerservicenummer": "123456789"}])]

    with pytest.raises(PersonUnfit):
        await brp.search(ASKED, TODAY)
