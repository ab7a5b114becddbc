"""Protocol 2.3, SendSealedMessage: region to region through the mailbox, in effect once, in order, closed."""

import asyncio
import json
from uuid import UUID

import pytest

from hub import registry
from hub.limits import Limits
from soap_wsdl.vocabulary import (
    CollectMatches,
    Cursor,
    Delivery,
    NoticeKind,
    Oin,
    SealedMessage,
    SendSealedMessage,
    SendSealedMessageResponse,
)
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub.world import RegionAtHub, World, fresh_id, signal

SEALED = NoticeKind.SEALED_MESSAGE
CONTENT = b"closed" * 10


async def _send(
    here: RegionAtHub, there: Oin, sequence: int, message_id: UUID | None = None
) -> SendSealedMessageResponse:
    message = SealedMessage(message_id or fresh_id(), sequence, "sealing-1", CONTENT)
    handler = here.world.hub.handlers()["SendSealedMessage"]
    response = await handler(here.caller(), SendSealedMessage(there, message))
    assert isinstance(response, SendSealedMessageResponse)
    return response


async def test_a_sealed_message_goes_through_the_mailbox_once_and_in_order(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """In effect once by its message id; out of sequence is refused with the sequence expected."""
    first = fresh_id()

    answers = [
        await _send(amsterdam, haaglanden.oin, 2),
        await _send(amsterdam, haaglanden.oin, 1, first),
        await _send(amsterdam, haaglanden.oin, 1, first),
        await _send(amsterdam, haaglanden.oin, 2),
    ]

    assert answers == [
        SendSealedMessageResponse(Delivery.REFUSED, 1),
        SendSealedMessageResponse(Delivery.ACCEPTED),
        SendSealedMessageResponse(Delivery.UNCHANGED),
        SendSealedMessageResponse(Delivery.ACCEPTED),
    ]
    notices = await haaglanden.collect()
    assert [(notice.kind, notice.peer) for notice in notices] == [(SEALED, amsterdam.oin)] * 2
    assert [notice.sealed_message.sequence for notice in notices if notice.sealed_message] == [1, 2]


async def test_each_pair_of_regions_counts_for_itself(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, utrecht: RegionAtHub
) -> None:
    """A sequence is per sender and recipient."""
    answers = [
        await _send(amsterdam, haaglanden.oin, 1),
        await _send(amsterdam, utrecht.oin, 1),
        await _send(utrecht, haaglanden.oin, 1),
        await _send(utrecht, haaglanden.oin, 1),
    ]

    assert [answer.delivery for answer in answers] == [Delivery.ACCEPTED] * 3 + [Delivery.REFUSED]
    assert answers[-1].expected_sequence == 2


async def test_a_sealed_message_for_nobody_is_refused(world: World, amsterdam: RegionAtHub) -> None:
    """Fault ONTVANGER: not a participant, departed, or oneself. Nothing is kept, so the sequence stays."""
    gone, there = world.region("Gone"), world.region("There")
    registry.depart(world.database, world.outside, gone.oin, world.clock.now)

    for nobody in (Oin("00000099000000009999"), gone.oin, amsterdam.oin):
        with pytest.raises(WusFault) as refused:
            await _send(amsterdam, nobody, 1)
        assert refused.value.code == Code.RECIPIENT

    assert (await _send(amsterdam, there.oin, 1)).delivery is Delivery.ACCEPTED


async def test_a_suspended_region_finds_its_messages_when_it_is_back(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """It may send nothing itself meanwhile."""
    registry.suspend(world.database, haaglanden.oin, world.clock.now)

    answer = await _send(amsterdam, haaglanden.oin, 1)
    with pytest.raises(WusFault) as refused:
        await _send(haaglanden, amsterdam.oin, 1)
    registry.add(world.database, world.outside, haaglanden.oin, "Haaglanden", world.clock.now)

    assert answer.delivery is Delivery.ACCEPTED
    assert refused.value.code == Code.NOT_AUTHORISED
    assert [notice.kind for notice in await haaglanden.collect()] == [SEALED]


async def test_a_waiting_poll_is_answered_with_it(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """The recipient hears at once, as of a match."""
    handler = haaglanden.world.hub.handlers()["CollectMatches"]
    poll = asyncio.ensure_future(handler(haaglanden.caller(), CollectMatches(None, 200, 30, False)))
    while not haaglanden.world.hub.open_polls(haaglanden.oin):  # noqa: ASYNC110
        await asyncio.sleep(0)

    await _send(amsterdam, haaglanden.oin, 1)

    assert [notice.kind for notice in (await asyncio.wait_for(poll, 5)).mailbox.notices] == [SEALED]


async def test_a_region_that_sends_too_much_is_held_by_its_own_limit(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub, utrecht: RegionAtHub
) -> None:
    """Fault LIMIET, for this region alone; nothing of it is kept."""
    world.limits = Limits(requests_per_second=1, requests_burst=2)
    world.close()
    world.begin()
    for sequence in (1, 2):
        await _send(amsterdam, haaglanden.oin, sequence)

    with pytest.raises(WusFault) as refused:
        await _send(amsterdam, haaglanden.oin, 3)

    assert refused.value.code == Code.LIMIT
    assert (await _send(utrecht, haaglanden.oin, 1)).delivery is Delivery.ACCEPTED
    assert len(await haaglanden.collect()) == 3


async def test_retelling_keeps_sealed_messages_in_their_order(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, utrecht: RegionAtHub
) -> None:
    """Between the pairs, as they came."""
    await _send(amsterdam, haaglanden.oin, 1)
    await utrecht.send(signal("child"))
    await haaglanden.send(signal("child"))
    await _send(utrecht, haaglanden.oin, 1)
    await _send(amsterdam, haaglanden.oin, 2)

    told = (await haaglanden.page()).notices
    retold = (await haaglanden.page(retell=True)).notices

    def order(notices: tuple[object, ...]) -> list[object]:
        return [(n.kind, n.peer, n.sealed_message) for n in notices]  # type: ignore[attr-defined]

    assert order(retold) == order(told)
    assert [notice.kind for notice in retold] == [SEALED, NoticeKind.MATCH, SEALED, SEALED]


async def test_a_sealed_message_goes_30_days_after_it_was_acknowledged(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Not 30 days after it was sent: a recipient put back to last week asks again. Its id still stops a late resend."""
    sent = fresh_id()
    await _send(amsterdam, haaglanden.oin, 1, sent)
    world.clock.pass_days(31)
    await world.sweep()
    page = await haaglanden.page()
    await haaglanden.page(Cursor(page.seed, page.number))
    await world.sweep()
    world.clock.pass_days(29)
    await world.sweep()
    kept = (await haaglanden.page()).notices

    world.clock.pass_days(1)
    await world.sweep()

    assert len(kept) == 1
    assert (await haaglanden.page()).notices == ()
    assert (await _send(amsterdam, haaglanden.oin, 1, sent)).delivery is Delivery.UNCHANGED
    assert (await _send(amsterdam, haaglanden.oin, 2)).delivery is Delivery.ACCEPTED
    assert CONTENT not in b"".join(
        row["content"] or b""
        for row in world.database.read_now(lambda tx: tx.all("SELECT content FROM sealed_message WHERE sequence = 1"))
    )


async def test_a_mark_that_moved_back_begins_the_thirty_days_anew(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The recipient was restored, and has not applied it any more."""
    await _send(amsterdam, haaglanden.oin, 1)
    page = await haaglanden.page()
    await haaglanden.page(Cursor(page.seed, page.number))
    await world.sweep()

    await haaglanden.page(Cursor(page.seed, 0))
    await world.sweep()
    world.clock.pass_days(40)
    await world.sweep()

    assert len((await haaglanden.page()).notices) == 1


async def test_what_lies_for_a_region_that_departed_goes(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Nobody can collect it any more."""
    await _send(amsterdam, haaglanden.oin, 1)
    registry.depart(world.database, world.outside, haaglanden.oin, world.clock.now)

    await world.sweep()

    rows = world.database.read_now(lambda tx: tx.all("SELECT content FROM sealed_message"))
    assert [row["content"] for row in rows] == [None]


async def test_a_hub_that_was_put_back_expects_the_sequence_that_it_remembers(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A sender that goes on is told which; what the hub still knows is unchanged, what it forgot is told again."""
    first, second = fresh_id(), fresh_id()
    await _send(amsterdam, haaglanden.oin, 1, first)
    copy = world.backup()
    await _send(amsterdam, haaglanden.oin, 2, second)
    await haaglanden.collect()
    world.restore(copy)

    answers = [
        await _send(amsterdam, haaglanden.oin, 3),
        await _send(amsterdam, haaglanden.oin, 1, first),
        await _send(amsterdam, haaglanden.oin, 2, second),
    ]

    assert answers[0] == SendSealedMessageResponse(Delivery.REFUSED, 2)
    assert [answer.delivery for answer in answers[1:]] == [Delivery.UNCHANGED, Delivery.ACCEPTED]
    assert [n.sealed_message.message_id for n in (await haaglanden.page()).notices if n.sealed_message] == [
        first,
        second,
    ]


async def test_the_log_says_who_sent_whom_one_and_nothing_of_it(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """One line for one that was taken in; none for a resend."""
    sent = fresh_id()
    await _send(amsterdam, haaglanden.oin, 1, sent)
    await _send(amsterdam, haaglanden.oin, 1, sent)

    rows = world.database.read_now(
        lambda tx: tx.all("SELECT fields FROM audit WHERE event = 'sealed-message-sent' ORDER BY number")
    )

    assert [json.loads(row["fields"]) for row in rows] == [
        {"oin": amsterdam.oin, "recipient": haaglanden.oin, "sequence": 1}
    ]
