"""Protocol 2.2, mailbox: numbered notices, a cursor of seed and number, and never a gap."""

from uuid import UUID

from soap_wsdl.vocabulary import (
    Cursor,
    Ending,
    GetStatus,
    MailboxStatus,
    NoticeKind,
    Record,
)
from tests.hub.world import RegionAtHub, World, again, signal

MATCH, ENDED, ANNULLED = NoticeKind.MATCH, NoticeKind.MATCH_ENDED, NoticeKind.MATCH_ANNULLED


async def _pairs(here: RegionAtHub, there: RegionAtHub, how_many: int) -> list[Record]:
    ours = [signal(f"child {number}") for number in range(how_many)]
    await here.send(*ours)
    await there.send(*(signal(f"child {number}") for number in range(how_many)))
    return ours


async def test_notices_are_numbered_per_region_without_gaps(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub, utrecht: RegionAtHub
) -> None:
    """From one, each region its own count."""
    await _pairs(amsterdam, haaglanden, 5)
    await utrecht.send(signal("child 2"))
    await amsterdam.collect()

    assert [notice.number for notice in amsterdam.heard] == [1, 2, 3, 4, 5, 6]
    assert [notice.number for notice in (await utrecht.page()).notices] == [1, 2]


async def test_every_answer_carries_the_seed(amsterdam: RegionAtHub) -> None:
    """Registering, withdrawing, collecting and comparing alike."""
    record = signal("child")
    first = (await amsterdam.send(record)).mailbox.seed
    await amsterdam.withdraw(record)

    assert {first, (await amsterdam.page()).seed, (await amsterdam.compare()).seed, amsterdam.cursor.seed} == {first}  # type: ignore[union-attr]


async def test_at_most_200_notices_an_answer_and_more(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """The rest follows from the cursor."""
    await _pairs(amsterdam, haaglanden, 450)
    pages = [await amsterdam.page(amsterdam.cursor)]
    while pages[-1].more:
        pages.append(await amsterdam.page(Cursor(pages[-1].seed, pages[-1].number)))

    assert [(len(page.notices), page.more) for page in pages] == [(200, True), (200, True), (50, False)]
    assert [notice.number for page in pages for notice in page.notices] == list(range(1, 451))


async def test_the_caller_says_how_many(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Fewer than 200 when asked for."""
    await _pairs(amsterdam, haaglanden, 3)
    page = await amsterdam.page(at_most=2)

    assert (len(page.notices), page.more, page.number) == (2, True, 2)


async def test_acknowledging_moves_a_mark_and_deletes_nothing(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A node that was restored asks again from any number the hub still has, and gets the same notices."""
    await _pairs(amsterdam, haaglanden, 3)
    first = await amsterdam.page()
    await amsterdam.page(Cursor(first.seed, 3))
    status = await world.hub.handlers()["GetStatus"](amsterdam.caller(), GetStatus())
    second = await amsterdam.page(Cursor(first.seed, 1))

    assert (status.last_number, status.acknowledged_number) == (3, 3)
    assert second.notices == first.notices[1:]


async def test_a_notice_stays_until_30_days_after_its_pair_ended(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Living pairs keep theirs for as long as they live."""
    ended, living = await _pairs(amsterdam, haaglanden, 2)
    await amsterdam.withdraw(ended)
    world.clock.pass_days(29)
    await world.sweep()
    assert [notice.kind for notice in (await haaglanden.page()).notices] == [MATCH, MATCH, ENDED]

    world.clock.pass_days(1)
    await world.sweep()
    assert [notice.peer_record_id for notice in (await haaglanden.page()).notices] == [living.record_id]


async def test_below_what_the_hub_still_has_the_answer_is_cursor_too_old_never_a_gap(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """A node restored from 40 days ago learns that it missed something, and gets no notices with a hole in them."""
    ended, _ = await _pairs(amsterdam, haaglanden, 2)
    await amsterdam.withdraw(ended)
    page = await haaglanden.page()
    world.clock.pass_days(31)
    await world.sweep()

    for number in range(3):
        missed = await haaglanden.page(Cursor(page.seed, number))
        assert (missed.status, missed.notices, missed.number) == (MailboxStatus.CURSOR_TOO_OLD, (), number)
    assert (await haaglanden.page(Cursor(page.seed, 3))).status is MailboxStatus.CURRENT


async def test_retell_rewrites_the_mailbox_from_the_living_pairs(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Each living pair once, with its newest card, under new numbers; ends that are still kept are told too."""
    gone, ended, changed, living = await _pairs(amsterdam, haaglanden, 4)
    await amsterdam.withdraw(gone)
    world.clock.pass_days(31)
    await world.sweep()
    await amsterdam.register(again(changed, "child 2"))
    await amsterdam.withdraw(ended, Ending.ANNULLED)
    last = (await haaglanden.page(at_most=1)).seed

    page = await haaglanden.page(Cursor(last, 0), retell=True)

    assert page.status is MailboxStatus.CURRENT
    assert [(notice.kind, notice.peer_record_id, notice.revision) for notice in page.notices] == [
        (MATCH, changed.record_id, 2),
        (MATCH, living.record_id, 1),
        (ANNULLED, ended.record_id, 2),
    ]
    assert (await haaglanden.page(Cursor(page.seed, page.number))).notices == ()


async def test_reading_from_the_start_never_ends_in_a_hole(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """Without a cursor, page by page, past notices that were cleaned up in between: the mailbox is retold first."""
    records = await _pairs(amsterdam, haaglanden, 5)
    await amsterdam.withdraw(records[2])
    world.clock.pass_days(31)
    await world.sweep()

    page = await haaglanden.page(at_most=1)
    found = list(page.notices)
    while page.more:
        page = await haaglanden.page(Cursor(page.seed, page.number), at_most=1)
        found.extend(page.notices)

    assert [notice.peer_record_id for notice in found] == [
        record.record_id for at, record in enumerate(records) if at != 2
    ]


async def test_a_cursor_ahead_of_the_mailbox_is_a_hub_that_lost_memory(
    amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The region is told to offer everything again, and its mailbox starts over."""
    await _pairs(amsterdam, haaglanden, 2)
    page = await amsterdam.page()

    ahead = await amsterdam.page(Cursor(page.seed, 3))
    assert (ahead.status, len(ahead.notices)) == (MailboxStatus.NEW_SEED, 2)


async def test_a_cursor_of_another_seed_starts_over(amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Whatever its number."""
    await _pairs(amsterdam, haaglanden, 2)

    page = await amsterdam.page(Cursor(UUID(int=7), 2))
    assert (page.status, [notice.number for notice in page.notices]) == (MailboxStatus.NEW_SEED, [1, 2])
