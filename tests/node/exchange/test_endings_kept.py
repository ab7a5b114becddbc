"""The ledger of deletions beside a node's database: what a crash leaves of it, and when it forgets."""

from datetime import timedelta

from node.flows.forgetting import forget
from node.flows.restore import copy_deletions, replay_deletions, was_put_back
from tests.rehearsal import Party, Rehearsal


async def ended(rehearsal: Rehearsal, party: Party) -> None:
    """A signal that was made and ended."""
    who = party.professional("Visser")
    await party.end(who, await party.signal(who, rehearsal.bsn()))


async def test_a_line_that_was_left_half_does_not_swallow_the_next(rehearsal: Rehearsal) -> None:
    """The power fails within a write: the same ending is written again, on a line of its own."""
    amsterdam = await rehearsal.region("amsterdam")
    copy = amsterdam.back_up()
    amsterdam.exchange.deletions.write_text('{"id":"00000000-0000-4000-8000-0000')
    await ended(rehearsal, amsterdam)
    await copy_deletions(amsterdam.exchange)

    amsterdam.put_back(copy)

    assert await was_put_back(amsterdam.exchange)


async def test_an_ending_is_in_the_ledger_though_the_hub_does_not_answer(rehearsal: Rehearsal) -> None:
    """The ledger is written first: how the hub stands says nothing about what must stay destroyed."""
    amsterdam = await rehearsal.region("amsterdam")
    await ended(rehearsal, amsterdam)
    amsterdam.hub.trouble.cut = 9
    await amsterdam.deliver()

    assert len(amsterdam.exchange.deletions.read_text().splitlines()) == 1


async def test_a_line_is_kept_as_long_as_a_backup_could_undo_its_ending(rehearsal: Rehearsal) -> None:
    """Two years active and five in the archive: Jeugdwet 7.1.4.5(2)a, 7.1.4.6(1). Then line and row go."""
    amsterdam = await rehearsal.region("amsterdam")
    await ended(rehearsal, amsterdam)
    await copy_deletions(amsterdam.exchange)
    rehearsal.moment += timedelta(days=7 * 365 + 2)
    await ended(rehearsal, amsterdam)
    await copy_deletions(amsterdam.exchange)
    await forget(amsterdam.exchange)
    kept = len(amsterdam.exchange.deletions.read_text().splitlines())
    rehearsal.moment += timedelta(days=60)
    await forget(amsterdam.exchange)

    assert kept == 2
    assert len(amsterdam.exchange.deletions.read_text().splitlines()) == 1
    assert amsterdam.rows("SELECT count(*) FROM deletion") == [(1,)]
    assert not await was_put_back(amsterdam.exchange)


async def test_replaying_twice_ends_nothing_twice(rehearsal: Rehearsal) -> None:
    """A replay that is cut off is begun again."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, rehearsal.bsn())
    copy = amsterdam.back_up()
    await amsterdam.end(who, ours)
    await copy_deletions(amsterdam.exchange)
    text = amsterdam.exchange.deletions.read_text()
    amsterdam.exchange.deletions.write_text(text + text)
    amsterdam.put_back(copy)

    assert await replay_deletions(amsterdam.exchange) == 1
    assert await replay_deletions(amsterdam.exchange) == 0
