"""What the hub gets to know of a signal."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from node.domain.records import (
    HubDates,
    Lane,
    Next,
    after,
    cut,
    family_until,
    lane,
    leaf_state,
    smaller_key,
    two_years_after,
    youth_dates,
)
from soap_wsdl.vocabulary import LeafState, Outcome, Purpose, RecordOutcome, Refusal

TODAY = date(2026, 11, 24)
RECORD = UUID(int=7)


@dataclass(frozen=True)
class Parcel:
    """Something to send."""

    entry_count: int


def test_youth_and_family_travel_apart() -> None:
    """Protocol 1.4: never in one message."""
    assert {purpose: lane(purpose) for purpose in Purpose} == {
        Purpose.YOUTH: Lane.YOUTH,
        Purpose.VSN: Lane.YOUTH,
        Purpose.PARENT: Lane.FAMILY,
        Purpose.ADDRESS: Lane.FAMILY,
    }


@pytest.mark.parametrize(
    ("valid_until", "archive_until", "adult_on", "told"),
    [
        (date(2028, 5, 14), date(2033, 5, 14), None, (date(2028, 5, 14), date(2033, 5, 14))),
        (date(2028, 5, 14), date(2033, 5, 14), date(2040, 1, 9), (date(2028, 5, 14), date(2033, 5, 14))),
        (date(2028, 5, 14), None, date(2028, 5, 14), (date(2028, 5, 1), None)),
        (date(2028, 5, 14), date(2030, 1, 9), date(2030, 1, 9), (date(2028, 5, 14), date(2030, 1, 1))),
    ],
)
def test_a_23rd_birthday_reaches_the_hub_as_the_first_of_its_month(
    valid_until: date, archive_until: date | None, adult_on: date | None, told: tuple[date, date | None]
) -> None:
    """Protocol 1.5: the hub does not learn the day of a birthday."""
    assert youth_dates(valid_until, archive_until, adult_on) == HubDates(*told)


@pytest.mark.parametrize(
    ("valid_until", "made_on", "adult_on", "told"),
    [
        (date(2027, 5, 14), TODAY, None, date(2027, 6, 1)),
        (date(2027, 12, 2), TODAY, None, date(2028, 1, 1)),
        (date(2027, 5, 1), TODAY, None, date(2027, 5, 1)),
        (date(2028, 11, 24), TODAY, None, date(2028, 11, 1)),
        (date(2027, 5, 14), TODAY, date(2027, 5, 20), date(2027, 5, 1)),
        (date(2027, 5, 14), TODAY, date(2027, 6, 1), date(2027, 6, 1)),
    ],
)
def test_a_family_record_ends_on_the_first_of_a_month(
    valid_until: date, made_on: date, adult_on: date | None, told: date
) -> None:
    """Protocol 1.4: up, or down where up would pass two years or the 23rd birthday."""
    assert family_until(valid_until, made_on, adult_on) == told


def test_two_years_after_a_leap_day() -> None:
    """29 February has no twin two years on."""
    assert two_years_after(date(2028, 2, 29)) == date(2030, 3, 1)


@pytest.mark.parametrize(
    ("told", "valid_until", "archive_until", "epochs_left", "state"),
    [
        (LeafState.LIVE, date(2027, 1, 1), date(2032, 1, 1), True, LeafState.LIVE),
        (LeafState.HELD, date(2027, 1, 1), None, True, LeafState.HELD),
        (LeafState.LIVE, TODAY, date(2031, 1, 1), True, LeafState.ARCHIVED),
        (LeafState.ARCHIVED, date(2027, 1, 1), date(2031, 1, 1), True, LeafState.ARCHIVED),
        (LeafState.LIVE, TODAY, None, True, None),
        (LeafState.ARCHIVED, date(2027, 1, 1), TODAY, True, None),
        (LeafState.LIVE, date(2027, 1, 1), None, False, LeafState.WAITING),
        (LeafState.LIVE, TODAY, None, False, None),
    ],
)
def test_a_record_stands_in_a_comparison_by_its_own_dates(
    told: LeafState, valid_until: date, archive_until: date | None, epochs_left: bool, state: LeafState | None
) -> None:
    """Protocol 2.3: only records live or archived on the as-of date take part."""
    assert leaf_state(TODAY, told, valid_until, archive_until, epochs_left=epochs_left) == state


@pytest.mark.parametrize(
    ("outcome", "refusal", "asks"),
    [
        (Outcome.REGISTERED, None, Next.DONE),
        (Outcome.UNCHANGED, None, Next.DONE),
        (Outcome.UPDATED, None, Next.DONE),
        (Outcome.WITHDRAWN, None, Next.DONE),
        (Outcome.REFUSED, Refusal.OLDER_REVISION, Next.NEXT_REVISION),
        (Outcome.REFUSED, Refusal.OTHER_CONTENT, Next.NEXT_REVISION),
        (Outcome.REFUSED, Refusal.EPOCH_OVER, Next.DERIVE_ANEW),
        (Outcome.REFUSED, Refusal.EPOCH_UNKNOWN, Next.DERIVE_ANEW),
        (Outcome.REFUSED, Refusal.TAG_CHANGED, Next.SET_ASIDE),
        (Outcome.REFUSED, Refusal.WITHDRAWN, Next.SET_ASIDE),
        (Outcome.REFUSED, Refusal.DATE_OUT_OF_RANGE, Next.SET_ASIDE),
        (Outcome.REFUSED, Refusal.NOT_ALLOWED, Next.SET_ASIDE),
    ],
)
def test_each_outcome_asks_one_thing_of_the_node(outcome: Outcome, refusal: Refusal | None, asks: Next) -> None:
    """What the node can mend it mends; the rest is for the operator."""
    assert after(RecordOutcome(RECORD, outcome, refusal)) is asks


def test_a_message_is_cut_by_count_and_by_size() -> None:
    """Protocol 2.3: the sender cuts by both."""
    parcels = [Parcel(1)] * 501

    assert [len(message) for message in cut(parcels)] == [250, 250, 1]
    assert [len(message) for message in cut(parcels[:6], 250, 64 * 1024 + 2 * 2600)] == [2, 2, 2]
    assert list(cut([])) == []


def test_of_two_matchsleutels_the_smaller_is_kept() -> None:
    """Protocol 1.4: both sides keep the same one without speaking."""
    assert smaller_key([b"\x02", b"\x01"]) == b"\x01"
    assert smaller_key([]) is None
