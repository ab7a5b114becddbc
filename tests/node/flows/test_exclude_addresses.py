"""Homes that never match: the register of excluded addresses comes in, changes, and goes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from node.domain.bsn import Bsn
from node.domain.matching import HowEnded, Match, MatchKind
from node.domain.person import Address
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.exclude_addresses import Difference, Excluded, compare_excluded, exclude_addresses
from node.flows.import_lists import import_people
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.people.excluded import read_excluded
from node.store import outbox
from node.store.outbox import Intent
from tests.region import World, made_up_bsn

HOME = Address("1012AB", 12, "a")
WITH_BAG = replace(HOME, bag_id="0363010000123456")
BAG_ALONE = Address("", 0, bag_id="0363010000123456")
ELSEWHERE = Address("2511CV", 3)
MOTHER = made_up_bsn(9)


@pytest.fixture
def desk(world: World) -> Desk:
    """A region that has the address match switched on."""
    return world.with_rules(address=True)


async def neighbours(
    world: World, desk: Desk, one: Address = HOME, other: Address = HOME, parents: tuple[Bsn, ...] = ()
) -> tuple[ProfessionalId, Signal]:
    """Anna and Bram, who signalled youths at these homes; Anna and her signal."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    signal = (await register_signal(desk, anna, world.person(made_up_bsn(0), address=one, parents=parents))).signal
    await register_signal(desk, bram, world.person(made_up_bsn(1), address=other, parents=parents))
    return anna, signal


async def seen(desk: Desk, of: tuple[ProfessionalId, Signal]) -> list[Match]:
    """The matches of a signal."""
    return (await own_signal(desk, of[0], of[1].id)).matches


@pytest.mark.parametrize(
    ("home", "register"),
    [(HOME, HOME), (HOME, WITH_BAG), (WITH_BAG, WITH_BAG), (WITH_BAG, BAG_ALONE), (WITH_BAG, HOME)],
)
async def test_an_excluded_home_never_matches(world: World, desk: Desk, home: Address, register: Address) -> None:
    """Jeugdwet 7.1.2.3(1)d excepts institutions, by whichever of its two names the register calls the home."""
    await exclude_addresses(desk, [register])
    party = await neighbours(world, desk, home, home)

    assert await seen(desk, party) == []
    assert world.rows("youth_relation") == 0


@pytest.mark.parametrize(("one", "register"), [(HOME, ELSEWHERE), (HOME, replace(HOME, letter="b")), (HOME, BAG_ALONE)])
async def test_another_home_matches_as_before(world: World, desk: Desk, one: Address, register: Address) -> None:
    """The house next door is no institution; a BAG id says nothing of a home whose BAG id is not known."""
    await exclude_addresses(desk, [register])

    assert [match.kind for match in await seen(desk, await neighbours(world, desk, one, one))] == [MatchKind.ADDRESS]


async def test_a_home_that_becomes_excluded_annuls_its_address_matches_and_the_hub_hears(
    world: World, desk: Desk
) -> None:
    """Feature B4, Jeugdwet 7.1.2.3(1)d: it is no ground. Both sides see the word that another region sees."""
    party = await neighbours(world, desk)
    before = len(world.desk.db.read_now(outbox.every))
    done = await exclude_addresses(desk, [HOME])

    assert done == Excluded(added=1, youths=2, matches_ended=2)
    (match,) = await seen(desk, party)
    assert (match.how, match.ended_on, match.contact, match.match_key) == (
        HowEnded.ANNULLED,
        date(2026, 3, 10),
        None,
        None,
    )
    assert match.organisation is None
    wishes = world.desk.db.read_now(outbox.every)[before:]
    assert [wish.intent for wish in wishes] == [Intent.CHANGE] * 2
    assert world.events().count("addresses.excluded") == 1


async def test_taken_off_the_list_the_matches_come_back(world: World, desk: Desk) -> None:
    """The same match as before, alive on both sides, with the same key word."""
    party = await neighbours(world, desk)
    (before,) = await seen(desk, party)
    await exclude_addresses(desk, [HOME])
    done = await exclude_addresses(desk, [])

    assert done == Excluded(removed=1, youths=2, matches_told=1)
    assert await seen(desk, party) == [before]
    assert world.rows("match") == 2


async def test_a_match_of_a_signal_that_ended_meanwhile_stays_ended(world: World, desk: Desk) -> None:
    """Only what is active meets."""
    anna, signal = await neighbours(world, desk)
    await exclude_addresses(desk, [HOME])
    bram = world.professional("Bram")
    [theirs] = [seen.signal for seen in await own_signals(desk, bram)]
    await end_signal(desk, bram, theirs.id, EndReason.RISICO_WEG)
    done = await exclude_addresses(desk, [])

    assert done.matches_told == 0
    assert [match.how for match in await seen(desk, (anna, signal))] == [HowEnded.ANNULLED]


