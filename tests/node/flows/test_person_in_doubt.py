"""One person of whom the register tells what does not fit, or nothing any more: the others are followed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from node.domain.brp import BrpDate, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.description import Description
from node.domain.matching import MatchKind
from node.domain.person import Person
from node.flows.ask_again import AskedAgain, ask_again
from node.flows.complete_youth import complete_youths
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.people.protocol import People, PersonUnfit
from node.store import holds, youths
from node.store.holds import AlarmKind
from tests.region import RegisterAway, World, made_up_bsn

YOUTH, SISTER, MOTHER = (made_up_bsn(n) for n in range(3))


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

    (told,) = await own_signals(world.desk, bram)
    assert [(match.kind, match.how) for match in told.matches] == [(MatchKind.FAMILY, None)]
    assert [alarm.kind for alarm in world.desk.db.read_now(holds.alarms)] == [AlarmKind.PERSON_IN_DOUBT]
