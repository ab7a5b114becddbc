"""What the exchange has no more use for, once a day: cards nobody fetched, pairs long over, records
past every date, yesterday's counts of professionals, sealed messages long sent, moves past their day, endings in the
ledger that no backup can undo any more, reports of imports, lines of imports that waited too long.
"""

from collections.abc import Callable
from datetime import timedelta

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import importing
from node.domain.days import local_day
from node.domain.importing import USUAL, ImportRules
from node.domain.limits import WITHIN
from node.exchange import Exchange
from node.flows.hear_sealed import KEEP_IDS
from node.flows.restore import prune_deletions
from node.flows.send_sealed import KEEP_SENT
from node.store import archive_heard, counts, holds, imports, mailbox, marks, moves, records, sealed
from node.store.imports import RunState

AT_ONCE = 250
"""Rows in one transaction: professionals who save a signal meanwhile wait no longer than for these."""
KEEP = timedelta(days=60)
"""Longer than the hub keeps notices and tombstones, so that nothing it may still tell is news to us."""

KEEP_IMPORTS = timedelta(days=90)
"""How long the report of an import is kept after it was over, and the same file is recognised."""


async def forget(exchange: Exchange, rules: ImportRules = USUAL) -> int:
    """Delete what is over; returns how many rows went. Twice does nothing more."""
    today, now = exchange.today(), exchange.clock()

    def few(tx: Tx) -> int:
        gone = mailbox.drop_old_archive_cards(tx, now)
        gone += sealed.forget_sent(tx, now - KEEP_SENT) + sealed.forget_heard(tx, now - KEEP_IDS)
        _cancel_old_imports(tx, exchange, rules)
        gone += moves.forget(tx, today) + counts.forget(tx, today, now - WITHIN)
        return gone + imports.forget(tx, now - KEEP_IMPORTS) + archive_heard.forget(tx, today)

    def let_go(tx: Tx) -> int:
        over = records.over(tx, today, AT_ONCE)
        for record_id in over:
            records.let_go(tx, record_id)
        return len(over)

    async with exchange.delivering:
        gone = await exchange.db.write(few)
        await _while_there_are(exchange, let_go)
        gone += await _while_there_are(exchange, lambda tx: mailbox.forget_pairs(tx, today - KEEP, AT_ONCE))
        # What the other side said of a match stays as long as the pair: what had no pair any more goes now.
        gone += await exchange.db.write(lambda tx: marks.forget_peers(tx, now - KEEP))
        gone += await _while_there_are(exchange, lambda tx: records.forget(tx, today - KEEP, AT_ONCE))
        return gone + await prune_deletions(exchange)


def _cancel_old_imports(tx: Tx, exchange: Exchange, rules: ImportRules) -> None:
    """Nobody holds on to numbers without a term: lines that waited too long are cancelled, paused or not.

    Not while the clock is in doubt. Lines that are still wanted come in with their file again, as after any cancelling.
    """
    if holds.clock_differs(tx) is not None:
        return
    for run in imports.waiting(tx):
        if not importing.may_wait(local_day(run.taken_in_at), exchange.today(), rules.days_back):
            imports.set_state(tx, run.number, RunState.CANCELLED, exchange.clock())
            record(tx, audit.IMPORT_CANCELLED, exchange.clock(), run=run.number, linesLeft=run.left)


async def _while_there_are(exchange: Exchange, some: Callable[[Tx], int]) -> int:
    """Do some, a write at a time, until there are none; returns how many. Whatever stops it, the next night goes on."""
    done = 0
    while here := await exchange.db.write(some):
        done += here
    return done
