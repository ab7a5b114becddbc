"""Protocol 2.2, withdraw: ended is archived, annulled is destroyed, and what was withdrawn never revives."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from soap_wsdl.vocabulary import (
    Ending,
    LeafState,
    NoticeKind,
    Outcome,
    Purpose,
    Reason,
    Record,
    RecordOutcome,
    RecordState,
    Refusal,
    Withdrawal,
    WithdrawSignals,
)
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub.world import ARCHIVE, NEW, NEXT_YEAR, TODAY, RegionAtHub, World, again, entry, fresh_id, signal

MATCH, ENDED, ANNULLED = NoticeKind.MATCH, NoticeKind.MATCH_ENDED, NoticeKind.MATCH_ANNULLED
SPOKE, TOLD = NoticeKind.ARCHIVE_NOTICE, NoticeKind.ARCHIVE_TOLD
FIVE_YEARS = date(2031, 11, 24)


async def test_ended_tells_the_peer_and_archives_until_the_date_given(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The peer hears ended with the withdrawal's revision; the archive holds the card until its date."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await haaglanden.collect()

    assert (await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)).outcome is Outcome.WITHDRAWN
    (notice,) = await haaglanden.collect()
    assert (notice.kind, notice.peer_record_id, notice.revision, notice.card) == (ENDED, ours.record_id, 2, None)
    leaves = (await amsterdam.compare()).digests[0].leaves
    assert [(leaf.state, leaf.revision) for leaf in leaves] == [(LeafState.ARCHIVED, 2)]
    assert (await amsterdam.compare(as_of=FIVE_YEARS)).digests[0].count == 0


async def test_ended_without_an_archive_date_is_destroyed(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Nothing is left for a new signal to hear of."""
    ours = signal("child")
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours)
    await haaglanden.register(signal("child"))

    assert haaglanden.heard == []
    assert (await amsterdam.compare()).digests[0].count == 0


