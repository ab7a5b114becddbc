"""The page of rules is held by the tests that it names."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from node.domain.retention import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "rules.md").read_text("utf-8")
ROWS = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in PAGE.splitlines() if "::" in line]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1].split("::")[-1].strip("`"))
def test_every_rule_has_a_ground_and_a_test_that_exists(row: list[str]) -> None:
    """A rule whose test was renamed or removed is a promise that nobody keeps."""
    rule, ground, named = row
    file, _, name = named.strip("`").partition("::")
    tree = ast.parse((ROOT / "tests" / "node" / file).read_text("utf-8"))
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    assert rule.endswith(".")
    assert ground
    assert name in found


def test_every_rule_stands_in_its_table() -> None:
    """After an empty line a row is text with bars in it, and no rule of any table."""
    lines = PAGE.splitlines()
    loose = [line for before, line in pairwise(lines) if "::" in line and not before.startswith("|")]

    assert loose == []


def test_every_article_that_ends_a_signal_stands_on_the_page() -> None:
    """No rule of the code is missing: each article beside an end reason is a ground here, or named in a rule."""
    articles = {
        article for rule in RULES.values() for article in re.findall(r"7\.1\.4\.[56]\(\d\)[abc]?", rule.article)
    }
    named = set(re.findall(r"7\.1\.4\.[56]\(\d\)[abc]?", PAGE))

    assert {article for article in articles if not article.startswith("7.1.4.5(1)")} <= named
    assert "7.1.4.5(1)" in named
