"""Protocol 2.2, by itself: at valid-until the hub archives or destroys, and epochs end on their dates."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hub.matching import EpochDates, Schedule
from soap_wsdl.vocabulary import (
    EpochCount,
    GetStatus,
    GetStatusResponse,
    LeafState,
    NoticeKind,
    Outcome,
    Purpose,
    Reason,
    RecordState,
    Refusal,
)
from tests.hub.world import (
    NEW,
    NEXT_YEAR,
    NOW,
    OLD,
    SCHEDULE,
    TODAY,
    RegionAtHub,
    World,
    again,
    entry,
    leaf,
    signal,
)

MATCH, ENDED = NoticeKind.MATCH, NoticeKind.MATCH_ENDED
SPOKE, TOLD = NoticeKind.ARCHIVE_NOTICE, NoticeKind.ARCHIVE_TOLD
SOON = TODAY + timedelta(days=7)


async def test_by_itself_at_valid_until_the_hub_archives(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Even if the node is gone: the registration carried its end date. The archive then speaks to a new signal."""
    await amsterdam.register(signal("child", valid_until=SOON))
    world.clock.go_to(SOON)

    swept = await world.sweep()

    assert (swept.archived, swept.destroyed) == (1, 0)
    await haaglanden.register(signal("child"))
    assert haaglanden.kinds() == [SPOKE]


async def test_by_itself_at_valid_until_the_hub_destroys(world: World, amsterdam: RegionAtHub) -> None:
    """Without an archive date nothing is kept but the tombstone."""
    await amsterdam.register(signal("child", valid_until=SOON, archive_until=None))
    await amsterdam.register(signal("parent", valid_until=SOON, purpose=Purpose.PARENT))
    world.clock.go_to(SOON)

    swept = await world.sweep()

    assert (swept.archived, swept.destroyed) == (0, 2)
    assert world.database.read_now(lambda tx: tx.all("SELECT 1 FROM entry UNION ALL SELECT 1 FROM match_index")) == []


async def test_by_itself_the_hub_destroys_the_archive_on_its_date(world: World, amsterdam: RegionAtHub) -> None:
    """Five years later, or earlier at 23."""
    await amsterdam.register(signal("child", valid_until=SOON, archive_until=date(2028, 1, 1)))
    world.clock.go_to(SOON)
    await world.sweep()
    world.clock.go_to(date(2028, 1, 1))

    assert (await world.sweep()).destroyed == 1


async def test_dates_are_local_dates_in_amsterdam_and_exclusive(world: World, amsterdam: RegionAtHub) -> None:
    """Valid until 1 May ends on 1 May at 00:00: 22:00 UTC in summer time."""
    await amsterdam.register(signal("child", valid_until=date(2027, 5, 1), epochs=(NEW,)))

    world.clock.now = datetime(2027, 4, 30, 21, 59, 59, tzinfo=UTC)
    before = await world.sweep()
    world.clock.now = datetime(2027, 4, 30, 22, 0, tzinfo=UTC)
    after = await world.sweep()

    assert (before.archived, after.archived) == (0, 1)


