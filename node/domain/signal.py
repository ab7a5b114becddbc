"""A signal: a professional is involved with a youth, from when and until when, and never why."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import NewType
from uuid import UUID

SignalId = NewType("SignalId", UUID)
ProfessionalId = NewType("ProfessionalId", UUID)
YouthKey = NewType("YouthKey", bytes)
"""Blind index of the youth's BSN under this node's own key: finds signals about the same youth, tells nothing else."""


class State(Enum):
    """Where a signal stands. One that was destroyed has no row any more."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class EndReason(Enum):
    """Why a signal ended. Never shown to others; it only decides between archive and destruction."""

    ONTERECHT = "ONTERECHT"
    RISICO_WEG = "RISICO_WEG"
    TERMIJN = "TERMIJN"
    LEEFTIJD23 = "LEEFTIJD23"
    OVERLEDEN = "OVERLEDEN"
    AVG16 = "AVG16"
    AVG17 = "AVG17"
    AVG21 = "AVG21"


BY_PROFESSIONAL = frozenset({EndReason.ONTERECHT, EndReason.RISICO_WEG})
"""The reasons that a professional gives, Jeugdwet 7.1.4.5(1); the others follow from dates."""
BY_REQUEST = frozenset({EndReason.AVG16, EndReason.AVG17, EndReason.AVG21})
"""The rights on which a signal is removed at request: correction, erasure, objection. Jeugdwet 7.1.4.6(1)."""
ANNULS = BY_REQUEST | {EndReason.ONTERECHT}
"""Reasons for which nothing may remain with others either: they hear that the match is annulled, not ended."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal. Days are local and exclusive: valid until 1 May ends on 1 May at 00:00.

    While active, ``archive_until`` says until when it will rest in the archive if it ends on ``valid_until``;
    None means that it is destroyed then. Once archived, it says until when it rests there.
    ``responsible`` is the gemeente whose college answers for it, apart from where the youth lives (Jeugdwet
    7.1.2.2(3)); None for signals from before it was kept.
    """

    id: SignalId
    youth: YouthKey = field(repr=False)
    professional: ProfessionalId
    made_at: datetime
    valid_until: date
    archive_until: date | None
    state: State = State.ACTIVE
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    responsible: str | None = None
