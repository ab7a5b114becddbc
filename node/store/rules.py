"""Which rules of matching hold for what is there already, and what becomes of pairs that they no longer allow."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.matching import MatchKind, Rules
from node.domain.signal import SignalId

EVERYTHING = Rules(same_location=True, family=True, address=True)
"""As what was touched: all of them."""


@dataclass(frozen=True, slots=True)
class Applied:
    """``rules`` hold up to and with the signal ``reached``, for all where that is None; ``touched`` were switched."""

    rules: Rules
    touched: Rules
    reached: str | None


def read(tx: Tx) -> Applied | None:
    """How it stands; None where no rules were ever applied."""
    row = tx.one("SELECT * FROM rules_applied WHERE one = 1")
    if row is None:
        return None
    return Applied(
        Rules(
            same_location=bool(row["same_location"]),
            family=bool(row["family"]),
            address=bool(row["address"]),
        ),
        Rules(
            same_location=bool(row["touched_same_location"]),
            family=bool(row["touched_family"]),
            address=bool(row["touched_address"]),
        ),
        row["reached"],
    )


def put(tx: Tx, applied: Applied) -> None:
    """How it stands now."""
    rules, touched = applied.rules, applied.touched
    tx.execute(
        "INSERT OR REPLACE INTO rules_applied (one, family, address, same_location, touched_family, touched_address,"
        " touched_same_location, reached) VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
        (
            rules.family,
            rules.address,
            rules.same_location,
            touched.family,
            touched.address,
            touched.same_location,
            applied.reached,
        ),
    )


def next_signals(tx: Tx, after: str, limit: int) -> list[SignalId]:
    """Active signals in order of their ids, after this one."""
    rows = tx.all(
        "SELECT signal_id FROM signal WHERE signal_id > ? AND state = 'active' ORDER BY signal_id LIMIT ?",
        (after, limit),
    )
    return [SignalId(UUID(row["signal_id"])) for row in rows]


def annul_kinds(tx: Tx, signal_id: UUID, kinds: Collection[MatchKind], on: date) -> int:
    """Pairs of a signal inside the region on these grounds are annulled, on both sides; says how many sides."""
    return sum(
        tx.execute(
            f"{_ANNUL} AND kind = ?3",
            (str(signal_id), on.isoformat(), kind.value),
        ).rowcount
        for kind in kinds
    )


def annul_colleagues(tx: Tx, signal_id: UUID, on: date) -> int:
    """Pairs of a signal with colleagues of the same location are annulled, on both sides; says how many sides."""
    place = "(SELECT location_id FROM signal JOIN professional USING (professional_id) WHERE signal.signal_id = {})"
    same = f"{place.format('match.signal_id')} = {place.format('match.other_signal_id')}"
    return tx.execute(f"{_ANNUL} AND {same}", (str(signal_id), on.isoformat())).rowcount


_ANNUL = """
UPDATE match SET card = NULL, match_key = NULL, organisation = NULL, region = NULL, ended_on = ?2, how = 'annulled'
WHERE ended_on IS NULL AND other_signal_id IS NOT NULL AND (signal_id = ?1 OR other_signal_id = ?1)
"""
