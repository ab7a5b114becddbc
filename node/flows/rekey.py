"""From one pseudonym epoch to the next: records that are behind follow through the same outbox, and what is over goes.

During an overlap a record carries both epochs. Records that are behind are wished again in portions, new signals go
before them, and the budget of the service sets the pace: no storm, and the rest follows in the next run.
"""

from dataclasses import dataclass

from hub_connector.failures import NotNow, Refused
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.exchange import Exchange
from node.flows import pausing
from node.flows.deliver import wish_hollow_again
from node.flows.keys import Scheme, fetch_epochs, read_scheme
from node.store import directory, outbox, records
from node.store.holds import Side
from soap_wsdl.vocabulary import EpochName, Reason

PORTION = 500
"""Records that one run wishes again: with a run each quarter of an hour a region of 40,000 follows within a day."""


@dataclass(frozen=True, slots=True)
class RekeyReport:
    """What a run did. ``behind`` counts what still has to follow, per epoch in force."""

    queued: int = 0
    behind: tuple[tuple[EpochName, int], ...] = ()
    ended: tuple[EpochName, ...] = ()
    holding: str | None = None


async def rekey(exchange: Exchange, portion: int = PORTION) -> RekeyReport:
    """Fetch the epochs, wish again what is behind, destroy what is over. Twice does no harm.

    While the service asked for patience nothing new is wished: what waits already waits for it.
    """
    hold = await pausing.waits(exchange, Side.SERVICE)
    scheme = await read_scheme(exchange)
    if hold is None:
        try:
            scheme = await fetch_epochs(exchange)
            await pausing.answered(exchange, Side.SERVICE)
        except (NotNow, Refused) as why:
            hold = await pausing.pause_side(exchange, Side.SERVICE, why)
    async with exchange.delivering:
        return await exchange.db.write(
            lambda tx: _change(tx, exchange, scheme, portion if hold is None else 0, hold.reason if hold else None)
        )


def _change(tx: Tx, exchange: Exchange, scheme: Scheme, portion: int, holding: str | None) -> RekeyReport:
    today, now = exchange.today(), exchange.clock()
    ended = _end_epochs(tx, exchange, scheme)
    queued = 0
    for epoch in scheme.usable(today):
        found = records.behind(tx, epoch, portion - queued) if portion > queued else []
        for record in found:
            outbox.again(tx, record.record_id, record.signal_id, Reason.AGAIN, now)
        if found:
            audit_line(tx, events.REKEYED, now, epoch=epoch, records=len(found))
        queued += len(found)
    behind = tuple((epoch, records.count_behind(tx, epoch)) for epoch in scheme.usable(today))
    return RekeyReport(queued, behind, ended, holding)


def _end_epochs(tx: Tx, exchange: Exchange, scheme: Scheme) -> tuple[EpochName, ...]:
    """Destroy tags, cards and the secret of epochs that are over. What was on its way under them is wished anew."""
    now = exchange.clock()
    over = sorted(records.epochs_kept(tx) & scheme.over(exchange.today()))
    for epoch in over:
        lost = records.drop_epochs(tx, [epoch])
        audit_line(tx, events.EPOCH_ENDED, now, epoch=epoch, records=lost)
    if over:
        wish_hollow_again(tx, exchange)
    directory.drop_secrets(tx, scheme.over(exchange.today()))
    return tuple(over)
