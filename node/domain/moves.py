"""A youth with active signals moves: which region has the new gemeente, what its regievoerder hears, and how long.

Pure. Jeugdwet 7.1.2.3(1)g: moves are passed on to the reporters, and to the regievoerder of the new gemeente.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from node.domain.bsn import Bsn
from node.domain.days import local_day, years_after
from node.domain.professional import Contact
from node.domain.sealed import MOST_REPORTERS, Moved, Reporter
from node.domain.signal import Signal
from soap_wsdl.vocabulary import Oin

KEEP_YEARS = 1
"""How long a received move is kept at most: the law gives no term, and by then its regievoerder has seen to it or must
look at who is involved today. No setting, so that no region keeps a second index."""


@dataclass(frozen=True, slots=True)
class Gemeenten:
    """Which region every gemeente is in, as its file says. ``own`` is this region."""

    own: Oin | None = None
    regions: Mapping[str, Oin] = field(default_factory=dict)

    def owner(self, gemeente: str) -> Oin | None:
        """The region of this gemeente (four digits); None when the file does not say."""
        return self.regions.get(gemeente)


def reports(youth: Bsn, gemeente: str, on: date, active: Iterable[tuple[Signal, Contact]]) -> tuple[Moved, ...]:
    """The list of active signals for the new gemeente, oldest first, in as many messages as it takes; none for none.

    Raises MessageNotUnderstood when the gemeente is not four digits.
    """
    listed = reporters(active)
    parts = [listed[at : at + MOST_REPORTERS] for at in range(0, len(listed), MOST_REPORTERS)]
    return tuple(Moved(youth, gemeente, on, part) for part in parts)


def reporters(active: Iterable[tuple[Signal, Contact]]) -> tuple[Reporter, ...]:
    """Whom to call about these signals, the oldest signal first."""
    return tuple(
        Reporter(
            contact.organisation,
            contact.location,
            contact.function,
            contact.name,
            contact.phone,
            contact.email,
            local_day(signal.made_at),
            signal.valid_until,
        )
        for signal, contact in sorted(active, key=lambda each: (each[0].made_at, str(each[0].id)))
    )


def keep_until(received_on: date, moved: Moved) -> date:
    """The day on which a received move goes: with the last signal in it, and after a year at most."""
    return min(years_after(received_on, KEEP_YEARS), max(each.until for each in moved.reporters))
