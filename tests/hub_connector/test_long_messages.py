"""Messages with many records or elements: their body is written by our own codec, and arrives as zeep's would."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from certs.authority import DevPki
from hub_connector.client import HubClient, PseudonymClient
from hub_connector.failures import Refused
from hub_connector.soap import LONG, shortened
from soap_wsdl import vocabulary as v
from soap_wsdl.wus.faults import Code
from tests.hub_connector.loopback import HUB, QUICK, SERVICE, Party, ends
from tests.hub_connector.test_client import OUTCOME, PAGE, RECORD, SERVICE_URL, URL, replying

MANY = 60
CALLS = [
    ("register_signals", v.RegisterSignals(UUID(int=2), v.Cursor(UUID(int=1), 4), (RECORD,) * MANY),
     v.RegisterSignalsResponse(PAGE, (OUTCOME,) * MANY)),
    ("withdraw_signals",
     v.WithdrawSignals(UUID(int=2), None, (v.Withdrawal(UUID(int=5), 4, v.Ending.ENDED, date(2032, 5, 1)),) * MANY),
     v.WithdrawSignalsResponse(PAGE, (OUTCOME,) * MANY)),
]  # fmt: skip


@pytest.mark.parametrize(("method", "message", "answer"), CALLS, ids=[call[0] for call in CALLS])
async def test_a_long_message_to_the_hub_arrives_as_it_was_meant(
    pki: DevPki, method: str, message: object, answer: object
) -> None:
    """The hub sees no difference: signature, schema and every field hold."""
    party, client = Party(pki), HubClient(URL, HUB, ends(pki), QUICK)

    with replying(party, lambda request: party.answer(request, answer)):
        assert await getattr(client, method)(message) == answer

    assert party.seen[0].message == message
    await client.close()


async def test_a_long_question_to_the_service_arrives_as_it_was_meant(pki: DevPki) -> None:
    """The same for a full batch of elements, and for the short question after it on the same thread."""
    service, client = Party(pki, v.PSEUDONYMS, "pseudonyms"), PseudonymClient(SERVICE_URL, SERVICE, ends(pki), QUICK)
    elements = tuple(bytes([number]) * 32 for number in range(200))
    long = v.EvaluateBlinded(UUID(int=2), v.EpochName("2026"), v.Purpose.PARENT, elements)
    short = replace(long, batch_id=UUID(int=3), blinded=(bytes(32),))
    answer = v.EvaluateBlindedResponse(bytes(64), v.BudgetLeft(1, 2, 3), (bytes(32),))

    with replying(service, lambda request: service.answer(request, answer), SERVICE_URL):
        for message in (long, short, long):
            await client.evaluate_blinded(message)

    assert [request.message for request in service.seen] == [long, short, long]
    await client.close()


async def test_a_long_message_that_no_schema_allows_is_not_sent(pki: DevPki) -> None:
    """It is refused as a short one is: as our own mistake, and without what stood in it."""
    party, client = Party(pki), HubClient(URL, HUB, ends(pki), QUICK)
    wrong = replace(RECORD, entries=(v.Entry(v.EpochName("2026"), bytes(32), b"too little"),))
    message = v.RegisterSignals(UUID(int=2), None, (wrong,) * MANY)

    with pytest.raises(Refused) as refused:
        await client.register_signals(message)

    assert refused.value.code == Code.SCHEMA.value
    assert "too little" not in str(refused.value)
    assert party.seen == []
    await client.close()


def test_only_long_lists_are_shortened() -> None:
    """What zeep writes anyway stays whole."""
    short, long = (v.RegisterSignals(UUID(int=2), None, (RECORD,) * many) for many in (LONG, LONG + 1))

    assert shortened(short) is short
    assert shortened(long) == replace(long, records=(RECORD,))
