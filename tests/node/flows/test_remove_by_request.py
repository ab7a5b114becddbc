"""A signal is removed at request, and what the nightly run would do."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from node.domain.errors import NotAllowed, SignalUnknown
from node.domain.matching import HowEnded
from node.domain.retention import Fate
from node.domain.rights import Role
from node.domain.signal import EndReason
from node.flows.end_signal import end_signal
from node.flows.expire import ClockInDoubt, Expired, expire
from node.flows.foresee import Foreseen, foresee
from node.flows.look import own_signal
from node.flows.register_signal import register_signal
from node.flows.remove_by_request import remove_by_request
from node.store import holds, outbox, professionals
from node.store.holds import Hold, Side
from soap_wsdl.vocabulary import Ending
from tests.region import World, made_up_bsn, officer

YOUTH = made_up_bsn(0)
GROUNDS = [EndReason.AVG16, EndReason.AVG17, EndReason.AVG21]


@pytest.mark.parametrize("ground", GROUNDS)
async def test_an_active_signal_removed_at_request_is_destroyed_and_its_match_annulled(
    world: World, ground: EndReason
) -> None:
    """Jeugdwet 7.1.4.6(1): not archived; the other party keeps the fact and the dates only."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = (await register_signal(world.desk, bram, YOUTH)).signal
    await remove_by_request(world.desk, officer(world), first.id, ground)

    assert world.rows("signal") == 1
    (match,) = (await own_signal(world.desk, bram, second.id)).matches
    assert (match.how, match.organisation, match.contact) == (HowEnded.ANNULLED, None, None)
    wish = world.desk.db.read_now(outbox.every)[-1]
    assert (wish.signal_id, wish.ending, wish.archive_until) == (first.id, Ending.ANNULLED, None)
    assert world.events()[-2] == "signal.removedAtRequest"


async def test_an_archived_signal_is_taken_out_of_the_archive_and_its_ended_match_annulled(world: World) -> None:
    """Jeugdwet 7.1.4.6(3): a youth can be removed from the archive; what ended before is annulled after all."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = (await register_signal(world.desk, bram, YOUTH)).signal
    await end_signal(world.desk, anna, first.id, EndReason.RISICO_WEG)
    await remove_by_request(world.desk, officer(world), first.id, EndReason.AVG17)

    assert world.rows("signal") == 1
    (match,) = (await own_signal(world.desk, bram, second.id)).matches
    assert (match.how, match.organisation) == (HowEnded.ANNULLED, None)
    assert world.desk.db.read_now(outbox.every)[-1].ending is Ending.ANNULLED


async def test_a_removal_happens_once_and_only_on_a_right_of_the_avg(world: World) -> None:
    """Any other reason has its own way; the second time there is no such signal any more."""
    signal = (await register_signal(world.desk, world.professional("Anna"), YOUTH)).signal
    for reason in set(EndReason) - set(GROUNDS):
        with pytest.raises(NotAllowed):
            await remove_by_request(world.desk, officer(world), signal.id, reason)
    await remove_by_request(world.desk, officer(world), signal.id, EndReason.AVG21)
    for signal_id in (signal.id, UUID(int=77)):
        with pytest.raises(SignalUnknown):
            await remove_by_request(world.desk, officer(world), signal_id, EndReason.AVG21)

    assert world.events().count("signal.removedAtRequest") == 1


async def test_only_a_privacy_officer_of_the_gemeente_that_answers_removes_a_signal(world: World) -> None:
    """7.1.2.2(3): that college is the controller; who runs the node carries nothing out alone (B2)."""
    signal = (await register_signal(world.desk, world.professional("Anna"), YOUTH)).signal
    others = (
        officer(world, "0479"),
        world.granted("rik", Role.REGIOBEHEERDER),
        world.granted("gerda", Role.ACCOUNTHOUDER, "0363"),
        world.desk.db.read_now(lambda tx: professionals.by_reference(tx, "Anna")).person,
    )
    for who in others:
        with pytest.raises(NotAllowed):
            await remove_by_request(world.desk, who, signal.id, EndReason.AVG17)
    before = world.rows("signal")
    await remove_by_request(world.desk, officer(world, "0457"), signal.id, EndReason.AVG17)

    assert (before, world.rows("signal")) == (1, 0)


async def test_of_an_old_signal_every_gemeente_with_agreements_answers(world: World) -> None:
    """From before the gemeente that answers was kept, the agreements of its organisation tell: Jeugdwet 7.1.2.2(3)."""
    signal = (await register_signal(world.desk, world.professional("Anna"), YOUTH)).signal
    world.desk.db.write_now(lambda tx: tx.execute("UPDATE signal SET responsible_gemeente = NULL"))
    with pytest.raises(NotAllowed):
        await remove_by_request(world.desk, officer(world, "0479"), signal.id, EndReason.AVG17)
    await remove_by_request(world.desk, officer(world), signal.id, EndReason.AVG17)

    assert world.rows("signal") == 0


async def test_a_professional_cannot_end_a_signal_on_a_right_of_the_avg(world: World) -> None:
    """The college decides on a request: Jeugdwet 7.1.2.2(3); the professional only advises."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    for ground in GROUNDS:
        with pytest.raises(NotAllowed):
            await end_signal(world.desk, anna, signal.id, ground)

    assert world.rows("signal") == 1


