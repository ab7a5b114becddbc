"""What each party says of a match with another region: told sealed, shown on both sides, the latest word counts."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from hub.store import regions
from node.domain.marks import NOTHING_SAID, Mark, Marks
from node.domain.matching import Match, MatchKind
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows import set_aside
from node.flows.forgetting import forget
from node.flows.mark_match import mark_match, unmark_match
from node.flows.rekey import rekey
from soap_wsdl.vocabulary import RegionStatus, SendSealedMessage
from tests.rehearsal import TODAY, Party, Rehearsal


@dataclass
class Side:
    """A party, and its half of the match."""

    party: Party
    who: ProfessionalId
    signal: Signal

    @property
    def match(self) -> Match:
        """The one match of the signal."""
        [match] = self.party.matches(self.signal)
        return match

    async def say(self, mark: Mark, day: date | None = None) -> None:
        """Say so."""
        await mark_match(self.party.desk, self.who, self.match.id, mark, day)

    async def take_back(self, mark: Mark) -> None:
        """Say so no more."""
        await unmark_match(self.party.desk, self.who, self.match.id, mark)


async def matched(rehearsal: Rehearsal, *, family: bool = False) -> tuple[Side, Side]:
    """Amsterdam and Haaglanden with one match: about one youth, or about two with both parents in common."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, parents = rehearsal.bsn(), (rehearsal.bsn(), rehearsal.bsn())
    ours = amsterdam.person(rehearsal.bsn(), parents=parents) if family else bsn
    theirs = haaglanden.person(rehearsal.bsn(), parents=parents) if family else bsn
    visser, bakker = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    one = Side(amsterdam, visser, await amsterdam.signal(visser, ours))
    other = Side(haaglanden, bakker, await haaglanden.signal(bakker, theirs))
    await rehearsal.settle()
    rehearsal.later(days=1)
    return one, other


@pytest.mark.parametrize("family", [False, True])
async def test_both_sides_see_what_each_says_of_the_match(rehearsal: Rehearsal, family: bool) -> None:
    """Jeugdwet 7.1.3.2, P21: client and family alike, also where it rests on two parents; no youth is named."""
    one, other = await matched(rehearsal, family=family)
    await one.say(Mark.CONTACT, TODAY)
    await one.say(Mark.AGREED)
    await other.say(Mark.CONTACT)
    await rehearsal.settle()

    assert one.match.kind is (MatchKind.FAMILY if family else MatchKind.CLIENT)
    assert other.match.theirs == one.match.own == Marks(TODAY, TODAY + timedelta(days=1))
    assert one.match.theirs == other.match.own == Marks(contact=TODAY + timedelta(days=1))


async def test_what_is_taken_back_goes_there_too(rehearsal: Rehearsal) -> None:
    """It says all that is said now, in the place of what waited; said twice alike, nothing more leaves."""
    one, other = await matched(rehearsal)
    await one.say(Mark.CONTACT)
    await one.say(Mark.CONTACT)
    await one.say(Mark.AGREED)
    await rehearsal.settle()
    before = other.match.theirs
    rehearsal.later(minutes=1)
    await one.take_back(Mark.AGREED)
    await one.take_back(Mark.AGREED)
    await rehearsal.settle()

    assert before.agreed is not None
    assert other.match.theirs == Marks(contact=TODAY + timedelta(days=1))
    assert len([each for each in one.party.hub.trouble.sent if isinstance(each, SendSealedMessage)]) == 2


async def test_over_bad_lines_the_last_word_stands(rehearsal: Rehearsal) -> None:
    """Lost answers and double deliveries change neither order nor effect."""
    one, other = await matched(rehearsal)
    one.party.hub.trouble.lose_answer = 1
    one.party.hub.trouble.twice = 2
    for mark in (Mark.CONTACT, Mark.AGREED):
        rehearsal.later(minutes=1)
        await one.say(mark)
    await one.take_back(Mark.CONTACT)
    for _ in range(3):
        rehearsal.later(minutes=40)
        await rehearsal.settle()

    assert other.match.theirs == Marks(agreed=TODAY + timedelta(days=1))
    assert one.party.alarms() == other.party.alarms() == []


