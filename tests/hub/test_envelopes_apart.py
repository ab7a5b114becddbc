"""Envelopes opened and signed in other processes: the same words as here, and nothing hangs when one is gone."""

import asyncio
import os
import pickle
import signal as signals
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from certs.authority import DevPki
from certs.identity import Identity, IdentityFile
from config.hub import HubSettings
from config.reading import read
from config.version import software_version
from hub.envelopes import Recipe, begin
from hub.intake import Intake, take_in
from hub.outside import Outside
from soap_wsdl import envelopes_apart
from soap_wsdl.codec import encode
from soap_wsdl.envelopes import Crowded, EnvelopesHere, Gone
from soap_wsdl.envelopes_apart import EnvelopesApart, NotStarted
from soap_wsdl.envelopes_process import OtherProcess
from soap_wsdl.vocabulary import HUB, GetStatus, RegisterSignals
from soap_wsdl.wus.signing import SignedRequest, sign_request, unsigned_response
from soap_wsdl.wus.verifying import RequestRefused, VerifiedRequest
from tests.hub.hub_installation import AMSTERDAM, HAAGLANDEN, Installation, install
from tests.hub.world import fresh_id, signal
from tests.pki import session_pki

PROGRAM = "hub.envelopes"
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The PKI of this run."""
    return session_pki(tmp_path_factory)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, pki: DevPki) -> Installation:
    """An installed hub that does not run."""
    return install(tmp_path_factory.mktemp("hub"), pki, NOW.date())


@pytest.fixture(scope="module")
def hub_settings(installed: Installation) -> HubSettings:
    """Its settings."""
    return read(installed.settings_file, HubSettings)


@pytest.fixture(scope="module")
def recipe(hub_settings: HubSettings) -> Recipe:
    """What the hub would hand to its other processes."""
    return Recipe(hub_settings, Outside(hub_settings.outside_directory).pepper().check(), software_version())


@pytest.fixture
def events() -> list[tuple[str, dict[str, Any]]]:
    """What the operator is told."""
    return []


@pytest.fixture
async def apart(recipe: Recipe, events: list[tuple[str, dict[str, Any]]]) -> AsyncIterator[EnvelopesApart]:
    """Two other processes: the first for small requests alone."""
    opened = EnvelopesApart(PROGRAM, recipe, 2, lambda event, /, **fields: events.append((event, fields)))
    await opened.start()
    yield opened
    await opened.close()


def identity(pki: DevPki, party: str) -> Identity:
    """Who signs."""
    files = pki.files(party)
    return IdentityFile(files.signing_certificate, files.signing_key).current()


def asked(installed: Installation, pki: DevPki, message: Any) -> SignedRequest:
    """A request of Amsterdam."""
    action = HUB.operations[type(message).__name__].action
    message_id = f"urn:uuid:{fresh_id()}"
    return sign_request(encode(message), action, installed.url, message_id, NOW, identity(pki, "amsterdam"))


def registration(records: int) -> RegisterSignals:
    """Records of as many youths."""
    until = date(NOW.year + 1, 6, 1)
    return RegisterSignals(
        fresh_id(), None, tuple(signal(f"child {number}", valid_until=until) for number in range(records))
    )


async def until(true: Callable[[], bool]) -> None:
    """Wait for it, for as long as a busy machine may take."""
    for _ in range(600):
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("records", [1, 250])
async def test_it_finds_what_is_found_here(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, recipe: Recipe, records: int
) -> None:
    """Who asks what, small or large; and of a registration no tag is left."""
    message = registration(records)
    raw = asked(installed, pki, message).raw

    found = await apart.open(raw, NOW, AMSTERDAM, '""')

    here = EnvelopesHere(begin(recipe))
    assert found == await here.open(raw, NOW, AMSTERDAM, '""')
    await here.close()
    assert (found.oin, found.operation) == (AMSTERDAM, HUB.operations["RegisterSignals"])
    assert found.message == take_in(message, Outside(recipe.settings.outside_directory).pepper())
    assert not any(entry.tag in pickle.dumps(found) for record in message.records for entry in record.entries)


def test_what_goes_between_processes_comes_back_whole(hub_settings: HubSettings) -> None:
    """Also where an offer has no archive, several entries or none."""
    pepper = Outside(hub_settings.outside_directory).pepper()
    (offer,) = take_in(registration(1), pepper).offers
    for entries in ((), offer.entries * 2):
        intake = Intake(fresh_id(), None, (replace(offer, archive_until=None, entries=entries),))

        assert pickle.loads(pickle.dumps(intake)) == intake  # noqa: S301


async def test_it_refuses_what_is_refused_here(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, recipe: Recipe
) -> None:
    """The demand, the place and the fault are the same, and the next request is opened."""
    good = asked(installed, pki, GetStatus()).raw
    here = EnvelopesHere(begin(recipe))
    bad: list[tuple[bytes, datetime, str | None]] = [
        (b"no xml", NOW, AMSTERDAM),
        (good, NOW, HAAGLANDEN),
        (good, NOW, None),
        (good, NOW + timedelta(hours=1), AMSTERDAM),
        (good.replace(b"<wsa:Action", b"<wsa:action"), NOW, AMSTERDAM),
        (good.replace(installed.url.encode(), installed.url.encode() + b"x"), NOW, AMSTERDAM),
    ]
    for raw, now, oin in bad:
        said: list[RequestRefused] = []
        for envelopes in (here, apart):
            with pytest.raises(RequestRefused) as refused:
                await envelopes.open(raw, now, oin, '""')
            said.append(refused.value)
        assert len({str(each) for each in said}) == 1
        assert len({str(each.fault) for each in said}) == 1
        assert len({(each.demand, each.place, each.message_id, each.signature_value) for each in said}) == 1
    await here.close()

    assert (await apart.open(good, NOW, AMSTERDAM, '""')).message == GetStatus()


async def test_it_signs_with_the_key_of_whoever_asks(apart: EnvelopesApart, pki: DevPki) -> None:
    """After a rotation too: each answer is signed with the key whose certificate is in it, many at once."""

    async def signed(party: str) -> None:
        signer = identity(pki, party)
        unsigned = unsigned_response(b"<a></a>", "action", None, "urn:uuid:1", NOW, None, signer)
        value = await apart.sign(unsigned)
        public = x509.load_der_x509_certificate(signer.certificate).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(value, unsigned.signed_info, padding.PKCS1v15(), SHA256())

    await asyncio.gather(*(signed(party) for party in ("hub", "amsterdam", "hub", "haaglanden") * 5))


async def test_a_process_that_ended_is_started_again(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, events: list[tuple[str, dict[str, Any]]]
) -> None:
    """Whoever waits for it hears at once that nothing is known, the first to come back later than the others."""
    small, large = asked(installed, pki, GetStatus()).raw, asked(installed, pki, registration(250)).raw
    before = apart.pids
    os.kill(before[1], signals.SIGSTOP)
    waiting = asyncio.ensure_future(apart.open(large, NOW, AMSTERDAM, '""'))
    await asyncio.sleep(0.1)
    os.kill(before[1], signals.SIGKILL)
    with pytest.raises(Gone) as gone:
        await waiting

    assert gone.value.retry_after == 60
    assert (await apart.open(small, NOW, AMSTERDAM, '""')).oin == AMSTERDAM
    with pytest.raises(Gone) as none_there:
        await apart.open(large, NOW, AMSTERDAM, '""')
    assert none_there.value.retry_after == 1
    await until(lambda: len(apart.pids) == 2)
    assert (await apart.open(large, NOW, AMSTERDAM, '""')).oin == AMSTERDAM
    assert set(apart.pids) != set(before)
    assert events == [("envelopes-gone", {"waited": 1}), ("envelopes-again", {"ended_with": -signals.SIGKILL})]


async def test_what_is_small_waits_for_nothing_large(
    apart: EnvelopesApart, installed: Installation, pki: DevPki
) -> None:
    """However many large requests wait, and however long one of them takes."""
    small, large = asked(installed, pki, GetStatus()).raw, asked(installed, pki, registration(250)).raw
    os.kill(apart.pids[1], signals.SIGSTOP)
    many = [asyncio.ensure_future(apart.open(large, NOW, AMSTERDAM, '""')) for _ in range(4)]
    await asyncio.sleep(0.1)

    for _ in range(4):
        assert (await apart.open(small, NOW, AMSTERDAM, '""')).oin == AMSTERDAM
        unsigned = unsigned_response(b"<a></a>", "action", None, "urn:uuid:1", NOW, None, identity(pki, "hub"))
        assert await apart.sign(unsigned)
    assert not any(one.done() for one in many)
    os.kill(apart.pids[1], signals.SIGCONT)
    assert [one.oin for one in await asyncio.gather(*many)] == [AMSTERDAM] * 4


async def test_one_sender_does_not_fill_the_line(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its share it hears "not now"; another sender is opened, and its own next request too once there is room."""
    large = asked(installed, pki, registration(250)).raw
    monkeypatch.setattr(envelopes_apart, "SENDER_BYTES", 2 * len(large))
    many = [asyncio.ensure_future(apart.open(large, NOW, AMSTERDAM, '""')) for _ in range(3)]
    other = asyncio.ensure_future(apart.open(large, NOW, HAAGLANDEN, '""'))

    found = await asyncio.gather(*many, other, return_exceptions=True)

    assert [type(each) for each in found] == [VerifiedRequest, VerifiedRequest, Crowded, RequestRefused]
    assert (await apart.open(large, NOW, AMSTERDAM, '""')).oin == AMSTERDAM


