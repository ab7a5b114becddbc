"""The hub's door over real TLS against the serving that hub and service use: polls, revocation, the end of a node."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from certs.authority import PARTIES, DevPki
from certs.trust import TrustStore, Use
from hub_connector.client import HubClient
from hub_connector.failures import CertificateNotAccepted, NotNow, Refused
from hub_connector.transport import Timeouts
from soap_wsdl import vocabulary as v
from soap_wsdl.serving import Caller, soap_application
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub_connector.loopback import HUB, Party, clock, ends, free_port, served, tls_trust

PAGE = v.MailboxPage(v.MailboxStatus.CURRENT, UUID(int=1), 7, False)
STATUS = v.GetStatusResponse(datetime(2026, 5, 20, 10, 0, tzinfo=UTC), "1", UUID(int=1), 7, 5, False)


class TinyHub:
    """Answers a few operations in the simplest way, and counts who asks."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []

    async def answer(self, caller: Caller, message: object) -> object:
        """Whatever was asked."""
        self.callers.append(caller)
        if isinstance(message, v.CollectMatches):
            await asyncio.sleep(message.wait_seconds)
            return v.CollectMatchesResponse(PAGE)
        if isinstance(message, v.GetStatus):
            return STATUS
        if isinstance(message, v.PublishKeys):
            raise WusFault(Code.SERIAL)
        raise WusFault(Code.NOT_AVAILABLE, retry_after=7)


class Served:
    """A tiny hub at an address, with the PKI it believes."""

    def __init__(self, pki: DevPki, tiny: TinyHub, url: str) -> None:
        self.pki, self.tiny, self.url = pki, tiny, url

    def client(self, party: str = "amsterdam", timeouts: Timeouts = Timeouts(5.0, 10.0)) -> HubClient:  # noqa: B008
        """A region's door."""
        return HubClient(self.url, HUB, ends(self.pki, party), timeouts)


@pytest.fixture
def hub(pki: DevPki, tmp_path: Path) -> Iterator[Served]:
    """Served over real mutual TLS, on a PKI of its own that a test may revoke in."""
    own, tiny, port = pki.copy(tmp_path / "pki"), TinyHub(), free_port()
    url = f"https://127.0.0.1:{port}{v.HUB.path}"
    files, party = own.files("hub"), Party(own)
    application = soap_application(
        v.HUB,
        dict.fromkeys(v.HUB.operations, tiny.answer),
        signer=party.identity.current,
        signing_trust=TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING),
        tls_trust=tls_trust(own, Use.TLS_CLIENT),
        clock=clock,
        public_url=url,
        max_bytes=4 * 1024 * 1024,
        on_event=lambda event, /, **fields: None,
    )
    with served(application, own, port=port):
        yield Served(own, tiny, url)


@pytest.fixture
async def amsterdam(hub: Served) -> AsyncIterator[HubClient]:
    """Amsterdam's door."""
    client = hub.client()
    yield client
    await client.close()


async def test_answers_and_both_kinds_of_failure_come_through(amsterdam: HubClient, hub: Served) -> None:
    """The whole way: TLS, signatures both ways, schema, faults."""
    status = await amsterdam.get_status(v.GetStatus())
    with pytest.raises(Refused, match="SERIE"):
        await amsterdam.publish_keys(v.PublishKeys(v.KeyStatement(b"{}", b"s", (b"c",))))
    with pytest.raises(NotNow) as later:
        await amsterdam.get_directory(v.GetDirectory())

    assert status == STATUS
    assert (later.value.code, later.value.retry_after) == ("0051", 7)
    assert {caller.oin for caller in hub.tiny.callers} == {"00000099000000000101"}


async def test_a_long_poll_keeps_no_other_call_waiting(amsterdam: HubClient) -> None:
    """It has a thread and a connection of its own."""
    poll = asyncio.create_task(amsterdam.collect_matches(v.CollectMatches(None, 10, 20, False)))
    await asyncio.sleep(0.2)

    await asyncio.gather(*(amsterdam.get_status(v.GetStatus()) for _ in range(12)))

    assert not poll.done()
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll


async def test_a_cancelled_poll_frees_its_thread(amsterdam: HubClient, hub: Served) -> None:
    """The next poll does not wait for the one that nobody wants any more."""
    first = asyncio.create_task(amsterdam.collect_matches(v.CollectMatches(None, 10, 50, False)))
    while not hub.tiny.callers:  # noqa: ASYNC110  the other side is another thread
        await asyncio.sleep(0.02)
    first.cancel()

    async with asyncio.timeout(20):
        answer = await amsterdam.collect_matches(v.CollectMatches(None, 10, 1, False))

    assert answer.mailbox == PAGE


async def test_a_poll_may_wait_longer_than_an_answer(hub: Served) -> None:
    """The read time limit is the ordinary one beside what the poll asked to wait."""
    client = hub.client(timeouts=Timeouts(connect=5.0, answer=0.9))

    assert (await client.collect_matches(v.CollectMatches(None, 10, 2, False))).mailbox == PAGE
    await client.close()


async def test_a_node_that_stops_does_not_wait_for_the_hub(hub: Served) -> None:
    """Close ends the poll that is under way."""
    client = hub.client()
    poll = asyncio.create_task(client.collect_matches(v.CollectMatches(None, 10, 50, False)))
    while not hub.tiny.callers:  # noqa: ASYNC110  the other side is another thread
        await asyncio.sleep(0.02)

    async with asyncio.timeout(20):
        await client.close()
        with pytest.raises(NotNow):
            await poll


async def test_a_region_that_was_revoked_is_out_on_its_open_connection(amsterdam: HubClient, hub: Served) -> None:
    """Its next request is refused, and after some tries the operator is told to look at the certificate."""
    await amsterdam.get_status(v.GetStatus())
    hub.pki.revoke("amsterdam", clock())
    failures: list[Exception] = []
    for _ in range(5):
        with pytest.raises((NotNow, Refused)) as failure:
            await amsterdam.get_status(v.GetStatus())
        failures.append(failure.value)

    assert isinstance(failures[0], Refused)
    assert isinstance(failures[-1], CertificateNotAccepted)


async def test_renewed_certificates_work_without_a_restart(amsterdam: HubClient, hub: Served) -> None:
    """TLS and signing certificate both, under the same client."""
    await amsterdam.get_status(v.GetStatus())
    hub.pki.renew(next(party for party in PARTIES if party.name == "amsterdam"), clock())

    assert await amsterdam.get_status(v.GetStatus()) == STATUS


async def test_two_regions_at_once_are_told_apart(hub: Served) -> None:
    """Each request carries the OIN of its own certificate."""
    regions = [hub.client("amsterdam"), hub.client("haaglanden")]

    await asyncio.gather(*(region.get_status(v.GetStatus()) for region in regions for _ in range(10)))
    for region in regions:
        await region.close()

    assert sorted({caller.oin for caller in hub.tiny.callers}) == ["00000099000000000101", "00000099000000000102"]
