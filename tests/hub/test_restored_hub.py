"""Protocol 2.2, restore: an old database is recognised, deletions stay done, and everything meets again, once."""

from dataclasses import replace
from pathlib import Path

import pytest

from hub.outside import Outside, OutsideMissing
from hub.store.sqlite import PepperDiffers, backup, begin, open_database
from soap_wsdl.vocabulary import (
    Ending,
    GetStatus,
    LeafState,
    MailboxStatus,
    NoticeKind,
    Outcome,
    Reason,
    Refusal,
)
from tests.hub.world import NOW, RegionAtHub, World, again, fresh_id, leaf, signal

MATCH, ENDED, ANNULLED = NoticeKind.MATCH, NoticeKind.MATCH_ENDED, NoticeKind.MATCH_ANNULLED


async def test_an_older_generation_at_start_means_a_new_seed(world: World, amsterdam: RegionAtHub) -> None:
    """Every cursor of before is answered with the new seed, and a comparison is due."""
    await amsterdam.register(signal("child"))
    old = world.backup()
    world.close()
    world.begin()
    world.restore(old)

    page = await amsterdam.page(amsterdam.cursor)
    assert world.beginning is not None
    assert world.beginning.new_seed
    assert page.status is MailboxStatus.NEW_SEED
    assert amsterdam.cursor is not None
    assert page.seed != amsterdam.cursor.seed


async def test_the_same_database_again_keeps_its_seed(world: World, amsterdam: RegionAtHub) -> None:
    """A restart is no restore."""
    await amsterdam.register(signal("child"))
    world.close()
    world.begin()

    assert (await amsterdam.page(amsterdam.cursor)).status is MailboxStatus.CURRENT


async def test_a_backup_made_by_the_command_is_old_at_once(world: World, tmp_path: Path) -> None:
    """Its generation is left behind the moment it is made, without a restart in between."""
    copy = tmp_path / "copy.db"
    generation = backup(world.database, world.outside, copy, NOW)
    world.restore(copy)

    assert world.beginning is not None
    assert world.beginning.new_seed
    assert world.beginning.generation > generation


async def test_a_wrong_pepper_at_start_means_no_start(world: World, tmp_path: Path) -> None:
    """Nothing is changed: with the right one it starts."""
    world.close()
    other = Outside.make(tmp_path / "other")
    database = open_database(world.path)
    with pytest.raises(PepperDiffers):
        begin(database, other, NOW, fresh_id(), "test")
    database.close()

    world.begin()
    assert world.beginning is not None
    assert not world.beginning.new_seed


def test_without_a_pepper_there_is_no_start(tmp_path: Path) -> None:
    """It cannot be made again for a database that was filled with it."""
    with pytest.raises(OutsideMissing):
        Outside(tmp_path).pepper()


