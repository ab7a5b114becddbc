"""The doors over SOAP, with every kind of answer that is none: each is told apart, and nothing false is believed."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import requests
import responses

from certs.authority import DevPki
from hub_connector.client import HubClient, PseudonymClient
from hub_connector.doors import HubDoor, PseudonymDoor
from hub_connector.failures import ClockDiffers, NotNow, Refused
from soap_wsdl import vocabulary as v
from soap_wsdl.wus.faults import Code, WusFault
from soap_wsdl.wus.verifying import VerifiedRequest
from tests.hub_connector.loopback import HUB, QUICK, SERVICE, Party, clock, ends

URL = "https://hub.test/hub/v1"
SERVICE_URL = "https://service.test/pseudonyms/v1"
STATUS = v.GetStatusResponse(
    hub_time=datetime(2026, 5, 20, 10, 0, tzinfo=UTC),
    software_version="1",
    seed=UUID(int=1),
    last_number=7,
    acknowledged_number=5,
    comparison_due=False,
)
PAGE = v.MailboxPage(v.MailboxStatus.CURRENT, UUID(int=1), 7, False)
XML = "text/xml; charset=utf-8"
Reply = Callable[[VerifiedRequest], bytes]


@pytest.fixture
async def hub(pki: DevPki) -> AsyncIterator[HubClient]:
    """Amsterdam's door to the hub."""
    client = HubClient(URL, HUB, ends(pki), QUICK)
    yield client
    await client.close()


@pytest.fixture
def party(pki: DevPki) -> Party:
    """The hub's own half: verifies and signs."""
    return Party(pki)


@contextmanager
def replying(party: Party, reply: Reply, url: str = URL, status: int = 200, kind: str = XML) -> Iterator[None]:
    """Answer every verified request with what ``reply`` makes of it."""
    with responses.RequestsMock() as wire:

        def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
            assert isinstance(request.body, bytes)
            return status, {"Content-Type": kind}, reply(party.read(request.body, url))

        wire.add_callback(responses.POST, url, answer)
        yield


@contextmanager
def raw(body: bytes | Exception, status: int = 200, kind: str = XML) -> Iterator[None]:
    """Answer without looking."""
    with responses.RequestsMock() as wire:
        wire.add(responses.POST, URL, body=body, status=status, content_type=kind)
        yield


async def failure(hub: HubClient) -> NotNow | Refused:
    """What GetStatus fails with."""
    try:
        await hub.get_status(v.GetStatus())
    except (NotNow, Refused) as failed:
        return failed
    raise AssertionError("an answer was believed")


# --- Answers ------------------------------------------------------------------------------------------


async def test_a_verified_answer_is_believed(hub: HubClient, party: Party) -> None:
    """The plain good case: our request verifies at the hub, its answer here."""
    with replying(party, lambda request: party.answer(request, STATUS)):
        assert await hub.get_status(v.GetStatus()) == STATUS

    assert party.seen[0].oin == "00000099000000000101"


