"""Sealed messages between two regions, from the write that causes one to its effect: once, in order, or an alarm."""

import os
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from certs.statements import KeyEnding, KeyKind
from hub.store import regions
from node.domain.sealed import Content, EndedUnheard, UnheardEnding, write
from node.flows import set_aside
from node.flows.collect import apply, open_cards
from node.flows.forgetting import forget
from node.flows.keys import publish_keys, refresh
from node.store import mailbox, sealed
from soap_wsdl.vocabulary import CollectMatches, Notice, NoticeKind, Oin, RegionStatus, SendSealedMessage
from tests.rehearsal import OINS, Party, Rehearsal


@dataclass
class Two:
    """Amsterdam writes, Haaglanden hears."""

    rehearsal: Rehearsal
    amsterdam: Party
    haaglanden: Party

    def write(self, content: Content | None = None, to: Oin | None = None) -> UUID:
        """A message, in a write of its own; about a match that nobody knows."""
        party, id = self.amsterdam, uuid4()
        said = content or write(EndedUnheard((UnheardEnding(uuid4(), uuid4(), False, 1),)))
        vault = party.exchange.vault
        party.db.write_now(lambda tx: sealed.put(tx, vault, id, to or self.haaglanden.oin, said, party.now()))
        return id

    def heard(self) -> set[str]:
        """The ids of what took effect."""
        return {row[0] for row in self.haaglanden.rows("SELECT message_id FROM sealed_heard")}

    def sent(self) -> list[SendSealedMessage]:
        """What went over the line, in order."""
        return [each for each in self.amsterdam.hub.trouble.sent if isinstance(each, SendSealedMessage)]

    def waits(self) -> list[tuple[object, ...]]:
        """What has not left, with why."""
        return self.amsterdam.rows("SELECT waits_because, refusal FROM sealed_outbox WHERE sent_at IS NULL")


