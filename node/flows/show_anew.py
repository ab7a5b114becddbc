"""What others see of a professional has changed: it reaches every active match, here and in other regions (O3)."""

from collections.abc import Iterable

from ledger import Tx
from node.domain.signal import ProfessionalId
from node.flows.desk import Desk
from node.store import outbox, signals


def show_anew(tx: Tx, desk: Desk, whose: Iterable[ProfessionalId]) -> int:
    """Send the cards of their active signals once more, in the caller's transaction; says how many signals.

    Inside the region matches are read with the names of the moment, so nothing needs to be sent.
    """
    told = 0
    for who in whose:
        for signal in signals.of_professional(tx, who, desk.today()):
            outbox.change(tx, signal.id, desk.clock())
            told += 1
    return told
