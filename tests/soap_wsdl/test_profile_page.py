"""The page about the profile names every demand, word for word, and only tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from soap_wsdl.wus.demands import Demand

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reference" / "wus-profile.md"


def rows() -> list[list[str]]:
    """The cells of every row of the page's tables."""
    lines = PAGE.read_text("utf-8").splitlines()
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in found if row[0] != "demand"]


def names_of_tests() -> set[str]:
    """The names of all tests beside this one."""
    return {
        node.name
        for file in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def test_every_demand_is_on_the_page_with_its_fault_and_sentence() -> None:
    """In the order of the examination."""
    wanted = [[each.value.number, f"`{each.key}`", f"`{each.value.code}`", each.value.sentence] for each in Demand]

    assert [row[:4] for row in rows() if len(row) == 5] == wanted


def test_every_demand_names_tests_that_exist() -> None:
    """At least one, and no name that is gone."""
    known = names_of_tests()
    for row in rows():
        named = re.findall(r"`(test_\w+)`", row[-1])
        assert named, row[0]
        assert set(named) <= known, row[0]


def test_demands_have_numbers_of_their_own() -> None:
    """A number means one thing."""
    numbers = [row[0] for row in rows()]

    assert len(numbers) == len(set(numbers))