@pytest.fixture
async def two(rehearsal: Rehearsal) -> Two:
    """Two regions."""
    return Two(rehearsal, await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden"))


async def test_messages_leave_in_order_and_take_effect_once(two: Two) -> None:
    """Over lines that lose answers and deliver twice."""
    ids = [two.write() for _ in range(4)]
    two.amsterdam.hub.trouble.lose_answer = 2
    two.amsterdam.hub.trouble.twice = 2
    for _ in range(4):
        two.rehearsal.later(minutes=40)
        await two.rehearsal.settle()

    notices = (await two.haaglanden.hub.collect_matches(CollectMatches(None, 200, 0, False))).mailbox.notices
    told = [notice.sealed_message.message_id for notice in notices if notice.sealed_message]

    assert told == ids
    assert two.heard() == {str(id) for id in ids}
    assert two.waits() == []
    assert two.haaglanden.alarms() == []


async def test_a_resend_says_the_same_bytes(two: Two) -> None:
    """Sealing is random, so it is done once, and kept before anything leaves."""
    two.write()
    two.amsterdam.hub.trouble.lose_answer = 1
    await two.amsterdam.deliver()
    two.amsterdam.close()
    two.amsterdam.start()
    two.rehearsal.later(minutes=40)
    await two.amsterdam.deliver()

    first, second = (each.message for each in two.sent())

    assert first == second


async def test_a_region_without_a_usable_key_is_waited_for(two: Two) -> None:
    """What is written for it waits in its order, and the operator sees why; it leaves when the region has joined."""
    two.rehearsal.hub.add(OINS["utrecht"], "utrecht")
    await refresh(two.amsterdam.exchange)
    ids = [two.write(to=OINS["utrecht"]), two.write(to=OINS["utrecht"])]
    other = two.write()

    await two.rehearsal.settle()
    waited, counted = two.waits(), two.amsterdam.db.read_now(sealed.count)
    utrecht = await two.rehearsal.region("utrecht")
    await two.rehearsal.settle()

    assert waited == [("This region has no sealing key that we can use: wait until it publishes one.", None)] * 2
    assert counted == (2, 2, 0)
    assert two.heard() == {str(other)}
    assert {row[0] for row in utrecht.rows("SELECT message_id FROM sealed_heard")} == {str(id) for id in ids}
    assert [each.message.message_id for each in two.sent() if each.recipient == utrecht.oin] == ids


async def test_what_waits_under_a_key_that_is_compromised_now_is_sealed_anew(two: Two) -> None:
    """Theirs or ours; under the same id, so that the hub knows it if the first did arrive."""
    id = two.write()
    two.amsterdam.hub.trouble.lose_answer = 1
    await two.amsterdam.deliver()
    before = two.sent()[0].message
    two.rehearsal.later(minutes=1)
    for party, kind in ((two.haaglanden, KeyKind.SEALING), (two.amsterdam, KeyKind.CARD)):
        keys = party.exchange.region_keys
        keys.new(kind, party.now(), os.urandom)
        keys.end(next(key.id for key in keys.stated() if key.kind is kind), KeyEnding.COMPROMISED, party.now())
        await publish_keys(party.exchange)
    await refresh(two.amsterdam.exchange)
    two.rehearsal.later(minutes=40)

    await two.amsterdam.deliver()

    after = two.sent()[-1].message
    assert after.message_id == before.message_id == id
    assert after.key_id != before.key_id
    assert after.sealed != before.sealed
    assert two.waits() == []


async def test_a_hub_that_lost_everything_is_told_again_and_the_recipient_hears_nothing_twice(two: Two) -> None:
    """The sequence begins anew where the hub says; what its recipient missed arrives, what it had is dropped."""
    had = two.write()
    await two.rehearsal.settle()
    missed = two.write()
    await two.amsterdam.deliver()
    two.rehearsal.hub.put_back(None)

    await two.rehearsal.settle(6)

    assert two.heard() == {str(had), str(missed)}
    lines = [row[0] for row in two.haaglanden.rows("SELECT event FROM audit WHERE event LIKE 'sealed.%'")]
    assert lines == ["sealed.heard"] * 2
    assert two.rehearsal.hub.db.read_now(
        lambda tx: [row["sequence"] for row in tx.all("SELECT sequence FROM sealed_message ORDER BY sequence")]
    ) == [1, 2]
    assert "sealedRefused" not in two.haaglanden.alarms()


async def test_a_sender_that_was_put_back_goes_on_where_the_hub_is(two: Two) -> None:
    """Its own count is behind; the hub says which is next."""
    copy = two.amsterdam.back_up()
    two.write()
    await two.rehearsal.settle()
    two.amsterdam.put_back(copy)
    later = two.write()

    await two.rehearsal.settle()

    assert str(later) in two.heard()
    assert two.amsterdam.rows("SELECT next FROM sealed_sequence") == [(3,)]


async def test_a_recipient_that_was_put_back_hears_again_what_it_lost(two: Two) -> None:
    """Its cursor went back, and what it had heard with it: both are one write."""
    copy = two.haaglanden.back_up()
    id = two.write()
    await two.rehearsal.settle()
    two.haaglanden.put_back(copy)
    before = two.heard()

    await two.haaglanden.collect()

    assert (before, two.heard()) == (set(), {str(id)})


async def test_a_message_for_a_region_that_departed_is_set_aside_for_the_operator(two: Two) -> None:
    """Fault ONTVANGER. Retried it leaves when the region is back; dropped it is gone."""
    hub = two.rehearsal.hub.db
    hub.write_now(lambda tx: regions.set_status(tx, two.haaglanden.oin, RegionStatus.DEPARTED))
    two.write()
    two.write()
    await two.amsterdam.deliver()
    aside = two.amsterdam.db.read_now(set_aside.list_aside)
    hub.write_now(lambda tx: regions.add(tx, two.haaglanden.oin, "haaglanden"))

    retried = await set_aside.retry(two.amsterdam.db, aside[0].name, two.amsterdam.now())
    dropped = await set_aside.drop(two.amsterdam.db, aside[1].name, two.amsterdam.now())
    await two.rehearsal.settle()

    assert [(each.name, each.refusal.split(":")[0]) for each in aside] == [("s1", "ONTVANGER"), ("s2", "ONTVANGER")]
    assert (retried, dropped) == (True, True)
    assert len(two.heard()) == 1
    assert two.amsterdam.db.read_now(sealed.count) == (0, 0, 0)


async def _notice(two: Two) -> Notice:
    page = (await two.haaglanden.hub.collect_matches(CollectMatches(None, 200, 0, False))).mailbox
    [notice] = [each for each in page.notices if each.kind is NoticeKind.SEALED_MESSAGE]
    return notice


async def _hear(two: Two, notice: Notice) -> None:
    """As the hub would tell it."""
    party = two.haaglanden
    page = (await party.hub.collect_matches(CollectMatches(None, 200, 0, False))).mailbox
    page = replace(page, notices=(notice,))
    answers = await open_cards(party.exchange, page)
    party.db.write_now(lambda tx: apply(tx, party.exchange, page, mailbox.read(tx).cursor, answers))


@pytest.mark.parametrize("forged", ["content", "sender", "id", "key"])
async def test_a_hub_that_changes_a_message_is_an_alarm_and_no_effect(two: Two, forged: str) -> None:
    """It can neither forge nor redirect nor replay; what does not verify is never dropped in silence."""
    two.write()
    await two.amsterdam.deliver()
    notice = await _notice(two)
    message = notice.sealed_message
    assert message is not None
    changed = {
        "content": replace(notice, sealed_message=replace(message, sealed=bytes(len(message.sealed)))),
        "sender": replace(notice, peer=two.haaglanden.oin),
        "id": replace(notice, sealed_message=replace(message, message_id=uuid4())),
        "key": replace(notice, sealed_message=replace(message, key_id="sealing-none")),
    }

    await _hear(two, changed[forged])

    assert two.haaglanden.alarms() == ["sealedRefused"]
    assert two.heard() == set()
    assert two.haaglanden.rows("SELECT 1 FROM audit WHERE event = 'sealed.refused'") == [(1,)]


async def test_a_message_of_a_later_version_is_an_alarm(two: Two) -> None:
    """This node must be renewed; that it did not understand is never a silent drop."""
    two.write(Content("tomorrow", b"{}"))

    await two.rehearsal.settle()

    assert two.haaglanden.alarms() == ["sealedRefused"]
    assert two.heard() == set()


async def test_an_old_message_is_not_believed_once_its_id_may_be_forgotten(two: Two) -> None:
    """Ids are kept 400 days, messages of more than a year refused: an old one never comes in twice."""
    two.write()
    await two.amsterdam.deliver()
    notice = await _notice(two)
    await two.haaglanden.collect()
    two.rehearsal.later(days=401)
    await forget(two.haaglanden.exchange)
    forgotten = two.heard()
    two.haaglanden.db.write_now(lambda tx: tx.execute("UPDATE mailbox SET seed = NULL, number = 0"))

    await _hear(two, notice)

    assert forgotten == two.heard() == set()
    assert "sealedRefused" in two.haaglanden.alarms()


async def test_what_was_sent_is_kept_thirty_days_and_then_gone(two: Two) -> None:
    """As long as a hub may have to be told again."""
    two.write()
    await two.rehearsal.settle()
    two.rehearsal.moment += timedelta(days=29)
    await forget(two.amsterdam.exchange)
    kept = len(two.amsterdam.rows("SELECT 1 FROM sealed_outbox"))
    two.rehearsal.moment += timedelta(days=2)

    await forget(two.amsterdam.exchange)

    assert (kept, two.amsterdam.rows("SELECT 1 FROM sealed_outbox")) == (1, [])
