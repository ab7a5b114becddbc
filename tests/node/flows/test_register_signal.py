"""A professional signals a youth: saved, matched inside the region, waiting to leave."""

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from node.domain.brp import BrpDate
from node.domain.errors import (
    AlreadySignalled,
    DurationNotOffered,
    NoAgreement,
    NotDesignated,
    ProfessionalUnknown,
    TooManySignals,
    YouthDeceased,
    YouthTooOld,
)
from node.domain.limits import Limits
from node.domain.matching import MatchKind
from node.domain.signal import EndReason
from node.flows.end_signal import end_signal, undo_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.store import designations, outbox, signals
from node.store.outbox import Intent
from tests.region import NOW, RegisterAway, World, made_up_bsn

YOUTH, SISTER, MOTHER, FATHER, OTHER_FATHER = (made_up_bsn(n) for n in range(5))


async def test_a_signal_is_saved_and_waits_to_leave_in_one_write(world: World) -> None:
    """Signal, wish and audit line stand together, and the delivery is nudged after the commit."""
    anna = world.professional("Anna")
    world.person(YOUTH)
    done = await register_signal(world.desk, anna, YOUTH)

    assert done.signal.made_at == NOW
    assert done.signal.valid_until == date(2027, 3, 10)
    assert [wish.intent for wish in world.desk.db.read_now(outbox.every)] == [Intent.OFFER]
    assert world.events()[-1] == "signal.registered"
    assert world.nudges == [NOW]


