"""The BSN of a youth who was signalled without one becomes known: the signal goes on as any other."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import BrpDate
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation, Stand
from node.domain.errors import (
    DoesNotAgree,
    HasBsn,
    NotDesignated,
    NotDone,
    SignalOver,
    SignalUnknown,
    TooManyMissed,
    YouthDeceased,
    YouthTooOld,
)
from node.domain.limits import Limits
from node.domain.matching import HowEnded, MatchKind
from node.domain.period import Period
from node.domain.person import BirthDate
from node.domain.signal import EndReason, ProfessionalId, Signal, State
from node.flows.complete_youth import complete_youths
from node.flows.designate import end_designation
from node.flows.end_signal import end_signal
from node.flows.give_bsn import BsnGiven, give_bsn
from node.flows.look import own_signals
from node.flows.read_archive import list_archive
from node.flows.register_signal import register_signal
from node.flows.register_without_bsn import register_without_bsn
from node.flows.stand_in import arrange_substitute
from node.store import holds, outbox, signals
from node.store.holds import AlarmKind
from node.store.outbox import Intent
from tests import region
from tests.node.flows.test_people_and_organisations import coordinator
from tests.node.flows.test_register_without_bsn import vsn
from tests.region import World, made_up_bsn

YOUTH, SISTER, MOTHER = (made_up_bsn(n) for n in range(3))
SAID = Confirmation(BirthDate(2010, 5, 1), "Zon")


def known(world: World, bsn: Bsn = YOUTH, **other: object) -> None:
    """The youth has a number by now."""
    world.person(bsn, **{"surname": "Zonderling", "name": "Noor Zonderling", "parents": (MOTHER,), **other})  # type: ignore[arg-type]


async def without(world: World, who: ProfessionalId) -> Signal:
    """A signal without a number."""
    return (await register_without_bsn(world.desk, who, vsn())).signal


async def given(world: World, who: ProfessionalId, signal: Signal, bsn: Bsn = YOUTH) -> BsnGiven:
    """The number is given."""
    return await give_bsn(world.desk, who, signal.id, bsn, SAID)


async def test_the_signal_meets_whom_it_could_not_meet_before(world: World) -> None:
    """Same youth and family alike; when it was made and how long it lasts stay as they were."""
    known(world)
    world.person(SISTER, parents=(MOTHER,))
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    await register_signal(world.desk, world.professional("Bram"), SISTER)
    carla = world.professional("Carla")
    before = await without(world, carla)
    world.later(days=40)
    done = await given(world, carla, before)

    assert sorted(match.kind.value for match in done.matches) == ["client", "family"]
    assert not any(match.possible for match in done.matches)
    assert replace(done.signal, youth=before.youth) == before
    [seen] = await own_signals(world.desk, carla)
    assert (seen.youth, seen.without_bsn, done.person_known) == ("Noor Zonderling", False, True)
    assert world.rows("youth") == 2


async def test_a_possible_match_that_turns_out_certain_is_told_once(world: World) -> None:
    """It lapses when one side gets its number, and lives again as certain when the other gets the same."""
    known(world)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    ours, theirs = await without(world, anna), await without(world, bram)
    await given(world, anna, ours)
    [between] = (await own_signals(world.desk, bram))[0].matches
    await given(world, bram, theirs)

    assert (between.how, between.possible, between.contact) == (HowEnded.ANNULLED, True, None)
    for who in (anna, bram):
        [match] = (await own_signals(world.desk, who))[0].matches
        assert (match.kind, match.possible, match.how) == (MatchKind.CLIENT, False, None)
    assert world.rows("match") == 2


async def test_two_children_with_one_name_part(world: World) -> None:
    """Twins: surname, birth date and sex are those of both. What was possible becomes a family match, and only that."""
    known(world)
    known(world, SISTER)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    ours, theirs = await without(world, anna), await without(world, bram)
    await given(world, anna, ours)
    await given(world, bram, theirs, SISTER)

    for who in (anna, bram):
        [match] = (await own_signals(world.desk, who))[0].matches
        assert (match.kind, match.possible, match.how) == (MatchKind.FAMILY, False, None)
    assert world.rows("youth") == 2


async def test_a_birth_date_in_the_register_shortens_and_never_lengthens(world: World) -> None:
    """Jeugdwet 7.1.4.5(2): two years from when it was made, and the 23rd birthday as the register has it."""
    known(world, born="2003-08-01")
    anna = world.professional("Anna")
    signal = (await register_without_bsn(world.desk, anna, vsn(born=BirthDate(2003, 6, 1)), 24)).signal
    other = (await register_without_bsn(world.desk, anna, vsn("Anders"), 24)).signal
    said = Confirmation(BirthDate(2003, 8, 1), "Zonderling")
    kept = (await give_bsn(world.desk, anna, signal.id, YOUTH, said)).signal
    world.person(SISTER, born="2003-04-02", surname="Zonderling")
    said = Confirmation(BirthDate(2003, 4, 2), "Zonderling")
    shorter = (await give_bsn(world.desk, anna, other.id, SISTER, said)).signal

    assert (signal.valid_until, kept.valid_until) == (date(2026, 6, 1), date(2026, 6, 1))
    assert (other.valid_until, shorter.valid_until, shorter.archive_until) == (
        date(2028, 3, 10),
        date(2026, 4, 2),
        None,
    )


async def test_where_there_is_one_already_that_one_stays(world: World) -> None:
    """P5: nobody has two. The one without a number is over by its term, and rests with the youth that it was about."""
    known(world)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = await without(world, anna)
    await without(world, bram)
    done = await given(world, anna, second)
    newcomer = (await register_signal(world.desk, world.professional("Carla"), YOUTH)).signal
    world.later(minutes=16)

    assert (done.merged, done.signal) == (True, first)
    left = world.desk.db.read_now(lambda tx: signals.get(tx, second.id))
    assert (left.state, left.end_reason, left.youth) == (State.ARCHIVED, EndReason.TERMIJN, first.youth)
    assert [(match.how, match.possible) for match in (await own_signals(world.desk, bram))[0].matches] == [
        (HowEnded.ENDED, True)
    ]
    assert len(await list_archive(world.desk, newcomer.professional, newcomer.id)) == 1


async def test_the_archive_of_the_youth_speaks_then(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): once, at the moment that the signal is one about this youth."""
    known(world)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    earlier = (await register_signal(world.desk, anna, YOUTH)).signal
    await end_signal(world.desk, anna, earlier.id, EndReason.RISICO_WEG)
    signal = await without(world, bram)
    world.later(days=1)
    before = await list_archive(world.desk, bram, signal.id)
    await given(world, bram, signal)
    at_once = await list_archive(world.desk, bram, signal.id)
    world.later(minutes=16)

    assert (before, at_once, len(await list_archive(world.desk, bram, signal.id))) == ([], [], 1)


