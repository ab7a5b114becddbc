"""The tables of a node, as the migrations make them."""

import sqlite3
from functools import partial
from importlib.resources import files

import pytest

from certs.sealing import SealBroken
from ledger import AUDIT_TABLE, Tx
from node.domain.person import Youth
from node.domain.signal import YouthKey
from node.store import youths
from tests.region import World, made_up_bsn


def test_the_audit_table_is_the_shared_one() -> None:
    """Word for word."""
    sql = files("node.store.migrations").joinpath("0001_signals.sql").read_text("utf-8")

    assert AUDIT_TABLE.strip() in sql


def test_every_table_is_strict(world: World) -> None:
    """A column holds what it says, also when a programmer forgets."""
    tables = world.desk.db.read_now(
        lambda tx: tx.all("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    )
    loose = {row["name"] for row in tables if not row["strict"] and not row["name"].startswith(("sqlite_", "_sqlite"))}

    assert loose == set()


def test_a_sealed_youth_opens_only_in_its_own_row(world: World) -> None:
    """The row's key is bound into the seal: moving one to another row shows."""
    one, other = made_up_bsn(0), made_up_bsn(1)

    def change(tx: Tx) -> tuple[YouthKey, YouthKey]:
        here, there = (youths.put(tx, world.desk.vault, Youth(bsn, None)) for bsn in (one, other))
        tx.execute(
            "UPDATE youth SET sealed = (SELECT sealed FROM youth WHERE youth_key = ?) WHERE youth_key = ?",
            (here, there),
        )
        return here, there

    here, there = world.desk.db.write_now(change)
    assert world.desk.db.read_now(lambda tx: youths.get(tx, world.desk.vault, here)).bsn == one
    with pytest.raises(SealBroken):
        world.desk.db.read_now(lambda tx: youths.get(tx, world.desk.vault, there))


def plan_of(tx: Tx, question: str) -> list[sqlite3.Row]:
    """How SQLite would answer."""
    return tx.all(f"EXPLAIN QUERY PLAN {question}")


def test_the_questions_behind_the_ways_use_their_indexes(world: World) -> None:
    """None of them walks a whole table of signals or matches."""
    questions = [
        "SELECT 1 FROM signal WHERE youth_key = x'00' AND state = 'active'",
        "SELECT 1 FROM signal WHERE professional_id = 'a' AND state = 'active' ORDER BY made_at DESC",
        "SELECT 1 FROM signal WHERE state = 'active' AND valid_until <= '2026-01-01'",
        "SELECT 1 FROM signal WHERE state = 'archived' AND archive_until <= '2026-01-01'",
        "SELECT 1 FROM match WHERE signal_id = 'a'",
        "SELECT 1 FROM match WHERE other_signal_id = 'a'",
        "SELECT 1 FROM match WHERE ended_on IS NULL AND valid_until <= '2026-01-01'",
        "SELECT 1 FROM match WHERE signal_id = 'a' OR other_signal_id = 'a'",
        "SELECT 1 FROM match_mark WHERE match_id = 'a'",
        "SELECT 1 FROM informed WHERE signal_id = 'a'",
        "SELECT 1 FROM archive_notice_here WHERE signal_id = 'a'",
        "SELECT 1 FROM archive_notice_here WHERE archived_signal_id = 'a'",
        "SELECT 1 FROM youth_home JOIN excluded_home USING (home_key) WHERE youth_key = x'00'",
        "SELECT 1 FROM youth_home WHERE home_key = x'00'",
        "SELECT 1 FROM youth WHERE person_known = 1 AND asked_on < '2026-01-01' ORDER BY asked_on, youth_key LIMIT 20",
        "SELECT sealed FROM signal_confirmation WHERE signal_id = 'a'",
        "SELECT sealed FROM import_block WHERE run = 1 ORDER BY first LIMIT 1",
        "SELECT 1 FROM import_signal WHERE run = 1",
        "SELECT 1 FROM import_line WHERE run = 1 ORDER BY line",
        "SELECT 1 FROM import_run WHERE digest = x'00' AND state <> 'cancelled'",
        "SELECT move_id FROM move_told WHERE signal_id = 'a'",
        "SELECT 1 FROM sealed_outbox WHERE corrects = 'a'",
        "SELECT sealed FROM register_name JOIN register_person USING (person_key) WHERE name_key = x'00'",
    ]
    for question in questions:
        plan = world.desk.db.read_now(partial(plan_of, question=question))
        assert not any(row["detail"].startswith("SCAN") for row in plan), question