async def test_brothers_and_sisters_at_an_excluded_home_stay_a_family_match(world: World, desk: Desk) -> None:
    """Jeugdwet 7.1.2.3(1)e stands apart from d: a shelter where a family lives hides no family."""
    party = await neighbours(world, desk, parents=(MOTHER,))
    done = await exclude_addresses(desk, [HOME])

    assert done.matches_ended == 0
    assert [(match.kind, match.how) for match in await seen(desk, party)] == [(MatchKind.FAMILY, None)]


async def test_neighbours_who_turned_out_to_be_family_stay_matched_as_family(world: World, desk: Desk) -> None:
    """They were told on the ground that was known first; when that falls away the other one holds."""
    party = await neighbours(world, desk)
    for serial in (0, 1):
        world.person(made_up_bsn(serial), address=HOME, parents=(MOTHER,))
    world.desk.db.write_now(lambda tx: tx.execute("UPDATE youth SET person_known = 0"))
    await import_people(desk, [])
    assert [match.kind for match in await seen(desk, party)] == [MatchKind.ADDRESS]
    done = await exclude_addresses(desk, [HOME])

    assert (done.matches_ended, done.matches_told) == (2, 1)
    (match,) = await seen(desk, party)
    assert (match.kind, match.how) == (MatchKind.FAMILY, None)
    assert match.match_key is not None


async def test_a_register_brought_in_twice_changes_nothing_more(world: World, desk: Desk) -> None:
    """After a stop half-way the same file does the rest."""
    await neighbours(world, desk)
    await exclude_addresses(desk, [HOME, ELSEWHERE])
    rows = (world.rows("outbox"), world.rows("audit"))

    assert await exclude_addresses(desk, [ELSEWHERE, HOME, HOME]) == Excluded()
    assert (world.rows("outbox"), world.rows("audit")) == rows


async def test_the_dry_run_counts_and_changes_nothing(world: World, desk: Desk) -> None:
    """In ways of writing: a home with a BAG id and a postcode has two."""
    await exclude_addresses(desk, [HOME, ELSEWHERE])
    rows = (world.rows("excluded_home"), world.rows("audit"))
    found = await compare_excluded(desk, [WITH_BAG])

    assert found == Difference(added=1, removed=1, unchanged=1)
    assert (world.rows("excluded_home"), world.rows("audit")) == rows


async def test_many_homes_come_in_by_parts(world: World, desk: Desk) -> None:
    """A professional who saves a signal meanwhile waits for one part only; each leaves its line."""
    register = [Address("1012AB", number) for number in range(1, 452)]
    done = await exclude_addresses(desk, register)

    assert done.added == world.rows("excluded_home") == 451
    assert world.events().count("addresses.excluded") == 3


async def test_homes_kept_before_their_every_way_was_written_are_found_all_the_same(world: World, desk: Desk) -> None:
    """A database of an earlier version has the one index only."""
    party = await neighbours(world, desk, WITH_BAG, WITH_BAG)
    world.desk.db.write_now(lambda tx: tx.execute("DELETE FROM youth_home"))
    await exclude_addresses(desk, [HOME])

    assert [match.how for match in await seen(desk, party)] == [HowEnded.ANNULLED]


async def test_no_address_stands_in_the_list(world: World, desk: Desk) -> None:
    """A shelter's address is a secret of its own: blind indexes only."""
    await exclude_addresses(desk, [WITH_BAG])
    rows = world.desk.db.read_now(lambda tx: tx.all("SELECT * FROM excluded_home"))

    assert all(len(row) == 1 and len(row["home_key"]) == 32 for row in rows)
    assert not any(word in row["home_key"] for row in rows for word in (b"1012", b"0363"))


@pytest.mark.parametrize(
    ("lines", "homes"),
    [
        (["postcode;huisnummer;huisletter", "1012 ab;12;a"], [HOME]),
        (["bag_id", "0363010000123456"], [BAG_ALONE]),
        (["bag_id,postcode,huisnummer,huisletter", "0363010000123456,1012AB,12,a"], [WITH_BAG]),
    ],
)
def test_a_line_names_a_home_by_postcode_or_bag_or_both(lines: Sequence[str], homes: list[Address]) -> None:
    """In any order of columns."""
    assert read_excluded(lines) == (homes, [])


def test_every_wrong_line_is_told_and_none_repeated() -> None:
    """By number and reason."""
    lines = ["postcode;huisnummer;bag_id", "1012AB;;", "10A2AB;1;", ";;", "1012AB;1;363", "1012AB;0;", "1012AB;7;"]
    found, refused = read_excluded([*lines[:3], "x;y", *lines[4:]])

    assert found == [Address("1012AB", 7)]
    assert [one.line for one in refused] == [2, 3, 4, 5, 6]
    assert not any(value in one.why for one in refused for value in ("1012", "10A2", "363"))