ENTRY = v.Entry(v.EpochName("2026"), bytes(range(32)), bytes(v.SEALED_CARD_SIZE))
RECORD = v.Record(
    UUID(int=5), v.Purpose.YOUTH, v.RecordState.LIVE, 3, date(2027, 5, 1), date(2032, 5, 1), v.Reason.NEW, (ENTRY,)
)
SEALED = v.SealedMessage(UUID(int=6), 1, "sealing-1", bytes(200))
STATEMENT = v.KeyStatement(b"{}", bytes(384), (b"leaf", b"issuing"))
OUTCOME = v.RecordOutcome(UUID(int=5), v.Outcome.REGISTERED)
CALLS = [
    ("register_signals", v.RegisterSignals(UUID(int=2), v.Cursor(UUID(int=1), 4), (RECORD, RECORD)),
     v.RegisterSignalsResponse(PAGE, (OUTCOME,))),
    ("register_signals", v.RegisterSignals(UUID(int=2), None, (RECORD,)),
     v.RegisterSignalsResponse(PAGE, (OUTCOME,))),
    ("withdraw_signals",
     v.WithdrawSignals(UUID(int=2), None, (v.Withdrawal(UUID(int=5), 4, v.Ending.ENDED, date(2032, 5, 1)),)),
     v.WithdrawSignalsResponse(PAGE, (OUTCOME,))),
    ("collect_matches", v.CollectMatches(None, 200, 0, False), v.CollectMatchesResponse(PAGE)),
    ("collect_matches", v.CollectMatches(v.Cursor(UUID(int=1), 4), 200, 20, True), v.CollectMatchesResponse(PAGE)),
    ("compare_registrations",
     v.CompareRegistrations(date(2026, 5, 20), v.Declaration(1, bytes(32)), (v.Range(UUID(int=0), UUID(int=9)),)),
     v.CompareRegistrationsResponse(UUID(int=1), True)),
    ("send_sealed_message", v.SendSealedMessage(v.Oin("00000099000000000102"), SEALED),
     v.SendSealedMessageResponse(v.Delivery.ACCEPTED)),
    ("publish_keys", v.PublishKeys(STATEMENT), v.PublishKeysResponse(3)),
    ("get_directory", v.GetDirectory(), v.GetDirectoryResponse()),
    ("get_statistics", v.GetStatistics("2026-01", "2026-05"), v.GetStatisticsResponse()),
    ("get_status", v.GetStatus(), STATUS),
]  # fmt: skip


@pytest.mark.parametrize(("method", "message", "answer"), CALLS, ids=[f"{call[0]}-{n}" for n, call in enumerate(CALLS)])
async def test_every_operation_of_the_hub_arrives_as_it_was_meant(
    hub: HubClient, party: Party, method: str, message: object, answer: object
) -> None:
    """What zeep writes from a message is what the hub reads, field for field."""
    with replying(party, lambda request: party.answer(request, answer)):
        assert await getattr(hub, method)(message) == answer

    assert party.seen[0].message == message


@pytest.mark.parametrize(
    ("method", "message", "answer"),
    [
        ("evaluate_blinded",
         v.EvaluateBlinded(UUID(int=2), v.EpochName("2026"), v.Purpose.YOUTH, (bytes(range(32)), bytes(32))),
         v.EvaluateBlindedResponse(bytes(64), v.BudgetLeft(1, 2, 3), (bytes(32), bytes(32)))),
        ("get_epochs", v.GetEpochs(), v.GetEpochsResponse(b"{}")),
    ],
    ids=["evaluate_blinded", "get_epochs"],
)  # fmt: skip
async def test_every_operation_of_the_service_arrives_as_it_was_meant(
    pki: DevPki, method: str, message: object, answer: object
) -> None:
    """The same for the pseudonym service's contract."""
    service = Party(pki, v.PSEUDONYMS, "pseudonyms")
    client = PseudonymClient(SERVICE_URL, SERVICE, ends(pki), QUICK)

    with replying(service, lambda request: service.answer(request, answer), SERVICE_URL):
        assert await getattr(client, method)(message) == answer

    assert service.seen[0].message == message
    await client.close()


async def test_each_call_is_a_message_of_its_own(hub: HubClient, party: Party) -> None:
    """A resend has a new MessageID and a new signature, and the same batch id."""
    message = v.RegisterSignals(UUID(int=2), None, (RECORD,))
    answer = v.RegisterSignalsResponse(PAGE, (OUTCOME,))
    with replying(party, lambda request: party.answer(request, answer)):
        await hub.register_signals(message)
        await hub.register_signals(message)

    first, second = party.seen
    assert first.message == second.message
    assert first.message_id != second.message_id
    assert first.signature_value != second.signature_value


