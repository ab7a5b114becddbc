"""A database that was put back without the restore command: noticed, and nothing is taken from the hub unasked."""

from node.flows.reconcile import reconcile
from node.flows.restore import copy_deletions, replay_deletions, was_put_back
from node.store import mailbox
from tests.rehearsal import Party, Rehearsal


async def two(rehearsal: Rehearsal) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")


async def test_what_a_copied_database_does_not_know_is_for_the_operator_to_decide(rehearsal: Rehearsal) -> None:
    """The hub had acknowledgements that this memory never gave: it is older, and its ignorance proves nothing."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    copy = amsterdam.back_up()
    await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await rehearsal.settle()
    amsterdam.put_back(copy)

    report = await reconcile(amsterdam.exchange)

    assert (report.withdrawn, len(report.undecided)) == (0, 1)
    assert amsterdam.db.read_now(mailbox.read).node_restored
    assert len(haaglanden.living(theirs)) == 1

    decided = await reconcile(amsterdam.exchange, withdraw_unknown=True)
    await rehearsal.settle()
    assert (decided.withdrawn, decided.agreed) == (1, True)
    assert haaglanden.living(theirs) == []


async def test_a_ledger_that_knows_more_than_the_database_says_that_it_was_put_back(rehearsal: Rehearsal) -> None:
    """What was ended since the copy ends again at the next start."""
    amsterdam, _ = await two(rehearsal)
    who = amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, rehearsal.bsn())
    await rehearsal.settle()
    copy = amsterdam.back_up()
    before = await was_put_back(amsterdam.exchange)
    await amsterdam.end(who, ours)
    await copy_deletions(amsterdam.exchange)
    ended = await was_put_back(amsterdam.exchange)

    amsterdam.put_back(copy)

    assert (before, ended) == (False, False)
    assert await was_put_back(amsterdam.exchange)
    assert await replay_deletions(amsterdam.exchange) == 1
