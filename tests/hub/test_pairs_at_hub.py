"""Protocol 2.2, pairs: (record, record), told once to both sides, whatever the order."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from soap_wsdl.vocabulary import EpochName, NoticeKind, Outcome, Purpose, Reason, Record, RecordState, RegisterSignals
from tests.hub.world import NEW, NEXT_YEAR, OLD, TODAY, RegionAtHub, World, again, entry, fresh_id, signal

MATCH, UPDATED, ENDED = NoticeKind.MATCH, NoticeKind.CARD_UPDATED, NoticeKind.MATCH_ENDED


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_two_regions_that_register_the_same_are_told_of_each_other(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, purpose: Purpose
) -> None:
    """Each gets the other's card, record, revision and end; the second in the very answer to its registration."""
    theirs, ours = signal("child", purpose=purpose), signal("child", purpose=purpose)
    await haaglanden.register(theirs)
    await amsterdam.register(ours)
    await haaglanden.collect()

    (here,), (there,) = amsterdam.heard, haaglanden.heard
    assert (here.kind, here.peer, here.own_record_id, here.peer_record_id) == (
        MATCH,
        haaglanden.oin,
        ours.record_id,
        theirs.record_id,
    )
    assert (here.card, here.epoch, here.revision, here.valid_until, here.purpose) == (
        theirs.entries[0].card,
        OLD,
        1,
        theirs.valid_until,
        purpose,
    )
    assert (there.kind, there.peer, there.own_record_id, there.peer_record_id, there.card) == (
        MATCH,
        amsterdam.oin,
        theirs.record_id,
        ours.record_id,
        ours.entries[0].card,
    )


