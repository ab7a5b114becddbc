"""Sealed messages: what waits to leave for which region, what was heard, and which endings the hub cannot tell.

What a message says lies sealed here, under its own id.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from ledger import Tx
from node.domain.sealed import Content, UnheardEnding
from node.store.vault import Vault
from soap_wsdl.vocabulary import Oin


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that waits. ``sealed`` is what leaves, with the key it is sealed to and the key under it."""

    number: int
    message_id: UUID
    peer: Oin
    kind: str
    key_id: str | None
    signed_with: str | None
    sealed: bytes | None = field(repr=False)
    waits_because: str | None
    refusal: str | None


_OUTGOING = "number, message_id, peer, kind, key_id, signed_with, sealed, waits_because, refusal"


# --- Leaving -----------------------------------------------------------------------------------------


def put(
    tx: Tx, vault: Vault, message_id: UUID, peer: Oin, content: Content, at: datetime, corrects: UUID | None = None
) -> None:
    """A message for a region, in the transaction of what causes it. Messages for one region leave in this order.

    ``corrects`` is the message that this one puts right; an earlier one that did so goes, whether or not it left.
    """
    tx.execute("DELETE FROM sealed_outbox WHERE corrects = ?", (corrects and str(corrects),))
    tx.execute(
        "INSERT INTO sealed_outbox (message_id, peer, kind, content, written_at, corrects) VALUES (?, ?, ?, ?, ?, ?)",
        (
            str(message_id),
            peer,
            content.kind,
            vault.seal(_TABLE, str(message_id), content.text),
            at.isoformat(),
            corrects and str(corrects),
        ),
    )


def written(tx: Tx, vault: Vault, message_id: UUID) -> Content | None:
    """What a message says that is still kept here; None for one that was forgotten, given up or withdrawn."""
    row = tx.one("SELECT kind, content FROM sealed_outbox WHERE message_id = ?", (str(message_id),))
    return Content(row["kind"], vault.open(_TABLE, str(message_id), row["content"])) if row else None


def may_have_left(tx: Tx, message_id: UUID) -> bool:
    """Whether a message, or one that corrects it, may be with its region; true for one that is not kept any more.

    What was sealed may have left even when no answer came. The hub does not keep what it refused.
    """
    row = tx.one(
        "SELECT sent_at IS NULL AND (refusal IS NOT NULL OR (sealed IS NULL AND waits_because IS NULL)) AS here,"
        " EXISTS (SELECT 1 FROM sealed_outbox WHERE corrects = ?1) AS corrected"
        " FROM sealed_outbox WHERE message_id = ?1",
        (str(message_id),),
    )
    return row is None or not row["here"] or bool(row["corrected"])


def rewrite(tx: Tx, vault: Vault, message_id: UUID, content: Content) -> None:
    """A kept message says this from now on: what still has to leave is sealed anew, in its place."""
    tx.execute(
        "UPDATE sealed_outbox SET content = ?, key_id = NULL, signed_with = NULL, sealed = NULL, waits_because = NULL"
        " WHERE message_id = ?",
        (vault.seal(_TABLE, str(message_id), content.text), str(message_id)),
    )


def withdraw(tx: Tx, message_id: UUID) -> None:
    """Destroy a message, whether it left or waits. What comes after it leaves all the same."""
    tx.execute("DELETE FROM sealed_outbox WHERE message_id = ?", (str(message_id),))


def content_of(tx: Tx, vault: Vault, message: Outgoing) -> Content:
    """What a message says. Raises LookupError once it is gone."""
    row = tx.one("SELECT content FROM sealed_outbox WHERE number = ?", (message.number,))
    if row is None:
        raise LookupError("this message is gone")
    return Content(message.kind, vault.open(_TABLE, str(message.message_id), row["content"]))


def waiting(tx: Tx) -> list[Outgoing]:
    """What still has to leave, in the order in which it was written."""
    rows = tx.all(
        f"SELECT {_OUTGOING} FROM sealed_outbox WHERE sent_at IS NULL AND refusal IS NULL ORDER BY number"  # noqa: S608
    )
    return [_outgoing(row) for row in rows]


def seal(tx: Tx, number: int, key_id: str, signed_with: str, sealed: bytes) -> None:
    """The bytes that leave, from now on."""
    tx.execute(
        "UPDATE sealed_outbox SET key_id = ?, signed_with = ?, sealed = ?, waits_because = NULL WHERE number = ?",
        (key_id, signed_with, sealed, number),
    )


def wait(tx: Tx, number: int, because: str) -> None:
    """It cannot leave yet; what comes after it for the same region waits with it."""
    tx.execute(
        "UPDATE sealed_outbox SET key_id = NULL, signed_with = NULL, sealed = NULL, waits_because = ? WHERE number = ?",
        (because, number),
    )


def next_sequence(tx: Tx, peer: Oin) -> int:
    """The sequence of our next message to this region."""
    row = tx.one("SELECT next FROM sealed_sequence WHERE peer = ?", (peer,))
    return int(row["next"]) if row else 1


def expect(tx: Tx, peer: Oin, sequence: int) -> None:
    """The hub waits for this sequence."""
    tx.execute(
        "INSERT INTO sealed_sequence (peer, next) VALUES (?, ?) ON CONFLICT (peer) DO UPDATE SET next = excluded.next",
        (peer, sequence),
    )


def sent(tx: Tx, number: int, at: datetime) -> None:
    """The hub has it."""
    tx.execute("UPDATE sealed_outbox SET sent_at = ? WHERE number = ?", (at.isoformat(), number))


