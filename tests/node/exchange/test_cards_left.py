"""What is left of a card, a key word and a pair: nothing past their date, nothing lost before it."""

from datetime import UTC, datetime

from node.domain.matching import HowEnded
from node.domain.signal import EndReason
from node.flows.expire import expire
from node.flows.look import own_signal
from node.store import mailbox
from tests.rehearsal import Party, Rehearsal


async def two(rehearsal: Rehearsal) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")


async def test_past_its_date_a_card_is_shown_to_nobody_whether_or_not_the_nightly_run_came_by(
    rehearsal: Rehearsal,
) -> None:
    """Protocol 2.2: a node ends a foreign match on its date by itself, at 00:00 in Amsterdam."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, bsn, 24)
    await haaglanden.signal(haaglanden.professional("Bakker"), bsn, 6)
    await rehearsal.settle()

    rehearsal.moment = datetime(2027, 5, 23, 21, 59, tzinfo=UTC)
    [before] = (await own_signal(amsterdam.desk, who, ours.id)).matches
    rehearsal.moment = datetime(2027, 5, 23, 22, 0, tzinfo=UTC)
    [after] = (await own_signal(amsterdam.desk, who, ours.id)).matches

    assert before.contact is not None
    assert (after.contact, after.match_key, after.how) == (None, None, HowEnded.ENDED)
    assert after.ended_on == before.valid_until


async def test_the_family_key_goes_with_the_match(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: kind, region, organisation, dates and status are kept, and no more."""
    amsterdam, haaglanden = await two(rehearsal)
    parent = rehearsal.bsn()
    children = [rehearsal.bsn() for _ in range(3)]
    for child, party in zip(children, (amsterdam, amsterdam, haaglanden), strict=True):
        party.person(child, parents=(parent,))
    who = amsterdam.professional("Visser")
    ended, dated = await amsterdam.signal(who, children[0], 24), await amsterdam.signal(who, children[1], 24)
    await haaglanden.signal(haaglanden.professional("Bakker"), children[2], 6)
    await rehearsal.settle()
    living = [len(amsterdam.living(each)) for each in (ended, dated)]
    keys = "SELECT count(*) FROM foreign_pair WHERE match_key IS NOT NULL"
    kept = amsterdam.rows(keys)

    await amsterdam.end(who, ended, EndReason.RISICO_WEG)
    after_the_end = amsterdam.rows(keys)
    rehearsal.later(days=200)
    await expire(amsterdam.desk)

    assert living == [1, 1]
    assert (kept, after_the_end, amsterdam.rows(keys)) == ([(2,)], [(1,)], [(0,)])


async def test_a_retelling_does_not_end_a_pair_whose_card_we_cannot_open(rehearsal: Rehearsal) -> None:
    """It was mentioned, so it lives; what we had of it stays."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    amsterdam.db.write_now(lambda tx: tx.execute("DELETE FROM hub_entry"))
    amsterdam.db.write_now(lambda tx: mailbox.ask_retelling(tx, wanted=True))

    await amsterdam.collect()

    assert len(amsterdam.living(ours)) == 1


async def test_undone_while_the_offer_was_on_its_way_leaves_the_fact_only(rehearsal: Rehearsal) -> None:
    """The hub had it, the answer was lost, and the professional took it back within the fifteen minutes."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    ours = await amsterdam.signal(who, bsn)
    amsterdam.hub.trouble.lose_answer = 1
    await amsterdam.deliver()
    await haaglanden.collect()
    await amsterdam.end(who, ours, EndReason.ONTERECHT)

    await rehearsal.settle()

    [match] = haaglanden.matches(theirs)
    assert (match.how, match.contact, match.organisation) == (HowEnded.ANNULLED, None, None)
    assert amsterdam.rows("SELECT told_state FROM hub_record") == [("gone",)]
