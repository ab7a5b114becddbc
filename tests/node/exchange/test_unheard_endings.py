"""A match that was made after the hub's backup, and ended before the hub was put back: the hub cannot tell its end.

The region where it ended tells the other one itself, in a sealed message. A region that has lost it too cannot; then
the match goes after thirty days.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from node.domain.matching import HowEnded
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.reconcile import reconcile
from tests.rehearsal import Party, Rehearsal


@dataclass
class Story:
    """Two matches of which the hub's backup knows nothing."""

    rehearsal: Rehearsal
    amsterdam: Party
    haaglanden: Party
    who: ProfessionalId
    ours: list[Signal]
    theirs: list[Signal]
    copy: Path

    async def end(self, reason: EndReason = EndReason.RISICO_WEG) -> None:
        """Amsterdam ends its half of the first match."""
        await self.amsterdam.end(self.who, self.ours[0], reason)

    def put_hub_back(self) -> None:
        """The hub goes back to its backup."""
        self.rehearsal.hub.put_back(self.copy)

    def seen(self) -> list[int]:
        """How many living matches Haaglanden sees on each of its signals."""
        return [len(self.haaglanden.living(each)) for each in self.theirs]


@pytest.fixture
async def story(rehearsal: Rehearsal) -> Story:
    """Both matches made."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    copy = rehearsal.hub.back_up()
    children = [rehearsal.bsn() for _ in range(2)]
    ours = [await amsterdam.signal(who, child) for child in children]
    theirs = [await haaglanden.signal(other, child) for child in children]
    await rehearsal.settle()
    return Story(rehearsal, amsterdam, haaglanden, who, ours, theirs, copy)


@pytest.mark.parametrize(
    ("reason", "how"), [(EndReason.ONTERECHT, HowEnded.ANNULLED), (EndReason.RISICO_WEG, HowEnded.ENDED)]
)
async def test_an_end_that_the_hub_cannot_tell_is_told_by_its_own_region(
    story: Story, reason: EndReason, how: HowEnded
) -> None:
    """Protocol 1.3: whoever received a card deletes it when the match ends; the match that lives stays as it is."""
    story.amsterdam.hub.trouble.cut = 1
    await story.end(reason)
    await story.amsterdam.deliver()
    story.put_hub_back()

    await story.rehearsal.settle(5)

    assert story.seen() == [0, 1]
    [over] = story.haaglanden.matches(story.theirs[0])
    assert (over.contact, over.how) == (None, how)
    assert len(story.amsterdam.living(story.ours[1])) == 1
    assert story.amsterdam.alarms() == story.haaglanden.alarms() == []


async def test_an_end_after_the_hub_was_put_back_and_before_it_knows_the_match_is_told_as_well(story: Story) -> None:
    """The signal ends while its region has offered everything again, and the other region has not."""
    story.put_hub_back()
    await story.amsterdam.collect()
    await story.amsterdam.deliver()

    await story.end()
    await story.rehearsal.settle(5)

    assert story.seen() == [0, 1]
    assert len(story.amsterdam.living(story.ours[1])) == 1


async def test_an_end_that_the_hub_had_told_already_changes_nothing_when_it_is_told_again(story: Story) -> None:
    """The match ended before; the message takes effect once more on nothing."""
    await story.end()
    await story.rehearsal.settle()
    before = story.haaglanden.rows("SELECT match_id, ended_on, how FROM match ORDER BY match_id")
    story.put_hub_back()

    await story.rehearsal.settle(5)

    assert story.haaglanden.rows("SELECT match_id, ended_on, how FROM match ORDER BY match_id") == before
    assert story.haaglanden.rows("SELECT kind FROM sealed_heard") == [("endedUnheard",)]


async def test_what_ended_more_than_thirty_days_ago_is_not_told_again(story: Story) -> None:
    """A hub is not put back further than that."""
    await story.end()
    await story.rehearsal.settle()
    story.rehearsal.later(days=31)
    story.put_hub_back()

    await story.rehearsal.settle(5)

    assert story.haaglanden.rows("SELECT kind FROM sealed_heard") == []


async def test_the_card_of_a_match_that_nobody_tells_again_goes_after_thirty_days(story: Story) -> None:
    """The other region stays away: hub and region cannot tell the end, so it is given up."""
    story.amsterdam.hub.trouble.cut = 10**6
    await story.end(EndReason.ONTERECHT)
    story.put_hub_back()
    await story.rehearsal.settle(5)
    kept = story.seen()
    story.rehearsal.later(days=29)
    await reconcile(story.haaglanden.exchange)
    early = story.seen()
    story.rehearsal.later(days=1)

    await reconcile(story.haaglanden.exchange)

    assert kept == early == [1, 1]
    assert story.seen() == [0, 0]
    [over] = story.haaglanden.matches(story.theirs[0])
    assert over.contact is None
    assert story.haaglanden.rows("SELECT unconfirmed_since FROM mailbox") == [(None,)]


async def test_a_region_that_comes_later_than_that_is_met_again(story: Story) -> None:
    """Its match was given up; it offers everything again, and the match is back, once; what had ended stays so."""
    story.amsterdam.hub.trouble.cut = 10**6
    await story.end(EndReason.ONTERECHT)
    story.put_hub_back()
    await story.rehearsal.settle(5)
    story.rehearsal.later(days=31)
    await reconcile(story.haaglanden.exchange)
    gone = story.seen()

    story.amsterdam.hub.trouble.cut = 0
    story.rehearsal.moment += timedelta(hours=1)
    await story.rehearsal.settle(5)

    assert gone == [0, 0]
    assert story.seen() == [0, 1]
    assert [len(story.haaglanden.matches(each)) for each in story.theirs] == [1, 1]
    assert len(story.amsterdam.living(story.ours[1])) == 1
