"""How much is too much: signals of one professional in a day, and signals that look like a question.

Pure: counts and moments in, an answer out. Registering is the only question that the index answers, so whoever wants
to ask without signalling must make a signal and take it back; protocol 1.5 has both counted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from node.domain.days import midnight
from node.domain.errors import (
    AlreadySignalled,
    DoesNotAgree,
    NotDone,
    TooManyMissed,
    TooManySignals,
    YouthDeceased,
    YouthTooOld,
)
from node.domain.signal import EndReason

WITHIN = timedelta(days=1)
"""Taken back sooner than this after it was made, or ended sooner than this after a match, it counts; for as long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a region sets. More than ``taken_back_*`` within a day, or more than ``refused_of_one`` or
    ``tried_by_one`` on a day, is an alarm; ``signals_per_day`` is never passed.
    """

    signals_per_day: int = 50
    taken_back_of_one: int = 5
    taken_back_in_all: int = 50
    refused_of_one: int = 10
    searches_missed_per_day: int = 20
    tried_by_one: int = 50


TELLING = (YouthTooOld, YouthDeceased, AlreadySignalled)
"""Refusals that say something about the youth asked for: an age, a death, a signal of one's own."""


def tells_of_the_youth(refusal: NotDone) -> bool:
    """Whether this refusal answers a question that nobody may ask without signalling: then it is counted."""
    return isinstance(refusal, TELLING)


TELLING_WHEN_TRIED = frozenset(each.__name__ for each in (*TELLING, DoesNotAgree))
"""What a dry run of an import tells of the youth on a line, by kind: these, and whom the number does not belong to."""


def require_room(made_today: int, limits: Limits, today: date) -> None:
    """Raises TooManySignals, which says when again, for a professional who made so many signals this local day."""
    if made_today >= limits.signals_per_day:
        raise TooManySignals(limits.signals_per_day, midnight(today + timedelta(days=1)))


def require_searches(missed_today: int, limits: Limits, today: date) -> None:
    """Raises TooManyMissed for a professional who missed so often this local day: searches by name that found no one
    youth, and attributes that did not agree with a BSN.

    A miss is an answer too: whoever tries one address after the other learns where somebody lives, without a signal.
    """
    if missed_today >= limits.searches_missed_per_day:
        raise TooManyMissed(limits.searches_missed_per_day, midnight(today + timedelta(days=1)))


def looks_like_a_question(reason: EndReason, made_at: datetime, met_at: datetime | None, now: datetime) -> bool:
    """Whether a signal that its professional ends now may have been made only to see who else is involved.

    A mistake within a day of making it, or ended for either reason within a day of its last match (``met_at``), inside
    the region or across: who else is involved shows either way. Each may be honest: it is counted and not refused.
    """
    if reason is EndReason.ONTERECHT and now - made_at < WITHIN:
        return True
    return met_at is not None and now - met_at < WITHIN
