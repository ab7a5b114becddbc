"""A node that was put back from a backup: what was ended since is ended again, and nobody hears a thing twice.

The ledger of deletions lies beside the database and is not restored with it. Each ending is copied to it soon after
its commit, by the node that serves, by each command, and by a restore that replaces the database.

1. Replay the ledger: a signal that the backup brought back ends again, as it did. The restore does so before the
   database takes its place; the node and each command do, before anything, where a copy was put back by hand.
2. Note that this database was restored: what only the hub has is then for the operator to decide.
3. The mailbox is asked from the backup's cursor on; comparing takes next revisions where the hub is further.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ledger import Database, Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.days import local_day
from node.domain.retention import LONGEST_LIFE, Fate, Verdict
from node.domain.signal import EndReason, State
from node.exchange import Exchange
from node.flows.close import close
from node.flows.desk import Desk
from node.store import deletion_lines, holds, mailbox, outbox, signals
from node.store.outbox import Deletion
from soap_wsdl.vocabulary import Ending

KEEP = LONGEST_LIFE + timedelta(days=31)
"""How long a line is kept: whatever a backup from before it may bring back is past every date by then."""


@dataclass(frozen=True, slots=True)
class Books:
    """A desk without an exchange, with the ledger beside its database."""

    desk: Desk
    deletions: Path

    @property
    def db(self) -> Database:
        """The database of the desk."""
        return self.desk.db

    def clock(self) -> datetime:
        """The time."""
        return self.desk.clock()


async def copy_deletions(books: Books | Exchange) -> int:
    """Copy endings that the ledger has not got; returns how many.

    What if we stop here? Written but not marked: the next run writes them again, and a replay does each once.
    """
    waiting = await books.db.read(outbox.deletions_to_copy)
    if not waiting:
        return 0
    deletion_lines.append(books.deletions, [deletion for _, deletion in waiting])
    await books.db.write(lambda tx: outbox.deletions_copied(tx, [number for number, _ in waiting]))
    return len(waiting)


async def was_put_back(books: Books | Exchange) -> bool:
    """Whether this database came from a backup: marked so, or the ledger beside it knows endings that it does not."""
    restored = (await books.db.read(mailbox.read)).node_restored
    return restored or await _is_behind(books)


async def replay_deletions(books: Books | Exchange) -> int:
    """After this node's database was put back from a backup: returns how many endings were done again."""
    ledger = read_ledger(books.deletions, books.clock())
    by = books.desk if isinstance(books, Books) else books
    return await books.db.write(lambda tx: replay(tx, by, ledger))


async def catch_up(books: Books | Exchange) -> None:
    """Before a command does anything: a database that does not know all endings of its ledger does them again."""
    if await _is_behind(books):
        await replay_deletions(books)


async def prune_deletions(books: Books | Exchange) -> int:
    """Forget endings that no backup can undo any more, unless the clock is in doubt; returns how many.

    The lines first: an ending that only the database knows is no reason to replay.
    """
    if await books.db.read(holds.clock_differs) is not None:
        return 0
    since = books.clock() - KEEP
    if not await books.db.read(lambda tx: outbox.has_deletions(tx, since)):
        return 0
    deletion_lines.prune(books.deletions, since)
    return await books.db.write(lambda tx: outbox.forget_deletions(tx, since))


def read_ledger(file: Path, now: datetime) -> list[Deletion]:
    """The endings that may have to be done again."""
    return deletion_lines.read(file, now - KEEP)


def replay(tx: Tx, desk: Desk | Exchange, ledger: Sequence[Deletion]) -> int:
    """End again what the ledger says, in the caller's transaction; returns how many. Twice does nothing more."""
    known = outbox.known_deletions(tx)
    done = sum(_end_again(tx, desk, deletion) for deletion in ledger if deletion.deletion_id not in known)
    mailbox.mark_restored(tx, restored=True)
    mailbox.ask_comparison(tx, due=True)
    audit_line(tx, events.NODE_RESTORED, desk.clock(), endingsReplayed=done)
    return done


async def _is_behind(books: Books | Exchange) -> bool:
    ledger = read_ledger(books.deletions, books.clock())
    known = await books.db.read(outbox.known_deletions) if ledger else frozenset()
    return any(deletion.deletion_id not in known for deletion in ledger)


def _end_again(tx: Tx, by: Desk | Exchange, deletion: Deletion) -> bool:
    if not outbox.remember_deletion(tx, deletion):
        return False  # The same line twice.
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
    close(tx, by, signal, verdict, local_day(deletion.at), deletion.at)
    return True
