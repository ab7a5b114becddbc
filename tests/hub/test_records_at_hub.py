"""Protocol 2.2, records: what the hub accepts, what it refuses, and what happens twice."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from soap_wsdl.vocabulary import (
    Ending,
    Entry,
    EpochName,
    NoticeKind,
    Outcome,
    Purpose,
    Reason,
    RecordOutcome,
    RecordState,
    Refusal,
)
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub.world import ARCHIVE, NEW, OLD, TODAY, RegionAtHub, World, again, card, fresh_id, signal, tag


async def test_a_record_is_registered(amsterdam: RegionAtHub) -> None:
    """The outcome names the record."""
    record = signal("child")

    assert await amsterdam.register(record) == RecordOutcome(record.record_id, Outcome.REGISTERED)


async def test_idempotent_by_oin_record_id_revision_and_a_digest_of_the_bytes(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The same record again changes nothing and tells nobody, whatever the reason it is sent for."""
    record = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(record)
    await haaglanden.collect()

    outcomes = [await amsterdam.register(replace(record, reason=reason)) for reason in Reason]

    assert [outcome.outcome for outcome in outcomes] == [Outcome.UNCHANGED] * 3
    assert await haaglanden.collect() == []
    assert amsterdam.kinds() == [NoticeKind.MATCH]


async def test_other_content_under_the_same_revision_is_refused_with_the_hubs_revision(amsterdam: RegionAtHub) -> None:
    """The node takes the next revision and sends again."""
    record = signal("child", revision=3)
    await amsterdam.register(record)

    outcome = await amsterdam.register(replace(record, valid_until=record.valid_until - timedelta(days=1)))

    assert outcome == RecordOutcome(record.record_id, Outcome.REFUSED, Refusal.OTHER_CONTENT, 3)
    assert (await amsterdam.register(again(record, "child"))).outcome is Outcome.UPDATED


async def test_another_card_under_the_same_revision_is_other_content(amsterdam: RegionAtHub) -> None:
    """Sealing is random: the bytes are kept with the registration, so other bytes are another card."""
    record = signal("child")
    await amsterdam.register(record)

    outcome = await amsterdam.register(replace(record, entries=(Entry(OLD, tag("child"), card("other")),)))

    assert outcome.refusal is Refusal.OTHER_CONTENT


async def test_another_state_under_the_same_revision_is_other_content(amsterdam: RegionAtHub) -> None:
    """Held and live are content."""
    record = signal("child")
    await amsterdam.register(record)

    assert (await amsterdam.register(replace(record, state=RecordState.HELD))).refusal is Refusal.OTHER_CONTENT


async def test_an_older_revision_is_refused_with_the_hubs_revision(amsterdam: RegionAtHub) -> None:
    """Messages may overtake each other."""
    first = signal("child")
    second = again(first, "child")
    await amsterdam.register(second)

    assert await amsterdam.register(first) == RecordOutcome(first.record_id, Outcome.REFUSED, Refusal.OLDER_REVISION, 2)


async def test_the_tag_of_a_record_within_an_epoch_never_changes(amsterdam: RegionAtHub) -> None:
    """Another youth or parent is annul plus a new record."""
    record = signal("child")
    await amsterdam.register(record)

    outcome = await amsterdam.register(again(record, "another child"))

    assert outcome == RecordOutcome(record.record_id, Outcome.REFUSED, Refusal.TAG_CHANGED, 1)


async def test_a_record_never_changes_its_purpose(amsterdam: RegionAtHub) -> None:
    """A tag of another purpose is another tag."""
    record = signal("child")
    await amsterdam.register(record)

    outcome = await amsterdam.register(signal("child", record_id=record.record_id, revision=2, purpose=Purpose.VSN))

    assert outcome.refusal is Refusal.TAG_CHANGED


async def test_a_record_has_one_or_two_entries_of_different_epochs(amsterdam: RegionAtHub) -> None:
    """Two of one epoch are not allowed."""
    record = signal("child", epochs=(OLD, NEW))
    double = signal("other")

    assert (await amsterdam.register(record)).outcome is Outcome.REGISTERED
    outcome = await amsterdam.register(replace(double, entries=double.entries * 2))
    assert outcome.refusal is Refusal.NOT_ALLOWED


async def test_a_card_that_is_not_1069_bytes_is_refused(amsterdam: RegionAtHub) -> None:
    """A length would say something of what is in it."""
    record = signal("child")

    outcome = await amsterdam.register(replace(record, entries=(Entry(OLD, tag("child"), b"short"),)))

    assert outcome.refusal is Refusal.NOT_ALLOWED


@pytest.mark.parametrize("purpose", [Purpose.PARENT, Purpose.ADDRESS, Purpose.VSN])
async def test_only_youth_records_are_archived(amsterdam: RegionAtHub, purpose: Purpose) -> None:
    """A family or address record with an archive date is not allowed."""
    record = replace(signal("parent", purpose=purpose), archive_until=ARCHIVE)

    assert (await amsterdam.register(record)).refusal is Refusal.NOT_ALLOWED