async def test_sixty_calls_at_once_keep_their_answers_apart(hub: HubClient, party: Party) -> None:
    """Each thread gets the answer to its own question: nothing is kept on a shared object."""

    def reply(request: VerifiedRequest) -> bytes:
        return party.answer(request, v.PublishKeysResponse(len(request.message.key_statement.statement)))

    with replying(party, reply):
        answers = await asyncio.gather(
            *(hub.publish_keys(v.PublishKeys(v.KeyStatement(b"x" * size, b"s", (b"c",)))) for size in range(1, 61))
        )

    assert [answer.serial for answer in answers] == list(range(1, 61))


# --- Faults -------------------------------------------------------------------------------------------


async def test_a_verified_permanent_fault_is_refused_with_why(hub: HubClient, party: Party) -> None:
    """Code and text reach the operator; the message is set aside."""
    with replying(party, lambda request: party.fault(request, WusFault(Code.NOT_AUTHORISED)), status=500):
        refused = await failure(hub)

    assert isinstance(refused, Refused)
    assert refused.code == "0002"
    assert refused.omschrijving


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (WusFault(Code.NOT_AVAILABLE), 60),
        (WusFault(Code.BUDGET, retry_after=4711), 4711),
        (WusFault(Code.LIMIT, retry_after=3), 3),
        (WusFault("NIEUW", "Later.", True), None),
    ],
)
async def test_a_verified_fault_that_may_be_repeated_is_not_now_with_when(
    hub: HubClient, party: Party, fault: WusFault, seconds: int | None
) -> None:
    """The code and the seconds that the other side named; also of codes that this version does not know."""
    with replying(party, lambda request: party.fault(request, fault), status=500):
        later = await failure(hub)

    assert isinstance(later, NotNow)
    assert (later.code, later.retry_after) == (fault.code, seconds)


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_an_answer_from_another_time_is_a_clock_that_differs(hub: HubClient, party: Party, minutes: int) -> None:
    """Well signed but outside the window: the difference is told, and nothing is set aside."""
    party.now = lambda: clock() + timedelta(minutes=minutes)
    with replying(party, lambda request: party.answer(request, STATUS)):
        differs = await failure(hub)

    assert isinstance(differs, ClockDiffers)
    assert differs.seconds == pytest.approx(minutes * 60, abs=30)


async def test_a_fault_about_our_clock_is_a_clock_that_differs(hub: HubClient, party: Party) -> None:
    """KLOK from the hub says the same from the other side."""
    party.now = lambda: clock() + timedelta(minutes=10)
    with replying(party, lambda request: party.fault(request, WusFault(Code.CLOCK)), status=500):
        assert isinstance(await failure(hub), ClockDiffers)


async def test_a_fault_before_verification_is_not_believed(hub: HubClient) -> None:
    """Unsigned, it may come from anyone on the way: the outcome is unknown."""
    fault = (
        b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header/><soap:Body><soap:Fault>'
        b"<faultcode>soap:Client</faultcode><faultstring>0002</faultstring></soap:Fault></soap:Body></soap:Envelope>"
    )
    with raw(fault, 500):
        later = await failure(hub)

    assert isinstance(later, NotNow)
    assert "not believed" in later.reason


# --- Answers that are none ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (502, "text/html", b"<html>Bad Gateway</html>"),
        (200, "text/html; charset=utf-8", b"<html>Log in</html>"),
        (200, "application/json", b"{}"),
        (413, "text/plain", b"too large"),
        (307, "text/xml", b""),
        (204, "", b""),
    ],
)
async def test_an_answer_that_is_not_soap_is_not_now(hub: HubClient, status: int, kind: str, body: bytes) -> None:
    """A proxy's page, a log-in, a redirect: none says anything about the hub."""
    with raw(body, status, kind):
        later = await failure(hub)

    assert isinstance(later, NotNow)
    assert f"HTTP status {status}" in later.reason


@pytest.mark.parametrize("body", [b"", b"<", b"not xml", b"<a/>", b"\xff\xfe<\x00"])
async def test_an_answer_that_cannot_be_read_is_not_believed(hub: HubClient, body: bytes) -> None:
    """Empty, broken, another document, another encoding."""
    with raw(body):
        assert isinstance(await failure(hub), NotNow)


