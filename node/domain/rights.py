"""Who may do what with a signal. Small until roles arrive: a professional, and only with signals of their own."""

from enum import Enum

from node.domain.errors import ProfessionalNotActive, SignalUnknown
from node.domain.professional import Professional
from node.domain.signal import Signal


class Act(Enum):
    """What a professional can do."""

    SIGNAL = "signal"
    EXTEND = "extend"
    END = "end"
    READ = "read"
    READ_MOVES = "readMoves"


_NEEDS_DESIGNATION = frozenset({Act.SIGNAL, Act.EXTEND, Act.READ_MOVES})
"""Jeugdwet 7.1.1.2: only a designated professional signals. Ending and reading one's own remain possible.
The moves of a gemeente are for whoever is active and named for it."""


def require(who: Professional, act: Act, signal: Signal | None = None) -> None:
    """Raises ProfessionalNotActive, or SignalUnknown for another's signal: that it exists is not told."""
    if signal is not None and signal.professional != who.id:
        raise SignalUnknown
    if act in _NEEDS_DESIGNATION and not who.active:
        raise ProfessionalNotActive
