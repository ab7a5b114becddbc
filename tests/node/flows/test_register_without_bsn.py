"""A youth without a BSN: signalled by surname, birth date and sex, and met as a possible match only."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Sex
from node.domain.errors import AlreadySignalled, FieldNotFit, NotDesignated, NotDone, TooManySignals, YouthTooOld
from node.domain.limits import Limits
from node.domain.matching import HowEnded, MatchKind
from node.domain.person import BirthDate, Vsn
from node.domain.signal import EndReason
from node.flows.ask_again import ask_again
from node.flows.complete_youth import complete_youths
from node.flows.depart import depart
from node.flows.end_signal import end_signal, undo_signal
from node.flows.expire import expire
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signals
from node.flows.read_archive import fetch_archive, list_archive
from node.flows.record_informed import still_to_inform
from node.flows.register_signal import register_signal
from node.flows.register_without_bsn import register_without_bsn
from node.flows.renew_signal import renew_signal
from node.store import youths
from tests import region
from tests.node.flows.test_people_and_organisations import coordinator
from tests.region import NOW, World, made_up_bsn

TODAY = NOW.date()
BORN = BirthDate(2010, 5, 1)


def vsn(surname: str = "van der Zonderling", born: BirthDate = BORN, sex: Sex = Sex.FEMALE) -> Vsn:
    """Three attributes, as somebody types them."""
    return Vsn.of(surname, born, sex, TODAY)


class NeverAsked(region.RegisterAway):
    """A register that is not asked."""

    async def find(self, bsn: object) -> None:
        """Fails the test."""
        raise AssertionError("asked")

    search = find_all = find  # type: ignore[assignment]


async def test_two_who_mean_the_same_name_meet_as_a_possible_match(world: World) -> None:
    """Besluit Jeugdwet 7.3.1: whatever the spelling; the register is not asked whether it knows somebody like that."""
    desk = replace(world.desk, people=NeverAsked())  # type: ignore[arg-type]
    anna, bram = world.professional("Anna"), world.professional("Bram")
    await register_without_bsn(desk, anna, vsn())
    done = await register_without_bsn(desk, bram, vsn("ZÓNDERLING"), 6)

    assert [(match.kind, match.possible) for match in done.matches] == [(MatchKind.CLIENT, True)]
    assert (done.person_known, done.signal.valid_until) == (False, date(2026, 9, 10))
    [seen] = await own_signals(desk, anna)
    assert (seen.youth, seen.without_bsn, [match.possible for match in seen.matches]) == ("ZONDERLING", True, [True])


@pytest.mark.parametrize(
    "other", [vsn("Anders"), vsn(born=BirthDate(2010, 5, 2)), vsn(born=BirthDate(2010, 5)), vsn(sex=Sex.UNKNOWN)]
)
async def test_all_three_must_be_the_same(world: World, other: Vsn) -> None:
    """One that differs is another youth; so is a birth date of which less is known."""
    await register_without_bsn(world.desk, world.professional("Anna"), vsn())

    assert (await register_without_bsn(world.desk, world.professional("Bram"), other)).matches == []


async def test_a_youth_with_a_bsn_is_never_met_by_name(world: World) -> None:
    """Two spaces that do not touch: the same surname, birth date and sex in the register make no match."""
    bsn = world.person(made_up_bsn(0), surname="Zonderling", sex=Sex.FEMALE)
    await register_signal(world.desk, world.professional("Anna"), bsn)
    done = await register_without_bsn(world.desk, world.professional("Bram"), vsn())

    assert done.matches == []
    assert world.rows("youth") == 2


@pytest.mark.parametrize(
    ("surname", "born"),
    [("", BORN), ("1234", BORN), ("Зондерлинг", BORN), ("x" * 201, BORN), ("Z", BirthDate(2026, 3, 11))],
)
def test_what_cannot_be_is_refused_without_repeating_it(surname: str, born: BirthDate) -> None:
    """Letters that no two regions write alike, a birth date to come. The error names the field only."""
    with pytest.raises(FieldNotFit) as caught:
        vsn(surname, born)

    assert caught.value.field in ("achternaam", "geboortedatum")
    assert not surname.strip() or surname not in caught.value.words


async def test_the_rules_of_every_signal_hold(world: World) -> None:
    """Designation (Jeugdwet 7.1.1.2), the day's room, 23 years (7.1.1.1), one signal of one's own."""
    anna, nobody = world.professional("Anna"), world.professional("Niemand", designated=False)
    small = replace(world.desk, limits=Limits(signals_per_day=1))
    refusals: list[type[NotDone]] = []
    for desk, who, asked in (
        (world.desk, nobody, vsn()),
        (world.desk, anna, vsn(born=BirthDate(2003, 3, 10))),
        (small, anna, vsn()),
        (world.desk, anna, vsn()),
        (small, anna, vsn("Anders")),
    ):
        try:
            await register_without_bsn(desk, who, asked)
        except NotDone as why:
            refusals.append(type(why))

    assert refusals == [NotDesignated, YouthTooOld, AlreadySignalled, TooManySignals]
    assert world.rows("signal") == 1


async def test_it_is_destroyed_on_the_23rd_birthday_that_was_given(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b: nothing is left of the surname and the birth date, in any table."""
    done = await register_without_bsn(world.desk, world.professional("Anna"), vsn(born=BirthDate(2003, 6, 1)), 24)
    assert (done.signal.valid_until, done.signal.archive_until) == (date(2026, 6, 1), None)
    world.later(days=83)
    gone = await expire(world.desk)

    assert (gone.destroyed, world.rows("signal"), world.rows("youth")) == (1, 0, 0)


