"""The reference page of audit events says what the code says, and the table in the migration is the shared one."""

import ast
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pseudonym_service.audit
from ledger import AUDIT_TABLE
from pseudonym_service.audit import EVENTS
from pseudonym_service.budgets import AlarmKind

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "audit-events-pseudonyms.md"


def rows(heading: str) -> list[list[str]]:
    """The cells of the table after a heading, without its two top lines."""
    part = PAGE.read_text().split(heading, 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def promises() -> dict[str, str]:
    """The sentence under each event in the code, by the event's name."""
    body = ast.parse(Path(pseudonym_service.audit.__file__).read_text()).body
    found = {}
    for statement, after in pairwise(body):
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(statement.value.args[0], ast.Constant)
        ):
            found[str(statement.value.args[0].value)] = str(after.value.value)
    return found


def test_every_event_and_field_stands_on_the_page() -> None:
    """Same events, same order, same fields, same sentence."""
    said = promises()

    on_page = [(name.strip("`"), tuple(re.findall(r"`([a-z]+)`", fields)), when) for name, fields, when in rows("# ")]

    assert on_page == [(event.name, event.fields, said[event.name]) for event in EVENTS]


def test_every_kind_of_alarm_stands_on_the_page() -> None:
    """Whoever reads an alarm finds what it means."""
    assert {row[0].strip("`") for row in rows("## Kinds of alarm")} == {kind.value for kind in AlarmKind}


def test_the_audit_table_is_the_shared_one() -> None:
    """Word for word, so that one verifier serves all programs."""
    migration = (files("pseudonym_service.migrations") / "0001_budgets.sql").read_text()

    assert AUDIT_TABLE.strip() in migration