def everything_again(tx: Tx) -> int:
    """The hub lost its memory: whatever is still kept here leaves once more, in its order; how many."""
    return tx.execute("UPDATE sealed_outbox SET sent_at = NULL WHERE sent_at IS NOT NULL").rowcount


def forget_sent(tx: Tx, before: datetime) -> int:
    """Drop what the hub has had since before this moment."""
    return tx.execute("DELETE FROM sealed_outbox WHERE sent_at < ?", (before.isoformat(),)).rowcount


# --- For the operator --------------------------------------------------------------------------------


def count(tx: Tx) -> tuple[int, int, int]:
    """How many messages wait to leave, how many of those wait for something, and how many were set aside."""
    row = tx.one(
        "SELECT count(*) FILTER (WHERE refusal IS NULL), count(*) FILTER (WHERE refusal IS NULL AND waits_because"
        " IS NOT NULL), count(refusal) FROM sealed_outbox WHERE sent_at IS NULL"
    )
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def aside(tx: Tx) -> list[Outgoing]:
    """What was refused."""
    rows = tx.all(f"SELECT {_OUTGOING} FROM sealed_outbox WHERE refusal IS NOT NULL ORDER BY number")  # noqa: S608
    return [_outgoing(row) for row in rows]


def set_aside(tx: Tx, number: int, refusal: str, at: datetime) -> None:
    """The hub does not take it as it is: the operator retries or drops it."""
    tx.execute(
        "UPDATE sealed_outbox SET refusal = ?, set_aside_at = ? WHERE number = ?", (refusal, at.isoformat(), number)
    )


def retry(tx: Tx, number: int) -> bool:
    """Put it back in its place; False when it is not set aside."""
    return (
        tx.execute(
            "UPDATE sealed_outbox SET refusal = NULL, set_aside_at = NULL WHERE number = ? AND refusal IS NOT NULL",
            (number,),
        ).rowcount
        == 1
    )


def drop(tx: Tx, number: int) -> bool:
    """Give it up; False when it is not set aside."""
    return tx.execute("DELETE FROM sealed_outbox WHERE number = ? AND refusal IS NOT NULL", (number,)).rowcount == 1


# --- Heard -------------------------------------------------------------------------------------------


def was_heard(tx: Tx, peer: Oin, message_id: UUID) -> bool:
    """Whether this message took effect before."""
    found = tx.one("SELECT 1 FROM sealed_heard WHERE peer = ? AND message_id = ?", (peer, str(message_id)))
    return found is not None


def remember_heard(tx: Tx, peer: Oin, message_id: UUID, kind: str, at: datetime) -> None:
    """It takes effect in this transaction."""
    tx.execute(
        "INSERT INTO sealed_heard (peer, message_id, kind, heard_at) VALUES (?, ?, ?, ?)",
        (peer, str(message_id), kind, at.isoformat()),
    )


def forget_heard(tx: Tx, before: datetime) -> int:
    """Drop the ids of messages so old that they would be refused by their date."""
    return tx.execute("DELETE FROM sealed_heard WHERE heard_at < ?", (before.isoformat(),)).rowcount


# --- Endings that the hub cannot tell ----------------------------------------------------------------


def note_unheard(tx: Tx, signal_id: UUID, ending: str) -> None:
    """A signal ends now: its pairs that the hub has not told again since it lost its memory, it cannot end either."""
    tx.execute(
        "INSERT OR REPLACE INTO unheard_ending (own_record_id, peer, peer_record_id, ending)"
        " SELECT own_record_id, peer, peer_record_id, ? FROM foreign_pair"
        " WHERE signal_id = ? AND status = 'living' AND kind = 'match' AND heard = 0",
        (ending, str(signal_id)),
    )


def note_unheard_since(tx: Tx, since: datetime) -> None:
    """The hub lost its memory: pairs whose signals ended here since then may be pairs that it does not know."""
    tx.execute(
        "INSERT OR REPLACE INTO unheard_ending (own_record_id, peer, peer_record_id, ending)"
        " SELECT own_record_id, peer, peer_record_id, deletion.ending FROM deletion JOIN foreign_pair USING (signal_id)"
        " WHERE deletion.at >= ? AND foreign_pair.kind = 'match'",
        (since.isoformat(),),
    )


def unheard(tx: Tx) -> dict[Oin, list[UnheardEnding]]:
    """What is to be told to whom, under the revision that the record has here."""
    found: dict[Oin, list[UnheardEnding]] = {}
    for row in tx.all(
        "SELECT own_record_id, peer, peer_record_id, ending, coalesce(revision, 0) AS revision"
        " FROM unheard_ending LEFT JOIN hub_record ON hub_record.record_id = own_record_id"
        " ORDER BY peer, own_record_id, peer_record_id"
    ):
        ending = UnheardEnding(
            UUID(row["own_record_id"]), UUID(row["peer_record_id"]), row["ending"] == "annulled", row["revision"]
        )
        found.setdefault(Oin(row["peer"]), []).append(ending)
    return found


def unheard_told(tx: Tx, peer: Oin, endings: Iterable[UnheardEnding]) -> None:
    """These stand in a message now."""
    tx.many(
        "DELETE FROM unheard_ending WHERE own_record_id = ? AND peer = ? AND peer_record_id = ?",
        [(str(each.own_record_id), peer, str(each.peer_record_id)) for each in endings],
    )


_TABLE = "sealed_outbox"


def _outgoing(row: sqlite3.Row) -> Outgoing:
    return Outgoing(
        row["number"],
        UUID(row["message_id"]),
        Oin(row["peer"]),
        row["kind"],
        row["key_id"],
        row["signed_with"],
        row["sealed"],
        row["waits_because"],
        row["refusal"],
    )
