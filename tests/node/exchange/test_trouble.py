"""When hub or service are away, answers are lost, messages are refused, clocks differ: work waits and loses nothing."""

from datetime import timedelta
from functools import partial

from hub.limits import Limits as HubLimits
from node.domain.signal import EndReason
from node.flows import set_aside
from node.flows.collect import apply, collect, open_cards
from node.store import errands, holds, mailbox, outbox
from node.store.holds import Side
from pseudonym_service.budgets import Limits
from soap_wsdl.vocabulary import CollectMatches, EvaluateBlinded, RegisterSignals
from tests.rehearsal import Party, Rehearsal, record_ids


async def two(rehearsal: Rehearsal) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")


async def test_an_answer_lost_after_the_commit_is_asked_again_as_the_same_batch(rehearsal: Rehearsal) -> None:
    """Protocol 2.1: a resend is a new message with the same batch id, record ids and revisions."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await haaglanden.deliver()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    amsterdam.hub.trouble.lose_answer = 1

    first = await amsterdam.deliver()
    rehearsal.later(minutes=1)
    second = await amsterdam.deliver()
    await rehearsal.settle()

    one, other = [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals)]
    assert first.holding == "The answer was lost."
    assert second.holding is None
    assert (one.batch_id, one.records) == (other.batch_id, other.records)
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1


async def test_a_change_while_an_answer_is_missing_follows_as_the_next_revision(rehearsal: Rehearsal) -> None:
    """The resend says what was said before; the change comes after it."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, bsn)
    amsterdam.hub.trouble.lose_answer = 1
    await amsterdam.deliver()
    amsterdam.db.write_now(lambda tx: outbox.change(tx, ours.id, amsterdam.now()))

    rehearsal.later(minutes=1)
    await amsterdam.deliver()

    sent = [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals)]
    assert [each.records[0].revision for each in sent] == [1, 1, 2]
    assert haaglanden.alarms() == []


async def test_delivered_twice_is_met_once(rehearsal: Rehearsal) -> None:
    """A proxy that repeats a message changes nothing."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    amsterdam.hub.trouble.twice = haaglanden.hub.trouble.twice = 4
    await rehearsal.settle()

    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1


async def test_a_hub_that_is_away_is_left_alone_longer_each_time(rehearsal: Rehearsal) -> None:
    """Issue 2, 7: back-off with jitter that outlives a restart, and no storm."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.hub.trouble.cut = 1000
    waits = []
    for _ in range(8):
        await amsterdam.deliver()
        at_once = await amsterdam.deliver()
        hold = amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.HUB))
        assert hold is not None
        assert at_once.holding == hold.reason
        waits.append((hold.not_before - rehearsal.moment).total_seconds())
        rehearsal.moment = hold.not_before

    assert amsterdam.hub.trouble.cut == 1000 - 8
    assert waits[7] > waits[4] > waits[1]
    assert all(seconds <= 900 for seconds in waits)

    amsterdam.close()
    amsterdam.start()
    amsterdam.hub.trouble.cut = 0
    rehearsal.later(minutes=15)
    assert (await amsterdam.deliver()).holding is None
    assert amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.HUB)) is None


async def test_days_without_hub_and_service_are_made_up_for(rehearsal: Rehearsal) -> None:
    """The node works fully meanwhile and catches up by itself."""
    amsterdam, haaglanden = await two(rehearsal)
    children = [rehearsal.bsn() for _ in range(5)]
    theirs = [await haaglanden.signal(haaglanden.professional("Bakker"), child) for child in children]
    await haaglanden.deliver()
    amsterdam.hub.trouble.cut = amsterdam.service.trouble.cut = 10**6
    who = amsterdam.professional("Visser")
    ours = []
    for child in children:
        ours.append(await amsterdam.signal(who, child))
        await amsterdam.deliver()
        rehearsal.later(hours=9)
    await amsterdam.end(who, ours[0])

    amsterdam.hub.trouble.cut = amsterdam.service.trouble.cut = 0
    rehearsal.later(hours=1)
    await rehearsal.settle()

    assert [len(amsterdam.living(each)) for each in ours] == [0, 1, 1, 1, 1]
    assert [len(haaglanden.living(each)) for each in theirs] == [0, 1, 1, 1, 1]


