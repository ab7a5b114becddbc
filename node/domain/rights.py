"""Who may do what with a signal. Small until roles arrive: a professional, and only with signals of their own."""

from enum import Enum

from node.domain.errors import ProfessionalNotActive, SignalUnknown
from node.domain.professional import Professional
from node.domain.signal import Signal


class Act(Enum):
    """What a professional can do."""

    SIGNAL = "signal"
    EXTEND = "extend"
    RENEW = "renew"
    END = "end"
    READ = "read"
    MARK = "mark"
    INFORM = "inform"


_NEEDS_DESIGNATION = frozenset({Act.SIGNAL, Act.EXTEND, Act.RENEW})
"""Jeugdwet 7.1.1.2: only a designated professional signals. Ending and reading one's own remain possible."""


def require(who: Professional, act: Act, signal: Signal | None = None) -> None:
    """Raises ProfessionalNotActive, or SignalUnknown for another's signal: that it exists is not told."""
    if signal is not None and signal.professional != who.id:
        raise SignalUnknown
    if act in _NEEDS_DESIGNATION and not who.active:
        raise ProfessionalNotActive
