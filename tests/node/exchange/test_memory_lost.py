"""The hub restored, emptied or out of step; the node restored from yesterday: everything heals, nobody meets twice."""

from datetime import timedelta
from uuid import UUID

from node.domain.matching import HowEnded
from node.domain.signal import EndReason
from node.flows.collect import apply, collect, open_cards
from node.flows.expire import expire
from node.flows.keys import publish_keys
from node.flows.reconcile import reconcile
from node.flows.restore import copy_deletions, replay_deletions
from node.store import mailbox
from soap_wsdl.vocabulary import CollectMatches, GetStatus, Reason, RegisterSignals
from tests.rehearsal import Party, Rehearsal, record_ids


async def two(rehearsal: Rehearsal) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")


async def due(party: Party) -> bool:
    """Whether the hub waits for this region's comparison."""
    return (await party.hub.get_status(GetStatus())).comparison_due


async def test_a_hub_restored_from_yesterday_is_told_everything_again(rehearsal: Rehearsal) -> None:
    """Protocol 2.2, Restore: a new seed, everything as AGAIN, then compared and declared; nobody meets twice."""
    amsterdam, haaglanden = await two(rehearsal)
    old, new, ended = rehearsal.bsn(), rehearsal.bsn(), rehearsal.bsn()
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    pairs = [(await amsterdam.signal(who, child), await haaglanden.signal(other, child)) for child in (old, ended)]
    await rehearsal.settle()
    copy = rehearsal.hub.back_up()
    rehearsal.later(hours=20)
    pairs.append((await amsterdam.signal(who, new), await haaglanden.signal(other, new)))
    await haaglanden.end(other, pairs[1][1])
    await rehearsal.settle()

    rehearsal.hub.put_back(copy)
    await rehearsal.settle(5)

    assert rehearsal.hub.begun.new_seed
    assert not await due(amsterdam)
    assert not await due(haaglanden)
    assert [len(amsterdam.matches(ours)) for ours, _ in pairs] == [1, 1, 1]
    assert [len(amsterdam.living(ours)) for ours, _ in pairs] == [1, 0, 1]
    assert [len(haaglanden.living(theirs)) for _, theirs in pairs] == [1, 0, 1]
    assert (await reconcile(amsterdam.exchange)).differences == ()


async def test_a_hub_that_lost_its_memory_hears_all_again_and_makes_no_new_match(rehearsal: Rehearsal) -> None:
    """An empty hub with another seed; AGAIN never makes the archive speak."""
    amsterdam, haaglanden = await two(rehearsal)
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    child, archived = rehearsal.bsn(), rehearsal.bsn()
    ours, theirs = await amsterdam.signal(who, child), await haaglanden.signal(other, child)
    gone = await haaglanden.signal(other, archived)
    await rehearsal.settle()
    await haaglanden.end(other, gone)
    await rehearsal.settle()
    late = await amsterdam.signal(who, archived)
    await rehearsal.settle()
    notices = amsterdam.rows("SELECT count(*) FROM archive_notice")

    rehearsal.hub.put_back(None)
    for party in (amsterdam, haaglanden):
        await publish_keys(party.exchange)
    await rehearsal.settle(5)

    told = [each for each in haaglanden.hub.trouble.sent if isinstance(each, RegisterSignals)][-1]
    assert {record.reason for record in told.records} == {Reason.AGAIN}
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1
    assert amsterdam.matches(late) == []
    assert amsterdam.rows("SELECT count(*) FROM archive_notice") == notices == [(1,)]
    for party in (amsterdam, haaglanden):
        assert (await reconcile(party.exchange)).agreed


