"""Which of a professional's signals end soon, and what can be done: the list that reminders are made of.

Nobody who does nothing keeps a signal: without an answer it ends on its date (feature P7). A signal of which it is not
confirmed whom it is about is not listed: it may end by the birthday of a stranger.
"""

from dataclasses import dataclass
from uuid import UUID

from ledger import Tx
from node.domain import retention
from node.domain.days import local_day
from node.domain.professional import Domain, Professional
from node.domain.signal import Signal
from node.flows.capacity import absent_name, acts_for, standing_of
from node.flows.desk import Desk
from node.store import confirmations, professionals, signals, youths


@dataclass(frozen=True, slots=True)
class EndingSoon:
    """A signal in its last thirty days. ``reminder`` is 30 or 7: the last of the two moments that has come."""

    signal: Signal
    days_left: int
    reminder: int
    can_extend: bool
    can_renew: bool
    on_behalf_of: str | None = None
    """The name of the absent colleague whose signal it is, for a substitute."""


async def ending_soon(desk: Desk, who: UUID) -> list[EndingSoon]:
    """Active signals that end within thirty days, one's own and those of whom one stands in for; the first one first.

    A substitute extends and ends, and renews nothing. Raises ProfessionalUnknown.
    """

    def question(tx: Tx) -> list[EndingSoon]:
        professional = professionals.get(tx, who)
        standing = standing_of(tx, professional, desk.today())
        allowed = desk.preventive_field or professional.contact.domain is not Domain.PREVENTIEF_VELD
        may_signal = allowed and standing.designated and bool(standing.agreements)
        today = desk.today()
        found = [
            one
            for whose in acts_for(tx, professional, today)
            for signal in signals.of_professional(tx, whose, today)
            if (one := _ending(tx, desk, may_signal, signal, professional)) is not None
        ]
        return sorted(found, key=lambda one: (one.signal.valid_until, one.signal.id))

    return await desk.db.read(question)


def _ending(tx: Tx, desk: Desk, may_signal: bool, signal: Signal, reader: Professional) -> EndingSoon | None:
    today = desk.today()
    reminder = retention.reminder(signal.valid_until, today)
    if reminder is None or confirmations.stand(tx, signal.id).hides:
        return None
    adult_on = youths.get(tx, desk.vault, signal.youth).adult_on
    made_on, most, terms = local_day(signal.made_at), retention.LONGEST_MONTHS, desk.terms
    longest = retention.term(made_on, most, adult_on, from_day=today, terms=terms)
    leaves_on = terms.leaves_on(adult_on)
    return EndingSoon(
        signal,
        retention.days_left(signal.valid_until, today),
        reminder,
        may_signal and longest.valid_until > signal.valid_until,
        # What ends on the 23rd birthday cannot end later, as an old signal or a new one.
        may_signal and signal.professional == reader.id and (leaves_on is None or signal.valid_until < leaves_on),
        absent_name(tx, reader, signal),
    )
