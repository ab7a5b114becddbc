"""The nightly question to the register, and what follows for signals, matches and the wishes for the hub (B6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.description import Description
from node.domain.matching import HowEnded, MatchKind
from node.domain.moves import Gemeenten
from node.domain.person import Person
from node.domain.signal import EndReason, ProfessionalId
from node.flows.ask_again import AskedAgain, ask_again
from node.flows.complete_youth import complete_youths
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.people.protocol import People, PersonUnfit
from node.store import holds, outbox, youths
from node.store.holds import AlarmKind
from node.store.moves import MoveTold
from node.store.outbox import Intent
from soap_wsdl.vocabulary import Oin
from tests.region import RegisterAway, World, made_up_bsn

YOUTH, SISTER, MOTHER, FATHER, OTHER = (made_up_bsn(n) for n in range(5))
HOME, ELSEWHERE = Address("1011AB", 12), Address("1012AB", 1)


async def seen(desk: Desk, who: ProfessionalId) -> list[tuple[MatchKind, HowEnded | None]]:
    """The matches of a professional's one signal, by kind and how they stand."""
    (one,) = await own_signals(desk, who)
    return [(match.kind, match.how) for match in one.matches]


def wishes(world: World) -> list[Intent]:
    """What the hub is to hear, in order."""
    return [wish.intent for wish in world.desk.db.read_now(outbox.every)]


def told_of_youths(world: World) -> list[str]:
    """The kinds of change in the audit log, one line for each signal."""
    rows = world.desk.db.read_now(
        lambda tx: tx.all("SELECT fields ->> 'changes' FROM audit WHERE event = 'youth.changed' ORDER BY number")
    )
    return [row[0] for row in rows]


async def test_nothing_changes_when_nothing_changed(world: World) -> None:
    """Everyone is asked about once a day, and the hub hears nothing."""
    world.person(YOUTH, parents=(MOTHER,), address=HOME, gemeente="0363")
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    first, again = await ask_again(world.desk), await ask_again(world.desk)
    world.later(days=1)

    assert (first, again) == (AskedAgain(1, 0), AskedAgain(0, 0))
    assert await ask_again(world.desk) == AskedAgain(1, 0)
    assert wishes(world) == [Intent.OFFER]
    assert told_of_youths(world) == []


async def test_a_death_destroys_everything_about_the_youth(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)c and 7.1.4.6(1): active and archived signals alike, and what is known of the youth."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH)
    archived = (await register_signal(world.desk, anna, YOUTH)).signal
    await register_signal(world.desk, bram, YOUTH)
    await end_signal(world.desk, anna, archived.id, EndReason.RISICO_WEG)
    world.person(YOUTH, suspension=Suspension(SuspensionReason.DEATH))
    await ask_again(world.desk)

    assert [world.rows(table) for table in ("signal", "youth", "youth_relation", "match")] == [0, 0, 0, 0]
    assert world.events().count("signal.destroyed") == 2
    assert wishes(world)[-2:] == [Intent.END, Intent.END]


async def test_a_youth_with_an_archived_signal_only_is_asked_about_too(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): destroyed earlier at death, and nobody else would tell."""
    anna = world.professional("Anna")
    world.person(YOUTH)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)
    world.person(YOUTH, died_on=BrpDate())

    assert await ask_again(world.desk) == AskedAgain(1, 1)
    assert world.rows("signal") == 0


async def test_a_corrected_birth_date_moves_every_end(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b: to the 23rd birthday as it is now, for the other side of a match as well."""
    anna, bram = world.professional("Anna", months=24), world.professional("Bram", months=24)
    world.person(YOUTH)
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, YOUTH)
    world.person(YOUTH, "2004-01-05")
    await ask_again(world.desk)

    for who in (anna, bram):
        (one,) = await own_signals(world.desk, who)
        assert (one.signal.valid_until, one.signal.archive_until) == (date(2027, 1, 5), None)
        assert [match.valid_until for match in one.matches] == [date(2027, 1, 5)]
    assert wishes(world)[-2:] == [Intent.CHANGE, Intent.CHANGE]
    assert told_of_youths(world) == ["birthDate", "birthDate"]