async def test_a_message_that_comes_late_undoes_nothing(rehearsal: Rehearsal) -> None:
    """It was set aside, and the operator retries it after a later one has gone."""
    one, other = await matched(rehearsal)
    hub = rehearsal.hub.db
    hub.write_now(lambda tx: regions.set_status(tx, other.party.oin, RegionStatus.DEPARTED))
    await one.say(Mark.CONTACT)
    await one.party.deliver()
    [aside] = one.party.db.read_now(set_aside.list_aside)
    hub.write_now(lambda tx: regions.set_status(tx, other.party.oin, RegionStatus.ACTIVE))
    rehearsal.later(minutes=1)
    await one.say(Mark.AGREED)
    await rehearsal.settle()
    latest = other.match.theirs

    await set_aside.retry(one.party.db, aside.name, one.party.now())
    await rehearsal.settle()

    assert latest == other.match.theirs == one.match.own
    assert latest.agreed is not None


async def test_a_hub_and_a_region_that_were_put_back_hear_it_once(rehearsal: Rehearsal) -> None:
    """Sent again to a hub without memory; heard again by a region that lost it; the same in the end."""
    one, other = await matched(rehearsal)
    copy = other.party.back_up()
    await one.say(Mark.CONTACT)
    await rehearsal.settle()
    other.party.put_back(copy)
    lost = other.match.theirs
    await rehearsal.settle()
    again = other.match.theirs
    rehearsal.hub.put_back(None)
    await rehearsal.settle(6)

    assert lost == NOTHING_SAID
    assert again == other.match.theirs == one.match.own != NOTHING_SAID


async def test_a_new_epoch_takes_nothing_away(rehearsal: Rehearsal) -> None:
    """Records keep their ids when they are brought over; what is said afterwards finds the match."""
    one, other = await matched(rehearsal)
    await one.say(Mark.CONTACT)
    await rehearsal.settle()
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=31)
    for side in (one, other):
        await rekey(side.party.exchange)
    await rehearsal.settle()
    kept = other.match.theirs
    await one.say(Mark.AGREED)
    await rehearsal.settle()

    assert kept == Marks(contact=TODAY + timedelta(days=1))
    assert other.match.theirs == one.match.own != kept


@pytest.mark.parametrize("own", [True, False])
async def test_what_was_said_of_an_annulled_match_goes_on_both_sides(rehearsal: Rehearsal, own: bool) -> None:
    """Jeugdwet 7.1.4.6(1): a signal made by mistake leaves nothing; whichever of the two it was."""
    one, other = await matched(rehearsal)
    await one.say(Mark.CONTACT)
    await rehearsal.settle()
    mistaken = one if own else other
    await mistaken.party.end(mistaken.who, mistaken.signal, EndReason.ONTERECHT)
    await rehearsal.settle()

    assert other.party.rows("SELECT * FROM peer_mark") == []
    assert all(match.theirs == NOTHING_SAID for match in other.party.matches(other.signal))


async def test_what_was_said_of_an_ended_match_stays_and_is_forgotten_in_time(rehearsal: Rehearsal) -> None:
    """Whoever follows the match still sees it; it goes sixty days past the match's date."""
    one, other = await matched(rehearsal)
    await one.say(Mark.CONTACT)
    await rehearsal.settle()
    await one.party.end(one.who, one.signal)
    await rehearsal.settle()
    kept = other.match.theirs
    rehearsal.moment += timedelta(days=365 + 70)
    await forget(other.party.exchange)

    assert kept == Marks(contact=TODAY + timedelta(days=1))
    assert other.party.rows("SELECT * FROM peer_mark") == []
