"""Who meets whom inside a region."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from node.domain.matching import MatchKind, Party, Relation, Rules, meetings
from node.domain.professional import LocationId, PersonNumber
from node.domain.signal import SignalId, YouthKey

MOTHER = Relation(MatchKind.FAMILY, b"m" * 32)
FATHER = Relation(MatchKind.FAMILY, b"f" * 32)
OTHER_FATHER = Relation(MatchKind.FAMILY, b"o" * 32)
HOME = Relation(MatchKind.ADDRESS, b"h" * 32)
UNTIL = date(2027, 1, 1)


def party(number: int, youth: int, *relations: Relation) -> Party:
    """A signal of a professional of their own, at a location of their own."""
    return Party(
        SignalId(UUID(int=number)),
        YouthKey(bytes([youth]) * 32),
        PersonNumber(UUID(int=100 + number)),
        LocationId(UUID(int=200 + number)),
        UNTIL,
        frozenset(relations),
    )


ONE = party(1, 1, MOTHER, FATHER, HOME)


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (party(2, 1, MOTHER, FATHER), MatchKind.CLIENT),
        (party(2, 1), MatchKind.CLIENT),
        (party(2, 2, MOTHER, FATHER), MatchKind.FAMILY),
        (party(2, 2, MOTHER, OTHER_FATHER), MatchKind.FAMILY),
        (party(2, 2, FATHER), MatchKind.FAMILY),
        (party(2, 2, OTHER_FATHER), None),
        (party(2, 2, HOME), None),
        (party(2, 2), None),
        (replace(party(2, 1), person=ONE.person), None),
        (replace(party(2, 1), location=ONE.location), None),
        (replace(party(2, 2, MOTHER), location=ONE.location), None),
        (ONE, None),
    ],
)
def test_one_shared_parent_is_enough_and_a_youth_never_meets_itself(other: Party, kind: MatchKind | None) -> None:
    """Jeugdwet 7.1.2.3(1)c and e; the same youth is a client match only, also when its parents are known."""
    found = meetings(ONE, [other], Rules())

    assert [meeting.kind for meeting in found] == ([kind] if kind else [])


OTHER_MOTHER = Relation(MatchKind.FAMILY, b"n" * 32)
NEIGHBOURS = Relation(MatchKind.ADDRESS, b"m" * 32)
"""A home whose blind index happens to have the same bytes as the mother's."""


@pytest.mark.parametrize(
    ("ours", "theirs", "meets"),
    [
        pytest.param((MOTHER, FATHER), (MOTHER, OTHER_FATHER), True, id="half-siblings through the mother"),
        pytest.param((MOTHER, FATHER), (OTHER_MOTHER, FATHER), True, id="half-siblings through the father"),
        pytest.param((MOTHER, OTHER_MOTHER), (MOTHER, OTHER_MOTHER), True, id="two mothers"),
        pytest.param(
            (FATHER, OTHER_FATHER), (FATHER,), True, id="two fathers, of whom one is known with the other child"
        ),
        pytest.param((MOTHER,), (MOTHER,), True, id="one parent"),
        pytest.param((MOTHER,), (FATHER,), False, id="one parent each, and not the same"),
        pytest.param((), (MOTHER, FATHER), False, id="parents of one unknown"),
        pytest.param((), (), False, id="parents of both unknown: nothing in common is not the same"),
        pytest.param((MOTHER,), (NEIGHBOURS,), False, id="a parent is not a home"),
    ],
)
def test_a_family_match_rests_on_a_parent_that_both_have(
    ours: tuple[Relation, ...], theirs: tuple[Relation, ...], meets: bool
) -> None:
    """Jeugdwet 7.1.2.3(1)e: one and the same parent, whoever the other is; and it is the same from both sides."""
    one, other = party(1, 1, *ours), party(2, 2, *theirs)
    found = [meetings(one, [other], Rules(address=True)), meetings(other, [one], Rules(address=True))]

    assert [[meeting.kind for meeting in side] for side in found] == [[MatchKind.FAMILY] * meets] * 2


@pytest.mark.parametrize("rules", [Rules(), Rules(family=False), Rules(address=True), Rules(same_location=True)])
def test_two_signals_about_one_youth_are_a_client_match_and_never_a_family_match(rules: Rules) -> None:
    """Jeugdwet 7.1.2.3(1)c: the youth has its own parents in common with itself; that is no brother or sister."""
    found = meetings(ONE, [party(2, 1, MOTHER, FATHER, HOME)], rules)

    assert [(meeting.kind, meeting.shared) for meeting in found] == [(MatchKind.CLIENT, None)]


def test_the_same_location_matches_where_the_region_wants_it() -> None:
    """A setting per region."""
    other = replace(party(2, 1), location=ONE.location)

    assert len(meetings(ONE, [other], Rules(same_location=True))) == 1


def test_an_address_matches_only_behind_its_switch_and_a_parent_goes_first() -> None:
    """Jeugdwet 7.1.2.3(1)d, off by default."""
    neighbour, sister = party(2, 2, HOME), party(3, 3, HOME, MOTHER)
    found = meetings(ONE, [neighbour, sister], Rules(address=True))

    assert [meeting.kind for meeting in found] == [MatchKind.ADDRESS, MatchKind.FAMILY]
    assert meetings(ONE, [sister], Rules(family=False)) == []


def test_a_match_ends_with_the_first_of_both_signals() -> None:
    """The earlier end counts."""
    sooner = replace(party(2, 1), valid_until=date(2026, 6, 1))

    assert meetings(ONE, [sooner], Rules())[0].valid_until == date(2026, 6, 1)


def test_both_sides_find_the_same_shared_parent() -> None:
    """So that both get the same match key."""
    sister = party(2, 2, FATHER, MOTHER)

    assert meetings(ONE, [sister], Rules())[0].shared == meetings(sister, [ONE], Rules())[0].shared == FATHER.key