async def test_who_turns_out_to_be_23_is_destroyed(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b."""
    world.person(YOUTH)
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    world.person(YOUTH, "2003")
    await ask_again(world.desk)

    assert (world.rows("signal"), world.rows("youth")) == (0, 0)


async def test_a_new_parent_makes_a_family_match_and_a_wrong_one_annuls_it(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)e, both ways and back again: recognition, a correction, and a correction of that."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, parents=(MOTHER,))
    world.person(SISTER, parents=(FATHER,))
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, SISTER)
    shown = []
    for parents in ((MOTHER, FATHER), (MOTHER, OTHER), (MOTHER, FATHER)):
        world.person(YOUTH, parents=parents)
        world.later(days=1)
        await ask_again(world.desk)
        shown.append((await seen(world.desk, anna), await seen(world.desk, bram)))

    living, annulled = [(MatchKind.FAMILY, None)], [(MatchKind.FAMILY, HowEnded.ANNULLED)]
    assert shown == [(living, living), (annulled, annulled), (living, living)]
    assert wishes(world) == [Intent.OFFER] * 2 + [Intent.CHANGE] * 3
    assert told_of_youths(world) == ["parents"] * 3


async def test_one_parent_that_stays_in_common_keeps_the_match(world: World) -> None:
    """Half-siblings: the other parent may change."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, parents=(MOTHER, FATHER))
    world.person(SISTER, parents=(MOTHER, FATHER))
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, SISTER)
    world.person(YOUTH, parents=(MOTHER,), other_parents=1)
    await ask_again(world.desk)

    assert await seen(world.desk, bram) == [(MatchKind.FAMILY, None)]


async def test_an_address_that_becomes_secret_annuls_its_matches_and_says_nothing(world: World) -> None:
    """P25: neither the address nor the match it made is told any more; a client match has nothing to do with it."""
    desk = world.with_rules(address=True)
    anna, bram, chris = (world.professional(name) for name in ("Anna", "Bram", "Chris"))
    world.person(YOUTH, address=HOME, gemeente="0363")
    world.person(SISTER, address=HOME)
    await register_signal(desk, anna, YOUTH)
    await register_signal(desk, bram, SISTER)
    await register_signal(desk, chris, YOUTH)
    world.person(YOUTH, address=HOME, gemeente="0363", address_secret=True)
    await ask_again(desk)

    assert await seen(desk, bram) == [(MatchKind.ADDRESS, HowEnded.ANNULLED)] * 2
    assert set(await seen(desk, chris)) == {(MatchKind.CLIENT, None), (MatchKind.ADDRESS, HowEnded.ANNULLED)}
    assert wishes(world)[-2:] == [Intent.CHANGE, Intent.CHANGE]


