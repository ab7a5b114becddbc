"""The nightly run, and person data that follow."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ledger.audit import verify
from node.domain.brp import BrpDate
from node.domain.matching import HowEnded, MatchKind
from node.domain.person import BirthDate, Person
from node.domain.professional import Contact, Domain
from node.domain.signal import State
from node.flows import complete_youth
from node.flows.complete_youth import complete_youths
from node.flows.expire import ClockInDoubt, Expired, expire
from node.flows.import_lists import import_people
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.store import holds, match_endings, matches, outbox, signals, youths
from node.store.holds import Hold, Side
from node.store.matches import ForeignCard
from node.store.outbox import Intent
from soap_wsdl.vocabulary import Ending, Oin
from tests.region import World, made_up_bsn

YOUTH, SISTER, MOTHER = (made_up_bsn(n) for n in range(3))
PEER = Oin("00000099000000000102")


def card(name: str = "Chris") -> ForeignCard:
    """What another region's card says."""
    contact = Contact(
        "GGD Haaglanden", Domain.JEUGDGEZONDHEIDSZORG, "ggd", "Centrum", "arts", name, "070 1234567", "c@example.nl"
    )
    return ForeignCard("Haaglanden", contact, "2026-03-01")


def tell(world: World, signal_id: UUID, until: date = date(2026, 8, 1), pair_key: str = "one") -> bool:
    """Tell a match across regions, as the mailbox does."""
    return world.desk.db.write_now(
        lambda tx: matches.tell_foreign(
            tx,
            world.desk.vault,
            signal_id=signal_id,
            kind=MatchKind.CLIENT,
            peer=PEER,
            pair_key=pair_key,
            card=card(),
            match_key=None,
            valid_until=until,
            at=world.moment,
        )
    )


async def test_a_signal_goes_to_the_archive_at_local_midnight_of_its_date(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)a. At 23:59 the evening before, it is still there."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.moment = datetime(2027, 3, 9, 22, 59, tzinfo=UTC)
    assert await expire(world.desk) == Expired()
    world.moment = datetime(2027, 3, 9, 23, 0, tzinfo=UTC)
    assert await expire(world.desk) == Expired(archived=1)

    kept = world.desk.db.read_now(lambda tx: signals.get(tx, signal.id))
    assert (kept.state, kept.archive_until) == (State.ARCHIVED, date(2032, 3, 10))


async def test_a_run_twice_does_nothing_more(world: World) -> None:
    """Idempotent: one wish for the hub, one audit line; each run leaves its proof with counts."""
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    world.later(days=400)
    await expire(world.desk)
    wishes = world.rows("outbox")

    assert await expire(world.desk) == Expired()
    assert world.rows("outbox") == wishes
    assert world.events().count("signal.ended") == 1
    assert world.events().count("retention.run") == 2


