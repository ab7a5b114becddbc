"""A rule of matching is switched in one region: the other region sees the match go, and come back."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from node.domain.matching import HowEnded, MatchKind
from node.domain.person import Address
from node.domain.retention import Terms
from node.flows.apply_rules import apply_rules
from tests.rehearsal import Party, Rehearsal

HOME = Address("1012AB", 12, "a")
KINDS = {"family": MatchKind.FAMILY, "address": MatchKind.ADDRESS}


async def switch(party: Party, rule: str, *, to: bool) -> None:
    """New settings, as at a start."""
    party.desk = replace(party.desk, rules=replace(party.desk.rules, **{rule: to}))
    now = party.exchange.settings
    settings = replace(now, family=to) if rule == "family" else replace(now, address=to)
    party.exchange = replace(party.exchange, settings=settings)
    await apply_rules(party.desk)


@pytest.mark.parametrize("rule", ["family", "address"])
async def test_both_regions_see_a_match_go_and_come_with_its_switch(rehearsal: Rehearsal, rule: str) -> None:
    """Jeugdwet 7.1.2.3(1)d, e: records of parents and homes stand at the hub only where the region has them on."""
    amsterdam = await rehearsal.region("amsterdam", address=True)
    haaglanden = await rehearsal.region("haaglanden", address=True)
    mother = rehearsal.bsn()
    known: dict[str, dict[str, Any]] = {"family": {"parents": (mother,)}, "address": {"address": HOME}}
    shared = known[rule]
    for party in (amsterdam, haaglanden):
        await switch(party, "address", to=True)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), amsterdam.person(rehearsal.bsn(), **shared))
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), haaglanden.person(rehearsal.bsn(), **shared))
    await rehearsal.settle()
    before = [match.kind for match in (*amsterdam.living(ours), *haaglanden.living(theirs))]

    await switch(amsterdam, rule, to=False)
    at_once = amsterdam.living(ours)
    await rehearsal.settle()
    gone = [match.how for match in (*amsterdam.matches(ours), *haaglanden.matches(theirs))]
    await switch(amsterdam, rule, to=True)
    await rehearsal.settle()

    assert before == [KINDS[rule]] * 2
    assert at_once == []
    assert gone == [HowEnded.ANNULLED] * 2
    assert [match.kind for match in (*amsterdam.living(ours), *haaglanden.living(theirs))] == [KINDS[rule]] * 2


async def test_a_lower_age_tells_the_hub_no_birthday(rehearsal: Rehearsal) -> None:
    """Decision 9: where the age of a region sets a date, the hub gets the first day of that month, as it does at 23."""
    amsterdam = await rehearsal.region("amsterdam", terms=Terms(age=18))
    amsterdam.desk = replace(amsterdam.desk, terms=Terms(age=18))
    youth = amsterdam.person(rehearsal.bsn(), born="2009-05-17", parents=(rehearsal.bsn(),))
    signal = await amsterdam.signal(amsterdam.professional("Visser"), youth)
    await rehearsal.settle()

    assert signal.valid_until == date(2027, 5, 17)
    assert set(amsterdam.rows("SELECT told_valid_until FROM hub_record")) == {("2027-05-01",)}
