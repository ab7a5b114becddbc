"""An excluded home across regions: the hub has no record of it, and hears when that changes."""

from dataclasses import replace

from node.domain.matching import HowEnded, MatchKind
from node.domain.person import Address
from node.domain.signal import Signal
from node.flows.exclude_addresses import exclude_addresses
from tests.rehearsal import Party, Rehearsal

HOME = Address("1012AB", 12, "a")


async def neighbours(rehearsal: Rehearsal) -> tuple[Party, Signal, Party, Signal]:
    """Amsterdam and Haaglanden, each with a youth who is registered at the same home."""
    amsterdam = await rehearsal.region("amsterdam", address=True)
    haaglanden = await rehearsal.region("haaglanden", address=True)
    for party in (amsterdam, haaglanden):
        party.desk = replace(party.desk, rules=replace(party.desk.rules, address=True))
    return (
        amsterdam,
        await amsterdam.signal(amsterdam.professional("Visser"), amsterdam.person(rehearsal.bsn(), address=HOME)),
        haaglanden,
        await haaglanden.signal(haaglanden.professional("Bakker"), haaglanden.person(rehearsal.bsn(), address=HOME)),
    )


def address_records(party: Party) -> list[str]:
    """What the hub holds of this region's address records, as it acknowledged last."""
    return [
        row[0] for row in party.rows("SELECT told_state FROM hub_record WHERE purpose = 'address' ORDER BY made_at")
    ]


async def test_no_record_of_an_excluded_home_goes_to_the_hub(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.2.3(1)d excepts institutions: the hub does not even get a tag of one."""
    amsterdam, ours, haaglanden, theirs = await neighbours(rehearsal)
    await exclude_addresses(amsterdam.desk, [HOME])
    await rehearsal.settle()

    assert address_records(amsterdam) == []
    assert (address_records(haaglanden), haaglanden.matches(theirs), amsterdam.matches(ours)) == (["live"], [], [])


async def test_a_home_that_becomes_excluded_is_annulled_at_the_hub_and_comes_back(rehearsal: Rehearsal) -> None:
    """Feature B4: both regions see the match go, and see it again when the home is taken off the list."""
    amsterdam, ours, haaglanden, theirs = await neighbours(rehearsal)
    await rehearsal.settle()
    before = [match.kind for match in (*amsterdam.living(ours), *haaglanden.living(theirs))]
    await exclude_addresses(amsterdam.desk, [HOME])
    await rehearsal.settle()
    gone = (amsterdam.matches(ours), haaglanden.matches(theirs))
    await exclude_addresses(amsterdam.desk, [])
    await rehearsal.settle()

    assert before == [MatchKind.ADDRESS] * 2
    assert [match.contact for side in gone for match in side] == [None, None]
    assert [match.how for side in gone for match in side] == [HowEnded.ANNULLED] * 2
    assert address_records(amsterdam) == ["gone", "live"]
    assert [match.kind for match in (*amsterdam.living(ours), *haaglanden.living(theirs))] == [MatchKind.ADDRESS] * 2


async def test_a_client_match_across_regions_does_not_care_for_the_home(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.2.3(1)c: only the ground of the home falls away."""
    amsterdam = await rehearsal.region("amsterdam", address=True)
    haaglanden = await rehearsal.region("haaglanden", address=True)
    bsn = haaglanden.person(amsterdam.person(rehearsal.bsn(), address=HOME), address=HOME)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    await exclude_addresses(replace(amsterdam.desk, rules=replace(amsterdam.desk.rules, address=True)), [HOME])
    await rehearsal.settle()

    assert [match.kind for match in amsterdam.living(ours)] == [MatchKind.CLIENT]