async def test_a_move_is_marked_and_counts_for_matches_at_the_new_home(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)g: every professional with a signal sees the gemeente, never the address."""
    desk = world.with_rules(address=True)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, address=HOME, gemeente="0363")
    world.person(SISTER, address=ELSEWHERE, gemeente="0599")
    signal = (await register_signal(desk, anna, YOUTH)).signal
    await register_signal(desk, bram, SISTER)
    world.person(YOUTH, address=ELSEWHERE, gemeente="0599")
    world.later(days=1)
    await ask_again(desk)

    assert (await own_signal(desk, anna, signal.id)).moved == MoveTold("0599", date(2026, 3, 11))
    assert await seen(desk, bram) == [(MatchKind.ADDRESS, None)]
    assert told_of_youths(world) == ["home move"]


@pytest.mark.parametrize(("secret", "gemeente"), [(False, "0363"), (True, None)])
async def test_a_move_inside_the_gemeente_is_told_to_the_reporters_alone(
    world: World, secret: bool, gemeente: str | None
) -> None:
    """Jeugdwet 7.1.2.3(1)g: every move goes to the reporter, to a regievoerder only that of another gemeente."""
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363", address_secret=secret)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, address=ELSEWHERE, gemeente="0363", address_secret=secret)
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).moved == MoveTold(gemeente, date(2026, 3, 10))
    assert (world.rows("incoming_move"), world.events().count("move.reported")) == (0, 0)


async def test_a_move_has_the_day_of_the_brp_and_not_that_on_which_it_was_noticed(world: World) -> None:
    """For the reporters and for the regievoerder alike."""
    own = Oin("00000099000000000101")
    desk = replace(world.desk, gemeenten=Gemeenten(own, {"0363": own, "0479": own}))
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363", lives_since=BrpDate(2020, 5, 1))
    signal = (await register_signal(desk, anna, YOUTH)).signal
    world.person(YOUTH, address=ELSEWHERE, gemeente="0479", lives_since=BrpDate(2026, 3, 1))
    await ask_again(desk)

    assert (await own_signal(desk, anna, signal.id)).moved == MoveTold("0479", date(2026, 3, 1))
    assert world.desk.db.read_now(lambda tx: tx.all("SELECT moved_on FROM incoming_move"))[0][0] == "2026-03-01"
    assert told_of_youths(world) == ["home move"]


async def test_a_return_from_abroad_is_a_move(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)g: the regievoerder of the gemeente to which the youth comes back gets the list."""
    own = Oin("00000099000000000101")
    desk = replace(world.desk, gemeenten=Gemeenten(own, {"0363": own, "0479": own}))
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363")
    signal = (await register_signal(desk, anna, YOUTH)).signal
    world.person(YOUTH, address=Abroad(), suspension=Suspension(SuspensionReason.EMIGRATION))
    await ask_again(desk)
    gone = (await own_signal(desk, anna, signal.id)).moved
    world.person(YOUTH, address=ELSEWHERE, gemeente="0479")
    world.later(days=1)
    await ask_again(desk)

    assert gone == MoveTold(None, date(2026, 3, 10))
    assert (await own_signal(desk, anna, signal.id)).moved == MoveTold("0479", date(2026, 3, 11))
    assert (world.rows("incoming_move"), world.events().count("move.reported")) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"address": HOME, "address_secret": True},
        {"address": replace(HOME, bag_id="0363200000000001")},
        {"address": replace(HOME, lives_there=False)},
        {"address": None},
    ],
)
async def test_secrecy_and_corrections_are_no_moves(world: World, other: dict[str, object]) -> None:
    """P24 speaks of a youth that moved, not of an address that is written otherwise or not told any more."""
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, **{"gemeente": "0363", **other})  # type: ignore[arg-type]
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).moved is None


@pytest.mark.parametrize(
    "other",
    [
        {"gemeente": "0599", "address_secret": True},
        {"gemeente": "1999", "address": Abroad(), "suspension": Suspension(SuspensionReason.EMIGRATION)},
    ],
)
async def test_who_moved_to_a_secret_address_or_abroad_has_only_moved(world: World, other: dict[str, object]) -> None:
    """P24, P25: "verhuisd" and nothing else. The signal stays: the law names no such ground to end it."""
    anna = world.professional("Anna")
    world.person(YOUTH, address=HOME, gemeente="0363", address_secret="address_secret" in other)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.person(YOUTH, **{"address": ELSEWHERE, **other})  # type: ignore[arg-type]
    await ask_again(world.desk)

    assert (await own_signal(world.desk, anna, signal.id)).moved == MoveTold(None, date(2026, 3, 10))


