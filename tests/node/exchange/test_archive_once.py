"""The archive of another region speaks once to each human, whatever the hub tells of their later signals."""

from datetime import date

from node.domain.period import Period
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.forgetting import forget
from node.flows.read_archive import Earlier, fetch_archive, list_archive
from node.flows.stand_in import arrange_substitute
from node.store import professionals
from tests.rehearsal import Party, Rehearsal


async def told(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> list[Earlier]:
    """What is offered once the time to undo is over."""
    await rehearsal.settle()
    rehearsal.later(minutes=20)
    return await list_archive(party.desk, who, signal.id)


async def test_another_regions_archive_speaks_once_to_each_human(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(2): the hub speaks to each new record, for it knows no human; the node shows it once."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, before = rehearsal.bsn(), haaglanden.professional("Eerder")
    await haaglanden.end(before, await haaglanden.signal(before, bsn))
    await rehearsal.settle()
    who = amsterdam.professional("Visser")
    first = await amsterdam.signal(who, bsn)
    [earlier] = await told(rehearsal, amsterdam, who, first)
    contact = await fetch_archive(amsterdam.desk, who, first.id, earlier.id)
    await amsterdam.end(who, first)
    second = await amsterdam.signal(who, bsn)
    again = await told(rehearsal, amsterdam, who, second)
    colleague = amsterdam.professional("Smit")
    third = await amsterdam.signal(colleague, bsn)

    assert contact is not None
    assert [one for one in again if one.peer is not None] == []
    assert len([one for one in await told(rehearsal, amsterdam, colleague, third) if one.peer is not None]) == 1


async def test_what_a_substitute_fetched_is_not_offered_to_them_again(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(2): once to each human, also of another region and for whomever they fetched it."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, before = rehearsal.bsn(), haaglanden.professional("Eerder")
    await haaglanden.end(before, await haaglanden.signal(before, bsn))
    await rehearsal.settle()
    absent, substitute = (amsterdam.professional(name, organisation="Levvel") for name in ("Visser", "Smit"))
    person = amsterdam.db.read_now(lambda tx: professionals.get(tx, absent)).person
    period = Period(amsterdam.desk.today(), date(2100, 1, 1))
    await arrange_substitute(amsterdam.desk, person, "Visser", "Smit", period)
    signal = await amsterdam.signal(absent, bsn)
    [earlier] = await told(rehearsal, amsterdam, absent, signal)
    contact = await fetch_archive(amsterdam.desk, substitute, signal.id, earlier.id)
    own = await amsterdam.signal(substitute, bsn)

    assert contact is not None
    assert await told(rehearsal, amsterdam, substitute, own) == []


async def test_a_signal_taken_back_within_its_time_was_told_nothing(rehearsal: Rehearsal) -> None:
    """Between regions as inside one: what was not shown can still be said."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, before = rehearsal.bsn(), haaglanden.professional("Eerder")
    await haaglanden.end(before, await haaglanden.signal(before, bsn))
    await rehearsal.settle()
    who = amsterdam.professional("Visser")
    undone = await amsterdam.signal(who, bsn)
    await rehearsal.settle()
    heard = amsterdam.rows("SELECT count(*) FROM archive_heard")
    await amsterdam.end(who, undone, EndReason.ONTERECHT)
    signal = await amsterdam.signal(who, bsn)

    assert heard == [(1,)]
    assert len(await told(rehearsal, amsterdam, who, signal)) == 1


async def test_what_is_remembered_goes_when_its_archive_is_over(rehearsal: Rehearsal) -> None:
    """Five years at most, and at once where the record is destroyed."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, before = rehearsal.bsn(), haaglanden.professional("Eerder")
    await haaglanden.end(before, await haaglanden.signal(before, bsn))
    await rehearsal.settle()
    who = amsterdam.professional("Visser")
    await told(rehearsal, amsterdam, who, await amsterdam.signal(who, bsn))
    kept = amsterdam.rows("SELECT count(*) FROM archive_heard")
    rehearsal.later(days=5 * 366)
    await forget(amsterdam.exchange)

    assert (kept, amsterdam.rows("SELECT count(*) FROM archive_heard")) == ([(1,)], [(0,)])
