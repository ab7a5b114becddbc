"""Protocol 2.3, CompareRegistrations: digests over ranges, by the records' own dates."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from soap_wsdl.digests import range_digest
from soap_wsdl.vocabulary import MAX_LEAVES, Ending, LeafState, Range, Record, RecordState
from soap_wsdl.wus.faults import Code, WusFault
from tests.hub.world import EVERYTHING, NEXT_YEAR, TODAY, RegionAtHub, World, leaf, signal


async def test_a_leaf_is_record_id_revision_state_and_digest_of_the_bytes(amsterdam: RegionAtHub) -> None:
    """Hub and node compute the same digest over the same records."""
    records = [signal("a"), signal("b", state=RecordState.HELD), signal("c")]
    await amsterdam.send(*records)
    await amsterdam.withdraw(records[2], archive_until=date(2030, 1, 1))
    leaves = [
        leaf(records[0]),
        leaf(records[1], LeafState.HELD),
        leaf(_revised(records[2]), LeafState.ARCHIVED, date(2030, 1, 1)),
    ]

    (found,) = (await amsterdam.compare()).digests

    assert set(found.leaves) == set(leaves)
    assert (found.count, found.digest) == (3, range_digest(leaves))


async def test_only_records_live_or_archived_on_that_date_take_part(world: World, amsterdam: RegionAtHub) -> None:
    """By their own dates, whether or not the sweep ran; annulled ones never."""
    kept, gone, annulled = (
        signal("a", valid_until=TODAY + timedelta(days=5)),
        signal("b", valid_until=TODAY + timedelta(days=5), archive_until=None),
        signal("c"),
    )
    await amsterdam.send(kept, gone, annulled)
    await amsterdam.withdraw(annulled, Ending.ANNULLED)

    async def states(as_of: date) -> set[tuple[UUID, LeafState]]:
        leaves = (await amsterdam.compare(as_of=as_of)).digests[0].leaves
        return {(found.record_id, found.state) for found in leaves}

    today, later = TODAY, TODAY + timedelta(days=5)
    before = (await states(today), await states(later))
    world.clock.go_to(later)
    await world.sweep()

    assert before[0] == {(kept.record_id, LeafState.LIVE), (gone.record_id, LeafState.LIVE)}
    assert before[1] == {(kept.record_id, LeafState.ARCHIVED)}
    assert (await states(today), await states(later)) == before


async def test_a_range_is_the_record_ids_between_two_both_included(amsterdam: RegionAtHub) -> None:
    """In the order of their lower-case text; together the ranges hold all."""
    records = [signal(f"child {number}") for number in range(9)]
    await amsterdam.send(*records)
    ids = sorted(record.record_id for record in records)
    ranges = [Range(ids[0], ids[3]), Range(ids[4], ids[4]), Range(UUID(int=ids[4].int + 1), EVERYTHING.last)]

    digests = (await amsterdam.compare(ranges=ranges)).digests

    assert [found.count for found in digests] == [4, 1, 4]
    assert [(found.first, found.last) for found in digests] == [(asked.first, asked.last) for asked in ranges]


async def test_leaves_come_only_when_they_are_few(amsterdam: RegionAtHub) -> None:
    """64 or fewer."""
    await amsterdam.send(*(signal(f"child {number}") for number in range(MAX_LEAVES)))
    few = (await amsterdam.compare()).digests[0]
    await amsterdam.register(signal("one more"))
    many = (await amsterdam.compare()).digests[0]

    assert (len(few.leaves), few.count) == (MAX_LEAVES, MAX_LEAVES)
    assert (len(many.leaves), many.count) == (0, MAX_LEAVES + 1)


async def test_a_region_compares_only_its_own(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Whatever ids it names."""
    await amsterdam.register(signal("child"))

    assert (await haaglanden.compare()).digests[0].count == 0


async def test_a_declaration_is_answered_by_whether_the_hub_counts_the_same(amsterdam: RegionAtHub) -> None:
    """Without one there is nothing to agree with."""
    record = signal("child")
    await amsterdam.register(record)

    assert (await amsterdam.compare(leaf(record), declare=True)).agreed
    assert not (await amsterdam.compare(declare=True)).agreed
    assert not (await amsterdam.compare()).agreed


async def test_ranges_that_overlap_or_go_back_are_refused(amsterdam: RegionAtHub) -> None:
    """Nobody makes the hub walk the same records 256 times."""
    for ranges in ((EVERYTHING, EVERYTHING), (Range(UUID(int=9), UUID(int=1)),)):
        with pytest.raises(WusFault) as refused:
            await amsterdam.compare(ranges=ranges)
        assert refused.value.code == Code.SCHEMA
    assert NEXT_YEAR > TODAY


def _revised(record: Record) -> Record:
    return replace(record, revision=record.revision + 1)