async def test_a_move_of_before_a_signal_is_no_news_to_it(world: World) -> None:
    """Whoever signals after the move knows the youth where it lives."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, gemeente="0363")
    await register_signal(world.desk, anna, YOUTH)
    world.person(YOUTH, gemeente="0599")
    await ask_again(world.desk)
    world.later(days=1)
    later = (await register_signal(world.desk, bram, YOUTH)).signal

    assert (await own_signal(world.desk, bram, later.id)).moved is None


async def test_a_new_signal_brings_earlier_ones_up_to_date_as_well(world: World) -> None:
    """The register is asked at each signal: what it tells counts for all, in the same write."""
    anna, bram, chris = (world.professional(name) for name in ("Anna", "Bram", "Chris"))
    world.person(YOUTH, parents=(MOTHER,))
    world.person(SISTER, parents=(FATHER,))
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, SISTER)
    world.person(YOUTH, parents=(MOTHER, FATHER))
    await register_signal(world.desk, chris, YOUTH)

    assert set(await seen(world.desk, anna)) == {(MatchKind.CLIENT, None), (MatchKind.FAMILY, None)}
    assert told_of_youths(world) == ["parents"]


async def test_a_register_that_is_away_is_asked_on_later_from_where_it_was(world: World) -> None:
    """Nothing is lost and nobody is asked about twice."""
    anna = world.professional("Anna")
    for serial in range(25):
        await register_signal(world.desk, anna, world.person(made_up_bsn(10 + serial)))
    away = replace(world.desk, people=RegisterAway())

    assert await ask_again(away) == AskedAgain(away=True)
    assert await ask_again(world.desk) == AskedAgain(25, 0)
    assert world.events().count("people.askedAgain") == 1


@dataclass(frozen=True)
class OneUnfit:
    """A register that tells of one person what does not fit, and of the others what the local one has."""

    others: People
    unfit: Bsn

    async def find(self, bsn: Bsn) -> Person | None:
        """One person."""
        if bsn == self.unfit:
            raise PersonUnfit
        return await self.others.find(bsn)

    async def find_all(self, numbers: Sequence[Bsn]) -> Mapping[Bsn, Person | None]:
        """Many."""
        told = await self.others.find_all(numbers)
        return {**told, self.unfit: None} if self.unfit in numbers else told

    async def search(self, described: Description, today: date) -> Person:
        """Not asked here."""
        return await self.others.search(described, today)


async def test_one_who_does_not_fit_keeps_nobody_else_from_being_followed(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)c: a death is followed that night, whoever else is in the same question of twenty."""
    anna = world.professional("Anna", months=24)
    numbers = [world.person(made_up_bsn(10 + serial)) for serial in range(45)]
    known = {bsn: (await register_signal(world.desk, anna, bsn)).signal for bsn in numbers}
    first = world.desk.db.read_now(lambda tx: youths.to_ask(tx, date(2026, 3, 10), 1)[0])
    unfit = next(bsn for bsn, signal in known.items() if signal.youth == first)
    desk = replace(world.desk, people=OneUnfit(world.desk.people, unfit))
    world.person(next(bsn for bsn in numbers if bsn != unfit), died_on=BrpDate())
    nights = []
    for _ in range(2):
        nights.append(await ask_again(desk))
        world.later(days=1)
    alarms = world.desk.db.read_now(holds.alarms)

    assert nights == [AskedAgain(45, 1), AskedAgain(44, 0)]
    assert world.rows("signal") == 44
    assert [alarm.kind for alarm in alarms] == [AlarmKind.PERSON_IN_DOUBT]
    assert str(known[unfit].id) in alarms[0].about
    assert unfit.reveal() not in alarms[0].about


async def test_one_who_does_not_fit_is_saved_and_completed_later(world: World) -> None:
    """The signal stands; the hourly question goes on to the next youth, with an alarm."""
    anna = world.professional("Anna")
    await register_signal(replace(world.desk, people=RegisterAway()), anna, YOUTH)
    await register_signal(replace(world.desk, people=RegisterAway()), anna, SISTER)
    world.person(YOUTH)
    world.person(SISTER)
    known = await complete_youths(replace(world.desk, people=OneUnfit(world.desk.people, YOUTH)))

    assert known == 1
    assert [alarm.kind for alarm in world.desk.db.read_now(holds.alarms)] == [AlarmKind.PERSON_IN_DOUBT]


async def test_whom_the_register_does_not_know_any_more_stays_as_known(world: World) -> None:
    """No answer is no news, but an alarm once: the youth may have got another number, which nobody tells us (B6)."""
    anna = world.professional("Anna")
    world.person(YOUTH, name="Noor")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.desk.db.write_now(lambda tx: tx.execute("DELETE FROM register_person"))
    nights = [await ask_again(world.desk)]
    world.later(days=1)
    nights.append(await ask_again(world.desk))

    assert nights == [AskedAgain(1, 0)] * 2
    assert (await own_signal(world.desk, anna, signal.id)).youth == "Noor"
    [alarm] = world.desk.db.read_now(holds.alarms)
    assert alarm.kind is AlarmKind.PERSON_IN_DOUBT
    assert str(signal.id) in alarm.about
    assert YOUTH.reveal() not in alarm.about


async def test_a_record_that_was_a_mistake_takes_nothing_away(world: World) -> None:
    """B6: the register stops a wrong record and tells nothing more in it; what was known stays, with an alarm."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, parents=(MOTHER,))
    world.person(SISTER, parents=(MOTHER,))
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, SISTER)
    world.person(YOUTH, None, name="", suspension=Suspension(SuspensionReason.MISTAKE))
    await ask_again(world.desk)

    assert await seen(world.desk, bram) == [(MatchKind.FAMILY, None)]
    assert [alarm.kind for alarm in world.desk.db.read_now(holds.alarms)] == [AlarmKind.PERSON_IN_DOUBT]
