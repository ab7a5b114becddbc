"""What each party says of a match: contact opgenomen, afgestemd."""

from datetime import date
from uuid import UUID

import pytest

from node.domain.errors import FieldNotFit, MatchOver, MatchUnknown
from node.domain.marks import NOTHING_SAID, Mark, Marks
from node.domain.matching import HowEnded, Match, MatchKind
from node.domain.professional import Contact, Domain
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.end_signal import end_signal
from node.flows.look import own_signal
from node.flows.mark_match import mark_match, unmark_match
from node.flows.register_signal import register_signal
from node.flows.remove_by_request import remove_by_request
from node.store import matches
from node.store.matches import ForeignCard
from soap_wsdl.vocabulary import Oin
from tests.region import World, made_up_bsn, officer

YOUTH = made_up_bsn(0)
TODAY = date(2026, 3, 10)


async def pair(world: World) -> tuple[tuple[ProfessionalId, Signal], tuple[ProfessionalId, Signal]]:
    """Anna and Bram, who signalled the same youth."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = (await register_signal(world.desk, bram, YOUTH)).signal
    return (anna, first), (bram, second)


async def seen(world: World, who: ProfessionalId, signal: Signal) -> Match:
    """The one match of a signal."""
    (match,) = (await own_signal(world.desk, who, signal.id)).matches
    return match


async def test_both_parties_see_what_each_says_of_the_match(world: World) -> None:
    """Feature P21, for Jeugdwet 7.1.3.2: who follows a match sees that there was contact, and since when."""
    (anna, first), (bram, second) = await pair(world)
    match = (await seen(world, anna, first)).id
    world.later(days=3)
    await mark_match(world.desk, anna, match, Mark.CONTACT, date(2026, 3, 11))
    await mark_match(world.desk, anna, match, Mark.AGREED)

    said = Marks(contact=date(2026, 3, 11), agreed=date(2026, 3, 13))
    mine, theirs = await seen(world, anna, first), await seen(world, bram, second)
    assert (mine.own, mine.theirs) == (said, NOTHING_SAID)
    assert (theirs.own, theirs.theirs) == (NOTHING_SAID, said)


async def test_a_mark_said_twice_is_one_mark_and_one_line(world: World) -> None:
    """Only what changes is logged; another day moves the mark."""
    (anna, first), _ = await pair(world)
    match = (await seen(world, anna, first)).id
    world.later(days=2)
    await mark_match(world.desk, anna, match, Mark.CONTACT, TODAY)
    await mark_match(world.desk, anna, match, Mark.CONTACT, TODAY)
    assert world.events().count("match.marked") == 1
    await mark_match(world.desk, anna, match, Mark.CONTACT, date(2026, 3, 12))

    assert (await seen(world, anna, first)).own == Marks(contact=date(2026, 3, 12))
    assert world.events().count("match.marked") == 2


async def test_a_mark_can_be_taken_back_and_that_is_logged(world: World) -> None:
    """A mistake is put right; the log keeps that it was said."""
    (anna, first), _ = await pair(world)
    match = (await seen(world, anna, first)).id
    await mark_match(world.desk, anna, match, Mark.AGREED)
    await unmark_match(world.desk, anna, match, Mark.AGREED)
    await unmark_match(world.desk, anna, match, Mark.AGREED)

    assert (await seen(world, anna, first)).own == NOTHING_SAID
    assert world.events().count("match.unmarked") == 1


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 3, 13)])
async def test_a_mark_has_a_day_between_the_match_and_today(world: World, day: date) -> None:
    """Nobody reached each other through a match that was not there, or will have tomorrow."""
    (anna, first), _ = await pair(world)
    match = (await seen(world, anna, first)).id
    world.later(days=2)

    with pytest.raises(FieldNotFit):
        await mark_match(world.desk, anna, match, Mark.CONTACT, day)
    assert world.rows("match_mark") == 0


async def test_only_a_party_marks_and_only_its_own_side(world: World) -> None:
    """The other side's row is not one's own, and of a stranger's not even the existence is told."""
    (anna, first), (bram, second) = await pair(world)
    chris = world.professional("Chris")
    mine, theirs = (await seen(world, anna, first)).id, (await seen(world, bram, second)).id
    for who, match in ((anna, theirs), (bram, mine), (chris, mine), (anna, UUID(int=77))):
        with pytest.raises(MatchUnknown):
            await mark_match(world.desk, who, match, Mark.CONTACT)
        with pytest.raises(MatchUnknown):
            await unmark_match(world.desk, who, match, Mark.CONTACT)

    assert world.rows("match_mark") == 0