async def test_another_youth_is_no_match(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Only the same tag meets."""
    await haaglanden.register(signal("child"))
    await amsterdam.register(signal("another child"))

    assert amsterdam.heard == await haaglanden.collect() == []


async def test_the_same_tag_under_another_purpose_is_no_match(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Even a region that lies about the purpose meets nobody with it."""

    youth = signal("child")
    await haaglanden.register(youth)
    await amsterdam.register(replace(signal("child", purpose=Purpose.VSN), entries=youth.entries))

    assert amsterdam.heard == []


async def test_pairs_of_one_region_are_never_told(amsterdam: RegionAtHub) -> None:
    """The region meets its own signals itself."""
    await amsterdam.register(signal("child"))
    await amsterdam.send(signal("child"), signal("child"))

    assert await amsterdam.collect() == []


async def test_a_pair_is_record_and_record_never_tag_and_tag(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Two tags that match twice are one pair, told with the card of the newest epoch that both carry."""
    theirs = signal("child", epochs=(OLD, NEW))
    await haaglanden.register(theirs)
    await amsterdam.register(signal("child", epochs=(OLD, NEW)))

    assert [(notice.kind, notice.epoch, notice.card) for notice in amsterdam.heard] == [
        (MATCH, NEW, theirs.entries[1].card)
    ]


async def test_the_card_is_of_the_newest_epoch_that_both_carry(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """One that lags has only the old epoch, so that is what both are told with."""
    theirs = signal("child", epochs=(OLD, NEW))
    await haaglanden.register(theirs)
    await amsterdam.register(signal("child", epochs=(OLD,)))

    assert [(notice.epoch, notice.card) for notice in amsterdam.heard] == [(OLD, theirs.entries[0].card)]


async def test_every_record_of_a_youth_meets_every_other_regions_record(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, utrecht: RegionAtHub
) -> None:
    """Two professionals here, one there and one in a third region: two, three and three pairs."""
    await haaglanden.register(signal("child"))
    await utrecht.register(signal("child"))
    await amsterdam.send(signal("child"), signal("child"))
    await haaglanden.collect()
    await utrecht.collect()

    assert amsterdam.kinds() == [MATCH] * 4
    assert haaglanden.kinds() == utrecht.kinds() == [MATCH] * 3


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_told_once_to_both_whatever_the_order(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, order: tuple[int, ...]
) -> None:
    """Registrations and their resends in any order."""
    ours, theirs = signal("child"), signal("child")
    steps = [(amsterdam, ours), (haaglanden, theirs), (amsterdam, ours), (haaglanden, theirs)]

    for step in order:
        region, record = steps[step]
        await region.register(record)
    await amsterdam.collect()
    await haaglanden.collect()

    assert amsterdam.kinds() == haaglanden.kinds() == [MATCH]


async def test_a_change_tells_the_peers_of_living_pairs(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """They get the new card, revision and end; the sender hears nothing of it."""
    theirs = signal("child")
    await haaglanden.register(theirs)
    await amsterdam.register(signal("child"))
    changed = again(theirs, "child", valid_until=NEXT_YEAR + timedelta(days=7), archive_until=None)
    await haaglanden.collect()
    await haaglanden.register(changed)

    (notice,) = await amsterdam.collect()
    assert (notice.kind, notice.revision, notice.valid_until, notice.card) == (
        UPDATED,
        2,
        changed.valid_until,
        changed.entries[0].card,
    )
    assert haaglanden.kinds() == [MATCH]


async def test_a_match_that_was_not_collected_yet_carries_the_newest_card(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """An old card is destroyed by the next revision, so no notice can bring it."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.register(again(ours, "child"))

    notices = await haaglanden.collect()
    assert [(notice.kind, notice.revision) for notice in notices] == [(MATCH, 2), (UPDATED, 2)]


async def test_a_rekey_alone_tells_nothing(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """The second epoch comes beside the first, then replaces it."""

    ours, theirs = signal("child"), signal("child")
    await haaglanden.register(theirs)
    await amsterdam.register(ours)
    await haaglanden.collect()
    both = again(ours, "child", reason=Reason.AGAIN)
    both = _with_epochs(both, OLD, NEW)
    only_new = _with_epochs(again(both, "child", reason=Reason.AGAIN), NEW)
    await haaglanden.register(_with_epochs(again(theirs, "child", reason=Reason.AGAIN), OLD, NEW))

    assert (await amsterdam.register(both)).outcome is Outcome.UPDATED
    assert (await amsterdam.register(only_new)).outcome is Outcome.UPDATED
    await amsterdam.collect()
    assert await haaglanden.collect() == []
    assert amsterdam.kinds() == [MATCH]
    assert entry("child", ours.record_id, 3, NEW) == only_new.entries[0]


def _with_epochs(record: Record, *epochs: EpochName) -> Record:

    return replace(record, entries=tuple(entry("child", record.record_id, record.revision, epoch) for epoch in epochs))


async def test_again_with_another_end_is_told(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """More than a re-key: the peer must know until when."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await haaglanden.collect()
    sooner = again(ours, "child", reason=Reason.AGAIN, valid_until=date(2027, 6, 1), archive_until=None)
    await amsterdam.register(sooner)

    assert [notice.kind for notice in await haaglanden.collect()] == [UPDATED]


async def test_a_held_record_matches_nobody_until_it_is_released(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Held: matches nobody. Released: matched then."""
    held = signal("child", state=RecordState.HELD)
    await haaglanden.register(signal("child"))
    await amsterdam.register(held)
    await haaglanden.register(signal("child"))
    assert amsterdam.heard == await haaglanden.collect() == []

    await amsterdam.register(again(held, "child", state=RecordState.LIVE))
    await haaglanden.collect()

    assert amsterdam.kinds() == haaglanden.kinds() == [MATCH, MATCH]


async def test_a_live_record_that_is_held_ends_its_pairs_and_meets_again_when_released(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The peer hears ended, then match under a higher revision."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    held = again(ours, "child", state=RecordState.HELD)
    await amsterdam.register(held)
    await amsterdam.register(again(held, "child", state=RecordState.LIVE))

    notices = await haaglanden.collect()
    assert [(notice.kind, notice.revision) for notice in notices] == [(MATCH, 3), (ENDED, 3), (MATCH, 3)]


async def test_a_record_past_its_end_meets_nobody_even_before_the_sweep(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Dates count, not when the sweep ran."""
    await haaglanden.register(signal("child", valid_until=TODAY + timedelta(days=1), archive_until=None))
    world.clock.pass_days(1)
    await amsterdam.register(signal("child"))

    assert amsterdam.heard == await haaglanden.collect() == []


async def test_two_regions_that_register_the_same_youth_at_the_same_moment_meet(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Fifty children, both regions at once, each message three times: every pair once on both sides."""
    children = [f"child {number}" for number in range(50)]
    ours = [signal(child) for child in children]
    theirs = [signal(child) for child in children]

    await asyncio.gather(
        *(
            region.world.hub.register_signals(region.caller(), _message(record))
            for _ in range(3)
            for mine, other in zip(ours, theirs, strict=True)
            for region, record in ((amsterdam, mine), (haaglanden, other))
        )
    )
    amsterdam.cursor = haaglanden.cursor = None
    await amsterdam.collect()
    await haaglanden.collect()

    pairs = {(mine.record_id, other.record_id) for mine, other in zip(ours, theirs, strict=True)}
    assert sorted((n.own_record_id, n.peer_record_id) for n in amsterdam.heard) == sorted(pairs)
    assert sorted((n.peer_record_id, n.own_record_id) for n in haaglanden.heard) == sorted(pairs)


def _message(record: Record) -> RegisterSignals:

    return RegisterSignals(fresh_id(), None, (record,))
