"""How much is too much in a day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from node.domain.errors import TooManySignals
from node.domain.limits import Limits, looks_like_a_question, require_room
from node.domain.signal import EndReason

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 10)
WRONG, GONE = EndReason.ONTERECHT, EndReason.RISICO_WEG


@pytest.mark.parametrize(
    ("reason", "made", "met", "counts"),
    [
        (WRONG, timedelta(minutes=5), None, True),
        (WRONG, timedelta(hours=23, minutes=59), None, True),
        (WRONG, timedelta(hours=24), None, False),
        (WRONG, timedelta(days=90), timedelta(hours=2), True),
        (WRONG, timedelta(days=90), timedelta(hours=24), False),
        (GONE, timedelta(minutes=5), None, False),
        (GONE, timedelta(hours=3), timedelta(hours=2), True),
        (GONE, timedelta(days=90), timedelta(hours=2), True),
        (GONE, timedelta(days=90), timedelta(days=2), False),
    ],
)
def test_what_may_have_been_made_only_to_look(
    reason: EndReason, made: timedelta, met: timedelta | None, counts: bool
) -> None:
    """Protocol 1.5: annulled within a day of making it, or ended within a day of a match with another region."""
    assert looks_like_a_question(reason, NOW - made, NOW - met if met else None, NOW) is counts


def test_the_next_signal_past_the_days_number_is_refused_until_local_midnight() -> None:
    """Protocol 1.5: a budget for each user, and the refusal says when again."""
    require_room(49, Limits(), TODAY)
    with pytest.raises(TooManySignals) as refused:
        require_room(50, Limits(), TODAY)

    assert (refused.value.most, refused.value.again_at) == (50, datetime(2026, 3, 10, 23, tzinfo=UTC))
