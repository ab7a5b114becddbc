"""Hub and node both put back: what ended meanwhile stands in the archive on both sides, in bytes that both know."""

from datetime import date, timedelta
from pathlib import Path

from node.domain.signal import EndReason
from node.flows.reconcile import ReconcileReport, reconcile
from node.flows.restore import replay_deletions
from tests.rehearsal import TODAY, Party, Rehearsal


async def put_back(rehearsal: Rehearsal, party: Party, copy: Path) -> ReconcileReport:
    """A node restored from a copy; its operator says at once that what only the hub has must go."""
    party.put_back(copy)
    await replay_deletions(party.exchange)
    rehearsal.moment += timedelta(minutes=40)
    await party.collect()
    for _ in range(6):
        rehearsal.moment += timedelta(seconds=61)
        await party.deliver()
    return await reconcile(party.exchange, withdraw_unknown=True)


def stands(party: Party) -> list[tuple[object, ...]]:
    """What the node wants of each record, and what the hub acknowledged; and what was set aside."""
    return [
        *party.rows("SELECT wanted, told_state FROM hub_record WHERE purpose = 'youth'"),
        *party.rows("SELECT refusal FROM errand WHERE refusal IS NOT NULL"),
    ]


async def test_an_end_that_the_hub_took_before_the_node_was_put_back_stands_in_the_archive(
    rehearsal: Rehearsal,
) -> None:
    """The copy is from before the signal was told at all; the hub has it, ended, under the same record id."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    signal = await amsterdam.signal(who, rehearsal.bsn())
    await amsterdam.end(who, signal, EndReason.RISICO_WEG)
    copy = amsterdam.back_up()
    await amsterdam.deliver()

    report = await put_back(rehearsal, amsterdam, copy)

    assert report.agreed
    assert stands(amsterdam) == [("archived", "archived")]


async def test_an_archived_record_that_both_forgot_differently_is_told_again_and_not_set_aside(
    rehearsal: Rehearsal,
) -> None:
    """Protocol 2.2: other bytes under the hub's own revision are refused with it; the node takes the next."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    empty = rehearsal.hub.back_up()
    signal = await amsterdam.signal(who, rehearsal.bsn())
    await rehearsal.settle()
    rehearsal.hub.put_back(empty)
    await amsterdam.end(who, signal, EndReason.RISICO_WEG)
    await rehearsal.settle(8)
    copy = amsterdam.back_up()
    rehearsal.epoch("2027", TODAY, date(2028, 2, 1))
    rehearsal.hub.put_back(empty)
    await rehearsal.settle(8)

    report = await put_back(rehearsal, amsterdam, copy)

    assert report.agreed
    assert stands(amsterdam) == [("archived", "archived")]
