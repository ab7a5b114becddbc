"""The client of Haal Centraal BRP Personen bevragen 2.x, against a service with the same contract over real TLS."""

import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from certs.authority import DevPki
from node.domain.brp import Abroad, Address, BrpDate, Location, Sex, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.errors import NobodyFound, SeveralFound
from node.domain.person import BirthDate
from node.people.brp_answers import FIELDS
from node.people.haal_centraal import MOST_BYTES, ApiKey, HaalCentraal, trusting
from node.people.protocol import KeyFileUnusable, PeopleAway
from tests.brp_service import KEY, PATH, BrpService
from tests.node.people.brp_world import ASKED, FATHER, HOME, MOTHER, SISTER, TODAY, YOUTH, day, told
from tests.region import made_up_bsn


async def test_a_youth_is_told_as_far_as_we_need(brp: HaalCentraal, service: BrpService) -> None:
    """Everything the rules use; the question names those fields and no others (AVG art. 5: data minimisation)."""
    person = await brp.find(YOUTH)

    assert person is not None
    assert (person.bsn, person.name, person.surname, person.sex) == (YOUTH, "Noor van der Velde", "Velde", Sex.FEMALE)
    assert (person.birth_date, person.gemeente, person.parents) == (BirthDate(2010, 5, 1), "0363", (MOTHER, FATHER))
    assert person.home == Address("1011AB", 12, "a", "hs", "0363200000000001")
    assert (person.address_secret, person.has_died, person.suspension) == (False, False, None)
    assert service.questions[0]["fields"] == list(FIELDS)


async def test_who_is_not_in_the_brp_is_nobody(brp: HaalCentraal) -> None:
    """No person, and no trouble."""
    assert await brp.find(SISTER) is None


@pytest.mark.parametrize(
    ("born", "read"),
    [("2010-05", BirthDate(2010, 5)), ("2010", BirthDate(2010)), ("onbekend", None)],
)
async def test_birth_dates_may_have_parts_unknown(
    brp: HaalCentraal, service: BrpService, born: str, read: BirthDate | None
) -> None:
    """Month and year, year alone, or nothing."""
    service.persons = [told(born=born)]
    person = await brp.find(YOUTH)

    assert person is not None
    assert person.birth_date == read


@pytest.mark.parametrize(
    ("died", "read"),
    [
        ({"overlijden": {"datum": day("2025-03-09")}}, BrpDate(2025, 3, 9)),
        ({"overlijden": {"datum": day("2025-03")}}, BrpDate(2025, 3)),
        ({"overlijden": {"datum": day("2025")}}, BrpDate(2025)),
        ({"overlijden": {"datum": day("onbekend")}}, BrpDate()),
        ({"opschortingBijhouding": {"reden": {"code": "O"}}}, None),
    ],
)
async def test_a_death_is_a_death_whatever_is_known_of_the_day(
    brp: HaalCentraal, service: BrpService, died: dict[str, Any], read: BrpDate | None
) -> None:
    """Jeugdwet 7.1.4.5(2)c asks whether, not when; the reason of the suspension alone says so too."""
    service.persons = [told(**died)]
    person = await brp.find(YOUTH)

    assert person is not None
    assert (person.has_died, person.died_on) == (True, read)


@pytest.mark.parametrize(
    ("parents", "numbers", "others"),
    [
        ([], (), 0),
        ([{"burgerservicenummer": MOTHER.reveal()}], (MOTHER,), 0),
        ([{"burgerservicenummer": MOTHER.reveal(), "geslacht": {"code": "V"}}] * 2, (MOTHER,), 0),
        ([{"burgerservicenummer": MOTHER.reveal()}, {"naam": {"geslachtsnaam": "Smith"}}], (MOTHER,), 1),
        ([{}, {}], (), 2),
    ],
)
async def test_parents_are_none_one_or_two(
    brp: HaalCentraal, service: BrpService, parents: list[Any], numbers: tuple[Bsn, ...], others: int
) -> None:
    """A parent without a BSN, or who is not registered, is counted and matches nobody."""
    service.persons = [told(ouders=parents)]
    person = await brp.find(YOUTH)

    assert person is not None
    assert (person.parents, person.other_parents) == (numbers, others)


