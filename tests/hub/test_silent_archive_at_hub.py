"""Protocol 2.2, restore: an archive that was silent speaks to whoever came as new meanwhile, once (ADR 0006)."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from soap_wsdl.vocabulary import Ending, LeafState, NoticeKind, Outcome, Reason, Record
from tests.hub.world import RegionAtHub, World, leaf, signal

NOTICE, TOLD = NoticeKind.ARCHIVE_NOTICE, NoticeKind.ARCHIVE_TOLD


async def test_an_archive_that_was_silent_speaks_to_who_came_meanwhile(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Jeugdwet 7.1.4.6(2): the newcomer hears it once, when the archive's region has finished its comparison."""
    history = await _archived(amsterdam)
    world.restore(_old(world))
    theirs = signal("child")
    await haaglanden.register(theirs)
    assert await haaglanden.collect() == []

    assert (await amsterdam.compare(leaf(history, LeafState.ARCHIVED), declare=True)).agreed
    await amsterdam.compare(leaf(history, LeafState.ARCHIVED), declare=True)
    await amsterdam.collect()
    await haaglanden.collect()

    assert [(n.kind, n.own_record_id, n.peer_record_id) for n in haaglanden.heard] == [
        (NOTICE, theirs.record_id, history.record_id)
    ]
    assert haaglanden.heard[0].card is not None
    assert amsterdam.kinds() == [TOLD]


async def test_an_archived_record_that_is_offered_again_speaks_to_who_came_meanwhile(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """It was confirmed one by one; the comparison that follows says nothing more."""
    history = await _archived(amsterdam)
    world.restore(_old(world))
    await haaglanden.register(signal("child"))

    outcome = await amsterdam.register(replace(history, reason=Reason.AGAIN))
    await amsterdam.compare(leaf(history, LeafState.ARCHIVED), declare=True)
    await haaglanden.collect()
    await amsterdam.collect()

    assert outcome.outcome is Outcome.UNCHANGED
    assert (haaglanden.kinds(), amsterdam.kinds()) == ([NOTICE], [TOLD])


async def test_a_record_that_is_ended_before_the_comparison_speaks_from_the_archive(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The newcomer met it neither living nor archived while it was silent."""
    ours = signal("child")
    await amsterdam.register(ours)
    world.restore(_old(world))
    await haaglanden.register(signal("child"))

    await amsterdam.withdraw(ours, archive_until=date(2031, 11, 24))
    await haaglanden.collect()

    assert (haaglanden.kinds(), amsterdam.kinds()) == ([NOTICE], [TOLD])


@pytest.mark.parametrize("reason", [Reason.AGAIN, Reason.CHANGE])
async def test_a_silent_archive_does_not_speak_to_who_is_no_newcomer(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub, reason: Reason
) -> None:
    """A repair or a restore never makes the archive speak."""
    history = await _archived(amsterdam)
    world.restore(_old(world))
    await haaglanden.register(signal("child", reason=reason))
    await amsterdam.compare(leaf(history, LeafState.ARCHIVED), declare=True)

    assert await haaglanden.collect() == []


async def test_a_silent_archive_says_nothing_to_who_left_or_of_what_was_destroyed(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The newcomer was withdrawn before the comparison; the archived record was annulled before it."""
    first, second = await _archived(amsterdam, "a"), await _archived(amsterdam, "b")
    world.restore(_old(world))
    leaving = signal("a")
    await haaglanden.send(leaving, signal("b"))
    await haaglanden.withdraw(leaving, Ending.ANNULLED)
    await amsterdam.withdraw(second, Ending.ANNULLED)
    await amsterdam.compare(leaf(first, LeafState.ARCHIVED), declare=True)

    assert await haaglanden.collect() == []


async def test_after_two_restores_the_archive_speaks_when_both_regions_have_compared(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """What waited is in the copy too, and waits for the newcomer's region as well."""
    history = await _archived(amsterdam)
    world.restore(_old(world))
    theirs = signal("child")
    await haaglanden.register(theirs)
    world.restore(_old(world))

    await amsterdam.compare(leaf(history, LeafState.ARCHIVED), declare=True)
    assert await haaglanden.collect() == []
    await haaglanden.compare(leaf(theirs), declare=True)
    await haaglanden.collect()

    assert haaglanden.kinds() == [NOTICE]


async def _archived(region: RegionAtHub, child: str = "child") -> Record:
    """A signal that was ended and lies in the archive, as its own region has it."""
    record = signal(child)
    await region.register(record)
    until = date(2031, 11, 24)
    await region.withdraw(record, archive_until=until)
    return replace(record, revision=2, archive_until=until)


def _old(world: World) -> Path:
    """A backup that is old: the hub began once more after it."""
    old = world.backup()
    world.close()
    world.begin()
    return old