async def test_an_answer_of_before_the_restore_changes_nothing(rehearsal: Rehearsal) -> None:
    """A page that was asked for under the old seed does not bring the old seed back."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    await amsterdam.signal(amsterdam.professional("Visser"), child)
    await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    await amsterdam.deliver()
    asked = haaglanden.db.read_now(mailbox.read).cursor
    stale = (await haaglanden.hub.collect_matches(CollectMatches(asked, 10, 0, False))).mailbox
    rehearsal.hub.put_back(None)
    await collect(haaglanden.exchange)
    cursor = haaglanden.db.read_now(mailbox.read).cursor

    cards = await open_cards(haaglanden.exchange, stale)
    haaglanden.db.write_now(lambda tx: apply(tx, haaglanden.exchange, stale, asked, cards))

    assert cursor != asked
    assert haaglanden.db.read_now(mailbox.read).cursor == cursor


async def test_a_cursor_that_is_too_old_is_answered_by_a_retelling(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: never a gap; what the retelling does not mention has ended."""
    amsterdam, haaglanden = await two(rehearsal)
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    lasting, ending = rehearsal.bsn(), rehearsal.bsn()
    ours = [await amsterdam.signal(who, child) for child in (lasting, ending)]
    theirs = [await haaglanden.signal(other, child) for child in (lasting, ending)]
    await rehearsal.settle()
    await haaglanden.end(other, theirs[1])
    await haaglanden.deliver()
    for _ in range(40):
        rehearsal.later(days=1)
        await rehearsal.hub.sweep()

    report = await collect(amsterdam.exchange)

    assert report.holding is None
    assert [len(amsterdam.living(each)) for each in ours] == [1, 0]
    assert [len(amsterdam.matches(each)) for each in ours] == [1, 1]
    assert amsterdam.db.read_now(mailbox.read).retold_from is None


async def test_comparing_finds_and_mends_every_kind_of_difference(rehearsal: Rehearsal) -> None:
    """Protocol 2.3: the node is right; what only the hub has is withdrawn."""
    amsterdam, haaglanden = await two(rehearsal)
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    children = [rehearsal.bsn() for _ in range(4)]
    ours = [await amsterdam.signal(who, child) for child in children]
    theirs = [await haaglanden.signal(other, child) for child in children]
    await rehearsal.settle()
    lost, changed, unknown, _ = [UUID(row[0]) for row in amsterdam.rows("SELECT record_id FROM hub_record")]
    hub = rehearsal.hub.db
    hub.write_now(lambda tx: tx.execute("UPDATE record SET revision = 7 WHERE record_id = ?", (changed.bytes,)))
    stray = UUID(int=unknown.int ^ 1)
    hub.write_now(
        lambda tx: tx.execute("UPDATE record SET record_id = ? WHERE record_id = ?", (stray.bytes, unknown.bytes))
    )
    hub.write_now(
        lambda tx: tx.execute("UPDATE record SET valid_until = '2026-12-01' WHERE record_id = ?", (lost.bytes,))
    )

    listed = await reconcile(amsterdam.exchange, dry_run=True)
    done = await reconcile(amsterdam.exchange)
    again = await reconcile(amsterdam.exchange)
    await rehearsal.settle()

    assert len(listed.differences) == len(done.differences) == 3
    assert (done.repaired, done.withdrawn, done.agreed) == (2, 1, True)
    assert (again.differences, again.agreed) == ((), True)
    assert [len(amsterdam.living(each)) for each in ours] == [1, 1, 1, 1]
    assert [len(haaglanden.living(each)) for each in theirs] == [1, 1, 1, 1]


