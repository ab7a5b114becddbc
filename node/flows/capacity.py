"""On what standing a professional acts today, and for whom they stand in: looked up in the transaction that acts."""

from datetime import date

from ledger import Tx
from node.domain.organisation import Standing, standing
from node.domain.professional import Professional
from node.domain.rights import Capacity
from node.domain.signal import ProfessionalId, Signal
from node.store import designations, organisations, professionals


def standing_of(tx: Tx, who: Professional, today: date) -> Standing:
    """Designation in person, and the agreements of the organisation, as they are in force today."""
    return standing(designations.of(tx, who.id), organisations.agreements_of(tx, who.organisation), today)


def capacity(tx: Tx, who: Professional, today: date) -> Capacity:
    """What ``rights.require`` needs to know."""
    return Capacity(standing_of(tx, who, today), designations.stood_in_for(tx, who, today))


def acts_for(tx: Tx, who: Professional, today: date) -> list[ProfessionalId]:
    """Whose signals this professional may act on today: first one's own, then those of absent colleagues."""
    return [who.id, *sorted(capacity(tx, who, today).acts_for, key=str)]


def absent_name(tx: Tx, who: Professional, signal: Signal) -> str | None:
    """The name of the absent colleague whose signal it is, for a substitute; None for one's own."""
    return None if signal.professional == who.id else professionals.get(tx, signal.professional).contact.name


def behalf(who: Professional, signal: Signal) -> str | None:
    """For the log: on whose behalf a substitute acts; None for one's own signal. NEN 7513 asks for it."""
    return None if signal.professional == who.id else str(signal.professional)