async def test_the_hub_hears_it_in_the_same_write(world: World) -> None:
    """A new record is offered; the wish names the signal and nothing of whom it is about. The log has one line."""
    known(world)
    anna = world.professional("Anna")
    await given(world, anna, await without(world, anna))

    assert [wish.intent for wish in world.desk.db.read_now(outbox.every)] == [Intent.OFFER, Intent.OFFER]
    assert world.events()[-1] == "signal.bsnGiven"
    fields = world.desk.db.read_now(lambda tx: tx.all("SELECT fields FROM audit WHERE event = 'signal.bsnGiven'"))
    assert YOUTH.reveal() not in str([tuple(row) for row in fields])


async def over(world: World, who: ProfessionalId, signal: Signal) -> None:
    """It ended before."""
    await end_signal(world.desk, who, signal.id, EndReason.RISICO_WEG)


async def numbered(world: World, who: ProfessionalId, signal: Signal) -> None:
    """It was given before."""
    await given(world, who, signal, SISTER)


async def dead(world: World, _who: ProfessionalId, _signal: Signal) -> None:
    """The register says so."""
    known(world, died_on=BrpDate(2025))


@pytest.mark.parametrize(("first", "error"), [(over, SignalOver), (numbered, HasBsn), (dead, YouthDeceased)])
async def test_what_cannot_be_changes_nothing(
    world: World, first: Callable[[World, ProfessionalId, Signal], Awaitable[None]], error: type[NotDone]
) -> None:
    """One write, or none."""
    known(world)
    known(world, SISTER)
    anna = world.professional("Anna")
    signal = await without(world, anna)
    await first(world, anna, signal)
    before = [world.rows(table) for table in ("signal", "match", "outbox", "youth")]
    with pytest.raises(error):
        await given(world, anna, signal)

    assert [world.rows(table) for table in ("signal", "match", "outbox", "youth")] == before


