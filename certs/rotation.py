"""What is due: certificates to renew and lists to fetch, from dates alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Urgency(StrEnum):
    """How much it matters now. Everything but FINE wants somebody to do something."""

    FINE = "fine"
    RENEW = "renew"
    WITHIN_60_DAYS = "within 60 days"
    WITHIN_30_DAYS = "within 30 days"
    WITHIN_7_DAYS = "within 7 days"
    NOT_YET_VALID = "not valid yet"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when until when something is good; `ends` itself is outside."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What a lifetime asks for at one moment."""

    urgency: Urgency
    renew_from: datetime
    days_left: int

    @property
    def calls_for_action(self) -> bool:
        return self.urgency is not Urgency.FINE


def renew_from(life: Lifetime) -> datetime:
    """Two thirds of the way: a third is left for whatever goes wrong."""
    return life.begins + (life.ends - life.begins) * 2 / 3


def certificate_due(life: Lifetime, now: datetime) -> Due:
    """Renew from two thirds of its life; warnings at 60, 30 and 7 days left, however long that life was."""
    begin, left = renew_from(life), life.ends - now
    if left <= timedelta(0):
        urgency = Urgency.ENDED
    elif now < life.begins:
        urgency = Urgency.NOT_YET_VALID
    elif left <= timedelta(days=7):
        urgency = Urgency.WITHIN_7_DAYS
    elif left <= timedelta(days=30):
        urgency = Urgency.WITHIN_30_DAYS
    elif left <= timedelta(days=60):
        urgency = Urgency.WITHIN_60_DAYS
    elif now >= begin:
        urgency = Urgency.RENEW
    else:
        urgency = Urgency.FINE
    return Due(urgency, begin, left // timedelta(days=1))


def list_due(life: Lifetime, now: datetime) -> Due:
    """A revocation list: a newer one should have come once two thirds have passed."""
    begin, left = renew_from(life), life.ends - now
    if left <= timedelta(0):
        urgency = Urgency.ENDED
    elif now >= begin:
        urgency = Urgency.RENEW
    else:
        urgency = Urgency.FINE
    return Due(urgency, begin, left // timedelta(days=1))