@pytest.mark.parametrize(
    ("place", "read"),
    [
        ({"type": "VerblijfplaatsOnbekend"}, None),
        ({"type": "VerblijfplaatsBuitenland", "verblijfadres": {"land": {"code": "6030"}}}, Abroad()),
        (
            {"type": "Locatie", "verblijfadres": {"locatiebeschrijving": "Woonboot Zeeparel"}},
            Location("Woonboot Zeeparel"),
        ),
        (
            {**HOME, "functieAdres": {"code": "B", "omschrijving": "briefadres"}},
            Address("1011AB", 12, "a", "hs", "0363200000000001", lives_there=False),
        ),
        (
            {**HOME, "indicatieVastgesteldVerblijftNietOpAdres": True},
            Address("1011AB", 12, "a", "hs", "0363200000000001", lives_there=False),
        ),
    ],
)
async def test_only_an_address_at_which_somebody_lives_is_a_home(
    brp: HaalCentraal, service: BrpService, place: dict[str, Any], read: object
) -> None:
    """Jeugdwet 7.1.2.3(1)d speaks of a home address: letters-only, abroad and in words never count."""
    service.persons = [told(verblijfplaats=place)]
    person = await brp.find(YOUTH)

    assert person is not None
    assert (person.address, person.home) == (read, None)


async def test_secrecy_and_suspension_come_unasked(brp: HaalCentraal, service: BrpService) -> None:
    """The BRP adds them where there are any; a secret address is no home to match with."""
    service.persons = [
        told(
            geheimhoudingPersoonsgegevens=True,
            opschortingBijhouding={"reden": {"code": "E", "omschrijving": "emigratie"}, "datum": day("2024")},
        )
    ]
    person = await brp.find(YOUTH)

    assert person is not None
    assert (person.address_secret, person.home, person.shown_gemeente) == (True, None, None)
    assert person.suspension == Suspension(SuspensionReason.EMIGRATION, BrpDate(2024))


async def test_many_are_asked_for_in_questions_of_twenty(brp: HaalCentraal, service: BrpService) -> None:
    """The service takes no more at once."""
    numbers = [made_up_bsn(n) for n in range(45)]
    service.persons = [told(bsn) for bsn in numbers[:44]]

    assert list(await brp.find_all(numbers)) == numbers[:44]
    assert [len(asked["burgerservicenummer"]) for asked in service.questions] == [20, 20, 5]


async def test_no_number_or_key_is_in_an_address_a_log_or_a_repr(brp: HaalCentraal, service: BrpService) -> None:
    """The number is in the body, the key in its header, and neither anywhere else."""
    with capture_logs() as lines:
        await brp.find(YOUTH)
        service.fault = web.json_response({"detail": YOUTH.reveal()}, status=500)
        with pytest.raises(PeopleAway) as away:
            await brp.find(YOUTH)

    assert {path for path, _ in service.requests} == {PATH}
    assert service.requests[0][1]["X-API-KEY"] == KEY
    said = json.dumps(lines) + repr(brp) + repr(away.value) + str(away.value)
    assert len(lines) == 1
    assert YOUTH.reveal() not in said
    assert KEY not in said


@pytest.mark.parametrize(
    "fault",
    [
        web.Response(status=500),
        web.Response(status=503, headers={"Retry-After": "60"}),
        web.Response(status=429),
        web.json_response({"code": "authentication"}, status=401),
        web.json_response({"code": "unauthorizedField"}, status=403),
        web.json_response({"code": "paramsValidation"}, status=400),
        web.Response(status=302, headers={"Location": "https://127.0.0.1:1/"}),
        web.Response(text="<html>", content_type="text/html"),
        web.json_response([]),
        web.json_response({}),
        web.json_response({"personen": {}}),
        web.Response(body=b" " * (MOST_BYTES + 1)),
    ],
)
async def test_whatever_is_no_answer_means_away(brp: HaalCentraal, service: BrpService, fault: web.Response) -> None:
    """Refused, broken, redirected, too large or outside the contract: the signal is saved and completed later."""
    service.fault = fault

    with pytest.raises(PeopleAway):
        await brp.find(YOUTH)


async def test_a_service_that_says_nothing_is_away(brp: HaalCentraal, service: BrpService) -> None:
    """Nobody waits for it longer than the limit."""
    service.silent = True

    with pytest.raises(PeopleAway):
        await replace(brp, timeout=aiohttp.ClientTimeout(total=0.05)).find(YOUTH)


