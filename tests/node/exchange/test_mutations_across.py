"""What the register tells otherwise, seen from another region."""

from dataclasses import replace

from node.domain.brp import Address
from node.domain.matching import HowEnded, MatchKind, Rules
from node.flows.ask_again import ask_again
from tests.rehearsal import Rehearsal


async def test_a_parent_that_was_wrong_annuls_the_match_in_both_regions(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.2.3(1)e: the tag of a record never changes, so the record of that parent goes, and another comes."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    wrong, right = rehearsal.bsn(), rehearsal.bsn()
    child = amsterdam.person(rehearsal.bsn(), parents=(wrong,))
    other = haaglanden.person(rehearsal.bsn(), parents=(wrong,))
    third = haaglanden.person(rehearsal.bsn(), parents=(right,))
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), other)
    late = await haaglanden.signal(haaglanden.professional("Smit"), third)
    await rehearsal.settle()
    assert [match.kind for match in amsterdam.living(ours)] == [MatchKind.FAMILY]

    amsterdam.person(child, parents=(right,))
    await ask_again(amsterdam.desk)
    await rehearsal.settle()

    assert [match.how for match in haaglanden.matches(theirs)] == [HowEnded.ANNULLED]
    assert [match.kind for match in haaglanden.living(late)] == [MatchKind.FAMILY]
    assert sorted(str(match.how) for match in amsterdam.matches(ours)) == ["HowEnded.ANNULLED", "None"]


async def test_an_address_that_becomes_secret_leaves_the_hub(rehearsal: Rehearsal) -> None:
    """P25: a secret address is never sent anywhere, and what was sent is taken back."""
    home = Address("1011AB", 12, "a")
    amsterdam = await rehearsal.region("amsterdam", address=True)
    haaglanden = await rehearsal.region("haaglanden", address=True)
    desk = replace(amsterdam.desk, rules=Rules(address=True))
    child = amsterdam.person(rehearsal.bsn(), address=home)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    theirs = await haaglanden.signal(haaglanden.professional("Bak"), haaglanden.person(rehearsal.bsn(), address=home))
    await rehearsal.settle()
    assert [match.kind for match in haaglanden.living(theirs)] == [MatchKind.ADDRESS]

    amsterdam.person(child, address=home, address_secret=True)
    await ask_again(desk)
    await rehearsal.settle()

    assert (amsterdam.living(ours), haaglanden.living(theirs)) == ([], [])
    assert amsterdam.rows("SELECT told_state FROM hub_record WHERE purpose = 'address'") == [("gone",)]
