"""The nightly question to the register, and what follows for signals, matches and the wishes for the hub (B6)."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Suspension, SuspensionReason
from node.domain.matching import HowEnded, MatchKind
from node.domain.signal import EndReason, ProfessionalId
from node.flows.ask_again import AskedAgain, ask_again
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.store import outbox
from node.store.moves import MoveTold
from node.store.outbox import Intent
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


async def test_whom_the_register_does_not_know_any_more_stays_as_known(world: World) -> None:
    """No answer is no news."""
    anna = world.professional("Anna")
    world.person(YOUTH, name="Noor")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.desk.db.write_now(lambda tx: tx.execute("DELETE FROM register_person"))

    assert await ask_again(world.desk) == AskedAgain(1, 0)
    assert (await own_signal(world.desk, anna, signal.id)).youth == "Noor"
