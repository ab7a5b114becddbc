"""The hub's audit log: the reference page says what the code says, and every operation leaves its line."""

import ast
import json
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import hub.audit
from hub.audit import EVENTS
from ledger import AUDIT_TABLE, verify
from soap_wsdl.vocabulary import Ending
from tests.hub.world import RegionAtHub, World, signal

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "audit-events-hub.md"


def promises() -> dict[str, str]:
    """The sentence under each event in the code, by the event's name."""
    return {
        str(statement.value.args[0].value): str(after.value.value)
        for statement, after in pairwise(ast.parse(Path(hub.audit.__file__).read_text()).body)
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.args[0], ast.Constant)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


def test_every_event_and_field_of_the_hub_stands_on_the_page() -> None:
    """Same events, same order, same fields, same sentence."""
    said = promises()
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    on_page = [(name.strip("`"), tuple(re.findall(r"`([a-z_]+)`", fields)), when) for name, fields, when in cells]
    assert on_page == [(event.name, event.fields, said[event.name]) for event in EVENTS]


def test_the_hubs_audit_table_is_the_shared_one() -> None:
    """Word for word, so that one verifier serves all programs."""
    assert AUDIT_TABLE.strip() in (files("hub.store.migrations") / "0001_hub.sql").read_text()


async def test_operations_leave_lines_that_hold_counts_and_no_content(
    world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub
) -> None:
    """The chain is whole, and no record id, tag or card is in it."""
    ours = signal("child")
    await haaglanden.register(signal("child"))
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, Ending.ANNULLED)
    await haaglanden.page(retell=True)

    rows = world.database.read_now(lambda tx: tx.all("SELECT event, fields FROM audit ORDER BY number"))
    assert [row["event"] for row in rows] == [
        "hub-begun",
        "region-added",
        "region-added",
        "signals-registered",
        "signals-registered",
        "signals-withdrawn",
        "mailbox-retold",
    ]
    assert json.loads(rows[5]["fields"]).items() >= {"oin": amsterdam.oin, "withdrawn": 1, "refused": 0}.items()
    assert all(str(ours.record_id) not in row["fields"] for row in rows)
    assert world.database.read_now(verify).intact


async def test_a_tag_is_never_stored(world: World, amsterdam: RegionAtHub, haaglanden: RegionAtHub) -> None:
    """Only HMAC(h, tag)[:16], and the pepper is not in the database."""
    ours = signal("child")
    await amsterdam.register(ours)
    await haaglanden.register(signal("child"))
    pepper = (world.directory / "outside" / "pepper").read_text()
    world.close()

    content = world.path.read_bytes()
    assert ours.entries[0].tag not in content
    assert ours.entries[0].tag[:16] not in content
    assert bytes.fromhex(pepper) not in content
    assert pepper.encode() not in content
    assert ours.entries[0].card in content
    world.begin()


async def test_what_was_annulled_is_gone_from_the_files(world: World, amsterdam: RegionAtHub) -> None:
    """Not just unlinked: the bytes of its card are overwritten, once the log is copied back."""
    ours = signal("child")
    await amsterdam.register(ours)
    await amsterdam.withdraw(ours, Ending.ANNULLED)
    world.close()

    assert ours.entries[0].card not in world.path.read_bytes()
    world.begin()
