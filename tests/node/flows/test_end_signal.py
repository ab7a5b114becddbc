"""A professional ends, undoes or extends a signal."""

from datetime import date
from uuid import UUID

import pytest

from node.domain.errors import NoLaterEnd, NotAllowed, SignalOver, SignalUnknown, TooLateToUndo
from node.domain.matching import HowEnded
from node.domain.signal import EndReason, State
from node.flows.end_signal import end_signal, undo_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signal, own_signals
from node.flows.register_signal import register_signal
from node.store import outbox, signals
from soap_wsdl.vocabulary import Ending
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)


async def test_a_risk_that_is_gone_leads_to_the_archive(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): five years from the actual removal."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(days=30)
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    kept = world.desk.db.read_now(lambda tx: signals.get(tx, signal.id))
    assert (kept.state, kept.archive_until, kept.end_reason) == (
        State.ARCHIVED,
        date(2031, 4, 9),
        EndReason.RISICO_WEG,
    )
    wish = world.desk.db.read_now(outbox.every)[-1]
    assert (wish.ending, wish.archive_until) == (Ending.ENDED, date(2031, 4, 9))


async def test_a_mistake_is_destroyed_with_all_that_was_known(world: World) -> None:
    """Jeugdwet 7.1.4.6(1): never archived; nothing about the youth is left."""
    anna = world.professional("Anna")
    world.person(YOUTH, parents=(made_up_bsn(5),))
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(days=2)
    await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert (world.rows("signal"), world.rows("youth"), world.rows("youth_relation")) == (0, 0, 0)
    assert [wish.ending for wish in world.desk.db.read_now(outbox.every)] == [Ending.ANNULLED]


@pytest.mark.parametrize(
    ("reason", "how", "organisation"),
    [(EndReason.RISICO_WEG, HowEnded.ENDED, "Stichting Anna"), (EndReason.ONTERECHT, HowEnded.ANNULLED, None)],
)
async def test_matches_end_on_both_sides_and_the_contact_data_go(
    world: World, reason: EndReason, how: HowEnded, organisation: str | None
) -> None:
    """What ended keeps the organisation and the dates; what was a mistake only the fact and the dates."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = (await register_signal(world.desk, bram, YOUTH)).signal
    await end_signal(world.desk, anna, first.id, reason)

    (match,) = (await own_signal(world.desk, bram, second.id)).matches
    assert (match.how, match.ended_on, match.organisation) == (how, date(2026, 3, 10), organisation)
    assert (match.contact, match.since, match.match_key) == (None, None, None)


async def test_an_ended_signal_shows_no_matches_and_is_in_no_list(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): the archive cannot be searched, not even by its maker."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await register_signal(world.desk, bram, YOUTH)
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    assert await own_signals(world.desk, anna) == []
    with pytest.raises(SignalOver):
        await own_signal(world.desk, anna, signal.id)


async def test_another_professional_does_not_even_learn_that_a_signal_exists(world: World) -> None:
    """The same answer as for an id that nobody has."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    for signal_id in (signal.id, UUID(int=77)):
        with pytest.raises(SignalUnknown):
            await own_signal(world.desk, bram, signal_id)
        with pytest.raises(SignalUnknown):
            await end_signal(world.desk, bram, signal_id, EndReason.ONTERECHT)
        with pytest.raises(SignalUnknown):
            await extend_signal(world.desk, bram, signal_id, 24)


async def test_a_signal_ends_once(world: World) -> None:
    """The second time says that it is over, and nothing more leaves."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)
    with pytest.raises(SignalOver):
        await end_signal(world.desk, anna, signal.id, EndReason.ONTERECHT)

    assert world.rows("outbox") == 2


@pytest.mark.parametrize("reason", [EndReason.TERMIJN, EndReason.LEEFTIJD23, EndReason.OVERLEDEN])
async def test_some_reasons_only_dates_can_give(world: World, reason: EndReason) -> None:
    """A professional gives ONTERECHT or RISICO_WEG: Jeugdwet 7.1.4.5(1)."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal

    with pytest.raises(NotAllowed):
        await end_signal(world.desk, anna, signal.id, reason)


async def test_undoing_within_fifteen_minutes_leaves_nothing_to_tell_the_hub_but_the_end(world: World) -> None:
    """What has not left yet never will."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(minutes=15)
    await undo_signal(world.desk, anna, signal.id)

    assert world.rows("signal") == 0
    assert [wish.ending for wish in world.desk.db.read_now(outbox.every)] == [Ending.ANNULLED]
    assert world.events()[-1] == "signal.undone"


async def test_after_fifteen_minutes_it_is_too_late_to_undo(world: World) -> None:
    """Then it can be ended."""
    anna = world.professional("Anna")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(minutes=15, seconds=1)

    with pytest.raises(TooLateToUndo):
        await undo_signal(world.desk, anna, signal.id)


async def test_extending_moves_the_end_of_the_signal_and_of_its_matches(world: World) -> None:
    """A match ends with the first of both."""
    anna, bram = world.professional("Anna", months=6), world.professional("Bram", months=24)
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    second = (await register_signal(world.desk, bram, YOUTH)).signal
    world.later(days=100)
    extended = await extend_signal(world.desk, anna, first.id, 12)

    assert extended.valid_until == date(2027, 6, 18)
    (match,) = (await own_signal(world.desk, bram, second.id)).matches
    assert match.valid_until == date(2027, 6, 18)


async def test_extending_beyond_two_years_is_impossible(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)a: a new signal is needed then."""
    anna = world.professional("Anna", months=24)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(days=300)

    with pytest.raises(NoLaterEnd):
        await extend_signal(world.desk, anna, signal.id, 24)


async def test_reading_matches_is_logged_with_who_did_it(world: World) -> None:
    """Jeugdwet 7.1.2.3(1)f; a signal without matches leaves no line."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    first = (await register_signal(world.desk, anna, YOUTH)).signal
    await own_signals(world.desk, anna)
    assert "matches.read" not in world.events()
    await register_signal(world.desk, bram, YOUTH)
    await own_signal(world.desk, anna, first.id)

    assert world.events()[-1] == "matches.read"


async def test_another_professional_does_not_learn_either_that_a_signal_is_over(world: World) -> None:
    """Unknown, and not over: that would tell that it had been there."""
    anna, bram = world.professional("Anna"), world.professional("Bram")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    await end_signal(world.desk, anna, signal.id, EndReason.RISICO_WEG)

    with pytest.raises(SignalUnknown):
        await end_signal(world.desk, bram, signal.id, EndReason.ONTERECHT)
    with pytest.raises(SignalUnknown):
        await extend_signal(world.desk, bram, signal.id, 24)


async def test_extending_never_passes_the_23rd_birthday(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)b: it ends there, and is destroyed then; once there, nothing can be longer."""
    anna = world.professional("Anna", months=6)
    world.person(YOUTH, "2003-12-01")
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    extended = await extend_signal(world.desk, anna, signal.id, 24)

    assert (extended.valid_until, extended.archive_until) == (date(2026, 12, 1), None)
    with pytest.raises(NoLaterEnd):
        await extend_signal(world.desk, anna, signal.id, 24)
