"""What keeps the exchange waiting and what an operator must look at: pauses that survive a restart, and alarms."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ledger import Tx
from soap_wsdl.vocabulary import Oin


class Side(Enum):
    """The two others that a node calls."""

    HUB = "hub"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Hold:
    """Calls to one side wait until ``not_before``. ``clock_seconds`` is set while the clocks differ."""

    side: Side
    since: datetime
    tries: int
    not_before: datetime
    reason: str
    clock_seconds: float | None


class AlarmKind(Enum):
    """What went wrong in a way that must not stay unseen."""

    CARD_REFUSED = "cardRefused"
    CANARY_ALONE = "canaryAlone"
    WRONG_SECRET = "wrongSecret"  # noqa: S105 - a name, no secret
    WRONG_SERVICE_KEY = "wrongServiceKey"
    EPOCH_FILE_REFUSED = "epochFileRefused"
    DIRECTORY_REFUSED = "directoryRefused"
    STATEMENT_OLD = "statementOld"
    UNKNOWN_RECORD = "unknownRecord"
    TAKEN_BACK = "takenBack"
    REFUSED = "refused"
    SEALED_REFUSED = "sealedRefused"
    MOVE_UNDELIVERED = "moveUndelivered"
    SEARCHES_MISSED = "searchesMissed"
    TRIED_OFTEN = "triedOften"
    PERSON_IN_DOUBT = "personInDoubt"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing for an operator. ``about`` names it in plain words without personal data."""

    number: int
    at: datetime
    kind: AlarmKind
    about: str
    peer: Oin | None


def hold(tx: Tx, side: Side) -> Hold | None:
    """Why calls to this side wait, if they do."""
    row = tx.one("SELECT side, since, tries, not_before, reason, clock_seconds FROM hold WHERE side = ?", (side.value,))
    if row is None:
        return None
    return Hold(
        Side(row["side"]),
        datetime.fromisoformat(row["since"]),
        row["tries"],
        datetime.fromisoformat(row["not_before"]),
        row["reason"],
        row["clock_seconds"],
    )


def put_hold(tx: Tx, hold: Hold) -> None:
    """Wait."""
    tx.execute(
        """
        INSERT INTO hold (side, since, tries, not_before, reason, clock_seconds) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (side) DO UPDATE SET since = excluded.since, tries = excluded.tries,
            not_before = excluded.not_before, reason = excluded.reason, clock_seconds = excluded.clock_seconds
        """,
        (
            hold.side.value,
            hold.since.isoformat(),
            hold.tries,
            hold.not_before.isoformat(),
            hold.reason,
            hold.clock_seconds,
        ),
    )


def lift(tx: Tx, side: Side) -> None:
    """The side answered: nothing waits for it any more."""
    tx.execute("DELETE FROM hold WHERE side = ?", (side.value,))


def clock_differs(tx: Tx) -> float | None:
    """How many seconds another side's clock is ahead of ours, while it matters; else None.

    While it is not None, nothing is delivered and the retention run waits too: one of the two days is wrong.
    """
    row = tx.one("SELECT clock_seconds FROM hold WHERE clock_seconds IS NOT NULL LIMIT 1")
    return float(row["clock_seconds"]) if row else None


def ring(tx: Tx, kind: AlarmKind, about: str, peer: Oin | None, at: datetime) -> bool:
    """Raise an alarm; the same one rings once, until it was settled. True when it is new."""
    known = tx.one(
        "SELECT number, settled_at FROM alarm WHERE kind = ? AND about = ? AND peer IS ?", (kind.value, about, peer)
    )
    if known is None:
        tx.execute(
            "INSERT INTO alarm (at, kind, about, peer) VALUES (?, ?, ?, ?)", (at.isoformat(), kind.value, about, peer)
        )
        return True
    if known["settled_at"] is None:
        return False
    tx.execute("UPDATE alarm SET at = ?, settled_at = NULL WHERE number = ?", (at.isoformat(), known["number"]))
    return True


def settle(tx: Tx, number: int, at: datetime) -> bool:
    """The operator has seen to this alarm; False when there is none open of this number."""
    return (
        tx.execute(
            "UPDATE alarm SET settled_at = ? WHERE number = ? AND settled_at IS NULL", (at.isoformat(), number)
        ).rowcount
        == 1
    )


def settle_kind(tx: Tx, kind: AlarmKind, at: datetime) -> None:
    """What was wrong is right again."""
    tx.execute("UPDATE alarm SET settled_at = ? WHERE kind = ? AND settled_at IS NULL", (at.isoformat(), kind.value))


def settle_peer(tx: Tx, kind: AlarmKind, peer: Oin, at: datetime) -> None:
    """What was wrong with this region is right again."""
    tx.execute(
        "UPDATE alarm SET settled_at = ? WHERE kind = ? AND peer = ? AND settled_at IS NULL",
        (at.isoformat(), kind.value, peer),
    )


def alarms(tx: Tx) -> list[Alarm]:
    """Open alarms, oldest first."""
    rows = tx.all("SELECT number, at, kind, about, peer FROM alarm WHERE settled_at IS NULL ORDER BY number")
    return [
        Alarm(
            row["number"],
            datetime.fromisoformat(row["at"]),
            AlarmKind(row["kind"]),
            row["about"],
            Oin(row["peer"]) if row["peer"] else None,
        )
        for row in rows
    ]