async def test_a_process_that_says_nothing_is_ended(
    installed: Installation,
    pki: DevPki,
    recipe: Recipe,
    events: list[tuple[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A directory that hangs, an envelope that takes for ever: whoever waits hears "not now"."""
    monkeypatch.setattr(envelopes_apart, "STUCK_SECONDS", 0.2)
    monkeypatch.setattr(envelopes_apart, "LOOK_SECONDS", 0.1)
    apart = EnvelopesApart(PROGRAM, recipe, 2, lambda event, /, **fields: events.append((event, fields)))
    await apart.start()
    raw = asked(installed, pki, GetStatus()).raw
    for pid in apart.pids:
        os.kill(pid, signals.SIGSTOP)

    waiting = [asyncio.ensure_future(apart.open(raw, NOW, AMSTERDAM, '""')) for _ in range(4)]
    found = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 30)

    assert [type(each) for each in found] == [Gone] * 4
    await until(lambda: len(apart.pids) == 2)
    assert {name for name, _ in events} == {"envelopes-stuck", "envelopes-gone", "envelopes-again"}
    await apart.close()


async def test_without_any_process_nothing_hangs(apart: EnvelopesApart, installed: Installation, pki: DevPki) -> None:
    """Every request hears "not now" until one is there again."""
    raw = asked(installed, pki, GetStatus()).raw
    for pid in apart.pids:
        os.kill(pid, signals.SIGKILL)
    await until(lambda: not apart.pids)

    with pytest.raises(Gone):
        await apart.open(raw, NOW, AMSTERDAM, '""')
    await until(lambda: len(apart.pids) == 2)
    assert (await apart.open(raw, NOW, AMSTERDAM, '""')).oin == AMSTERDAM


async def test_asking_it_to_end_is_for_who_started_it(
    apart: EnvelopesApart, installed: Installation, pki: DevPki
) -> None:
    """A stop of the whole service reaches it first, and the answers under way are still signed."""
    for pid in apart.pids:
        for sign in (signals.SIGINT, signals.SIGTERM):
            os.kill(pid, sign)

    assert (await apart.open(asked(installed, pki, GetStatus()).raw, NOW, AMSTERDAM, '""')).oin == AMSTERDAM


@pytest.mark.parametrize("moment", ["while it rests", "while it begins"])
async def test_nothing_stays_behind(
    recipe: Recipe, moment: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Closed twice, and closed while one that was killed is about to be started again, or is."""
    made: list[OtherProcess] = []

    class Counted(OtherProcess):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            made.append(self)

    monkeypatch.setattr(envelopes_apart, "OtherProcess", Counted)
    if moment == "while it begins":
        monkeypatch.setattr(envelopes_apart, "AGAIN_SECONDS", 0.0)
    apart = EnvelopesApart(PROGRAM, recipe, 2, lambda event, /, **fields: None)
    await apart.start()
    os.kill(apart.pids[0], signals.SIGKILL)
    await until(lambda: len(apart.pids) == 1)
    if moment == "while it begins":
        await until(lambda: len(made) == 3 and made[2].pid > 0)

    await apart.close()
    await apart.close()

    assert len(made) == (3 if moment == "while it begins" else 2)
    assert not [process.pid for process in made if alive(process.pid)]
    assert apart.pids == ()


async def test_a_program_that_does_not_exist_is_noticed_at_the_start(recipe: Recipe) -> None:
    """The hub says so instead of listening."""
    with pytest.raises(NotStarted, match=r"hub\.no_such_module did not begin: Gone"):
        await EnvelopesApart("hub.no_such_module", recipe, 2, lambda event, /, **fields: None).start()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"pepper_check": bytes(32)}, "put back the one that it began with"),
        ({"version": "0.0.0-other"}, "start the hub again"),
    ],
)
async def test_another_pepper_or_other_code_does_not_begin(recipe: Recipe, change: dict[str, Any], why: str) -> None:
    """One that is started later, too: with another pepper than its hub, every match would silently be missed."""
    with pytest.raises(NotStarted, match=why):
        await EnvelopesApart(PROGRAM, replace(recipe, **change), 2, lambda event, /, **fields: None).start()


def test_one_process_is_not_enough(recipe: Recipe) -> None:
    """What is small would wait for what is large."""
    with pytest.raises(ValueError, match="at least 2"):
        EnvelopesApart(PROGRAM, recipe, 1, lambda event, /, **fields: None)