async def test_an_ended_match_keeps_what_was_said_and_takes_nothing_more(world: World) -> None:
    """What was said before the end stays for those who follow the match."""
    (anna, first), (bram, second) = await pair(world)
    mine, theirs = (await seen(world, anna, first)).id, (await seen(world, bram, second)).id
    await mark_match(world.desk, anna, mine, Mark.CONTACT)
    await mark_match(world.desk, bram, theirs, Mark.AGREED)
    await end_signal(world.desk, anna, first.id, EndReason.RISICO_WEG)

    match = await seen(world, bram, second)
    assert (match.how, match.own, match.theirs) == (HowEnded.ENDED, Marks(agreed=TODAY), Marks(contact=TODAY))
    with pytest.raises(MatchOver):
        await unmark_match(world.desk, bram, theirs, Mark.AGREED)
    with pytest.raises(MatchUnknown):
        await mark_match(world.desk, anna, mine, Mark.AGREED)


async def test_marks_go_with_a_signal_that_was_a_mistake(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): nothing of it is left, on the other side neither."""
    (anna, first), (bram, second) = await pair(world)
    await mark_match(world.desk, anna, (await seen(world, anna, first)).id, Mark.CONTACT)
    await end_signal(world.desk, anna, first.id, EndReason.ONTERECHT)

    assert world.rows("match_mark") == 0
    assert (await seen(world, bram, second)).theirs == NOTHING_SAID


@pytest.mark.parametrize("ended_first", [False, True])
async def test_an_annulled_match_keeps_nothing_that_the_other_side_said(world: World, ended_first: bool) -> None:
    """Jeugdwet 7.1.4.6(1): of a destroyed signal the other party keeps that there was a match, and its dates."""
    (anna, first), (bram, second) = await pair(world)
    await mark_match(world.desk, bram, (await seen(world, bram, second)).id, Mark.CONTACT)
    if ended_first:
        await end_signal(world.desk, anna, first.id, EndReason.RISICO_WEG)
    kept = (await seen(world, bram, second)).own
    await remove_by_request(world.desk, officer(world), first.id, EndReason.AVG17)

    assert kept == Marks(contact=TODAY)
    assert (await seen(world, bram, second)).own == NOTHING_SAID
    assert world.rows("match_mark") == 0


async def test_a_match_across_regions_is_marked_on_our_side(world: World) -> None:
    """It shows at once; what the other side says is not known before its region has told it."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    contact = Contact("GGD", Domain.GEZONDHEIDSZORG, "ggd", "Centrum", "arts", "Chris", "070 1234567", "c@example.nl")
    world.desk.db.write_now(
        lambda tx: matches.tell_foreign(
            tx,
            world.desk.vault,
            signal_id=signal.id,
            kind=MatchKind.CLIENT,
            peer=Oin("00000099000000000102"),
            pair_key="one",
            card=ForeignCard("Haaglanden", contact, "2026-03-01"),
            match_key=None,
            valid_until=date(2026, 8, 1),
            at=world.moment,
        )
    )
    await mark_match(world.desk, anna, (await seen(world, anna, signal)).id, Mark.CONTACT)

    match = await seen(world, anna, signal)
    assert (match.own, match.theirs) == (Marks(contact=TODAY), NOTHING_SAID)
