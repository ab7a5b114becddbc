"""Two regions signal the same youth, or children of one parent, and meet: once, on both sides."""

from datetime import date, datetime, timedelta

from node.domain.matching import HowEnded, MatchKind
from node.domain.person import Address
from node.domain.signal import EndReason
from node.flows.end_signal import undo_signal
from node.flows.expire import expire
from node.flows.extend_signal import extend_signal
from node.flows.read_archive import fetch_archive, list_archive
from soap_wsdl.vocabulary import Purpose, RegisterSignals, WithdrawSignals
from tests.rehearsal import TODAY, Party, Rehearsal


async def two(rehearsal: Rehearsal, **settings: object) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam", **settings), await rehearsal.region("haaglanden", **settings)


async def test_two_regions_that_signal_one_youth_meet(rehearsal: Rehearsal) -> None:
    """Architecture 4: A sees it in the answer to the delivery, B with the next collection."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await haaglanden.deliver()

    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    report = await amsterdam.deliver()
    await haaglanden.collect()

    assert report.holding is None
    [seen] = amsterdam.living(ours)
    [heard] = haaglanden.living(theirs)
    assert (seen.kind, seen.region, seen.contact and seen.contact.name) == (MatchKind.CLIENT, "haaglanden", "Bakker")
    assert heard.contact is not None
    assert heard.contact.name == "Visser"
    assert heard.valid_until == ours.valid_until
    assert amsterdam.alarms() == haaglanden.alarms() == []


async def test_a_match_is_told_once_however_often_it_is_collected(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: met exactly once."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()

    again = [await party.collect() for party in (amsterdam, haaglanden) for _ in range(2)]

    assert [report.new_matches for report in again] == [0, 0, 0, 0]
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1


async def test_a_person_with_profiles_in_two_regions_does_not_meet_himself(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: the pseudonymous number of the professional."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    ours = await amsterdam.signal(amsterdam.professional("Visser", email="a.visser@example.nl"), bsn)
    theirs = await haaglanden.signal(haaglanden.professional("Visser", email="A.Visser@example.nl"), bsn)
    await rehearsal.settle()

    assert amsterdam.matches(ours) == haaglanden.matches(theirs) == []
    assert len(amsterdam.rows("SELECT 1 FROM foreign_pair")) == 1


async def test_an_early_end_takes_the_card_away_on_the_other_side(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: deleted in the same write, kept are kind, region, organisation and dates."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), haaglanden.professional("Bakker")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    theirs = await haaglanden.signal(who, bsn)
    await rehearsal.settle()

    await haaglanden.end(who, theirs)
    await rehearsal.settle()

    [match] = amsterdam.matches(ours)
    assert (match.ended_on, match.how) == (TODAY, HowEnded.ENDED)
    assert (match.contact, match.organisation) == (None, "Stichting Bakker")


async def test_a_mistaken_signal_leaves_only_the_fact(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: annulled keeps the fact and the dates."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), haaglanden.professional("Bakker")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    theirs = await haaglanden.signal(who, bsn)
    await rehearsal.settle()

    await haaglanden.end(who, theirs, EndReason.ONTERECHT)
    await rehearsal.settle()

    [match] = amsterdam.matches(ours)
    assert (match.how, match.organisation, match.contact) == (HowEnded.ANNULLED, None, None)


async def test_what_was_undone_before_it_left_never_leaves(rehearsal: Rehearsal) -> None:
    """A mistake that nobody heard of is not told at all."""
    amsterdam = await rehearsal.region("amsterdam")
    who, bsn = amsterdam.professional("Visser"), rehearsal.bsn()
    amsterdam.person(bsn, parents=(rehearsal.bsn(),))
    signal = await amsterdam.signal(who, bsn)

    await undo_signal(amsterdam.desk, who, signal.id)
    await rehearsal.settle()

    assert not [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals | WithdrawSignals)]
    assert amsterdam.rows("SELECT 1 FROM hub_entry") == []


async def test_full_siblings_in_two_regions_meet_once(rehearsal: Rehearsal) -> None:
    """Protocol 1.4: pairs are joined by (own signal, peer, family reference); both keep the smaller matchsleutel."""
    amsterdam, haaglanden = await two(rehearsal)
    parents = (rehearsal.bsn(), rehearsal.bsn())
    child = amsterdam.person(rehearsal.bsn(), parents=parents)
    sibling = haaglanden.person(rehearsal.bsn(), parents=parents)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), sibling)
    await rehearsal.settle()

    [seen], [heard] = amsterdam.living(ours), haaglanden.living(theirs)

    assert (seen.kind, heard.kind) == (MatchKind.FAMILY, MatchKind.FAMILY)
    assert seen.match_key == heard.match_key is not None
    assert seen.since == ours.made_at.strftime("%Y-%m")
    assert len(amsterdam.rows("SELECT 1 FROM foreign_pair WHERE status = 'living'")) == 2


async def test_a_joined_match_ends_with_its_last_pair(rehearsal: Rehearsal) -> None:
    """Two shared parents, one signal over: one ending on the screen."""
    amsterdam, haaglanden = await two(rehearsal)
    parents = (rehearsal.bsn(), rehearsal.bsn())
    who = haaglanden.professional("Bakker")
    child = amsterdam.person(rehearsal.bsn(), parents=parents)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(who, haaglanden.person(rehearsal.bsn(), parents=parents))
    await rehearsal.settle()

    await haaglanden.end(who, theirs)
    await rehearsal.settle()

    [match] = amsterdam.matches(ours)
    assert match.how is HowEnded.ENDED


async def test_one_youth_in_two_regions_makes_no_family_match(rehearsal: Rehearsal) -> None:
    """Protocol 1.4: the same youth shares parents too; only the client match is shown."""
    amsterdam, haaglanden = await two(rehearsal)
    parents, child = (rehearsal.bsn(), rehearsal.bsn()), rehearsal.bsn()
    for party in (amsterdam, haaglanden):
        party.person(child, parents=parents)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await rehearsal.settle()

    assert [match.kind for match in amsterdam.matches(ours)] == [MatchKind.CLIENT]
    assert [match.kind for match in haaglanden.matches(theirs)] == [MatchKind.CLIENT]
    assert len(amsterdam.rows("SELECT 1 FROM foreign_pair WHERE shown = 0")) == 2


async def test_children_at_one_address_meet_where_it_is_switched_on(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.2.3(1)d, behind a switch."""
    home = Address("1011AB", 12, "a")
    amsterdam, haaglanden = await two(rehearsal, address=True)
    utrecht = await rehearsal.region("utrecht")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), amsterdam.person(rehearsal.bsn(), address=home))
    theirs = await haaglanden.signal(haaglanden.professional("Bak"), haaglanden.person(rehearsal.bsn(), address=home))
    apart = await utrecht.signal(utrecht.professional("Smit"), utrecht.person(rehearsal.bsn(), address=home))
    await rehearsal.settle()

    assert [match.kind for match in amsterdam.matches(ours)] == [MatchKind.ADDRESS]
    assert [match.kind for match in haaglanden.matches(theirs)] == [MatchKind.ADDRESS]
    assert utrecht.matches(apart) == []