async def test_the_sender_itself_is_not_told_of_its_own_withdrawal(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """It ended the match itself when it ended the signal."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours)
    await amsterdam.collect()

    assert amsterdam.kinds() == [MATCH]


async def test_annulled_is_destroyed_and_its_card_is_emptied_in_every_kept_notice(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Also in the mailbox of whoever did not collect yet, or asks again."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.register(again(ours, "child"))
    await amsterdam.withdraw(ours, Ending.ANNULLED, revision=3)

    notices = (await haaglanden.page()).notices
    assert [notice.kind for notice in notices] == [MATCH, NoticeKind.CARD_UPDATED, ANNULLED]
    assert [notice.card for notice in notices] == [None, None, None]


async def test_annulled_destroys_what_was_already_archived(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Ended first, annulled later: the peer hears both, and the archive is silent."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)
    await amsterdam.withdraw(ours, Ending.ANNULLED, revision=3)
    await haaglanden.collect()
    await haaglanden.register(signal("child"))

    assert haaglanden.kinds() == [MATCH, ENDED, ANNULLED]
    assert (await amsterdam.compare()).digests[0].count == 0


async def test_annulled_is_final(amsterdam: RegionAtHub) -> None:
    """It never becomes ended, and so never comes into the archive."""
    ours = signal("child")
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, Ending.ANNULLED)

    outcome = await amsterdam.withdraw(ours, archive_until=FIVE_YEARS, revision=3)

    assert outcome == RecordOutcome(ours.record_id, Outcome.REFUSED, Refusal.WITHDRAWN, 2)


@pytest.mark.parametrize(("until", "allowed"), [(FIVE_YEARS, True), (date(2031, 11, 26), False)])
async def test_the_archive_is_at_most_five_years_from_actual_removal(
    amsterdam: RegionAtHub, until: date, allowed: bool
) -> None:
    """Jeugdwet 7.1.4.6(1), with a day for clocks."""
    ours = signal("child")
    await amsterdam.register(ours)

    outcome = await amsterdam.withdraw(ours, archive_until=until)

    assert outcome.refusal is (None if allowed else Refusal.DATE_OUT_OF_RANGE)


@pytest.mark.parametrize("purpose", [Purpose.PARENT, Purpose.ADDRESS])
async def test_family_and_address_records_are_never_archived(amsterdam: RegionAtHub, purpose: Purpose) -> None:
    """Not by a withdrawal either."""
    ours = signal("parent", purpose=purpose)
    await amsterdam.register(ours)

    assert (await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)).refusal is Refusal.NOT_ALLOWED
    assert (await amsterdam.withdraw(ours)).outcome is Outcome.WITHDRAWN


async def test_family_withdrawals_are_never_in_one_message_with_youth_withdrawals(amsterdam: RegionAtHub) -> None:
    """Refused whole, as far as the hub knows the records."""
    child, parent = signal("child"), signal("parent", purpose=Purpose.PARENT)
    await amsterdam.register(child)
    await amsterdam.register(parent)
    both = tuple(Withdrawal(record.record_id, 2, Ending.ENDED) for record in (child, parent))

    with pytest.raises(WusFault) as refused:
        await amsterdam.world.hub.handlers()["WithdrawSignals"](
            amsterdam.caller(), WithdrawSignals(fresh_id(), None, both)
        )

    assert refused.value.code == Code.MIXED
    assert (await amsterdam.compare()).digests[0].count == 2


async def test_a_withdrawal_that_overtakes_its_registration_holds(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A tombstone stands before the record ever came."""
    ours = signal("child")
    await haaglanden.register(signal("child"))

    assert (await amsterdam.withdraw(ours)).outcome is Outcome.WITHDRAWN
    outcome = await amsterdam.register(ours)
    assert outcome == RecordOutcome(ours.record_id, Outcome.REFUSED, Refusal.WITHDRAWN, 2)
    assert amsterdam.heard == await haaglanden.collect() == []


@pytest.mark.parametrize("ending", list(Ending))
@pytest.mark.parametrize("reason", list(Reason))
async def test_a_withdrawn_record_never_revives_however_late_an_old_message_comes(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub, ending: Ending, reason: Reason
) -> None:
    """Until the last valid-until known plus 30 days, not even under a higher revision."""
    ours = signal("child")
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, ending)
    await haaglanden.register(signal("child"))

    for day in (TODAY, TODAY + timedelta(days=200), NEXT_YEAR + timedelta(days=29)):
        world.clock.go_to(day)
        await world.sweep()
        for revision in (1, 2, 3):
            outcome = await amsterdam.register(replace(ours, revision=revision, reason=reason))
            assert outcome.refusal is Refusal.WITHDRAWN
            assert outcome.hub_revision == 2
    await amsterdam.collect()
    assert amsterdam.heard == []


async def test_a_tombstone_goes_30_days_after_the_last_valid_until_known(world: World, amsterdam: RegionAtHub) -> None:
    """By then no message can carry a date that would let it in."""
    ours = signal("child", archive_until=None)
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours)
    world.clock.go_to(NEXT_YEAR + timedelta(days=29))
    assert (await world.sweep()).tombstones == 0

    world.clock.go_to(NEXT_YEAR + timedelta(days=30))
    assert (await world.sweep()).tombstones == 1


async def test_the_same_withdrawal_again_is_unchanged(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Idempotent without the batch too."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)

    assert (await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)).outcome is Outcome.UNCHANGED
    assert (await amsterdam.withdraw(ours, Ending.ANNULLED)).refusal is Refusal.OTHER_CONTENT
    assert (await amsterdam.withdraw(ours, revision=1)).refusal is Refusal.OLDER_REVISION
    assert [notice.kind for notice in await haaglanden.collect()] == [MATCH, ENDED]


async def test_an_archive_end_only_comes_earlier(world: World, amsterdam: RegionAtHub) -> None:
    """A second ended may shorten the archive, never lengthen it."""
    ours = signal("child")
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, archive_until=date(2028, 1, 1))
    await amsterdam.withdraw(ours, archive_until=date(2029, 1, 1), revision=3)

    assert (await amsterdam.compare(as_of=date(2027, 12, 31))).digests[0].count == 1
    assert (await amsterdam.compare(as_of=date(2028, 1, 1))).digests[0].count == 0


