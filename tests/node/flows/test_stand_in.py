"""A designated substitute does all that the absent colleague would do with a signal, under their own name: P26."""

from datetime import date

import pytest

from node.domain.errors import MatchUnknown, SignalUnknown
from node.domain.informing import Ground, Manner, Person
from node.domain.marks import Mark
from node.domain.period import Period
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.end_signal import end_signal
from node.flows.ending_soon import ending_soon
from node.flows.look import own_signal
from node.flows.mark_match import mark_match, unmark_match
from node.flows.read_archive import fetch_archive, list_archive
from node.flows.record_informed import postpone_informing, record_informed, still_to_inform
from node.flows.register_signal import register_signal
from node.flows.renew_signal import renew_signal
from node.flows.stand_in import arrange_substitute
from tests.node.flows.test_people_and_organisations import LEVVEL, last_line, person_of
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
TODAY = date(2026, 3, 10)


async def absence(world: World) -> tuple[ProfessionalId, ProfessionalId, Signal]:
    """Anna, who signalled for half a year, and Bram, who stands in for her from today until next year."""
    anna, bram = world.professional("Anna", **LEVVEL), world.professional("Bram", **LEVVEL)
    signal = (await register_signal(world.desk, anna, YOUTH, 6)).signal
    period = Period(TODAY, date(2027, 1, 1))
    await arrange_substitute(world.desk, person_of(world, anna), "Anna", "Bram", period)
    return anna, bram, signal


def who_for(world: World, event: str) -> tuple[object, object]:
    """Who did it last, and on whose behalf."""
    line = last_line(world, event)
    return line["by"], line["onBehalfOf"]


async def test_a_substitute_marks_a_match(world: World) -> None:
    """P21, and NEN 7513: the log says on whose behalf; a colleague who does not stand in has no such match."""
    anna, bram, signal = await absence(world)
    chris = world.professional("Chris", **LEVVEL)
    await register_signal(world.desk, world.professional("Dirk"), YOUTH)
    [match] = (await own_signal(world.desk, bram, signal.id)).matches

    await mark_match(world.desk, bram, match.id, Mark.CONTACT)
    assert who_for(world, "match.marked") == (str(bram), str(anna))
    await unmark_match(world.desk, bram, match.id, Mark.CONTACT)
    assert who_for(world, "match.unmarked") == (str(bram), str(anna))
    with pytest.raises(MatchUnknown):
        await mark_match(world.desk, chris, match.id, Mark.CONTACT)


async def test_a_substitute_records_who_was_told(world: World) -> None:
    """P11: the list of what must still be told holds these signals too, with whose they are."""
    anna, bram, signal = await absence(world)

    assert [(one.signal, one.on_behalf_of) for one in await still_to_inform(world.desk, bram)] == [(signal.id, "Anna")]
    assert [one.on_behalf_of for one in await still_to_inform(world.desk, anna)] == [None]
    await postpone_informing(world.desk, bram, signal.id, Ground.SAFETY, date(2026, 4, 1))
    assert who_for(world, "signal.informingPostponed") == (str(bram), str(anna))
    await record_informed(world.desk, bram, signal.id, frozenset({Person.YOUTH}), TODAY, Manner.LETTER)
    assert who_for(world, "signal.informed") == (str(bram), str(anna))


async def test_a_substitute_is_reminded_and_renews_nothing(world: World) -> None:
    """P7: extend or end; a new signal is a weighing of one's own."""
    anna, bram, signal = await absence(world)
    world.later(days=160)

    [theirs] = await ending_soon(world.desk, bram)
    [own] = await ending_soon(world.desk, anna)
    assert (theirs.on_behalf_of, theirs.can_extend, theirs.can_renew) == ("Anna", True, False)
    assert (own.on_behalf_of, own.can_extend, own.can_renew) == (None, True, True)
    with pytest.raises(SignalUnknown):
        await renew_signal(world.desk, bram, signal.id)


async def test_a_substitute_fetches_what_the_archive_tells_once(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): once for the signal, whoever fetched it; the name in the log is that of who did."""
    dirk = world.professional("Dirk")
    earlier = (await register_signal(world.desk, dirk, YOUTH)).signal
    await end_signal(world.desk, dirk, earlier.id, EndReason.RISICO_WEG)
    anna, bram, signal = await absence(world)
    world.later(minutes=20)

    [notice] = await list_archive(world.desk, bram, signal.id)
    contact = await fetch_archive(world.desk, bram, signal.id, notice.id)
    assert contact is not None
    assert contact.name == "Dirk"
    assert who_for(world, "archive.fetchedHere") == (str(bram), str(anna))
    assert await fetch_archive(world.desk, anna, signal.id, notice.id) is None


async def test_what_a_substitute_fetched_is_not_offered_to_them_again(world: World) -> None:
    """Jeugdwet 7.1.4.6(2): once to each human, for whomever they fetched it."""
    dirk = world.professional("Dirk")
    earlier = (await register_signal(world.desk, dirk, YOUTH)).signal
    await end_signal(world.desk, dirk, earlier.id, EndReason.RISICO_WEG)
    _, bram, signal = await absence(world)
    world.later(minutes=20)
    [notice] = await list_archive(world.desk, bram, signal.id)
    await fetch_archive(world.desk, bram, signal.id, notice.id)

    own = (await register_signal(world.desk, bram, YOUTH)).signal
    world.later(minutes=20)

    assert await list_archive(world.desk, bram, own.id) == []
