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
from hub.envelopes import begin
from hub.intake import Intake, take_in
from hub.outside import Outside
from soap_wsdl.codec import encode
from soap_wsdl.envelopes import EnvelopesHere
from soap_wsdl.envelopes_apart import EnvelopesApart, Gone
from soap_wsdl.vocabulary import HUB, GetStatus, RegisterSignals
from soap_wsdl.wus.signing import SignedRequest, sign_request, unsigned_response
from soap_wsdl.wus.verifying import RequestRefused
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


@pytest.fixture
def events() -> list[tuple[str, dict[str, Any]]]:
    """What the operator is told."""
    return []


@pytest.fixture
async def apart(hub_settings: HubSettings, events: list[tuple[str, dict[str, Any]]]) -> AsyncIterator[EnvelopesApart]:
    """Two other processes."""
    opened = EnvelopesApart(PROGRAM, hub_settings, 2, lambda event, /, **fields: events.append((event, fields)))
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
    apart: EnvelopesApart, installed: Installation, pki: DevPki, hub_settings: HubSettings, records: int
) -> None:
    """Who asks what, small or large; and of a registration no tag is left."""
    message = registration(records)
    raw = asked(installed, pki, message).raw

    found = await apart.open(raw, NOW, AMSTERDAM, '""')

    here = EnvelopesHere(begin(hub_settings))
    assert found == await here.open(raw, NOW, AMSTERDAM, '""')
    await here.close()
    assert (found.oin, found.operation) == (AMSTERDAM, HUB.operations["RegisterSignals"])
    assert found.message == take_in(message, Outside(hub_settings.outside_directory).pepper())
    assert not any(entry.tag in pickle.dumps(found) for record in message.records for entry in record.entries)


def test_what_goes_between_processes_comes_back_whole(hub_settings: HubSettings) -> None:
    """Also where an offer has no archive, several entries or none."""
    pepper = Outside(hub_settings.outside_directory).pepper()
    (offer,) = take_in(registration(1), pepper).offers
    for entries in ((), offer.entries * 2):
        intake = Intake(fresh_id(), None, (replace(offer, archive_until=None, entries=entries),))

        assert pickle.loads(pickle.dumps(intake)) == intake  # noqa: S301


async def test_it_refuses_what_is_refused_here(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, hub_settings: HubSettings
) -> None:
    """The demand, the place and the fault are the same, and the next request is opened."""
    good = asked(installed, pki, GetStatus()).raw
    here = EnvelopesHere(begin(hub_settings))
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


async def test_a_process_that_ended_is_missed_by_one_request_and_started_again(
    apart: EnvelopesApart, installed: Installation, pki: DevPki, events: list[tuple[str, dict[str, Any]]]
) -> None:
    """Whoever waits for it hears at once that nothing is known; the other goes on meanwhile."""
    raw = asked(installed, pki, registration(250)).raw
    before = apart.pids
    waiting = [asyncio.ensure_future(apart.open(raw, NOW, AMSTERDAM, '""')) for _ in range(8)]
    await asyncio.sleep(0)
    os.kill(before[0], signals.SIGKILL)
    found = await asyncio.gather(*waiting, return_exceptions=True)

    assert [each for each in found if isinstance(each, Gone)]
    assert len([each for each in found if not isinstance(each, BaseException)]) >= 4
    assert (await apart.open(raw, NOW, AMSTERDAM, '""')).oin == AMSTERDAM
    await until(lambda: len(apart.pids) == 2)
    assert set(apart.pids) != set(before)
    assert [name for name, _ in events] == ["envelopes-gone"]
    for _ in range(4):
        await apart.open(raw, NOW, AMSTERDAM, '""')


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


async def test_nothing_stays_behind(hub_settings: HubSettings) -> None:
    """Closed twice, and closed while one that was killed would be started again."""
    apart = EnvelopesApart(PROGRAM, hub_settings, 2, lambda event, /, **fields: None)
    await apart.start()
    pids = apart.pids
    os.kill(pids[0], signals.SIGKILL)
    await until(lambda: len(apart.pids) == 1)

    await apart.close()
    await apart.close()

    assert not [pid for pid in pids if alive(pid)]
    assert apart.pids == ()


@pytest.mark.parametrize("program", ["hub.no_such_module", "hub.envelopes"])
async def test_a_program_that_cannot_begin_is_noticed_at_the_start(
    hub_settings: HubSettings, tmp_path: Path, program: str
) -> None:
    """No such program, or a pepper that is not there: the hub says so instead of listening."""
    unfit = hub_settings.model_copy(update={"outside_directory": tmp_path / "nothing"})

    with pytest.raises(Gone):
        await EnvelopesApart(program, unfit, 2, lambda event, /, **fields: None).start()
