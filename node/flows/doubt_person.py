"""The register cannot be followed about one youth: an operator hears of it, and all others are asked about."""

from datetime import date

from ledger import Tx
from node.domain.signal import YouthKey
from node.flows.desk import Desk
from node.store import holds, signals, youths
from node.store.holds import AlarmKind

UNFIT = (
    "What the register of persons tells about the youth of signal {signal} does not fit and is not followed: a death or"
    " a move may be missed. Have the register mended."
)
"""The register told of the youth, and a value in it is not one that there can be."""

GONE = (
    "The register of persons does not tell of the youth of signal {signal} under its number any more: a death or a move"
    " may be missed. Look in the register: where the youth has another number, let the professional end this signal and"
    " give it anew under that one."
)
"""The register knew the youth, and has nobody under that number now, or says that its record was a mistake."""


def doubt_person(tx: Tx, desk: Desk, key: YouthKey, about: str, today: date) -> None:
    """Ring once about the oldest signal about this youth, and note that the register was asked today.

    What is known of the youth stays as it was. The alarm names a signal by its random id, and nothing of the youth.
    """
    if known := signals.about(tx, key):
        holds.ring(tx, AlarmKind.PERSON_IN_DOUBT, about.format(signal=known[0].id), None, desk.clock())
        youths.was_asked(tx, key, today)
