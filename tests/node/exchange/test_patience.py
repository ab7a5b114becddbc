"""Waiting well: no wait forgets why it waits, none keeps the node busy, and none costs a match."""

from datetime import date, timedelta

import pytest

from certs.statements import KeyEnding, KeyKind
from hub_connector.failures import NotNow
from node.domain.signal import EndReason
from node.flows.derive import derive
from node.flows.expire import ClockInDoubt, expire
from node.flows.keys import publish_keys, refresh, renew_key
from node.flows.rekey import rekey
from node.store import errands, holds, outbox
from node.store.holds import Side
from node.store.waking import next_moment
from pseudonym_service.budgets import Limits
from soap_wsdl.vocabulary import GetDirectory, GetDirectoryResponse, Reason, RegisterSignals
from tests.rehearsal import Party, Rehearsal


async def two(rehearsal: Rehearsal) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")


async def test_a_line_that_is_cut_does_not_prove_the_clock_right(rehearsal: Rehearsal) -> None:
    """Protocol 2.1: the retention run waits until an answer shows that the clocks agree, whatever fails meanwhile."""
    amsterdam = await rehearsal.region("amsterdam")
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.hub.trouble.clock_differs = 600.0
    await amsterdam.deliver()
    rehearsal.later(minutes=20)
    amsterdam.hub.trouble.clock_differs = 0.0
    amsterdam.hub.trouble.cut = 1

    await amsterdam.deliver()

    assert amsterdam.db.read_now(holds.clock_differs) == 600.0
    with pytest.raises(ClockInDoubt):
        await expire(amsterdam.desk)


async def test_a_directory_that_does_not_come_costs_no_match(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card under a key that we have not heard of waits with its notice until the directory was asked."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await amsterdam.deliver()
    renew_key(haaglanden.exchange, KeyKind.CARD, KeyEnding.ROTATED)
    await publish_keys(haaglanden.exchange)
    await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await haaglanden.deliver()

    async def away(message: GetDirectory) -> GetDirectoryResponse:
        raise NotNow("The directory is away.")

    with monkeypatch.context() as patch:
        patch.setattr(amsterdam.hub, "get_directory", away)
        held = await amsterdam.collect()
    rehearsal.later(minutes=1)
    await amsterdam.collect()

    assert held.holding == "The directory is away."
    assert len(amsterdam.living(ours)) == 1
    assert amsterdam.alarms() == []


async def test_a_node_that_waits_for_the_hub_sleeps(rehearsal: Rehearsal) -> None:
    """What is ready but may not leave wakes nobody before the pause is over."""
    amsterdam = await rehearsal.region("amsterdam")
    amsterdam.hub.trouble.cut = 10**6
    who = amsterdam.professional("Visser")
    for _ in range(2):
        await amsterdam.signal(who, rehearsal.bsn())
        await amsterdam.deliver()
    rehearsal.later(seconds=1)
    began = amsterdam.now()
    await amsterdam.deliver()

    hold = amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.HUB))
    assert hold is not None
    assert hold.not_before > began
    assert amsterdam.db.read_now(lambda tx: next_moment(tx, began)) == hold.not_before


async def test_epochs_that_came_end_the_wait_for_the_service(rehearsal: Rehearsal) -> None:
    """The service answered: nothing waits for it, and status does not say so."""
    amsterdam = await rehearsal.region("amsterdam")
    for ask in (refresh, rekey):
        amsterdam.service.trouble.cut = 1
        await refresh(amsterdam.exchange)
        assert amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.SERVICE)) is not None
        rehearsal.later(minutes=1)
        await ask(amsterdam.exchange)

        assert amsterdam.db.read_now(lambda tx: holds.hold(tx, Side.SERVICE)) is None


