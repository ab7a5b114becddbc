"""What is due, in tables of dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from certs.rotation import Lifetime, Urgency, certificate_due, list_due, renew_from

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def life(days: float) -> Lifetime:
    return Lifetime(BEGINS, BEGINS + days * DAY)


def test_a_certificate_renews_at_two_thirds_of_its_life() -> None:
    """A third is left for what goes wrong."""
    assert renew_from(life(360)) == BEGINS + 240 * DAY


@pytest.mark.parametrize(
    ("days_left", "urgency"),
    [
        (360, Urgency.FINE),
        (120.001, Urgency.FINE),
        (120, Urgency.RENEW),
        (60.001, Urgency.RENEW),
        (60, Urgency.WITHIN_60_DAYS),
        (30.001, Urgency.WITHIN_60_DAYS),
        (30, Urgency.WITHIN_30_DAYS),
        (7.001, Urgency.WITHIN_30_DAYS),
        (7, Urgency.WITHIN_7_DAYS),
        (0.001, Urgency.WITHIN_7_DAYS),
        (0, Urgency.ENDED),
        (-1, Urgency.ENDED),
        (361, Urgency.NOT_YET_VALID),
    ],
)
def test_a_certificate_warns_at_60_30_and_7_days(days_left: float, urgency: Urgency) -> None:
    """The most pressing one is said."""
    due = certificate_due(life(360), life(360).ends - days_left * DAY)

    assert due.urgency is urgency
    assert due.calls_for_action is (urgency is not Urgency.FINE)


def test_a_short_lived_certificate_warns_all_the_same() -> None:
    """The warnings count days, whatever the length of its life."""
    assert certificate_due(life(45), BEGINS).urgency is Urgency.WITHIN_60_DAYS


@pytest.mark.parametrize(
    ("days", "urgency"), [(0, Urgency.FINE), (19.9, Urgency.FINE), (20, Urgency.RENEW), (30, Urgency.ENDED)]
)
def test_a_list_is_due_at_two_thirds(days: float, urgency: Urgency) -> None:
    """Then the next one should have come."""
    assert list_due(life(30), BEGINS + days * DAY).urgency is urgency
