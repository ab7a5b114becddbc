"""A copy of the hub's database put back by hand, of the same generation: the audit log's head outside knows it."""

from dataclasses import replace
from datetime import timedelta

from hub import registry
from hub.store.protocol import Deletion
from hub.store.sqlite import open_database, remember
from soap_wsdl.vocabulary import Ending, NoticeKind, Reason, Refusal, Withdrawal
from tests.hub.world import NOW, RegionAtHub, World, signal

MATCH, ANNULLED = NoticeKind.MATCH, NoticeKind.MATCH_ANNULLED


async def test_a_copy_put_back_within_the_hour_forgets_no_annulment(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The generation is the same; the line of the audit log that is remembered outside is not in it."""
    gone = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(gone)
    copy = world.backup()
    await amsterdam.withdraw(gone, Ending.ANNULLED)
    world.restore(copy)

    assert world.beginning is not None
    assert (world.beginning.new_seed, world.beginning.replayed) == (True, 1)
    assert (await amsterdam.register(replace(gone, reason=Reason.AGAIN))).refusal is Refusal.WITHDRAWN
    assert [notice.kind for notice in (await haaglanden.page()).notices] == [MATCH, ANNULLED]


async def test_a_copy_put_back_within_the_hour_is_old_without_deletions_too(
    world: World, amsterdam: RegionAtHub
) -> None:
    """Each minute, and when the hub stops, the head of the audit log is kept outside."""
    copy = world.backup()
    await amsterdam.register(signal("child"))
    remember(world.database, world.outside)
    world.restore(copy)

    assert world.beginning is not None
    assert world.beginning.new_seed


async def test_a_copy_is_old_however_much_was_done_with_it_before_the_hub_began(
    world: World, amsterdam: RegionAtHub
) -> None:
    """Its audit log may be as long by then; it is another one."""
    copy = world.backup()
    await amsterdam.withdraw(signal("child"), Ending.ANNULLED)
    database = open_database(copy)
    for days in range(3):
        registry.add(database, world.outside, amsterdam.oin, "Amsterdam", NOW + timedelta(days=days))
    database.close()
    world.restore(copy)

    assert world.beginning is not None
    assert world.beginning.new_seed


async def test_a_hub_that_stopped_between_the_ledger_and_its_database_is_no_restored_one(
    world: World, amsterdam: RegionAtHub
) -> None:
    """A withdrawal that was noted and never answered comes again; the memory is whole."""
    record = signal("child")
    await amsterdam.register(record)
    world.outside.note([Deletion(amsterdam.oin, Withdrawal(record.record_id, 2, Ending.ANNULLED))])
    world.close()
    world.begin()

    assert world.beginning is not None
    assert not world.beginning.new_seed


async def test_a_restored_hub_is_restored_once(world: World, amsterdam: RegionAtHub) -> None:
    """The next start continues from what it has now."""
    copy = world.backup()
    await amsterdam.withdraw(signal("child"), Ending.ANNULLED)
    world.restore(copy)
    world.close()
    world.begin()

    assert world.beginning is not None
    assert not world.beginning.new_seed
