"""The table of rights, cell by cell, and what nobody may be at once."""

import re
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest

from node.domain.errors import RolesClash, TwoPeopleNeeded
from node.domain.professional import PersonNumber
from node.domain.rights import (
    CONTENTS,
    LATER,
    MAY_GRANT,
    PLACE,
    RIGHTS,
    RUNNING,
    Act,
    Held,
    Place,
    Role,
    allows,
    require_no_clash,
    require_two_people,
)

ME, OTHER, THIRD = (PersonNumber(UUID(int=n)) for n in range(3))
ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "reference" / "rights.md"
FLOWS = ROOT / "node" / "flows"

# One column for each role, in the order of the enumeration; a dot where nothing is allowed.
GRID = """
signal                own  .         .             .         .      .         .       .       .
read                  own  .         .             .         .      .         .       .       .
give the BSN          own  .         .             .         .      .         .       .       .
extend                own  .         .             .         .      .         .       .       .
renew                 own  .         .             .         .      .         .       .       .
end                   own  .         .             .         .      .         .       .       .
mark a match          own  .         .             .         .      .         .       .       .
record who was told   own  .         .             .         .      .         .       .       .
read moves            .    .         .             .         .      gemeente  .       .       .
list signals          .    location  organisation  .         .      .         .       .       .
change contact data   own  location  organisation  .         .      .         .       .       .
designate             .    location  organisation  .         .      .         .       .       .
arrange a substitute  own  location  organisation  .         .      .         .       .       .
let somebody leave    .    location  organisation  .         .      .         .       .       .
rename                .    .         organisation  .         .      .         region  .       .
keep agreements       .    .         .             gemeente  .      .         .       .       .
grant a role          .    .         organisation  gemeente  .      .         region  .       .
follow matches        .    .         .             .         match  gemeente  .       .       .
handle a request      .    .         .             .         .      .         .       .       gemeente
see figures           .    location  organisation  gemeente  .      .         region  .       .
run the node          .    .         .             .         .      .         region  .       .
read the log          .    .         .             .         .      .         .       region  .
"""
CELLS = [
    (role, Act(line[:22].strip()), word)
    for line in GRID.strip().splitlines()
    for role, word in zip(Role, line[22:].split(), strict=True)
]


def test_the_grid_below_asks_about_every_cell() -> None:
    """Each role with each act, once."""
    assert len({(role, act) for role, act, _ in CELLS}) == len(Role) * len(Act) == len(CELLS)


@pytest.mark.parametrize(("role", "act", "word"), CELLS, ids=lambda value: getattr(value, "value", value))
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: Role, act: Act, word: str) -> None:
    """B2: in its own place it may, in another it may not; the right of a region reaches everywhere."""
    here = Place(ME, "here", "here", frozenset({"here"}), "here")
    elsewhere = Place(OTHER, "there", "there", frozenset({"there"}), "there")
    scope = RIGHTS[role].get(act)

    assert (scope.value if scope else ".") == word
    assert allows(ME, [Held(role, "here")], act, here) is (word != ".")
    assert allows(ME, [Held(role, "here")], act, elsewhere) is (word == "region")
    assert allows(ME, [Held(role, "")], act, Place()) is (word == "region")


def test_every_act_is_asked_for_somewhere_or_the_table_says_that_it_is_not() -> None:
    """A right that nothing asks for is a promise: those that come later are said so."""
    asked = {
        act for act in Act for flow in FLOWS.glob("*.py") if re.search(rf"\bAct\.{act.name}\b", flow.read_text("utf-8"))
    }

    assert asked == set(Act) - LATER


def test_the_page_says_of_the_same_acts_that_they_come_later() -> None:
    """So that nobody counts on them."""
    page = PAGE.read_text("utf-8")
    later = page.split("## Not yet", 1)[1].split("## ", 1)[0]

    assert {act for act in Act if f"**{act.value}**" in later} == LATER


def test_no_role_runs_the_node_and_sees_contents() -> None:
    """B2: over the whole table."""
    assert not [role for role in Role if set(RIGHTS[role]) & RUNNING and set(RIGHTS[role]) & CONTENTS]
    assert {act for role in Role for act in RIGHTS[role]} >= RUNNING | CONTENTS


def test_no_two_roles_that_one_person_can_hold_do_so_either() -> None:
    """Who runs the node cannot become a professional of it by a second role, nor the other way round."""
    for pair in combinations(Role, 2):
        acts = {act for role in pair for act in RIGHTS[role]}
        if acts & RUNNING and acts & CONTENTS:
            with pytest.raises(RolesClash):
                require_no_clash(pair)
        else:
            require_no_clash(pair)
    with pytest.raises(RolesClash):
        require_no_clash([Role.PROFESSIONAL, Role.REGIOBEHEERDER])


def test_a_role_takes_two_people_and_neither_receives_it() -> None:
    """B2: four eyes."""
    require_two_people(ME, OTHER, THIRD)
    require_two_people(ME, None, THIRD)
    for asked_by, confirmed_by, receiver in ((ME, ME, THIRD), (ME, OTHER, ME), (ME, OTHER, OTHER), (ME, None, ME)):
        with pytest.raises(TwoPeopleNeeded):
            require_two_people(asked_by, confirmed_by, receiver)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("granting", PLACE)
def test_a_role_grants_only_what_is_its_own_to_grant(role: Role, granting: Role) -> None:
    """A coordinator of an organisation names locatiebeheerders, an accounthouder the coordinators of the gemeente."""
    here = Place(None, None, "here", frozenset({"here"}))

    assert allows(ME, [Held(role, "here")], Act.GRANT_ROLE, here, granting=granting) is (
        granting in MAY_GRANT.get(role, ())
    )


def test_the_reference_page_is_the_table() -> None:
    """docs/reference/rights.md says the same, for people."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text("utf-8").splitlines()
        if line.startswith("|")
    ]
    start = next(number for number, row in enumerate(rows) if row[0] == "may")
    told = {
        (row[0], role): word
        for row in rows[start + 2 : start + 2 + len(Act)]
        for role, word in zip(rows[start][1:], row[1:], strict=True)
    }

    assert told == {
        (act.value, role.value): RIGHTS[role][act].value if act in RIGHTS[role] else "–" for act in Act for role in Role
    }