async def test_the_second_professional_sees_the_first_at_once_and_the_other_way_round(world: World) -> None:
    """A client match, told once to both."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH)
    first = await register_signal(world.desk, anna, YOUTH)
    second = await register_signal(world.desk, bram, YOUTH)

    (seen,) = second.matches
    assert seen.kind is MatchKind.CLIENT
    assert seen.contact is not None
    assert (seen.contact.name, seen.contact.phone, seen.region) == ("Anna", "020 1234567", "Amsterdam")
    assert seen.match_key is None
    (back,) = (await own_signal(world.desk, anna, first.signal.id)).matches
    assert back.contact is not None
    assert back.contact.name == "Bram"
    assert world.rows("match") == 2


async def test_a_third_signal_pairs_with_each_before_it(world: World) -> None:
    """Three professionals, three pairs, six sides."""
    for name in ("Anna", "Bram", "Chris"):
        done = await register_signal(world.desk, world.professional(name), YOUTH)

    assert len(done.matches) == 2
    assert world.rows("match") == 6


async def test_half_sisters_match_as_family_and_neither_is_named(world: World) -> None:
    """One shared parent is enough (Jeugdwet 7.1.2.3(1)e); a match key instead of an identity (7.1.4.3(2))."""
    world.person(YOUTH, name="Noor Jansen", parents=(MOTHER, FATHER))
    world.person(SISTER, name="Lotte Smit", parents=(MOTHER, OTHER_FATHER))
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = await register_signal(world.desk, anna, YOUTH)
    second = await register_signal(world.desk, bram, SISTER)

    (seen,) = second.matches
    (back,) = (await own_signal(world.desk, anna, first.signal.id)).matches
    assert (seen.kind, back.kind) == (MatchKind.FAMILY, MatchKind.FAMILY)
    assert seen.match_key == back.match_key
    assert seen.match_key is not None
    assert seen.since == "2026-03"
    assert not any("Noor" in text or YOUTH.reveal() in text for text in (repr(seen), str(seen)))


async def test_the_same_word_goes_round_in_one_family(world: World) -> None:
    """Three children of one mother: all parties hear the same match key."""
    children = [made_up_bsn(10 + n) for n in range(3)]
    for n, child in enumerate(children):
        world.person(child, parents=(MOTHER,))
        done = await register_signal(world.desk, world.professional(f"P{n}"), child)

    assert len({match.match_key for match in done.matches}) == 1


async def test_who_has_two_profiles_does_not_meet_himself(world: World) -> None:
    """The human counts, not the profile."""
    one = world.professional("Anna", human="anna")
    two = world.professional("Anna2", human="anna")
    await register_signal(world.desk, one, YOUTH)

    assert (await register_signal(world.desk, two, YOUTH)).matches == []


async def test_colleagues_at_one_location_do_not_match_unless_the_region_wants_it(world: World) -> None:
    """A setting per region, off by default; two locations of one organisation do match."""
    same = {"organisation": "Levvel", "location": "Noord"}
    anna, bram = world.professional("Anna", **same), world.professional("Bram", **same)
    chris = world.professional("Chris", organisation="Levvel", location="Zuid")
    await register_signal(world.desk, anna, YOUTH)
    assert (await register_signal(world.desk, bram, YOUTH)).matches == []
    assert len((await register_signal(world.desk, chris, YOUTH)).matches) == 2

    desk = world.with_rules(same_location=True)
    await register_signal(desk, anna, SISTER)
    assert len((await register_signal(desk, bram, SISTER)).matches) == 1


async def test_a_second_signal_of_the_same_professional_points_to_the_first(world: World) -> None:
    """Extend instead; nothing is written but that it was refused."""
    anna = world.professional("Anna")
    first = await register_signal(world.desk, anna, YOUTH)
    with pytest.raises(AlreadySignalled) as caught:
        await register_signal(world.desk, anna, YOUTH)

    assert caught.value.signal_id == first.signal.id
    assert world.rows("signal") == 1
    assert world.rows("outbox") == 1
    assert world.events()[-1] == "signal.refused"


async def test_a_signal_whose_date_has_come_stands_in_nobodys_way(world: World) -> None:
    """The nightly run was missed: the old signal is archived and the new one saved, in one write."""
    anna = world.professional("Anna", months=6)
    first = await register_signal(world.desk, anna, YOUTH)
    world.later(days=200)
    second = await register_signal(world.desk, anna, YOUTH)

    assert second.signal.id != first.signal.id
    assert world.rows("signal WHERE state = 'archived'") == 1


@pytest.mark.parametrize(
    ("born", "error"),
    [("2003-03-10", YouthTooOld), ("2003-03", YouthTooOld), ("2003", YouthTooOld), ("1980-01-01", YouthTooOld)],
)
async def test_who_has_reached_23_is_no_youth(world: World, born: str, error: type[Exception]) -> None:
    """Jeugdwet 7.1.1.1, from the birthday itself on."""
    anna = world.professional("Anna")
    world.person(YOUTH, born)
    with pytest.raises(error):
        await register_signal(world.desk, anna, YOUTH)

    assert (world.rows("signal"), world.rows("youth"), world.rows("outbox")) == (0, 0, 0)


async def test_the_day_before_the_23rd_birthday_is_still_in_time(world: World) -> None:
    """One day, never archived after it."""
    world.person(YOUTH, "2003-03-11")
    done = await register_signal(world.desk, world.professional("Anna"), YOUTH)

    assert (done.signal.valid_until, done.signal.archive_until) == (date(2026, 3, 11), None)


async def test_nobody_signals_about_the_dead(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)c."""
    world.person(YOUTH, died_on=BrpDate(2025, 1, 1))
    with pytest.raises(YouthDeceased):
        await register_signal(world.desk, world.professional("Anna"), YOUTH)


async def test_only_a_designated_professional_signals(world: World) -> None:
    """Jeugdwet 7.1.1.2."""
    with pytest.raises(NotDesignated):
        await register_signal(world.desk, world.professional("Anna", designated=False), YOUTH)
    with pytest.raises(ProfessionalUnknown):
        await register_signal(world.desk, UUID(int=999), YOUTH)