async def test_the_23rd_birthday_destroys(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b, 7.1.4.6(1): not archived, also when archived before."""
    anna, bram = world.professional("Anna"), world.professional("Bram", months=6)
    world.person(YOUTH, "2003-12-01")
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, bram, YOUTH)
    world.moment = datetime(2026, 9, 12, tzinfo=UTC)
    assert await expire(world.desk) == Expired(archived=1, matches_ended=2)
    world.moment = datetime(2026, 12, 1, tzinfo=UTC)

    assert (await expire(world.desk)).destroyed == 2
    assert (world.rows("signal"), world.rows("youth"), world.rows("match")) == (0, 0, 0)
    assert [wish.ending for wish in world.desk.db.read_now(outbox.every)][-2:] == [Ending.ENDED] * 2


async def test_the_archive_is_destroyed_after_five_years(world: World) -> None:
    """Jeugdwet 7.1.4.6(1), counted from the removal, also when the run came late."""
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    world.moment = datetime(2027, 6, 1, tzinfo=UTC)
    await expire(world.desk)
    world.moment = datetime(2032, 3, 9, 12, tzinfo=UTC)
    assert (await expire(world.desk)).destroyed == 0
    world.moment = datetime(2032, 3, 10, 12, tzinfo=UTC)

    assert (await expire(world.desk)).destroyed == 1


async def test_a_node_that_was_off_for_years_destroys_what_the_archive_would_have_lost(world: World) -> None:
    """The archive's term counts from the day on which removal was due."""
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    world.moment = datetime(2033, 1, 1, tzinfo=UTC)

    assert await expire(world.desk) == Expired(destroyed=1)


async def test_many_signals_expire_in_steps(world: World) -> None:
    """More than fit one transaction."""
    for n in range(230):
        if n % 50 == 0:
            anna = world.professional(f"Anna{n}")
        await register_signal(world.desk, anna, made_up_bsn(n))
    world.later(days=400)

    assert await expire(world.desk) == Expired(archived=230)
    assert world.desk.db.read_now(verify).intact


async def test_a_foreign_match_ends_on_its_date_without_a_word_from_the_hub(world: World) -> None:
    """The card goes in the same write; kind, region, organisation and dates remain."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    tell(world, signal.id, date(2026, 8, 1))
    world.moment = datetime(2026, 7, 31, 21, 59, tzinfo=UTC)
    assert await expire(world.desk) == Expired()
    world.moment = datetime(2026, 7, 31, 22, 0, tzinfo=UTC)
    assert await expire(world.desk) == Expired(matches_ended=1)

    (match,) = (await own_signal(world.desk, anna, signal.id)).matches
    assert (match.how, match.ended_on, match.contact) == (HowEnded.ENDED, date(2026, 8, 1), None)
    assert (match.region, match.organisation) == ("Haaglanden", "GGD Haaglanden")
    assert world.rows("match WHERE card IS NOT NULL") == 0


async def test_a_foreign_match_is_told_once_and_can_live_again(world: World) -> None:
    """The same pair told twice is one match; one that ended and is extended after all is the same match again."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    assert tell(world, signal.id, date(2026, 4, 1)) is True
    assert tell(world, signal.id, date(2026, 4, 1)) is False
    world.moment = datetime(2026, 4, 2, tzinfo=UTC)
    await expire(world.desk)
    assert tell(world, signal.id, date(2026, 9, 1)) is False

    (match,) = (await own_signal(world.desk, anna, signal.id)).matches
    assert match.ended_on is None
    assert match.contact is not None
    assert match.contact.name == "Chris"


async def test_an_annulled_foreign_match_keeps_the_fact_and_the_dates_only(world: World) -> None:
    """Also when it had ended before; annulled is final."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    tell(world, signal.id)

    def end(how: HowEnded) -> bool:
        return world.desk.db.write_now(
            lambda tx: match_endings.end_foreign(
                tx, signal_id=signal.id, kind=MatchKind.CLIENT, peer=PEER, pair_key="one", how=how, on=date(2026, 4, 1)
            )
        )

    assert [end(HowEnded.ENDED), end(HowEnded.ENDED)] == [True, False]
    assert [end(HowEnded.ANNULLED), end(HowEnded.ANNULLED), end(HowEnded.ENDED)] == [True, False, False]
    (match,) = (await own_signal(world.desk, anna, signal.id)).matches
    assert (match.how, match.organisation, match.region) == (HowEnded.ANNULLED, None, None)


async def test_a_foreign_card_that_changes_is_shown_anew(world: World) -> None:
    """Name or date changed in the other region."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    tell(world, signal.id)
    changed = world.desk.db.write_now(
        lambda tx: matches.update_foreign(
            tx,
            world.desk.vault,
            signal_id=signal.id,
            kind=MatchKind.CLIENT,
            peer=PEER,
            pair_key="one",
            card=card("Dirk"),
            valid_until=date(2026, 10, 1),
        )
    )

    (match,) = (await own_signal(world.desk, anna, signal.id)).matches
    assert changed
    assert match.contact is not None
    assert (match.contact.name, match.valid_until) == ("Dirk", date(2026, 10, 1))


async def test_a_signal_that_is_over_is_told_nothing(world: World) -> None:
    """A notice that comes after the end changes nothing."""
    assert tell(world, UUID(int=5)) is False


async def test_parents_that_become_known_make_the_family_match_after_all(world: World) -> None:
    """The import of the register completes what waits, and the hub hears of it."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    await register_signal(world.desk, anna, YOUTH)
    world.person(SISTER, parents=(MOTHER,))
    await register_signal(world.desk, bram, SISTER)
    person = Person(YOUTH, "Noor", BirthDate.parse("2004-06-01"), (MOTHER,))
    assert await import_people(world.desk, [person]) == 1

    (seen,) = await own_signals(world.desk, anna)
    assert [match.kind for match in seen.matches] == [MatchKind.FAMILY]
    assert seen.youth == "Noor"
    assert (seen.signal.valid_until, seen.signal.archive_until) == (date(2027, 3, 10), date(2027, 6, 1))
    assert world.desk.db.read_now(outbox.every)[-1].intent is Intent.CHANGE


async def test_who_turns_out_to_be_23_or_dead_is_destroyed(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b and c: as soon as it is known."""
    anna = world.professional("Anna")
    await register_signal(world.desk, anna, YOUTH)
    await register_signal(world.desk, anna, SISTER)
    grown = Person(YOUTH, "Noor", BirthDate.parse("1990-06-01"))
    dead = Person(SISTER, "Lotte", BirthDate.parse("2010-06-01"), died_on=BrpDate(2026, 1, 1))
    await import_people(world.desk, [grown, dead])

    assert (world.rows("signal"), world.rows("youth")) == (0, 0)
    assert world.events().count("signal.destroyed") == 2


async def test_a_youth_nobody_knows_is_asked_for_again_without_harm(world: World) -> None:
    """Nothing changes until the register knows."""
    await register_signal(world.desk, world.professional("Anna"), YOUTH)

    assert await complete_youths(world.desk) == 0
    assert world.rows("outbox") == 1


async def test_who_is_never_known_keeps_nobody_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest unasked come first: with more unknown youths than one run takes, each has its turn that day."""
    monkeypatch.setattr(complete_youth, "AT_ONCE", 3)
    anna = world.professional("Anna")
    youths_of = [made_up_bsn(10 + serial) for serial in range(8)]
    for bsn in youths_of:
        await register_signal(world.desk, anna, bsn)
    last = world.desk.db.read_now(lambda tx: youths.unknown(tx, 100))[-1]
    theirs = world.desk.db.read_now(lambda tx: youths.get(tx, world.desk.vault, last)).bsn
    assert theirs is not None
    world.person(theirs)

    known = [await complete_youths(world.desk) for _ in range(3)]

    assert known == [0, 0, 1]


async def test_nothing_is_completed_or_imported_while_the_clock_is_in_doubt(world: World) -> None:
    """Who turns out to be 23 is destroyed, and who that is hangs from the day: the same wait as for the nightly run."""
    anna = world.professional("Anna")
    await register_signal(world.desk, anna, YOUTH)
    world.later(days=2 * 365)
    grown = Person(YOUTH, "Noor", BirthDate.parse("2004-01-05"))
    world.person(YOUTH, "2004-01-05")
    doubt = Hold(Side.HUB, world.moment, 1, world.moment, "clock", 2 * 365 * 86_400.0)
    world.desk.db.write_now(lambda tx: holds.put_hold(tx, doubt))

    with pytest.raises(ClockInDoubt):
        await complete_youths(world.desk)
    with pytest.raises(ClockInDoubt):
        await import_people(world.desk, [grown])
    kept = world.rows("signal")
    world.desk.db.write_now(lambda tx: holds.lift(tx, Side.HUB))
    completed = await complete_youths(world.desk)

    assert (kept, completed) == (1, 1)
    assert world.events().count("people.imported") == 0