async def test_extending_renewing_and_the_archive_work(world: World) -> None:
    """Jeugdwet 7.1.4.5, 7.1.4.6: the archive speaks once to who signals the same three attributes, and says
    that it may be about another child.
    """
    anna = world.professional("Anna", months=6)
    first = (await register_without_bsn(world.desk, anna, vsn())).signal
    world.later(days=30)
    longer = await extend_signal(world.desk, anna, first.id, 6)
    assert longer.valid_until == date(2026, 10, 9)
    world.later(days=200)
    second = (await renew_signal(world.desk, anna, first.id, 12)).signal
    await end_signal(world.desk, anna, second.id, EndReason.RISICO_WEG)
    bram = world.professional("Bram")
    third = (await register_without_bsn(world.desk, bram, vsn())).signal
    world.later(minutes=16)

    assert second.youth == first.youth
    told = await list_archive(world.desk, bram, third.id)
    contact = await fetch_archive(world.desk, bram, third.id, told[0].id)
    assert [one.possible for one in told] == [True, True]
    assert contact is not None
    assert (contact.name, contact.possible) == ("Anna", True)
    assert [one.signal for one in await still_to_inform(world.desk, bram)] == [third.id]


async def test_an_ending_reaches_both_sides_and_a_mistake_annuls(world: World) -> None:
    """As of any other match; and what is taken back leaves nothing."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    await register_without_bsn(world.desk, anna, vsn())
    theirs = (await register_without_bsn(world.desk, bram, vsn())).signal
    await undo_signal(world.desk, bram, theirs.id)

    [seen] = await own_signals(world.desk, anna)
    assert [(match.how, match.possible) for match in seen.matches] == [(HowEnded.ANNULLED, True)]


async def test_a_colleague_takes_over_and_has_no_two(world: World) -> None:
    """O4: a transfer is refused to whom signalled the same three attributes."""
    anna, bram = (world.professional(name, organisation="Samen", location=name) for name in ("Anna", "Bram"))
    signal = (await register_without_bsn(world.desk, anna, vsn())).signal
    other = (await register_without_bsn(world.desk, bram, vsn())).signal
    boss = coordinator(world, "Samen")
    with pytest.raises(AlreadySignalled):
        await depart(world.desk, boss, str(anna), {signal.id: str(bram)})
    await end_signal(world.desk, bram, other.id, EndReason.ONTERECHT)
    await depart(world.desk, boss, str(anna), {signal.id: str(bram)})

    assert [one.signal.id for one in await own_signals(world.desk, bram)] == [signal.id]


async def test_the_register_is_never_asked_about_whom_it_cannot_have(world: World) -> None:
    """Nobody waits for person data of a youth without a number, by night or by day."""
    await register_without_bsn(world.desk, world.professional("Anna"), vsn())
    desk = replace(world.desk, people=NeverAsked())  # type: ignore[arg-type]

    assert await complete_youths(desk) == 0
    assert (await ask_again(desk)).youths == 0
    assert world.desk.db.read_now(lambda tx: youths.unknown(tx, 10)) == []


async def test_no_part_of_it_lies_open_in_the_database_or_the_log(world: World) -> None:
    """Sealed as persons are, and found through a blind index only."""
    done = await register_without_bsn(world.desk, world.professional("Anna"), vsn())
    path = world.desk.db.path
    files = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))

    assert "ZONDERLING" not in repr((done, vsn())).upper()
    for secret in (b"Zonderling", b"ZONDERLING", b"2010-05-01"):
        assert secret not in files