async def test_it_is_for_the_own_professional_who_may_signal(world: World) -> None:
    """Jeugdwet 7.1.1.2: and nobody else learns that there is a signal."""
    known(world)
    anna = world.professional("Anna")
    signal = await without(world, anna)
    with pytest.raises(SignalUnknown):
        await given(world, world.professional("Bram"), signal)
    boss = coordinator(world, "Stichting Anna")
    await end_designation(world.desk, boss, str(anna), world.desk.today())
    with pytest.raises(NotDesignated):
        await given(world, anna, signal)

    assert world.events().count("signal.bsnGiven") == 0


async def test_a_number_of_somebody_else_is_refused_counted_and_rings(world: World) -> None:
    """P2, P13: it says only that it does not agree, also of somebody dead or grown up; at the limit it is an alarm."""
    known(world, born="1990-01-01", died_on=BrpDate(2025))
    desk = replace(world.desk, limits=Limits(searches_missed_per_day=2))
    anna = world.professional("Anna")
    signal = await without(world, anna)
    for _ in range(2):
        with pytest.raises(DoesNotAgree):
            await give_bsn(desk, anna, signal.id, YOUTH, SAID)
    with pytest.raises(TooManyMissed):
        await give_bsn(desk, anna, signal.id, YOUTH, SAID)

    (alarm,) = world.desk.db.read_now(holds.alarms)
    assert (alarm.kind, world.events().count("searches.missedOften")) == (AlarmKind.SEARCHES_MISSED, 1)


async def test_without_the_register_it_waits_for_confirmation(world: World) -> None:
    """P2: given as said, compared when the register is back, and then told on the signal."""
    anna = world.professional("Anna")
    signal = await without(world, anna)
    away = replace(world.desk, people=region.RegisterAway())
    done = await give_bsn(away, anna, signal.id, YOUTH, SAID)
    known(world, surname="Anders", name="Iemand Anders")
    await complete_youths(world.desk)

    [seen] = await own_signals(world.desk, anna)
    assert (done.confirmed, done.person_known) == (Stand.WAITS, False)
    assert (seen.confirmed, seen.youth) == (Stand.DIFFERS, None)


async def test_a_grown_up_is_no_youth(world: World) -> None:
    """Jeugdwet 7.1.1.1."""
    known(world, born="2003-03-10")
    anna = world.professional("Anna")
    signal = await without(world, anna)

    with pytest.raises(YouthTooOld):
        await give_bsn(world.desk, anna, signal.id, YOUTH, Confirmation(BirthDate(2003, 3, 10), "Zonderling"))


async def test_who_stands_in_gives_it_under_their_own_name(world: World) -> None:
    """P26: for an absent colleague, and the log says on whose behalf."""
    known(world)
    anna, bram = (world.professional(name, organisation="Samen", location=name) for name in ("Anna", "Bram"))
    signal = await without(world, anna)
    away = Period(world.desk.today(), date(2026, 4, 1))
    await arrange_substitute(world.desk, coordinator(world, "Samen"), str(anna), str(bram), away)
    done = await given(world, bram, signal)

    assert done.signal.professional == anna
    [line] = world.desk.db.read_now(
        lambda tx: tx.all(
            "SELECT fields ->> 'by' AS by, fields ->> 'onBehalfOf' AS whose FROM audit WHERE event = 'signal.bsnGiven'"
        )
    )
    assert (line["by"], line["whose"]) == (str(bram), str(anna))