async def test_without_an_agreement_in_force_nobody_of_the_organisation_signals(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)b and 7.1.3.1: also who is designated."""
    anna = world.professional("Anna", agreed=False)
    with pytest.raises(NoAgreement):
        await register_signal(world.desk, anna, YOUTH)

    assert world.events()[-1] == "signal.refused"
    assert world.rows("signal") == 0


async def test_who_is_not_designated_any_more_reads_and_ends_own_signals_but_does_not_extend(world: World) -> None:
    """Jeugdwet 7.1.1.2(1)c, O2: from the day that the designation ends."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH, 6)).signal
    world.desk.db.write_now(lambda tx: designations.end_by(tx, anna, world.desk.today()))

    with pytest.raises(NotDesignated):
        await extend_signal(world.desk, anna, signal.id, 12)
    assert [seen.signal.id for seen in await own_signals(world.desk, anna)] == [signal.id]
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)


async def test_the_gemeente_that_answers_is_kept_with_the_signal(world: World) -> None:
    """Jeugdwet 7.1.2.2(3): of the organisation's agreement; a later end of that changes nothing."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal

    assert signal.responsible == "0363"
    assert world.desk.db.read_now(lambda tx: signals.get(tx, signal.id)).responsible == "0363"


async def test_a_duration_is_one_of_three(world: World) -> None:
    """6, 12 or 24 months."""
    anna = world.professional("Anna")
    with pytest.raises(DurationNotOffered):
        await register_signal(world.desk, anna, YOUTH, 18)

    assert (await register_signal(world.desk, anna, YOUTH, 24)).signal.valid_until == date(2028, 3, 10)


@pytest.mark.parametrize("away", [True, False])
async def test_an_unknown_person_is_signalled_all_the_same(world: World, away: bool) -> None:
    """The register is away, or knows nobody: client matches work, person data follow."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    desk = replace(world.desk, people=RegisterAway()) if away else world.desk
    first = await register_signal(desk, anna, YOUTH)
    second = await register_signal(desk, bram, YOUTH)

    assert not first.person_known
    assert len(second.matches) == 1


async def test_what_was_known_is_not_forgotten_while_the_register_is_away(world: World) -> None:
    """The parents of an earlier signal still make the family match of a later one."""
    world.person(YOUTH, parents=(MOTHER,))
    world.person(SISTER, parents=(MOTHER,))
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    away = replace(world.desk, people=RegisterAway())
    await register_signal(away, world.professional("Bram"), YOUTH)

    assert len((await register_signal(world.desk, world.professional("Chris"), SISTER)).matches) == 2


async def test_no_number_or_name_lies_open_in_the_database(world: World) -> None:
    """Neither the youth's, nor the parents', in any file of the database."""
    world.person(YOUTH, name="Noor Jansen", parents=(MOTHER, FATHER))
    await register_signal(world.desk, world.professional("Anna"), YOUTH)
    path = world.desk.db.path
    files = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))

    for secret in (YOUTH.reveal(), MOTHER.reveal(), FATHER.reveal(), "Noor Jansen", "2010-05-01"):
        assert secret.encode() not in files
    lines = world.desk.db.read_now(lambda tx: [json.loads(row[0]) for row in tx.all("SELECT fields FROM audit")])
    told = {"by", "signal", "validUntil", "personKnown", "matches", "key", "use", "wrappedBy"}
    assert all(set(line) <= told for line in lines)


async def test_a_professional_makes_so_many_signals_a_day_and_no_more(world: World) -> None:
    """Protocol 1.5: a budget for each user that taking back does not refill; others and tomorrow have their own."""
    desk = replace(world.desk, limits=Limits(signals_per_day=2))
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(desk, anna, made_up_bsn(0))).signal
    await undo_signal(desk, anna, first.id)
    await register_signal(desk, anna, made_up_bsn(0))
    with pytest.raises(TooManySignals):
        await register_signal(desk, anna, made_up_bsn(1))
    assert world.events()[-1] == "signal.refused"
    await register_signal(desk, bram, made_up_bsn(1))

    world.later(hours=13, minutes=29)  # 23:59 in Amsterdam
    with pytest.raises(TooManySignals):
        await register_signal(desk, anna, made_up_bsn(1))
    world.later(minutes=1)
    await register_signal(desk, anna, made_up_bsn(1))

    assert world.rows("signals_made") == 1