async def test_many_records_are_compared_from_the_top_down(rehearsal: Rehearsal) -> None:
    """A range with more than 64 records is split until the leaves show."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    for _ in range(150):
        await amsterdam.signal(who, rehearsal.bsn())
    await rehearsal.settle()
    wrong = record_ids(amsterdam)[77]
    rehearsal.hub.db.write_now(
        lambda tx: tx.execute("UPDATE record SET revision = 3 WHERE record_id = ?", (wrong.bytes,))
    )

    report = await reconcile(amsterdam.exchange)

    assert [each.record_id for each in report.differences] == [wrong]
    assert report.agreed


async def test_a_node_restored_from_yesterday_ends_again_what_it_ended(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: it replays its own ledger, takes next revisions, and asks its mailbox again."""
    amsterdam, haaglanden = await two(rehearsal)
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    kept, mistaken, late = rehearsal.bsn(), rehearsal.bsn(), rehearsal.bsn()
    ours = [await amsterdam.signal(who, child) for child in (kept, mistaken)]
    theirs = [await haaglanden.signal(other, child) for child in (kept, mistaken)]
    await rehearsal.settle()
    copy = amsterdam.back_up()
    rehearsal.later(hours=20)
    await amsterdam.end(who, ours[1], EndReason.ONTERECHT)
    theirs.append(await haaglanden.signal(other, late))
    lost = await amsterdam.signal(who, late)
    await rehearsal.settle()

    amsterdam.put_back(copy)
    replayed = await replay_deletions(amsterdam.exchange)
    await rehearsal.settle()
    report = await reconcile(amsterdam.exchange)
    decided = await reconcile(amsterdam.exchange, withdraw_unknown=True)
    await rehearsal.settle()

    assert replayed == 1
    assert len(report.undecided) == 1
    assert not report.agreed
    assert decided.agreed
    assert len(amsterdam.living(ours[0])) == len(haaglanden.living(theirs[0])) == 1
    assert haaglanden.matches(theirs[1])[0].how is HowEnded.ANNULLED
    assert haaglanden.living(theirs[2]) == []
    assert amsterdam.matches(lost) == []
    assert amsterdam.rows("SELECT count(*) FROM signal") == [(1,)]


async def test_a_signal_in_the_backup_that_left_afterwards_is_not_told_as_another(rehearsal: Rehearsal) -> None:
    """A restored node comes to the same record ids and family reference, and so to the same match."""
    amsterdam, haaglanden = await two(rehearsal)
    parents = (rehearsal.bsn(), rehearsal.bsn())
    child = amsterdam.person(rehearsal.bsn(), parents=parents)
    sibling = haaglanden.person(rehearsal.bsn(), parents=parents)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), sibling)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    copy = amsterdam.back_up()
    await rehearsal.settle()
    before = record_ids(amsterdam)

    amsterdam.put_back(copy)
    await replay_deletions(amsterdam.exchange)
    await rehearsal.settle(6)
    report = await reconcile(amsterdam.exchange)

    assert record_ids(amsterdam) == before
    assert report.agreed
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1


async def test_the_ledger_of_deletions_names_no_one(rehearsal: Rehearsal) -> None:
    """Random ids and how it ended; each ending once, however often it is copied."""
    amsterdam = await rehearsal.region("amsterdam")
    who, bsn = amsterdam.professional("Visser"), rehearsal.bsn()
    await amsterdam.end(who, await amsterdam.signal(who, bsn))
    first, second = await copy_deletions(amsterdam.exchange), await copy_deletions(amsterdam.exchange)
    text = amsterdam.exchange.deletions.read_text()

    assert (first, second) == (1, 0)
    assert len(text.splitlines()) == 1
    assert bsn.reveal() not in text
    assert amsterdam.exchange.deletions.stat().st_mode & 0o077 == 0


async def test_records_past_their_date_agree_without_a_word(rehearsal: Rehearsal) -> None:
    """Both sides archive by themselves; node and hub still count the same."""
    amsterdam = await rehearsal.region("amsterdam")
    child = amsterdam.person(rehearsal.bsn(), parents=(rehearsal.bsn(),))
    await amsterdam.signal(amsterdam.professional("Visser"), child, 6)
    await rehearsal.settle()
    rehearsal.moment += timedelta(days=300)
    await rehearsal.hub.sweep()
    silent = await reconcile(amsterdam.exchange)

    await expire(amsterdam.desk)
    await rehearsal.settle()
    after = await reconcile(amsterdam.exchange)

    assert (silent.differences, after.differences) == ((), ())
    assert after.agreed
