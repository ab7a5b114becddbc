"""What the exchange has no more use for, once a day: cards nobody fetched, pairs long over, records
past every date, yesterday's counts of professionals, sealed messages long sent, moves past their day,
reports of imports.
"""

from datetime import timedelta

from ledger import Tx
from node.domain.limits import WITHIN
from node.exchange import Exchange
from node.flows.hear_sealed import KEEP_IDS
from node.flows.send_sealed import KEEP_SENT
from node.store import counts, imports, mailbox, moves, records, sealed

KEEP = timedelta(days=60)
"""Longer than the hub keeps notices and tombstones, so that nothing it may still tell is news to us."""

KEEP_IMPORTS = timedelta(days=90)
"""How long the report of an import is kept after it was over, and the same file is recognised."""


async def forget(exchange: Exchange) -> int:
    """Delete what is over; returns how many rows went. Twice does nothing more."""

    def change(tx: Tx) -> int:
        today, now = exchange.today(), exchange.clock()
        cards = mailbox.drop_old_archive_cards(tx, now)
        for record_id in records.over(tx, today):
            records.let_go(tx, record_id)
        cards += sealed.forget_sent(tx, now - KEEP_SENT) + sealed.forget_heard(tx, now - KEEP_IDS)
        cards += moves.forget(tx, today)
        cards += counts.forget(tx, today, now - WITHIN) + imports.forget(tx, now - KEEP_IMPORTS)
        return cards + mailbox.forget_pairs(tx, today - KEEP) + records.forget(tx, today - KEEP)

    async with exchange.delivering:
        return await exchange.db.write(change)
