"""How long a signal lives: two years active, five more as history, never past the 23rd birthday.

Pure: values and a day in, values out. Each rule names its article of the Jeugdwet. The constants are legal maxima; a
region may keep to shorter terms, never to longer ones.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from node.domain.days import months_after, years_after
from node.domain.errors import DurationNotOffered, TooSoonToRenew
from node.domain.person import ADULT_AT
from node.domain.signal import EndReason, Signal, State

LONGEST_MONTHS = 24
"""Jeugdwet 7.1.4.5(2)a: removed at most two years after it was made."""
ARCHIVE_YEARS = 5
"""Jeugdwet 7.1.4.6(1): kept five years from its removal."""
LONGEST_LIFE = timedelta(days=366 * 2 + 366 * 5)
"""How long a signal can be anywhere, active and archived together, with room for leap days."""
DURATIONS = (6, 12, 24)
"""The months a professional can choose."""


RENEW_WITHIN_DAYS = 30
"""A signal is renewed as a new one in its last days only: our own choice, so that each weighing has its own term."""
REMIND_AT_DAYS = (30, 7)
"""So many days before its end a professional is reminded; our own choice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that a region keeps to: those of the law, or shorter.

    ``active_months`` since it was made, ``archive_years`` since it was removed, and nobody past ``age``.
    """

    active_months: int = LONGEST_MONTHS
    archive_years: int = ARCHIVE_YEARS
    age: int = ADULT_AT

    def __post_init__(self) -> None:
        """Raises ValueError for a term that is longer than the law allows, or none at all."""
        limits = ((self.active_months, LONGEST_MONTHS), (self.archive_years, ARCHIVE_YEARS), (self.age, ADULT_AT))
        if not all(1 <= value <= most for value, most in limits):
            raise ValueError("A region's terms are those of the law, or shorter.")

    def leaves_on(self, adult_on: date | None) -> date | None:
        """The day on which a youth with this 23rd birthday is past the age; None where it is not known.

        Counted back from that birthday: who was born on 29 February leaves on 1 March of every year.
        """
        return None if adult_on is None else years_after(adult_on, self.age - ADULT_AT)


LEGAL = Terms()
"""As the law has them."""


class Fate(Enum):
    """What should happen to a signal now."""

    KEEP = "keep"
    ARCHIVE = "archive"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an end reason leads to, and the article that says so."""

    fate: Fate
    article: str


RULES: dict[EndReason, Rule] = {
    EndReason.ONTERECHT: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.5(1)a, 7.1.4.6(1)"),
    EndReason.RISICO_WEG: Rule(Fate.ARCHIVE, "Jeugdwet 7.1.4.5(1)b, 7.1.4.6(1)"),
    EndReason.TERMIJN: Rule(Fate.ARCHIVE, "Jeugdwet 7.1.4.5(2)a, 7.1.4.6(1)"),
    EndReason.LEEFTIJD23: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.5(2)b, 7.1.4.6(1)"),
    EndReason.OVERLEDEN: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.5(2)c, 7.1.4.6(1)"),
    EndReason.AVG16: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.6(1), AVG 16"),
    EndReason.AVG17: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.6(1), AVG 17"),
    EndReason.AVG21: Rule(Fate.DESTROY, "Jeugdwet 7.1.4.6(1), AVG 21"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fate with its ground. ``archive_until`` belongs to ARCHIVE, ``reason`` to an active signal that ends."""

    fate: Fate
    article: str = ""
    reason: EndReason | None = None
    archive_until: date | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """Until when a signal is active, and until when it would then rest in the archive (None: destroyed)."""

    valid_until: date
    archive_until: date | None


def term(
    made_on: date, months: int, adult_on: date | None, *, from_day: date | None = None, terms: Terms = LEGAL
) -> Term:
    """The term of a signal made on ``made_on``, of so many months counted from ``from_day`` (when made, by default).

    It never passes two years from when it was made, nor the 23rd birthday ``adult_on``, nor what ``terms`` have
    instead. Raises DurationNotOffered.
    """
    if months not in DURATIONS:
        raise DurationNotOffered
    until = min(months_after(from_day or made_on, months), months_after(made_on, terms.active_months))
    leaves_on = terms.leaves_on(adult_on)
    if leaves_on is not None:
        until = min(until, leaves_on)
    return Term(until, archive_until(until, adult_on, terms))


def archive_until(removed_on: date, adult_on: date | None, terms: Terms = LEGAL) -> date | None:
    """Until when a signal removed on this day rests in the archive; None when it is destroyed instead."""
    leaves_on = terms.leaves_on(adult_on)
    if leaves_on is not None and leaves_on <= removed_on:
        return None
    until = years_after(removed_on, terms.archive_years)
    return until if leaves_on is None else min(until, leaves_on)


def fate(signal: Signal, today: date) -> Verdict:
    """What the calendar asks of a signal today. The same day asked twice gives the same answer."""
    if signal.state is State.ARCHIVED:
        if signal.archive_until is not None and today < signal.archive_until:
            return Verdict(Fate.KEEP)
        return Verdict(Fate.DESTROY, "Jeugdwet 7.1.4.6(1)")
    if today < signal.valid_until:
        return Verdict(Fate.KEEP)
    if signal.archive_until is None:
        return Verdict(Fate.DESTROY, RULES[EndReason.LEEFTIJD23].article, EndReason.LEEFTIJD23)
    if today >= signal.archive_until:
        # The node was off for years: the archive's term, counted from the removal that was due, is over as well.
        return Verdict(Fate.DESTROY, "Jeugdwet 7.1.4.6(1)", EndReason.TERMIJN)
    return Verdict(Fate.ARCHIVE, RULES[EndReason.TERMIJN].article, EndReason.TERMIJN, signal.archive_until)


def ended(reason: EndReason, today: date, adult_on: date | None, terms: Terms = LEGAL) -> Verdict:
    """What becomes of an active signal that is ended today for this reason."""
    rule = RULES[reason]
    until = archive_until(today, adult_on, terms) if rule.fate is Fate.ARCHIVE else None
    return Verdict(Fate.ARCHIVE if until else Fate.DESTROY, rule.article, reason, until)


def days_left(valid_until: date, today: date) -> int:
    """Days on which a signal is still active, today included; 0 once it is over."""
    return max(0, (valid_until - today).days)


def reminder(valid_until: date, today: date) -> int | None:
    """Which reminder is due: 7 within the last 7 days, 30 within the last 30; None before that, and once it is over."""
    left = days_left(valid_until, today)
    return min((days for days in REMIND_AT_DAYS if 0 < left <= days), default=None)


def require_renewable(valid_until: date, today: date) -> None:
    """Raises TooSoonToRenew before the last days of a signal. One whose date has come can be renewed."""
    if days_left(valid_until, today) > RENEW_WITHIN_DAYS:
        raise TooSoonToRenew(valid_until - timedelta(days=RENEW_WITHIN_DAYS))