# --- The archive ---------------------------------------------------------------------------------------


async def _archived(region: RegionAtHub, child: str = "child") -> Record:
    record = signal(child)
    await region.register(record)
    await region.withdraw(record, archive_until=FIVE_YEARS)
    return record


async def test_a_new_signal_makes_the_archive_speak_once(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Jeugdwet 7.1.4.6(2): the new one gets the card; the archived one's region hears that it was told."""
    archived = await _archived(amsterdam)
    new = signal("child")
    await haaglanden.register(new)
    await haaglanden.register(new)
    await haaglanden.register(again(new, "child", reason=Reason.NEW))
    await amsterdam.collect()

    (notice,), (told,) = haaglanden.heard, amsterdam.heard
    assert (notice.kind, notice.own_record_id, notice.peer_record_id, notice.card, notice.revision) == (
        SPOKE,
        new.record_id,
        archived.record_id,
        archived.entries[0].card,
        1,
    )
    assert (told.kind, told.own_record_id, told.peer_record_id, told.card) == (
        TOLD,
        archived.record_id,
        new.record_id,
        None,
    )


async def test_each_new_record_hears_the_archive_once(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Once per (archived record, new record)."""
    await _archived(amsterdam)
    await haaglanden.send(signal("child"), signal("child"))

    assert haaglanden.kinds() == [SPOKE, SPOKE]


@pytest.mark.parametrize("reason", [Reason.CHANGE, Reason.AGAIN])
async def test_only_new_makes_the_archive_speak(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, reason: Reason
) -> None:
    """A change, re-key, repair or restore is no new report."""
    await _archived(amsterdam)
    await haaglanden.register(signal("child", reason=reason))

    assert haaglanden.heard == await amsterdam.collect() == []


async def test_the_archive_of_ones_own_region_is_silent(amsterdam: RegionAtHub) -> None:
    """Pairs of one region are never told."""
    await _archived(amsterdam)
    await amsterdam.register(signal("child"))

    assert await amsterdam.collect() == []


async def test_for_a_held_record_the_archive_is_silent(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Held matches nobody, the archive included."""

    await _archived(amsterdam)
    await haaglanden.register(signal("child", state=RecordState.HELD))

    assert haaglanden.heard == []


async def test_annulling_an_archived_record_takes_its_archive_notice_back(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Whoever did not fetch it yet never will."""
    archived = await _archived(amsterdam)
    await haaglanden.register(signal("child"))
    await amsterdam.withdraw(archived, Ending.ANNULLED, revision=3)

    notices = (await haaglanden.page()).notices
    assert [(notice.kind, notice.card) for notice in notices] == [(SPOKE, None), (ANNULLED, None)]


async def test_archived_records_get_a_new_epoch_by_again(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Re-key brings archived youth records over; they stay archived, and speak under the new epoch."""

    archived = await _archived(amsterdam)
    rekeyed = replace(
        archived,
        revision=3,
        reason=Reason.AGAIN,
        archive_until=FIVE_YEARS,
        entries=(entry("child", archived.record_id, 3, NEW),),
    )

    assert (await amsterdam.register(rekeyed)).outcome is Outcome.UPDATED
    assert [leaf.state for leaf in (await amsterdam.compare()).digests[0].leaves] == [LeafState.ARCHIVED]
    await haaglanden.register(signal("child", epochs=(NEW,)))
    assert haaglanden.kinds() == [SPOKE]


async def test_history_comes_back_into_the_archive_after_a_loss_without_meeting_anyone(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Withdrawn first, then offered AGAIN: it never is live, however its valid-until reads."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.withdraw(ours, archive_until=FIVE_YEARS)
    history = replace(ours, revision=3, reason=Reason.AGAIN, archive_until=FIVE_YEARS)

    assert (await amsterdam.register(history)).outcome is Outcome.UPDATED
    assert amsterdam.heard == await haaglanden.collect() == []
    assert [leaf.state for leaf in (await amsterdam.compare()).digests[0].leaves] == [LeafState.ARCHIVED]
    assert ARCHIVE > FIVE_YEARS