async def test_many_wishes_that_wait_are_looked_at_once(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the budget used up, a run reads each waiting wish about once, however many wait."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.service.list_region(amsterdam.oin, Limits(3, 1000))
    who = amsterdam.professional("Visser")
    for _ in range(60):
        await amsterdam.signal(who, rehearsal.bsn())
    read: list[int] = []
    waiting = outbox.waiting

    def counted(*arguments: object) -> list[outbox.Wish]:
        found = waiting(*arguments)  # type: ignore[arg-type]
        read.append(len(found))
        return found

    monkeypatch.setattr(outbox, "waiting", counted)
    met = await derive(amsterdam.exchange)

    assert met == 3
    assert sum(read) <= 60 * 4


async def test_a_hub_whose_day_is_further_is_not_asked_over_and_over(rehearsal: Rehearsal) -> None:
    """Around the midnight in which an epoch ends: what it refuses waits a while and goes out under the new epoch."""
    rehearsal.epoch("2026", date(2026, 1, 1), date(2026, 11, 25))
    rehearsal.epoch("2027", date(2026, 11, 20), date(2027, 12, 1))
    amsterdam = await rehearsal.region("amsterdam")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    await amsterdam.deliver()
    rehearsal.moment = rehearsal.moment.replace(hour=23, minute=0) + timedelta(seconds=30)
    amsterdam.behind = timedelta(minutes=2)
    amsterdam.db.write_now(lambda tx: outbox.change(tx, ours.id, amsterdam.now()))
    before = len(amsterdam.hub.trouble.sent)
    for _ in range(20):
        await amsterdam.deliver()
    asked = len(amsterdam.hub.trouble.sent) - before
    for _ in range(2):
        rehearsal.later(minutes=5)
        await amsterdam.deliver()

    assert asked == 1
    assert amsterdam.db.read_now(errands.count) == (0, 0, 0)
    assert amsterdam.rows("SELECT told_revision > 1, told_state FROM hub_record") == [(1, "live")]


async def test_an_ending_does_not_wait_behind_a_change_that_the_hub_refuses(rehearsal: Rehearsal) -> None:
    """What comes after it says all that it said, or takes the record back: the refused one is moot."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, rehearsal.bsn())
    await amsterdam.deliver()
    amsterdam.db.write_now(lambda tx: outbox.change(tx, ours.id, amsterdam.now()))
    amsterdam.hub.trouble.cut = 1
    await amsterdam.deliver()
    amsterdam.db.write_now(lambda tx: tx.execute("UPDATE errand SET valid_until = '2040-01-01'"))
    await amsterdam.end(who, ours, EndReason.ONTERECHT)
    rehearsal.later(minutes=1)

    await amsterdam.deliver()
    await amsterdam.deliver()

    assert amsterdam.db.read_now(errands.aside) == []
    assert amsterdam.rows("SELECT told_state FROM hub_record") == [("gone",)]


async def test_a_new_record_stays_new_when_a_change_takes_the_place_of_its_refused_offer(rehearsal: Rehearsal) -> None:
    """Only NEW makes the archive speak: that is not lost with the errand that said it."""
    amsterdam = await rehearsal.region("amsterdam")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    amsterdam.hub.trouble.cut = 1
    await amsterdam.deliver()
    amsterdam.db.write_now(lambda tx: tx.execute("UPDATE errand SET valid_until = '2040-01-01'"))
    amsterdam.db.write_now(lambda tx: outbox.change(tx, ours.id, amsterdam.now()))
    rehearsal.later(minutes=1)

    await amsterdam.deliver()

    last = [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals)][-1]
    assert [each.reason for each in last.records] == [Reason.NEW]
    assert amsterdam.rows("SELECT told_state FROM hub_record") == [("live",)]


async def test_what_ended_while_it_waited_to_be_told_again_bothers_no_operator(rehearsal: Rehearsal) -> None:
    """The hub was away until a family record was over: nothing is left of it to tell."""
    rehearsal.epoch("2026", date(2026, 1, 1), date(2028, 6, 1))
    amsterdam = await rehearsal.region("amsterdam")
    child, parent = rehearsal.bsn(), rehearsal.bsn()
    amsterdam.person(child, parents=(parent,))
    await amsterdam.signal(amsterdam.professional("Visser"), child, 6)
    await rehearsal.settle()
    amsterdam.db.write_now(lambda tx: outbox.everything_again(tx, amsterdam.now()))
    amsterdam.hub.trouble.cut = 10**6
    for _ in range(4):
        await amsterdam.deliver()
        rehearsal.later(minutes=20)
    rehearsal.later(days=220)
    amsterdam.hub.trouble.cut = 0

    for _ in range(3):
        await amsterdam.deliver()

    assert amsterdam.db.read_now(errands.aside) == []
    assert amsterdam.db.read_now(errands.count) == (0, 0, 0)