async def test_a_node_ends_a_foreign_match_on_its_date_by_itself(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """ "Ended" is sent only for an earlier end, not by the sweep."""
    await haaglanden.register(signal("child"))
    await amsterdam.register(signal("child", valid_until=SOON))
    await haaglanden.collect()
    world.clock.go_to(SOON)
    await world.sweep()

    assert await haaglanden.collect() == []


async def test_the_sweep_twice_does_nothing(world: World, amsterdam: RegionAtHub) -> None:
    """A stopped sweep is finished by the next, a finished one by none."""
    await amsterdam.register(signal("child", valid_until=SOON))
    world.clock.go_to(SOON)
    await world.sweep()
    again_swept = await world.sweep()

    assert (again_swept.archived, again_swept.destroyed, again_swept.notices) == (0, 0, 0)


async def test_a_record_swept_by_its_date_revives_by_a_higher_revision(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """An extension that arrives after the sweep: the pair lives again and both sides hear it under the new revision."""
    for until in (None, date(2031, 1, 1)):
        ours = signal(f"child {until}", valid_until=SOON, archive_until=until)
        await haaglanden.register(signal(f"child {until}"))
        await amsterdam.register(ours)
        await haaglanden.collect()
        world.clock.go_to(SOON)
        await world.sweep()

        extended = again(ours, f"child {until}", valid_until=NEXT_YEAR)
        assert (await amsterdam.register(ours)).outcome is Outcome.UNCHANGED
        assert (await amsterdam.register(extended)).outcome is Outcome.UPDATED
        notices = await haaglanden.collect()
        assert [(notice.kind, notice.revision, notice.valid_until) for notice in notices] == [(MATCH, 2, NEXT_YEAR)]
        world.clock.now = NOW


async def test_an_extension_after_the_date_but_before_the_sweep_is_told_as_a_new_match(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The nodes ended the match on its date by themselves, whenever the hub's sweep runs."""
    ours = signal("child", valid_until=SOON)
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await haaglanden.collect()
    world.clock.go_to(SOON)

    await amsterdam.register(again(ours, "child", valid_until=NEXT_YEAR))

    assert [(notice.kind, notice.revision) for notice in await haaglanden.collect()] == [(MATCH, 2)]


async def test_a_held_record_expires_like_any_other(world: World, amsterdam: RegionAtHub) -> None:
    """Held says that it matches nobody, not that it lives longer."""
    await amsterdam.register(signal("child", valid_until=SOON, state=RecordState.HELD))
    world.clock.go_to(SOON)

    assert (await world.sweep()).archived == 1


# --- Epochs (1.5) --------------------------------------------------------------------------------------


async def test_before_the_overlap_only_the_old_during_it_both_after_it_only_the_new(
    world: World, amsterdam: RegionAtHub
) -> None:
    """By the dates of the signed file."""
    world.schedule = Schedule(
        (EpochDates(OLD, date(2026, 1, 1), date(2027, 2, 1)), EpochDates(NEW, date(2026, 12, 1), date(2028, 2, 1)))
    )

    async def refusals() -> tuple[Refusal | None, Refusal | None]:
        first = await amsterdam.register(signal("a", epochs=(OLD,)))
        second = await amsterdam.register(signal("b", epochs=(NEW,)))
        return first.refusal, second.refusal

    assert await refusals() == (None, Refusal.EPOCH_UNKNOWN)
    world.clock.go_to(date(2026, 12, 1))
    assert await refusals() == (None, None)
    world.clock.go_to(date(2027, 2, 1))
    assert await refusals() == (Refusal.EPOCH_OVER, None)


async def test_an_epoch_ends_on_its_date_whatever_lags(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Records with only the old epoch lose tag and card, keep id and dates as waiting; GetStatus counts them."""
    lagging, both = signal("child"), signal("other", epochs=(OLD, NEW))
    await amsterdam.register(lagging)
    await amsterdam.register(both)
    world.clock.go_to(date(2027, 2, 1))

    swept = await world.sweep()

    assert (swept.epochs_ended, swept.waiting) == (1, 1)
    held = world.database.read_now(lambda tx: tx.all("SELECT DISTINCT epoch FROM entry"))
    assert [row["epoch"] for row in held] == [NEW]
    status = await world.hub.handlers()["GetStatus"](amsterdam.caller(), GetStatus())
    assert isinstance(status, GetStatusResponse)
    assert status.epoch_counts == (EpochCount(OLD, 0, 0, 0), EpochCount(NEW, 1, 0, 1))
    await haaglanden.register(signal("child", epochs=(NEW,)))
    assert haaglanden.heard == []


async def test_after_the_end_of_an_epoch_both_sides_leave_it_out_of_the_digest(
    world: World, amsterdam: RegionAtHub
) -> None:
    """A comparison agrees again without anything sent; what waits is told as waiting."""
    lagging, both = signal("child"), signal("other", epochs=(OLD, NEW))
    await amsterdam.register(lagging)
    await amsterdam.register(both)
    world.clock.go_to(date(2027, 2, 1))
    await world.sweep()

    mine = (
        leaf(replace(lagging, entries=()), LeafState.WAITING),
        leaf(replace(both, entries=both.entries[1:])),
    )
    response = await amsterdam.compare(*mine, declare=True)
    assert response.agreed
    assert {(found.record_id, found.state) for found in response.digests[0].leaves} == {
        (lagging.record_id, LeafState.WAITING),
        (both.record_id, LeafState.LIVE),
    }


async def test_what_waits_comes_back_by_a_rekey(world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """ "Epoch over" is retryable after deriving anew; the pair that was told before is not told again."""
    ours = signal("child")
    await haaglanden.register(signal("child", epochs=(OLD, NEW)))
    await amsterdam.register(ours)
    await haaglanden.collect()
    world.clock.go_to(date(2027, 2, 1))
    await world.sweep()
    behind = again(ours, "child", reason=Reason.AGAIN)

    assert (await amsterdam.register(behind)).refusal is Refusal.EPOCH_OVER
    rekeyed = replace(behind, entries=(entry("child", ours.record_id, 2, NEW),))
    assert (await amsterdam.register(rekeyed)).outcome is Outcome.UPDATED
    assert await haaglanden.collect() == []
    other = await amsterdam.register(signal("child", epochs=(NEW,)))
    assert other.outcome is Outcome.REGISTERED
    assert [notice.kind for notice in await haaglanden.collect()] == [MATCH]


async def test_an_epoch_that_ended_before_the_sweep_lets_nothing_in(world: World, amsterdam: RegionAtHub) -> None:
    """The date counts, not the job; the same revision again under it is told to derive anew, too."""
    ours = signal("child")
    await amsterdam.register(ours)
    world.clock.go_to(date(2027, 2, 1))
    await world.sweep()

    assert (await amsterdam.register(ours)).refusal is Refusal.EPOCH_OVER
    assert SCHEDULE.over(date(2027, 2, 1)) == (OLD,)
    assert ENDED is not TOLD