async def test_family_records_leave_later_and_never_with_youth_records(rehearsal: Rehearsal) -> None:
    """Protocol 1.4: at departures, in messages of their own: registering, changing and withdrawing alike."""
    amsterdam = await rehearsal.region("amsterdam", departure_seconds=900)
    who = amsterdam.professional("Visser")
    child = amsterdam.person(rehearsal.bsn(), parents=(rehearsal.bsn(), rehearsal.bsn()))
    signal = await amsterdam.signal(who, child)
    await amsterdam.deliver()
    at_once = _purposes(amsterdam)
    rehearsal.later(minutes=15)
    await amsterdam.deliver()
    registered = _purposes(amsterdam)
    await amsterdam.end(who, signal)
    await amsterdam.deliver()
    rehearsal.later(minutes=15)
    await amsterdam.deliver()

    withdrawn = [each for each in amsterdam.hub.trouble.sent if isinstance(each, WithdrawSignals)]
    assert at_once == [{Purpose.YOUTH}]
    assert registered == [{Purpose.YOUTH}, {Purpose.PARENT}]
    assert sorted(len(each.withdrawals) for each in withdrawn) == [1, 2]
    assert [bool(each.withdrawals[0].archive_until) for each in withdrawn] == [True, False]


def _purposes(party: Party) -> list[set[Purpose]]:
    return [
        {record.purpose for record in each.records}
        for each in party.hub.trouble.sent
        if isinstance(each, RegisterSignals)
    ]


async def test_the_hub_does_not_learn_a_birthday(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: the first of the month, where the 23rd birthday sets the date; the card has the exact end."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    for party in (amsterdam, haaglanden):
        party.person(child, born="2004-08-19")
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await rehearsal.settle()

    [message] = [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals)]
    assert message.records[0].valid_until == date(2027, 8, 1)
    assert ours.valid_until == theirs.valid_until == date(2027, 8, 19)
    assert amsterdam.living(ours)[0].valid_until == date(2027, 8, 19)


