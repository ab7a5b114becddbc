"""A node put back to when its signals waited hears of their matches before it has made their records again."""

from node.flows.reconcile import reconcile
from node.flows.restore import replay_deletions
from tests.rehearsal import Rehearsal


async def test_what_was_told_before_the_records_were_there_again_is_told_once_more(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: it comes to the same record ids; the match of each is heard once the comparison agrees."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    parents = (rehearsal.bsn(), rehearsal.bsn())
    child = amsterdam.person(rehearsal.bsn(), parents=parents)
    sibling = haaglanden.person(rehearsal.bsn(), parents=parents)
    alone = rehearsal.bsn()
    ours = [await amsterdam.signal(who, each) for each in (alone, child)]
    copy = amsterdam.back_up()
    theirs = [await haaglanden.signal(other, each) for each in (alone, sibling)]
    await rehearsal.settle()

    amsterdam.put_back(copy)
    await replay_deletions(amsterdam.exchange)
    await amsterdam.collect()
    early = [len(amsterdam.living(each)) for each in ours]
    await rehearsal.settle(8)
    for _ in range(2):
        report = await reconcile(amsterdam.exchange, withdraw_unknown=True)
        await rehearsal.settle(4)

    assert early == [0, 0]
    assert report.agreed
    assert amsterdam.alarms() == []
    assert [len(amsterdam.matches(each)) for each in ours] == [1, 1]
    assert [len(haaglanden.matches(each)) for each in theirs] == [1, 1]
    assert [len(haaglanden.living(each)) for each in theirs] == [1, 1]
