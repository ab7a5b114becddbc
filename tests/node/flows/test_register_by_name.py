"""A signal by name: about the BSN all the same, which the professional never learns."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Address, Sex
from node.domain.description import Description
from node.domain.errors import (
    AlreadySignalled,
    NobodyFound,
    NotDesignated,
    NotDone,
    RegisterAway,
    SeveralFound,
    TooManyMissed,
    TooManySignals,
)
from node.domain.limits import Limits
from node.domain.matching import MatchKind
from node.flows.desk import Desk
from node.flows.register_by_name import register_by_name
from node.flows.register_signal import register_signal
from node.store import holds
from node.store.holds import AlarmKind
from tests import region
from tests.region import World, made_up_bsn

YOUTH, SISTER, MOTHER = (made_up_bsn(n) for n in range(3))
HOME = Address("1011AB", 12, "a")
ASKED = Description("van der Velde", date(2010, 5, 1), Sex.FEMALE, "1011 ab", 12)


def at_home(world: World, bsn: object = YOUTH, **other: object) -> None:
    """A youth who can be found."""
    known = {"surname": "Velde", "sex": Sex.FEMALE, "address": HOME, "parents": (MOTHER,), **other}
    world.person(bsn, **known)  # type: ignore[arg-type]


async def test_a_signal_by_name_meets_one_by_number(world: World) -> None:
    """Jeugdwet 7.1.4.2(3): it is about the BSN, and what comes back does not hold it."""
    at_home(world)
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    done = await register_by_name(world.desk, world.professional("Bram"), ASKED, 6)

    assert [match.kind for match in done.matches] == [MatchKind.CLIENT]
    assert (done.person_known, done.signal.valid_until) == (True, date(2026, 9, 10))
    assert YOUTH.reveal() not in repr(done)
    with pytest.raises(AlreadySignalled):
        await register_signal(world.desk, done.signal.professional, YOUTH)


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"surname": "Velder"}, NobodyFound),
        ({"address_secret": True}, NobodyFound),
        ({"address": replace(HOME, lives_there=False)}, NobodyFound),
        ({"born": "2003-03-10"}, NobodyFound),
        ({"born": "2010-05"}, NobodyFound),
    ],
)
async def test_what_is_not_found_is_told_without_saying_why(
    world: World, other: dict[str, object], error: type[NotDone]
) -> None:
    """A secret address is found by nobody; nothing is kept but the line that says that it was refused."""
    at_home(world, **other)
    anna = world.professional("Anna")
    with pytest.raises(error):
        await register_by_name(world.desk, anna, ASKED)

    assert (world.rows("signal"), world.rows("youth"), world.events()[-1]) == (0, 0, "signal.refused")


async def test_two_who_fit_are_told_apart_by_the_house_letter(world: World) -> None:
    """Several is an answer of its own, that says what to do."""
    at_home(world)
    at_home(world, SISTER, address=replace(HOME, letter="b"))
    anna = world.professional("Anna")
    with pytest.raises(SeveralFound):
        await register_by_name(world.desk, anna, ASKED)

    done = await register_by_name(world.desk, anna, replace(ASKED, letter="B"))
    with pytest.raises(AlreadySignalled):
        await register_signal(world.desk, anna, SISTER)
    assert done.person_known


async def test_a_person_who_moved_or_died_is_found_as_known_now(world: World) -> None:
    """The index follows each import."""
    at_home(world)
    at_home(world, address=Address("1012AB", 1))
    anna = world.professional("Anna")
    with pytest.raises(NobodyFound):
        await register_by_name(world.desk, anna, ASKED)

    assert (await register_by_name(world.desk, anna, replace(ASKED, postcode="1012AB", number=1))).person_known


async def test_without_the_register_nothing_is_saved(world: World) -> None:
    """Nobody knows whom it would be about; it is not counted as a miss."""
    anna = world.professional("Anna")
    away = replace(world.desk, people=region.RegisterAway(), limits=Limits(searches_missed_per_day=1))
    for _ in range(2):
        with pytest.raises(RegisterAway):
            await register_by_name(away, anna, ASKED)

    assert (world.rows("signal"), world.events()) == (0, ["sealing.keyMade"] * 2 + ["signal.refused"] * 2)


async def test_misses_are_counted_and_ring(world: World) -> None:
    """P13: a miss is an answer for which nobody made a signal. A hit does not count, and tomorrow it goes on."""
    at_home(world)
    desk = replace(world.desk, limits=Limits(searches_missed_per_day=2))
    anna = world.professional("Anna")
    wrong = replace(ASKED, number=13)
    with pytest.raises(NobodyFound):
        await register_by_name(desk, anna, wrong)
    await register_by_name(desk, anna, ASKED)
    with pytest.raises(NobodyFound):
        await register_by_name(desk, anna, wrong)

    with pytest.raises(TooManyMissed):
        await register_by_name(desk, anna, wrong)
    (alarm,) = world.desk.db.read_now(holds.alarms)
    assert (alarm.kind, world.events().count("searches.missedOften")) == (AlarmKind.SEARCHES_MISSED, 1)
    world.later(days=1)
    with pytest.raises(NobodyFound):
        await register_by_name(desk, anna, wrong)


class NeverAsked(region.RegisterAway):
    """A register that is not asked."""

    async def search(self, described: Description, today: date) -> object:  # type: ignore[override]
        """Fails the test."""
        raise AssertionError("asked")


@pytest.mark.parametrize(("designated", "most", "error"), [(False, 50, NotDesignated), (True, 0, TooManySignals)])
async def test_who_may_not_signal_does_not_search(
    world: World, designated: bool, most: int, error: type[NotDone]
) -> None:
    """Jeugdwet 7.1.1.2: rights and the day's room come before the register is asked."""
    anna = world.professional("Anna", designated=designated)
    desk: Desk = replace(world.desk, people=NeverAsked(), limits=Limits(signals_per_day=most))  # type: ignore[arg-type]

    with pytest.raises(error):
        await register_by_name(desk, anna, ASKED)


async def test_no_part_of_a_description_lies_open_in_the_database(world: World) -> None:
    """Surname, address and birth date are sealed, and found through a blind index only."""
    at_home(world, surname="Zonderling")
    await register_by_name(world.desk, world.professional("Anna"), replace(ASKED, surname="Zonderling"))
    path = world.desk.db.path
    files = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))

    for secret in (YOUTH.reveal(), "Zonderling", "ZONDERLING", "1011AB", "2010-05-01"):
        assert secret.encode() not in files
