"""The demo's world: the same for the same seed, in the shape of the annual report, and about nobody who exists."""

import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from node.domain.bsn import Bsn, passes_elfproef
from node.domain.days import months_after
from node.people.local import read_people
from node.people.profiles import read_profiles
from node.people.signal_lists import read_signals
from verwijsindex.demo import annual_report
from verwijsindex.demo.earlier import MONTHS, a_year_before
from verwijsindex.demo.world import LEADING_ZEROS, PUBLISHED, World, make_world, signals_csv

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def world() -> World:
    """A world large enough to see its proportions."""
    return make_world(2023, TODAY, signals=2000)


def kinds(world: World) -> Counter[str]:
    """How many signals have which matches, found by looking at everybody, as the report defines them."""
    families = {citizen.bsn: citizen.parents for citizen in world.citizens}
    per_youth = Counter(involvement.youth for involvement in world.involvements)
    per_parent: defaultdict[Bsn, set[Bsn]] = defaultdict(set)
    for youth in per_youth:
        for parent in families[youth]:
            per_parent[parent].add(youth)
    found: Counter[str] = Counter()
    for involvement in world.involvements:
        client = per_youth[involvement.youth] > 1
        family = any(len(per_parent[parent]) > 1 for parent in families[involvement.youth])
        found[
            {(True, True): "both", (True, False): "client", (False, True): "family"}.get((client, family), "none")
        ] += 1
    return found


def test_the_same_seed_and_day_give_the_same_world() -> None:
    """A demo that went wrong can be played again."""
    assert make_world(7, TODAY) == make_world(7, TODAY)
    assert make_world(7, TODAY) != make_world(8, TODAY)


def test_every_number_belongs_to_nobody(world: World) -> None:
    """Only 9999xxxxx and the published test persons; the type has checked the elfproef."""
    numbers = {citizen.bsn.reveal() for citizen in world.citizens}

    assert {number for number in numbers if not number.startswith("9999")} == {LEADING_ZEROS}
    assert numbers >= PUBLISHED
    assert all(map(passes_elfproef, numbers))
    assert len({citizen.bsn for citizen in world.citizens}) == len(world.citizens)


def test_nobody_can_be_reached_by_mistake(world: World) -> None:
    """No telephone number, mail address or postcode of the demo can exist."""
    assert all(re.fullmatch(r"0\d\d 000 \d{4}", worker.phone) for worker in world.workers)
    assert all(worker.email.endswith(".example") for worker in world.workers)
    assert all("Q" in citizen.postcode for citizen in world.citizens if citizen.postcode)


def test_matches_come_in_the_proportions_of_the_report(world: World) -> None:
    """T3 to T6: of 5,870 signals 1,346 client only, 1,158 family only, 1,748 both and 1,618 none."""
    expected = {
        "client": annual_report.ONLY_CLIENT,
        "family": annual_report.ONLY_FAMILY,
        "both": annual_report.BOTH,
        "none": annual_report.NONE,
    }

    found = kinds(world)

    for kind, count in expected.items():
        assert found[kind] / found.total() == pytest.approx(count / 5870, abs=0.01), kind


def test_most_second_professionals_work_in_another_region(world: World) -> None:
    """T10: 57 in 100 matches leave the region, so most families are known in more than one."""
    regions: defaultdict[tuple[Bsn, ...], set[str]] = defaultdict(set)
    family = {citizen.bsn: citizen.parents[:1] for citizen in world.citizens}
    for involvement in world.involvements:
        regions[family[involvement.youth]].add(involvement.worker.region)
    several = [each for each in regions.values() if len(each) > 1]

    assert 0.3 < len(several) / len(regions) < 0.7


def test_siblings_have_one_parent_in_common_or_two(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)e: a half-brother counts as well; some children have one parent that is known."""
    parents = [frozenset(citizen.parents) for citizen in world.citizens if citizen.parents]
    shared = {len(one & other) for one in parents for other in parents if one != other}

    assert shared == {0, 1}
    assert {len(each) for each in parents} == {1, 2}
    assert max(Counter(parents).values()) == 2


def test_every_signal_is_about_somebody_young_enough(world: World) -> None:
    """Jeugdwet 7.1.1.1: until the 23rd birthday."""
    born = {citizen.bsn: citizen.born for citizen in world.citizens}

    assert all(date(born[i.youth].year + 23, born[i.youth].month, 1) > TODAY for i in world.involvements)


def test_two_of_one_organisation_do_not_signal_the_same_family(world: World) -> None:
    """They know each other already."""
    family = {citizen.bsn: citizen.parents[:1] for citizen in world.citizens}
    seen = Counter((family[i.youth], i.worker.region, i.worker.organisation.name) for i in world.involvements)

    assert set(seen.values()) == {1}


def test_the_node_reads_everybody_without_a_refused_line(world: World) -> None:
    """The files are what the node's own import reads, fields that fit a card included."""
    people, refused_people = read_people(world.register_csv().splitlines())
    read = [read_profiles(world.professionals_csv(region.name).splitlines()) for region in annual_report.REGIONS]

    assert refused_people == []
    assert len(people) == len(world.citizens)
    assert [refused for _, refused in read] == [[], [], []]
    assert sum(len(found) for found, _ in read) == len(world.workers)


def test_the_node_reads_every_signal_without_a_refused_line(world: World) -> None:
    """In the order in which they are given: whose, for how long, since when, and what agrees with the register."""
    one = world.involvements[0]
    given = [*world.involvements, replace(one, started=TODAY)]

    lines, refused = read_signals(signals_csv(world, given).encode())

    assert refused == []
    assert [(line.what.reference, line.what.bsn, line.what.months, line.what.started) for line in lines] == [
        (each.worker.reference, each.youth, each.months, each.started) for each in given
    ]
    people = {person.bsn: person for person in read_people(world.register_csv().splitlines())[0]}
    assert all(line.what.said is not None and line.what.said.agrees(people[line.what.bsn]) for line in lines)


@pytest.mark.parametrize("day", [TODAY, date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2029, 2, 28)])
def test_a_signal_of_a_year_ago_is_over_today(day: date) -> None:
    """Whatever day the demo is played on: also on and around 29 February."""
    until = months_after(a_year_before(day), MONTHS)

    assert until <= day
    assert day - until <= timedelta(days=1)


def test_who_was_signalled_once_is_signalled_by_nobody_else(world: World) -> None:
    """The archive that speaks in the story comes from the story alone."""
    story = world.story

    assert story.once.bsn not in {involvement.youth for involvement in world.involvements}
    assert (story.once.parents, story.once.died) == ((), None)
    assert story.earlier.region != story.newcomer.region


def test_the_story_is_about_a_family_that_nobody_has_signalled(world: World) -> None:
    """What the story shows comes from the story alone."""
    story = world.story

    assert {Bsn(number) for number in PUBLISHED}.isdisjoint(involvement.youth for involvement in world.involvements)
    assert story.youth.parents == story.sibling.parents
    assert (story.haaglanden.region, story.amsterdam.region, story.utrecht.region) == (
        "Haaglanden",
        "Amsterdam",
        "Utrecht",
    )
