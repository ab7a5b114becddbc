"""What each party says of its matches, as it lies in the database: one row for each side and mark."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from ledger import Tx
from node.domain.marks import NOTHING_SAID, Mark, Marks
from node.domain.matching import MatchId
from node.domain.signal import SignalId


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a match, as far as marking it asks."""

    id: MatchId
    signal: SignalId
    told_at: datetime
    valid_until: date
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Said:
    """All that was said of the matches of one signal, by match."""

    _own: dict[MatchId, Marks] = field(default_factory=dict)
    _theirs: dict[MatchId, Marks] = field(default_factory=dict)

    def own(self, match: MatchId) -> Marks:
        """What this side says of a match."""
        return self._own.get(match, NOTHING_SAID)

    def theirs(self, match: MatchId) -> Marks:
        """What the other side says of it, inside the region."""
        return self._theirs.get(match, NOTHING_SAID)


def side(tx: Tx, match: UUID) -> Side | None:
    """The side of a match; None when there is none."""
    row = tx.one(
        "SELECT match_id, signal_id, told_at, valid_until, ended_on FROM match WHERE match_id = ?", (str(match),)
    )
    if row is None:
        return None
    return Side(
        MatchId(UUID(row["match_id"])),
        SignalId(UUID(row["signal_id"])),
        datetime.fromisoformat(row["told_at"]),
        date.fromisoformat(row["valid_until"]),
        date.fromisoformat(row["ended_on"]) if row["ended_on"] else None,
    )


def put(tx: Tx, match: MatchId, mark: Mark, day: date) -> bool:
    """This side says so, since this day. False when it said just that before: then nothing changes."""
    cursor = tx.execute(
        "INSERT INTO match_mark (match_id, mark, day) VALUES (?, ?, ?) ON CONFLICT (match_id, mark)"
        " DO UPDATE SET day = excluded.day WHERE day <> excluded.day",
        (str(match), mark.value, day.isoformat()),
    )
    return cursor.rowcount == 1


def take_back(tx: Tx, match: MatchId, mark: Mark) -> bool:
    """This side does not say so any more. False when it did not."""
    return tx.execute("DELETE FROM match_mark WHERE match_id = ? AND mark = ?", (str(match), mark.value)).rowcount == 1


def of_signal(tx: Tx, signal_id: UUID) -> Said:
    """What both sides say of the matches of a signal."""
    own = tx.all(
        "SELECT match_id, mark, day FROM match JOIN match_mark USING (match_id) WHERE signal_id = ?", (str(signal_id),)
    )
    theirs = tx.all(
        "SELECT match.match_id, mark, day FROM match JOIN match AS other"
        " ON other.signal_id = match.other_signal_id AND other.other_signal_id = match.signal_id"
        " JOIN match_mark ON match_mark.match_id = other.match_id WHERE match.signal_id = ?",
        (str(signal_id),),
    )
    return Said(
        _by_match((row["match_id"], row["mark"], row["day"]) for row in own),
        _by_match((row["match_id"], row["mark"], row["day"]) for row in theirs),
    )


def _by_match(rows: Iterable[tuple[str, str, str]]) -> dict[MatchId, Marks]:
    days: dict[MatchId, dict[str, date]] = {}
    for match_id, mark, day in rows:
        days.setdefault(MatchId(UUID(match_id)), {})[mark] = date.fromisoformat(day)
    return {match: Marks(**said) for match, said in days.items()}
