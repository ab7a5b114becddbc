"""What counts as a change in the register, and what each does to a signal."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Location, Suspension, SuspensionReason
from node.domain.mutations import Change, changes, destroyed, moved, moved_on, regroups, tells_hub, with_dates
from node.domain.person import BirthDate, Person
from node.domain.retention import Fate
from node.domain.signal import EndReason, ProfessionalId, Signal, SignalId, State, YouthKey
from tests.region import made_up_bsn

TODAY = date(2026, 3, 10)
MOTHER, FATHER = made_up_bsn(1), made_up_bsn(2)
HOME, ELSEWHERE = Address("1011AB", 12), Address("1012AB", 1)
BEFORE = Person(made_up_bsn(0), "Noor", BirthDate(2010, 5, 1), (MOTHER, FATHER), HOME, gemeente="0363")
EMIGRATED = Suspension(SuspensionReason.EMIGRATION)


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        ({}, set()),
        ({"parents": (FATHER, MOTHER)}, set()),
        ({"name": "Noor Anna"}, {Change.DETAILS}),
        ({"died_on": BrpDate()}, {Change.DEATH}),
        ({"suspension": Suspension(SuspensionReason.DEATH)}, {Change.DEATH}),
        ({"suspension": EMIGRATED}, {Change.EMIGRATION}),
        ({"suspension": EMIGRATED, "address": Abroad(), "gemeente": "1999"}, {Change.EMIGRATION, Change.HOME}),
        ({"birth_date": BirthDate(2010, 5, 2)}, {Change.BIRTH_DATE}),
        ({"parents": (MOTHER,)}, {Change.PARENTS}),
        ({"parents": (MOTHER,), "other_parents": 1}, {Change.PARENTS}),
        ({"address_secret": True}, {Change.SECRECY, Change.HOME}),
        ({"address_secret": True, "address": ELSEWHERE}, {Change.SECRECY, Change.HOME, Change.MOVE_WITHIN}),
        ({"gemeente": "0599", "address": ELSEWHERE}, {Change.MOVE, Change.HOME}),
        ({"address": ELSEWHERE}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"address": ELSEWHERE, "gemeente": None}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"address": replace(ELSEWHERE, lives_there=False)}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"address": replace(HOME, letter="a")}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"address": replace(HOME, lives_there=False)}, {Change.HOME}),
        ({"address": replace(HOME, postcode="1011 ab")}, {Change.HOME}),
        ({"address": replace(HOME, bag_id="0363200000000001")}, {Change.HOME}),
        ({"address": None}, {Change.HOME}),
        ({"address": Location("Woonboot")}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"gemeente": None}, set()),
        ({"lives_since": BrpDate(2026, 2, 1)}, {Change.DETAILS}),
        ({"lives_since": BrpDate(2026, 2, 1), "address": ELSEWHERE}, {Change.HOME, Change.MOVE_WITHIN}),
        ({"lives_since": BrpDate(2026, 2, 1), "gemeente": "0599"}, {Change.MOVE}),
    ],
)
def test_changes_between_two_answers(after: dict[str, object], kinds: set[Change]) -> None:
    """Parents in another order, and a gemeente that is not told, are none."""
    assert changes(BEFORE, replace(BEFORE, **after)) == kinds  # type: ignore[arg-type]


def test_a_move_behind_a_secret_address_is_a_move_and_changes_no_home() -> None:
    """P25: nothing of either address counts."""
    secret = replace(BEFORE, address_secret=True)

    assert changes(secret, replace(secret, address=ELSEWHERE, gemeente="0599")) == {Change.MOVE}
    assert changes(secret, replace(secret, address=ELSEWHERE)) == {Change.MOVE_WITHIN}


def test_a_house_that_is_renumbered_is_no_move() -> None:
    """The BAG says that it is the same one."""
    known = replace(BEFORE, address=replace(HOME, bag_id="0363200000000001"))

    assert changes(known, replace(known, address=replace(ELSEWHERE, bag_id="0363200000000001"))) == {Change.HOME}


def test_an_address_that_holds_as_long_as_the_one_before_was_corrected() -> None:
    """Nobody moved: the BRP had written another place."""
    known = replace(BEFORE, lives_since=BrpDate(2020, 5, 1))

    assert changes(known, replace(known, address=ELSEWHERE)) == {Change.HOME}


@pytest.mark.parametrize(
    ("before", "after", "day"),
    [
        (None, BrpDate(2026, 2, 20), date(2026, 2, 20)),
        (BrpDate(2020, 5, 1), BrpDate(2026, 2, 20), date(2026, 2, 20)),
        (BrpDate(2020, 5, 1), BrpDate(2020, 5, 1), TODAY),
        (BrpDate(2020, 5, 1), None, TODAY),
        (BrpDate(2020, 5, 1), BrpDate(2026, 2), TODAY),
        (BrpDate(2020, 5, 1), BrpDate(), TODAY),
        (BrpDate(2020, 5, 1), BrpDate(2026, 4, 1), TODAY),
    ],
)
def test_a_move_has_the_day_that_the_brp_has(before: BrpDate | None, after: BrpDate | None, day: date) -> None:
    """Where it is known whole, another than before, and not to come; else the day on which we noticed."""
    assert moved_on(replace(BEFORE, lives_since=before), replace(BEFORE, lives_since=after), TODAY) == day


def test_a_place_without_an_address_is_one_by_its_words() -> None:
    """Another place in words is a move; the same words with other blanks are not."""
    boat = replace(BEFORE, address=Location("Woonboot bij brug 3"))

    assert changes(boat, replace(boat, address=Location("Woonboot  bij Brug 3"))) == frozenset()
    assert changes(boat, replace(boat, address=Location("Woonwagen aan de ring"))) == {Change.MOVE_WITHIN}


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"suspension": EMIGRATED, "address": Abroad(), "gemeente": None}, {"gemeente": "0479"}, {Change.MOVE}),
        ({"suspension": EMIGRATED, "address": Abroad(), "gemeente": "1999"}, {"gemeente": "0479"}, {Change.MOVE}),
        ({"suspension": EMIGRATED, "address": Abroad()}, {}, {Change.MOVE}),
        ({"address": Abroad(), "gemeente": None}, {"gemeente": "0479"}, {Change.MOVE}),
        ({"suspension": EMIGRATED, "address": Abroad()}, {"gemeente": None}, set()),
        ({"suspension": EMIGRATED, "address": Abroad()}, {"suspension": EMIGRATED, "address": Abroad()}, set()),
        ({"suspension": Suspension(SuspensionReason.NON_RESIDENT), "gemeente": None}, {}, {Change.MOVE}),
        ({"suspension": Suspension(SuspensionReason.MISTAKE)}, {}, set()),
        ({"gemeente": None}, {}, set()),
    ],
)
def test_coming_back_is_a_move(before: dict[str, object], after: dict[str, object], kinds: set[Change]) -> None:
    """Jeugdwet 7.1.2.3(1)g: the regievoerder hears of who comes to live there, from wherever, or comes back."""
    found = changes(replace(BEFORE, **before), replace(BEFORE, **after))  # type: ignore[arg-type]

    assert found - {Change.HOME, Change.DETAILS} == kinds


def test_whoever_was_dead_or_gone_is_so_once() -> None:
    """The same answer again is no change."""
    for person in (replace(BEFORE, died_on=BrpDate(2025)), replace(BEFORE, suspension=EMIGRATED)):
        assert changes(person, person) == frozenset()


@pytest.mark.parametrize("change", list(Change))
def test_what_each_change_asks_for(change: Change) -> None:
    """A mark for moves; matching anew for parents and home; the hub where its records or dates differ."""
    found = frozenset({change})

    assert moved(found) == (change in {Change.MOVE, Change.MOVE_WITHIN, Change.EMIGRATION})
    assert regroups(found) == (change in {Change.PARENTS, Change.HOME})
    assert tells_hub(found, address=False) == (change in {Change.PARENTS, Change.BIRTH_DATE})
    assert tells_hub(found, address=True) == (change in {Change.PARENTS, Change.BIRTH_DATE, Change.HOME})


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({}, None),
        ({"suspension": EMIGRATED}, None),
        ({"suspension": Suspension(SuspensionReason.MISTAKE)}, None),
        ({"died_on": BrpDate()}, EndReason.OVERLEDEN),
        ({"birth_date": BirthDate(2003, 3, 11)}, None),
        ({"birth_date": BirthDate(2003, 3, 10)}, EndReason.LEEFTIJD23),
        ({"birth_date": BirthDate(2003)}, EndReason.LEEFTIJD23),
        ({"birth_date": BirthDate(2003, 3, 10), "died_on": BrpDate(2026)}, EndReason.OVERLEDEN),
        ({"birth_date": None}, None),
    ],
)
def test_death_and_age_destroy_and_leaving_does_not(person: dict[str, object], reason: EndReason | None) -> None:
    """Jeugdwet 7.1.4.5(2)b and c, 7.1.4.6(1); emigration is no ground in the law."""
    verdict = destroyed(replace(BEFORE, **person), TODAY)  # type: ignore[arg-type]

    assert (verdict and (verdict.fate, verdict.reason)) == (reason and (Fate.DESTROY, reason))


def signal(until: date, archive: date | None, state: State = State.ACTIVE) -> Signal:
    """A signal with these dates."""
    made = datetime(2025, 9, 1, 9, tzinfo=UTC)
    return Signal(SignalId(UUID(int=1)), YouthKey(bytes(32)), ProfessionalId(UUID(int=2)), made, until, archive, state)


@pytest.mark.parametrize(
    ("state", "until", "archive", "adult_on", "dates"),
    [
        (State.ACTIVE, "2026-09-01", "2031-09-01", None, ("2026-09-01", "2031-09-01")),
        (State.ACTIVE, "2026-09-01", "2031-09-01", "2030-05-01", ("2026-09-01", "2030-05-01")),
        (State.ACTIVE, "2026-09-01", "2031-09-01", "2026-05-01", ("2026-05-01", None)),
        (State.ACTIVE, "2026-05-01", None, "2028-05-01", ("2026-05-01", "2028-05-01")),
        (State.ARCHIVED, "2026-01-01", "2031-01-01", "2028-05-01", ("2026-01-01", "2028-05-01")),
        (State.ARCHIVED, "2026-01-01", "2028-05-01", "2030-05-01", ("2026-01-01", "2028-05-01")),
    ],
)
def test_dates_follow_the_birth_date_and_nothing_lasts_longer(
    state: State, until: str, archive: str | None, adult_on: str | None, dates: tuple[str, str | None]
) -> None:
    """Jeugdwet 7.1.4.5(2)b; an archive that has begun never gets longer by a correction."""
    before = signal(date.fromisoformat(until), date.fromisoformat(archive) if archive else None, state)
    after = with_dates(before, date.fromisoformat(adult_on) if adult_on else None)

    told = (after.valid_until.isoformat(), after.archive_until.isoformat() if after.archive_until else None)
    assert told == dates