@pytest.mark.parametrize("youth", [Purpose.YOUTH, Purpose.VSN])
@pytest.mark.parametrize("family", [Purpose.PARENT, Purpose.ADDRESS])
async def test_family_records_are_never_in_one_message_with_youth_records(
    amsterdam: RegionAtHub, youth: Purpose, family: Purpose
) -> None:
    """Such a message is refused whole: it would tell the hub which parents are whose."""
    child = signal("child", purpose=youth)

    with pytest.raises(WusFault) as refused:
        await amsterdam.send(child, signal("parent", purpose=family))

    assert refused.value.code == Code.MIXED
    assert (await amsterdam.register(child)).outcome is Outcome.REGISTERED


@pytest.mark.parametrize(
    ("valid_until", "archive_until", "reason", "allowed"),
    [
        (TODAY, None, Reason.NEW, False),
        (TODAY, ARCHIVE, Reason.NEW, False),
        (TODAY + timedelta(days=1), date(2031, 11, 25), Reason.NEW, True),
        (date(2028, 11, 24), date(2033, 11, 24), Reason.NEW, True),
        (date(2028, 12, 1), None, Reason.NEW, True),
        (date(2029, 1, 1), None, Reason.NEW, False),
        (date(2027, 11, 24), date(2032, 11, 25), Reason.NEW, False),
        (date(2026, 6, 1), date(2031, 6, 1), Reason.CHANGE, False),
        (date(2026, 6, 1), date(2031, 6, 1), Reason.AGAIN, True),
        (date(2026, 6, 1), None, Reason.AGAIN, False),
        (date(2020, 6, 1), date(2025, 6, 1), Reason.AGAIN, False),
    ],
)
async def test_dates_have_bounds(
    amsterdam: RegionAtHub, valid_until: date, archive_until: date | None, reason: Reason, allowed: bool
) -> None:
    """After today, at most two years and a rounding; the archive five years; what is past only AGAIN, as history."""
    record = signal("child", valid_until=valid_until, archive_until=archive_until, reason=reason)

    outcome = await amsterdam.register(record)

    assert outcome.refusal is (None if allowed else Refusal.DATE_OUT_OF_RANGE)


async def test_every_changing_operation_carries_a_batch_id_whose_outcomes_are_kept_for_48_hours(
    world: World, amsterdam: RegionAtHub
) -> None:
    """A resend under the same batch id gets the same outcomes; after 48 hours it is a batch like any other."""
    batch, record = fresh_id(), signal("child")
    refused = signal("other", valid_until=TODAY)
    first = await amsterdam.send(record, refused, batch=batch)

    world.clock.pass_days(1)
    second = await amsterdam.send(record, refused, batch=batch)
    world.clock.pass_days(2)
    third = await amsterdam.send(record, refused, batch=batch)

    assert second.outcomes == first.outcomes
    assert third.outcomes[0].outcome is Outcome.UNCHANGED


async def test_the_mailbox_part_of_a_resent_answer_is_read_anew(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """No destroyed card lives on in a stored reply."""
    theirs = signal("child")
    await haaglanden.register(theirs)
    batch, record = fresh_id(), signal("child")
    before = amsterdam.cursor
    first = await amsterdam.send(record, batch=batch)
    await haaglanden.withdraw(theirs, Ending.ANNULLED)
    amsterdam.cursor = before
    second = await amsterdam.send(record, batch=batch)

    assert first.mailbox.notices[0].card is not None
    assert second.outcomes == first.outcomes
    assert [(notice.kind, notice.card) for notice in second.mailbox.notices] == [
        (NoticeKind.MATCH, None),
        (NoticeKind.MATCH_ANNULLED, None),
    ]


async def test_the_same_record_twice_in_one_message_counts_once(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The second mention sees what the first did."""
    await haaglanden.register(signal("child"))
    record = signal("child")

    response = await amsterdam.send(record, record, again(record, "child"))

    assert [outcome.outcome for outcome in response.outcomes] == [
        Outcome.REGISTERED,
        Outcome.UNCHANGED,
        Outcome.UPDATED,
    ]
    assert amsterdam.kinds() == [NoticeKind.MATCH]


async def test_a_refused_record_leaves_the_others_alone(amsterdam: RegionAtHub) -> None:
    """A refusal of one record is an outcome in the normal answer, not a fault."""
    response = await amsterdam.send(signal("a"), signal("b", valid_until=TODAY), signal("c"))

    assert [outcome.outcome for outcome in response.outcomes] == [
        Outcome.REGISTERED,
        Outcome.REFUSED,
        Outcome.REGISTERED,
    ]


async def test_a_region_can_only_speak_for_its_own_records(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """The same record id of another region is another record."""
    record = signal("child")
    await amsterdam.register(record)

    assert (await haaglanden.withdraw(record)).outcome is Outcome.WITHDRAWN
    assert (await amsterdam.register(record)).outcome is Outcome.UNCHANGED


async def test_an_unknown_epoch_is_refused(amsterdam: RegionAtHub) -> None:
    """Before its beginning an epoch is as unknown as one that is in no file."""
    outcome = await amsterdam.register(signal("child", epochs=(EpochName("2030"),)))

    assert outcome.refusal is Refusal.EPOCH_UNKNOWN