async def test_an_extension_reaches_the_other_side(rehearsal: Rehearsal) -> None:
    """A change of a living pair is told, and mails nobody."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), amsterdam.professional("Visser")
    ours = await amsterdam.signal(who, bsn, 6)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    before = haaglanden.living(theirs)[0].valid_until

    longer = await extend_signal(amsterdam.desk, who, ours.id, 24)
    await amsterdam.deliver()
    report = await haaglanden.collect()

    assert before == ours.valid_until < longer.valid_until
    assert haaglanden.living(theirs)[0].valid_until == longer.valid_until
    assert report.new_matches == 0


async def test_an_archived_signal_speaks_once_after_the_time_to_undo(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(2), protocol 1.5: shown after 15 minutes; the other region only logs that it was told."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who = rehearsal.bsn(), haaglanden.professional("Bakker")
    theirs = await haaglanden.signal(who, bsn)
    await rehearsal.settle()
    await haaglanden.end(who, theirs)
    await rehearsal.settle()

    other = amsterdam.professional("Visser")
    ours = await amsterdam.signal(other, bsn)
    await rehearsal.settle()
    early = await list_archive(amsterdam.desk, other, ours.id)
    rehearsal.later(minutes=15)
    [notice] = await list_archive(amsterdam.desk, other, ours.id)
    first = await fetch_archive(amsterdam.desk, other, ours.id, notice.id)
    second = await fetch_archive(amsterdam.desk, other, ours.id, notice.id)
    [after] = await list_archive(amsterdam.desk, other, ours.id)

    assert early == []
    assert (notice.peer, notice.fetched, after.fetched) == (haaglanden.oin, False, True)
    assert first is not None
    assert (first.name, first.region, first.ended) == ("Bakker", "haaglanden", theirs.valid_until)
    assert second is None
    assert amsterdam.matches(ours) == haaglanden.matches(theirs) == []
    assert haaglanden.rows("SELECT event FROM audit WHERE event = 'archive.told'") == [("archive.told",)]


async def test_past_its_thirty_days_a_card_is_nobodys_whether_or_not_the_daily_run_came_by(
    rehearsal: Rehearsal,
) -> None:
    """Jeugdwet 7.1.4.6(2): offered once, when somebody signals; not for as long as nobody cleans up."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who, other = rehearsal.bsn(), haaglanden.professional("Bakker"), amsterdam.professional("Visser")
    await haaglanden.end(who, await haaglanden.signal(who, bsn))
    await rehearsal.settle()
    ours = await amsterdam.signal(other, bsn)
    await rehearsal.settle()
    kept_until = datetime.fromisoformat(amsterdam.rows("SELECT keep_until FROM archive_notice")[0][0])
    rehearsal.moment = kept_until - timedelta(seconds=1)
    [before] = await list_archive(amsterdam.desk, other, ours.id)
    rehearsal.moment = kept_until
    [after] = await list_archive(amsterdam.desk, other, ours.id)

    assert (before.available, after.available) == (True, False)
    assert await fetch_archive(amsterdam.desk, other, ours.id, after.id) is None
    assert amsterdam.rows("SELECT 1 FROM archive_notice WHERE card IS NOT NULL") == [(1,)]


async def test_an_archive_notice_falls_away_with_its_signal(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: who takes his signal back has asked nothing."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn, who, other = rehearsal.bsn(), haaglanden.professional("Bakker"), amsterdam.professional("Visser")
    theirs = await haaglanden.signal(who, bsn)
    await rehearsal.settle()
    await haaglanden.end(who, theirs)
    await rehearsal.settle()
    ours = await amsterdam.signal(other, bsn)
    await rehearsal.settle()
    told = amsterdam.rows("SELECT 1 FROM archive_notice")

    await undo_signal(amsterdam.desk, other, ours.id)

    assert len(told) == 1
    assert amsterdam.rows("SELECT 1 FROM archive_notice") == []


async def test_a_match_ends_by_itself_on_its_date(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: a node ends a foreign match on its date; the hub needs no message for it."""
    amsterdam, haaglanden = await two(rehearsal)
    bsn = rehearsal.bsn()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn, 24)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn, 6)
    await rehearsal.settle()

    rehearsal.moment += timedelta(days=(theirs.valid_until - TODAY).days)
    await expire(amsterdam.desk)

    [match] = amsterdam.matches(ours)
    assert match.ended_on == theirs.valid_until