async def test_a_truncated_answer_is_not_believed(hub: HubClient, party: Party) -> None:
    """Cut off anywhere, it is no answer."""
    with replying(party, lambda request: party.answer(request, STATUS)[:-40]):
        assert isinstance(await failure(hub), NotNow)


async def test_an_answer_to_another_question_is_not_believed(hub: HubClient, party: Party) -> None:
    """RelatesTo, SignatureConfirmation and the operation must all be ours."""
    for reply in (
        lambda request: party.answer(request, STATUS, relates_to=f"urn:uuid:{uuid4()}"),
        lambda request: party.answer(request, STATUS, confirms=bytes(256)),
        lambda request: party.answer(request, v.PublishKeysResponse(3)),
    ):
        with replying(party, reply):
            later = await failure(hub)
        assert isinstance(later, NotNow)
        assert "not believed" in later.reason


async def test_an_answer_of_another_party_is_not_believed(hub: HubClient, party: Party, pki: DevPki) -> None:
    """Well signed by someone else of the same scheme: another region, or the pseudonym service."""
    for name in ("haaglanden", "pseudonyms"):
        other = Party(pki, name=name)
        with replying(party, lambda request, other=other: other.answer(request, STATUS)):  # type: ignore[misc]
            later = await failure(hub)
        assert isinstance(later, NotNow)
        assert "not believed" in later.reason


async def test_an_answer_that_was_changed_on_its_way_is_not_believed(hub: HubClient, party: Party) -> None:
    """One digit."""

    def reply(request: VerifiedRequest) -> bytes:
        answer = party.answer(request, STATUS)
        assert b"<lastNumber>7<" in answer
        return answer.replace(b"<lastNumber>7<", b"<lastNumber>8<")

    with replying(party, reply):
        assert isinstance(await failure(hub), NotNow)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (requests.ConnectTimeout(), "No connection was made within"),
        (requests.ReadTimeout(), "did not come in time"),
        (requests.ConnectionError(ConnectionResetError()), "broke"),
        (requests.exceptions.ChunkedEncodingError(), "broke"),
        (ConnectionResetError(), "broke"),
    ],
)
async def test_a_broken_line_is_not_now(hub: HubClient, broken: Exception, reason: str) -> None:
    """Time-outs and resets, by what they are called."""
    with raw(broken):
        later = await failure(hub)

    assert isinstance(later, NotNow)
    assert reason in later.reason


async def test_our_own_message_is_held_against_the_schema_before_it_is_signed(hub: HubClient) -> None:
    """A message that cannot be right is not sent: it is set aside where the operator sees it."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.add(responses.POST, URL)
        with pytest.raises(Refused, match=r"0004.*maxNotices") as refused:
            await hub.collect_matches(v.CollectMatches(None, 201, 0, False))
        assert "201" not in str(refused.value)
        assert len(wire.calls) == 0


async def test_no_body_is_logged_at_the_loudest(hub: HubClient, party: Party, caplog: pytest.LogCaptureFixture) -> None:
    """zeep would log whole messages at DEBUG."""
    caplog.set_level(logging.DEBUG)
    with replying(party, lambda request: party.answer(request, STATUS)):
        await hub.get_status(v.GetStatus())
    with raw(b"<html>secret-page</html>", 502, "text/html"):
        later = await failure(hub)

    assert "Envelope" not in caplog.text
    assert "secret-page" not in caplog.text + str(later)


def test_the_clients_are_the_doors_that_a_node_knows() -> None:
    """An async method for each operation of the contract; mypy holds the two assignments."""
    hub: type[HubDoor] = HubClient
    service: type[PseudonymDoor] = PseudonymClient

    for door, contract in ((hub, v.HUB), (service, v.PSEUDONYMS)):
        for operation in contract.operations:
            method = re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()
            assert asyncio.iscoroutinefunction(getattr(door, method))


async def test_a_closed_door_says_so(hub: HubClient) -> None:
    """After close nothing is sent."""
    await hub.close()

    assert isinstance(await failure(hub), NotNow)