async def test_an_ending_does_not_wait_for_the_service(rehearsal: Rehearsal) -> None:
    """It needs no tag."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    ours = await amsterdam.signal(who, bsn)
    await rehearsal.settle()
    amsterdam.service.trouble.cut = 10**6
    waiting = await amsterdam.signal(who, rehearsal.bsn())
    await amsterdam.deliver()

    await amsterdam.end(who, ours)
    await amsterdam.deliver()
    await haaglanden.collect()

    assert haaglanden.living(theirs) == []
    [wish] = amsterdam.db.read_now(outbox.every)
    assert wish.signal_id == waiting.id


async def test_a_used_up_budget_stops_nothing_but_new_tags(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: a hard stop that says when; what fits the rest of the budget still goes."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.service.list_region(amsterdam.oin, Limits(3, 100))
    who = amsterdam.professional("Visser")
    for _ in range(5):
        await amsterdam.signal(who, rehearsal.bsn())

    report = await amsterdam.deliver()
    hold = amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.SERVICE))
    waiting = len(amsterdam.db.read_now(outbox.every))
    asked = len(amsterdam.service.trouble.sent)
    await amsterdam.deliver()

    assert report.sent == 3
    assert waiting == 2
    assert hold is not None
    assert "room again on 2026-11-25" in hold.reason
    assert hold.not_before - rehearsal.moment > timedelta(minutes=59)
    assert len(amsterdam.service.trouble.sent) == asked

    rehearsal.later(days=1)
    assert (await amsterdam.deliver()).sent == 2


async def test_an_allowance_is_used_within_the_hour(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: it opens a budget that was used up, not only the next day's."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.service.list_region(amsterdam.oin, Limits(1, 100))
    who = amsterdam.professional("Visser")
    for _ in range(3):
        await amsterdam.signal(who, rehearsal.bsn())
    await amsterdam.deliver()
    rehearsal.service.list_region(amsterdam.oin, Limits(10, 100))

    rehearsal.later(minutes=75)

    assert (await amsterdam.deliver()).sent == 2


async def test_the_same_question_counts_once_at_the_service(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: the same batch id with the same elements, also after an answer was lost."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.service.list_region(amsterdam.oin, Limits(1, 100))
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.service.trouble.lose_answer = 1
    await amsterdam.deliver()
    rehearsal.later(minutes=1)

    report = await amsterdam.deliver()

    one, other = [each for each in amsterdam.service.trouble.sent if isinstance(each, EvaluateBlinded)]
    assert (one.batch_id, one.blinded) == (other.batch_id, other.blinded)
    assert report.sent == 1


async def test_the_service_cannot_tell_that_a_youth_is_asked_about_again(rehearsal: Rehearsal) -> None:
    """Protocol 1.1: another signal is another question; it is counted, and not one element of it was seen before."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.service.list_region(amsterdam.oin, Limits(3, 100))
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    first = await amsterdam.signal(who, bsn)
    await amsterdam.deliver()
    await amsterdam.end(who, first, EndReason.ONTERECHT)
    await amsterdam.deliver()
    await amsterdam.signal(who, bsn)
    await amsterdam.deliver()
    await amsterdam.signal(amsterdam.professional("Bakker"), bsn)
    await amsterdam.deliver()

    asked = [each for each in amsterdam.service.trouble.sent if isinstance(each, EvaluateBlinded)]
    elements = [element for each in asked for element in each.blinded]
    used = rehearsal.service.db.read_now(lambda tx: tx.all("SELECT fields FROM audit WHERE event = 'batch-counted'"))

    assert len({each.batch_id for each in asked}) == len(asked) == 3
    assert len(set(elements)) == len(elements) == 3
    assert len(used) == 3


async def test_different_clocks_hold_the_delivery_until_they_agree(rehearsal: Rehearsal) -> None:
    """Protocol 2.1: nothing is set aside, the difference is seen, and it goes on by itself."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.hub.trouble.clock_differs = 600.0
    report = await amsterdam.deliver()
    seen = amsterdam.db.read_now(holds.clock_differs)
    rehearsal.later(minutes=20)
    await amsterdam.deliver()
    amsterdam.hub.trouble.clock_differs = 0.0
    rehearsal.later(minutes=20)

    after = await amsterdam.deliver()

    assert report.sent == 0
    assert seen == 600.0
    assert amsterdam.db.read_now(errands.aside) == []
    assert after.sent == 1
    assert amsterdam.db.read_now(holds.clock_differs) is None


async def test_a_region_that_is_not_let_in_waits_and_sets_nothing_aside(rehearsal: Rehearsal) -> None:
    """A refusal about us, not about the message."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    rehearsal.hub.db.write_now(lambda tx: tx.execute("UPDATE region SET status = 'suspended'"))
    held = await amsterdam.deliver()
    rehearsal.hub.db.write_now(lambda tx: tx.execute("UPDATE region SET status = 'active'"))
    rehearsal.later(minutes=20)

    after = await amsterdam.deliver()

    assert held.holding is not None
    assert held.holding.startswith("0002")
    assert (held.set_aside, after.sent) == (0, 1)


