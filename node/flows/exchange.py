"""One round of the exchange: keep the ledger of deletions, tell the hub what waits, compare when that is due.

This is what a nudge and the minute's job run. Each step may stop and leave the rest to the next round.
"""

from ledger import Tx
from node.exchange import Exchange
from node.flows.deliver import DeliveryReport, deliver
from node.flows.reconcile import reconcile
from node.flows.restore import copy_deletions
from node.store import errands, mailbox, outbox


async def exchange_now(exchange: Exchange) -> DeliveryReport:
    """Deliver, and finish what a restore of the hub still asks. Twice at once: one after the other."""
    # First: a hub that is slow to answer must not keep an ending out of the ledger.
    await copy_deletions(exchange)
    report = await deliver(exchange)
    if report.holding is None and await exchange.db.read(_comparison_may_start):
        compared = await reconcile(exchange)
        if compared.holding is not None:
            return DeliveryReport(report.derived, report.sent, report.set_aside, compared.holding)
    return report


def _comparison_may_start(tx: Tx) -> bool:
    """After a new seed, once everything was offered again. A restored node waits for its operator."""
    stands = mailbox.read(tx)
    if not stands.comparison_due or stands.node_restored:
        return False
    return not outbox.offers_again(tx) and not errands.offer_again(tx)