async def test_the_dry_run_counts_what_the_run_then_does(world: World) -> None:
    """Feature B5: by fate and article, and nothing changes by looking."""
    anna, bram = world.professional("Anna", months=6), world.professional("Bram", months=24)
    grown = world.person(made_up_bsn(1), "2003-08-01")
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, YOUTH)
    await register_signal(world.desk, anna, grown)
    old = (await register_signal(world.desk, anna, world.person(made_up_bsn(2), "2003-07-01"))).signal
    await end_signal(world.desk, anna, old.id, EndReason.RISICO_WEG)
    world.moment = datetime(2026, 9, 10, 12, tzinfo=UTC)
    before = (world.rows("signal"), world.rows("outbox"), world.events())
    outlook = await foresee(world.desk)

    assert outlook.day == date(2026, 9, 10)
    assert outlook.fates == [
        Foreseen(Fate.ARCHIVE, "Jeugdwet 7.1.4.5(2)a, 7.1.4.6(1)", 1),
        Foreseen(Fate.DESTROY, "Jeugdwet 7.1.4.5(2)b, 7.1.4.6(1)", 1),
        Foreseen(Fate.DESTROY, "Jeugdwet 7.1.4.6(1)", 1),
    ]
    assert (world.rows("signal"), world.rows("outbox"), world.events()) == before
    assert await expire(world.desk) == Expired(archived=1, destroyed=2, matches_ended=outlook.matches_ended)
    assert outlook.matches_ended == 2
    assert (await foresee(world.desk)).fates == []


async def test_a_run_leaves_a_line_of_counts_as_proof(world: World) -> None:
    """Feature B5: day and numbers, and no id of a signal."""
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    world.later(days=400)
    await expire(world.desk)

    rows = world.desk.db.read_now(lambda tx: tx.all("SELECT fields FROM audit WHERE event = 'retention.run'"))
    assert [row["fields"] for row in rows] == ['{"archived":1,"day":"2027-04-14","destroyed":0,"matchesEnded":0}']


async def test_a_dry_run_waits_as_the_run_does_while_the_clock_is_in_doubt(world: World) -> None:
    """Nobody knows which day it is."""
    doubt = Hold(Side.HUB, world.moment, 1, world.moment, "clock", 7200.0)
    world.desk.db.write_now(lambda tx: holds.put_hold(tx, doubt))

    with pytest.raises(ClockInDoubt):
        await foresee(world.desk)


@pytest.mark.parametrize(
    ("made", "last", "first"),
    [
        pytest.param(
            datetime(2026, 3, 29, 10, tzinfo=UTC),
            datetime(2026, 9, 28, 21, 59, 59, tzinfo=UTC),
            datetime(2026, 9, 28, 22, tzinfo=UTC),
            id="made on the day the clock went forward, ends in summer time",
        ),
        pytest.param(
            datetime(2026, 4, 25, 10, tzinfo=UTC),
            datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC),
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            id="ends at the beginning of the day the clock goes back",
        ),
        pytest.param(
            datetime(2026, 4, 26, 10, tzinfo=UTC),
            datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC),
            datetime(2026, 10, 25, 23, tzinfo=UTC),
            id="ends the day after it: winter time",
        ),
        pytest.param(
            datetime(2026, 3, 9, 23, 30, tzinfo=UTC),
            datetime(2026, 9, 9, 21, 59, 59, tzinfo=UTC),
            datetime(2026, 9, 9, 22, tzinfo=UTC),
            id="made after midnight here, the evening before in UTC",
        ),
        pytest.param(
            datetime(2027, 8, 31, 10, tzinfo=UTC),
            datetime(2028, 2, 29, 22, 59, 59, tzinfo=UTC),
            datetime(2028, 2, 29, 23, tzinfo=UTC),
            id="there is no 31 February: the first of March of a leap year",
        ),
    ],
)
async def test_a_signal_ends_at_local_midnight_and_not_a_second_earlier(
    world: World, made: datetime, last: datetime, first: datetime
) -> None:
    """Jeugdwet 7.1.4.5(2)a, on days of 23, 24 and 25 hours."""
    world.moment = made
    await register_signal(world.desk, world.professional("Anna", months=6), YOUTH)
    world.moment = last
    assert await expire(world.desk) == Expired()
    world.moment = first

    assert await expire(world.desk) == Expired(archived=1)


@pytest.mark.parametrize(
    ("born", "last", "first"),
    [
        ("2004-02-29", datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC)),
        ("2004-03-01", datetime(2027, 2, 28, 22, 59, 59, tzinfo=UTC), datetime(2027, 2, 28, 23, tzinfo=UTC)),
        ("2004-02-28", datetime(2027, 2, 27, 22, 59, 59, tzinfo=UTC), datetime(2027, 2, 27, 23, tzinfo=UTC)),
    ],
)
async def test_the_23rd_birthday_destroys_at_local_midnight_also_of_who_was_born_on_a_leap_day(
    world: World, born: str, last: datetime, first: datetime
) -> None:
    """Jeugdwet 7.1.4.5(2)b: 29 February is reached on 1 March in a year without it."""
    world.person(YOUTH, born)
    await register_signal(world.desk, world.professional("Anna", months=24), YOUTH)
    world.moment = last
    assert await expire(world.desk) == Expired()
    world.moment = first

    assert await expire(world.desk) == Expired(destroyed=1)
    assert world.rows("youth") == 0
