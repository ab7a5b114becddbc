"""A node that was put back from a backup: what was ended since is ended again, and nobody hears a thing twice.

The ledger of deletions lies beside the database and is not restored with it. Each ending is copied to it soon after
its commit; a line names a signal by its random id and says how it ended, nothing of whom it was about.

1. Replay the ledger: a signal that the backup brought back ends again, as it did.
2. Note that this database was restored: what only the hub has is then for the operator to decide.
3. The mailbox is asked from the backup's cursor on; comparing takes next revisions where the hub is further.
"""

import json
import os
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.days import local_day
from node.domain.retention import Fate, Verdict
from node.domain.signal import EndReason, State
from node.exchange import Exchange
from node.flows.close import close
from node.store import mailbox, outbox, signals
from node.store.outbox import Deletion
from soap_wsdl.vocabulary import Ending


async def copy_deletions(exchange: Exchange) -> int:
    """Copy endings that the ledger has not got; returns how many.

    What if we stop here? Written but not marked: the next run writes them again, and a replay does each once.
    """
    waiting = await exchange.db.read(outbox.deletions_to_copy)
    if not waiting:
        return 0
    _append(exchange.deletions, [_line(deletion) for _, deletion in waiting])
    await exchange.db.write(lambda tx: outbox.deletions_copied(tx, [number for number, _ in waiting]))
    return len(waiting)


async def was_put_back(exchange: Exchange) -> bool:
    """Whether this database came from a backup: marked so, or the ledger beside it knows endings that it does not."""
    ledger = _read(exchange.deletions)

    def question(tx: Tx) -> bool:
        return mailbox.read(tx).node_restored or not all(
            outbox.knows_deletion(tx, deletion.deletion_id) for deletion in ledger
        )

    return await exchange.db.read(question)


async def replay_deletions(exchange: Exchange) -> int:
    """After this node's database was put back from a backup: returns how many endings were done again."""
    ledger = _read(exchange.deletions)

    def change(tx: Tx) -> int:
        done = sum(_end_again(tx, exchange, deletion) for deletion in ledger)
        mailbox.mark_restored(tx, restored=True)
        mailbox.ask_comparison(tx, due=True)
        audit_line(tx, events.NODE_RESTORED, exchange.clock(), endingsReplayed=done)
        return done

    return await exchange.db.write(change)


def _end_again(tx: Tx, exchange: Exchange, deletion: Deletion) -> bool:
    if outbox.knows_deletion(tx, deletion.deletion_id):
        return False
    outbox.remember_deletion(tx, deletion)
    signal = signals.find(tx, deletion.signal_id)
    mistaken = deletion.ending is Ending.ANNULLED
    archived = not mistaken and deletion.archive_until is not None
    if signal is None or (signal.state is State.ARCHIVED and archived):
        return False
    by_date = local_day(deletion.at) >= signal.valid_until
    ended = EndReason.TERMIJN if by_date else EndReason.RISICO_WEG
    reason = EndReason.ONTERECHT if mistaken else ended
    verdict = Verdict(
        Fate.ARCHIVE if archived else Fate.DESTROY,
        reason=reason,
        archive_until=deletion.archive_until if archived else None,
    )
    close(tx, exchange, signal, verdict, local_day(deletion.at), deletion.at)
    return True


def _read(file: Path) -> list[Deletion]:
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [deletion for line in lines if (deletion := _deletion(line)) is not None]


def _append(file: Path, lines: list[str]) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "ab") as out:
        out.write("".join(lines).encode())
        out.flush()
        os.fsync(out.fileno())


def _line(deletion: Deletion) -> str:
    said = {
        "id": str(deletion.deletion_id),
        "signal": str(deletion.signal_id),
        "ending": deletion.ending.value,
        "archiveUntil": deletion.archive_until.isoformat() if deletion.archive_until else None,
        "at": deletion.at.isoformat(),
    }
    return json.dumps(said, separators=(",", ":")) + "\n"


def _deletion(line: str) -> Deletion | None:
    """None for a line that a power cut left half: its row is not marked as copied, so it was written again."""
    try:
        said = json.loads(line)
        return Deletion(
            UUID(said["id"]),
            UUID(said["signal"]),
            Ending(said["ending"]),
            date.fromisoformat(said["archiveUntil"]) if said["archiveUntil"] else None,
            datetime.fromisoformat(said["at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