async def test_a_regions_old_records_match_nobody_until_its_comparison_has_finished(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A new record of another region does not meet them before, and does after."""
    ours = signal("child")
    await amsterdam.register(ours)
    world.restore(_old(world))
    theirs = signal("child")
    await haaglanden.register(theirs)
    assert haaglanden.heard == []

    response = await amsterdam.compare(leaf(ours), declare=True)
    await amsterdam.collect()
    await haaglanden.collect()

    assert response.agreed
    assert amsterdam.kinds() == haaglanden.kinds() == [MATCH]
    assert not await _due(world, amsterdam)


async def test_a_comparison_that_differs_leaves_them_silent(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """What only the hub has is withdrawn first."""
    ours, forgotten = signal("child"), signal("other")
    await amsterdam.register(ours)
    await amsterdam.register(forgotten)
    world.restore(_old(world))

    assert not (await amsterdam.compare(leaf(ours), declare=True)).agreed
    assert await _due(world, amsterdam)
    await amsterdam.withdraw(forgotten, Ending.ANNULLED)
    assert (await amsterdam.compare(leaf(ours), declare=True)).agreed
    assert not await _due(world, amsterdam)


async def test_after_a_new_seed_a_record_offered_again_matches(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Each record is confirmed by its own region, unchanged or not, and meets what was confirmed too."""
    ours, theirs = signal("child"), signal("child")
    old = _old(world)
    world.begin()
    await amsterdam.register(ours)
    await haaglanden.register(theirs)
    await amsterdam.collect()
    world.restore(old)

    await amsterdam.register(replace(ours, reason=Reason.AGAIN))
    await haaglanden.register(replace(theirs, reason=Reason.AGAIN))
    await amsterdam.collect()

    met = {(n.own_record_id, n.peer, n.peer_record_id, n.kind) for n in amsterdam.heard}
    assert met == {(ours.record_id, haaglanden.oin, theirs.record_id, MATCH)}


async def test_an_unchanged_record_offered_again_meets_what_came_meanwhile(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Confirming is enough, without the comparison."""
    ours = signal("child")
    await amsterdam.register(ours)
    world.restore(_old(world))
    await haaglanden.register(signal("child"))

    assert (await amsterdam.register(replace(ours, reason=Reason.AGAIN))).outcome is Outcome.UNCHANGED
    assert amsterdam.kinds() == [MATCH]


async def test_the_ledger_of_deletions_is_replayed(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """What was withdrawn after the backup does not come back, and its peer hears of it."""
    annulled, ended = signal("a"), signal("b")
    await haaglanden.send(signal("a"), signal("b"))
    await amsterdam.send(annulled, ended)
    old = world.backup()
    await amsterdam.withdraw(annulled, Ending.ANNULLED)
    await amsterdam.withdraw(ended, archive_until=ended.valid_until)
    world.close()
    world.begin()
    world.restore(old)

    assert world.beginning is not None
    assert world.beginning.replayed == 2
    leaves = (await amsterdam.compare()).digests[0].leaves
    assert [(found.record_id, found.state) for found in leaves] == [(ended.record_id, LeafState.ARCHIVED)]
    assert (await amsterdam.register(replace(annulled, reason=Reason.AGAIN))).refusal is Refusal.WITHDRAWN
    notices = (await haaglanden.page()).notices
    assert [notice.kind for notice in notices] == [MATCH, MATCH, ANNULLED, ENDED]
    assert notices[0].card is None


async def test_the_end_of_a_pair_that_the_backup_never_knew_is_told(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Registered, matched and withdrawn, all after the backup: the peer may have the match and must hear the end."""
    ours, theirs = signal("child"), signal("child")
    amsterdam_before = world.backup()
    await haaglanden.register(theirs)
    await amsterdam.register(ours)
    await haaglanden.collect()
    await amsterdam.withdraw(ours)
    world.close()
    world.begin()
    world.restore(amsterdam_before)

    notices = await haaglanden.collect()
    assert [(notice.kind, notice.own_record_id, notice.peer_record_id, notice.revision) for notice in notices] == [
        (ENDED, theirs.record_id, ours.record_id, 2)
    ]
    assert (await haaglanden.register(replace(theirs, reason=Reason.AGAIN))).outcome is Outcome.UPDATED


async def test_a_hub_that_lost_everything_gets_everything_again(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """New database, same directory outside: a new seed, and no withdrawn record revives."""
    ours, theirs, gone = signal("child"), signal("child"), signal("gone")
    await haaglanden.register(theirs)
    await amsterdam.send(ours, gone)
    await amsterdam.withdraw(gone, Ending.ANNULLED)
    before = amsterdam.cursor
    world.lose()

    assert (await amsterdam.page(before)).status is MailboxStatus.NEW_SEED
    await amsterdam.register(replace(ours, reason=Reason.AGAIN))
    await haaglanden.register(replace(theirs, reason=Reason.AGAIN))
    assert (await amsterdam.register(replace(gone, reason=Reason.AGAIN))).refusal is Refusal.WITHDRAWN
    await amsterdam.collect()
    assert [notice.kind for notice in amsterdam.heard] == [MATCH, MATCH]


async def test_an_update_that_the_backup_missed_is_told_when_offered_again(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Its notice may have been lost with the memory; a re-key of a healthy hub would tell nothing."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    old = world.backup()
    changed = again(ours, "child")
    await amsterdam.register(changed)
    world.close()
    world.begin()
    world.restore(old)
    await haaglanden.collect()

    await amsterdam.register(replace(changed, reason=Reason.AGAIN))

    notices = await haaglanden.collect()
    assert [(notice.kind, notice.revision) for notice in notices] == [(NoticeKind.CARD_UPDATED, 2)]


async def test_a_torn_line_in_the_ledger_does_not_swallow_the_next(world: World, amsterdam: RegionAtHub) -> None:
    """A full disk in the middle of a line: that withdrawal was never answered; the next one stands."""
    first, second = signal("a"), signal("b")
    await amsterdam.send(first, second)
    await amsterdam.withdraw(first)
    ledger = world.directory / "outside" / "deletions.jsonl"
    ledger.write_bytes(ledger.read_bytes()[:-10])
    await amsterdam.withdraw(second)

    assert [deletion.withdrawal.record_id for deletion in world.outside.deletions()] == [second.record_id]


async def test_the_ledger_is_pruned_when_no_backup_could_bring_a_record_back(
    world: World, amsterdam: RegionAtHub
) -> None:
    """30 days past every date that the record had."""
    record = signal("a", archive_until=None)
    await amsterdam.register(record)
    await amsterdam.withdraw(record)
    world.clock.pass_days(365 + 30)
    world.outside.prune(world.clock.now.date())
    assert len(world.outside.deletions()) == 1

    world.clock.pass_days(40)
    world.outside.prune(world.clock.now.date())
    assert world.outside.deletions() == []


def _old(world: World) -> Path:
    """A backup that is old: the hub began once more after it."""
    old = world.backup()
    world.close()
    world.begin()
    return old


async def _due(world: World, region: RegionAtHub) -> bool:
    return bool((await world.hub.handlers()["GetStatus"](region.caller(), GetStatus())).comparison_due)
