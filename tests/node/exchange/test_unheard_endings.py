"""A match that was made after the hub's backup, and ended before the hub was put back: nobody can tell its end."""

from datetime import timedelta

from node.domain.signal import EndReason, Signal
from node.flows.reconcile import reconcile
from tests.rehearsal import Party, Rehearsal


async def forgotten(rehearsal: Rehearsal) -> tuple[Party, Party, list[Signal], list[Signal]]:
    """Two matches of which the hub, put back, knows nothing; Amsterdam ended its half of one meanwhile."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    copy = rehearsal.hub.back_up()
    children = [rehearsal.bsn() for _ in range(2)]
    ours = [await amsterdam.signal(who, child) for child in children]
    theirs = [await haaglanden.signal(other, child) for child in children]
    await rehearsal.settle()
    amsterdam.hub.trouble.cut = 1
    await amsterdam.end(who, ours[0], EndReason.ONTERECHT)
    await amsterdam.deliver()
    rehearsal.hub.put_back(copy)
    return amsterdam, haaglanden, ours, theirs


async def test_the_card_of_a_match_that_the_hub_is_not_told_again_goes_after_thirty_days(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: whoever received a card deletes it; the match that was told again stays as it is."""
    _, haaglanden, _, theirs = await forgotten(rehearsal)
    await rehearsal.settle(5)
    kept = [len(haaglanden.living(each)) for each in theirs]
    rehearsal.later(days=29)
    await reconcile(haaglanden.exchange)
    early = [len(haaglanden.living(each)) for each in theirs]
    rehearsal.later(days=1)

    await reconcile(haaglanden.exchange)

    assert kept == early == [1, 1]
    assert [len(haaglanden.living(each)) for each in theirs] == [0, 1]
    [over] = haaglanden.matches(theirs[0])
    assert over.contact is None
    assert haaglanden.rows("SELECT unconfirmed_since FROM mailbox") == [(None,)]


async def test_a_region_that_comes_later_than_that_is_met_again(rehearsal: Rehearsal) -> None:
    """Its match was given up; it offers everything again, and the match is back, once."""
    amsterdam, haaglanden, ours, theirs = await forgotten(rehearsal)
    amsterdam.hub.trouble.cut = 10**6
    await rehearsal.settle(5)
    rehearsal.later(days=31)
    await reconcile(haaglanden.exchange)
    gone = [len(haaglanden.living(each)) for each in theirs]

    amsterdam.hub.trouble.cut = 0
    rehearsal.moment += timedelta(hours=1)
    await rehearsal.settle(5)

    assert gone == [0, 0]
    assert [len(haaglanden.living(each)) for each in theirs] == [0, 1]
    assert [len(haaglanden.matches(each)) for each in theirs] == [1, 1]
    assert len(amsterdam.living(ours[1])) == 1