async def test_too_many_requests_wait_as_the_hub_asks(rehearsal: Rehearsal) -> None:
    """The fault says when to come back."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.hub.hub._limits = HubLimits(0.001, 1, 0.001, 1)
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    await amsterdam.deliver()
    await amsterdam.signal(amsterdam.professional("Smit"), rehearsal.bsn())
    await amsterdam.deliver()

    hold = amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.HUB))

    assert hold is not None
    assert hold.not_before - rehearsal.moment > timedelta(minutes=1)


async def test_a_refused_record_is_set_aside_and_can_be_retried_or_dropped(rehearsal: Rehearsal) -> None:
    """Issue 2, 7: the operator sees it; a buried record is replaced by a new one."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await rehearsal.settle()
    [record_id] = record_ids(amsterdam)
    rehearsal.hub.db.write_now(
        lambda tx: tx.execute(
            "UPDATE record SET ending = 'annulled', standing = 'destroyed', revision = 9 WHERE record_id = ?",
            (record_id.bytes,),
        )
    )
    amsterdam.db.write_now(lambda tx: outbox.change(tx, ours.id, amsterdam.now()))
    report = await amsterdam.deliver()
    [aside] = amsterdam.db.read_now(set_aside.list_aside)

    done = await set_aside.retry(amsterdam.db, aside.name, amsterdam.now())
    again = await set_aside.retry(amsterdam.db, aside.name, amsterdam.now())
    await rehearsal.settle()

    assert report.set_aside == 1
    assert (aside.name, aside.refusal, aside.signal_id) == (str(record_id), "withdrawn", ours.id)
    assert (done, again) == (True, False)
    assert amsterdam.db.read_now(set_aside.list_aside) == []
    assert len(record_ids(amsterdam)) == 2
    assert len(haaglanden.living(theirs)) >= 1


async def test_a_dropped_wish_is_gone(rehearsal: Rehearsal) -> None:
    """The operator gives up."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    [wish] = amsterdam.db.read_now(outbox.every)
    amsterdam.db.write_now(lambda tx: outbox.set_aside(tx, wish.number, "no tag can be made", amsterdam.now()))

    assert await set_aside.drop(amsterdam.db, str(wish.number), amsterdam.now())
    assert not await set_aside.drop(amsterdam.db, str(wish.number), amsterdam.now())
    assert amsterdam.db.read_now(outbox.every) == []


async def test_a_message_refused_for_its_content_is_halved_to_the_culprit(rehearsal: Rehearsal) -> None:
    """One bad record does not take the others along."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    for _ in range(6):
        await amsterdam.signal(who, rehearsal.bsn())
    amsterdam.hub.trouble.cut = 1
    await amsterdam.deliver()
    culprit = amsterdam.rows("SELECT record_id FROM errand ORDER BY record_id LIMIT 1")[0][0]
    amsterdam.db.write_now(
        lambda tx: tx.execute("UPDATE hub_record SET purpose = 'parent' WHERE record_id = ?", (culprit,))
    )
    rehearsal.later(minutes=1)
    sent = aside = 0
    for _ in range(6):
        report = await amsterdam.deliver()
        sent, aside = sent + report.sent, aside + report.set_aside

    assert (sent, aside) == (5, 1)
    assert [each.name for each in amsterdam.db.read_now(set_aside.list_aside)] == [culprit]


async def test_notices_that_two_answers_bring_are_applied_once(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: only numbers above the stored cursor, checked inside the write."""
    amsterdam, haaglanden = await two(rehearsal)
    children = [rehearsal.bsn() for _ in range(4)]
    for child in children:
        await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    for child in children:
        await amsterdam.signal(amsterdam.professional("Visser"), child)
    await amsterdam.deliver()
    asked = haaglanden.db.read_now(mailbox.read).cursor
    pages = [
        (await haaglanden.hub.collect_matches(CollectMatches(asked, number, 0, False))).mailbox
        for number in (1, 4, 2, 4)
    ]
    told = []
    for page in (pages[2], pages[0], pages[3], pages[1]):
        cards = await open_cards(haaglanden.exchange, page)
        change = partial(apply, exchange=haaglanden.exchange, page=page, asked=asked, answers=cards)
        told.append(haaglanden.db.write_now(change).new_matches)

    assert sum(told) == 4
    assert haaglanden.db.read_now(mailbox.read).cursor is not None
    assert (await collect(haaglanden.exchange)).applied == 0