async def test_a_service_that_is_not_there_is_away(brp: HaalCentraal) -> None:
    """No connection."""
    with pytest.raises(PeopleAway):
        await replace(brp, url="https://127.0.0.1:9/brp").find(YOUTH)


async def test_only_the_authorities_of_the_settings_are_believed(
    brp: HaalCentraal, service: BrpService, monkeypatch: pytest.MonkeyPatch, pki: DevPki
) -> None:
    """Another authority, and those that this machine knows, are not: the question is never sent."""
    wrong = replace(brp, trust=trusting(pki.files("hub").signing_trust))
    public = replace(brp, trust=ssl.create_default_context())
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    for client in (wrong, public):
        with pytest.raises(PeopleAway):
            await client.find(YOUTH)
    assert service.questions == []
    assert await brp.find(YOUTH) is not None


async def test_a_youth_is_found_by_name_with_or_without_prefix(brp: HaalCentraal, service: BrpService) -> None:
    """The BRP keeps prefixes apart from most surnames, and inside some."""
    assert (await brp.search(ASKED, TODAY)).bsn == YOUTH
    service.persons = [told(naam={"voornamen": "Noor", "geslachtsnaam": "El Amrani"})]

    assert (await brp.search(replace(ASKED, surname="El Amrani"), TODAY)).bsn == YOUTH
    assert {asked["type"] for asked in service.questions} == {
        "ZoekMetGeslachtsnaamEnGeboortedatum",
        "RaadpleegMetBurgerservicenummer",
    }


@pytest.mark.parametrize("namesakes", [0, 11])
async def test_the_address_helps_where_the_name_finds_nobody_or_too_many(
    brp: HaalCentraal, service: BrpService, namesakes: int
) -> None:
    """A name with marks that were left out, and a name that many have on one day."""
    name = {"voornamen": "Noor", "geslachtsnaam": "Velde" if namesakes else "Vèlde"}
    elsewhere = {**HOME, "verblijfadres": {"postcode": "1011AZ", "huisnummer": 1}}
    others = [told(made_up_bsn(10 + n), verblijfplaats=elsewhere) for n in range(namesakes)]
    service.persons = [told(naam=name), told(SISTER, "2012-01-01"), *others]

    assert (await brp.search(ASKED, TODAY)).bsn == YOUTH
    assert service.questions[-2]["type"] == "ZoekMetPostcodeEnHuisnummer"


async def test_a_search_that_does_not_find_one_youth_says_so(brp: HaalCentraal, service: BrpService) -> None:
    """Nobody, a secret address, two of them, and a flat with more than the service tells of."""
    with pytest.raises(NobodyFound):
        await brp.search(replace(ASKED, number=13), TODAY)
    service.persons = [told(geheimhoudingPersoonsgegevens=True)]
    with pytest.raises(NobodyFound):
        await brp.search(ASKED, TODAY)
    service.persons = [told(), told(SISTER, naam={"voornamen": "Lotte", "geslachtsnaam": "Velde"})]
    with pytest.raises(SeveralFound):
        await brp.search(ASKED, TODAY)
    service.persons = [told(made_up_bsn(n)) for n in range(11)]
    with pytest.raises(SeveralFound):
        await brp.search(ASKED, TODAY)


async def test_a_search_while_the_register_is_away_is_away(brp: HaalCentraal, service: BrpService) -> None:
    """Away is not nobody."""
    service.fault = web.Response(status=503)

    with pytest.raises(PeopleAway):
        await brp.search(ASKED, TODAY)


@pytest.mark.parametrize(("mode", "text"), [(0o644, KEY), (0o600, ""), (0o600, "two words"), (0o600, "é")])
def test_a_key_file_that_others_read_or_that_holds_no_key_is_refused(tmp_path: Path, mode: int, text: str) -> None:
    """The refusal names the file and never the key."""
    file = tmp_path / "brp.key"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(KeyFileUnusable) as refused:
        ApiKey.read(file)

    assert "brp.key" in str(refused.value)
    assert KEY not in str(refused.value)
    with pytest.raises(KeyFileUnusable):
        ApiKey.read(tmp_path / "not there")
