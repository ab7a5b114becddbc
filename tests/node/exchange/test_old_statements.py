"""A hub can hold a newer key statement back, but not for long, and two answers at once bring no older one back."""

import asyncio

from certs.statements import KeyEnding, KeyKind
from node.flows.keys import fetch_directory, publish_keys, read_directory, refresh, renew_key
from node.store import holds
from soap_wsdl.vocabulary import GetDirectory, GetDirectoryResponse
from tests.rehearsal import Party, Rehearsal


def old(party: Party) -> list[tuple[str, str | None]]:
    """The open alarms: their kind and whom they are about."""
    return [(each.kind.value, each.peer) for each in party.db.read_now(holds.alarms)]


async def test_a_region_states_its_keys_anew_each_week(rehearsal: Rehearsal) -> None:
    """Also when nothing changed; not before."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.later(days=6)
    early = await publish_keys(amsterdam.exchange)
    rehearsal.later(days=1)

    serial = await publish_keys(amsterdam.exchange)

    assert (early, serial) == (None, 2)
    assert await publish_keys(amsterdam.exchange) is None


async def test_an_old_statement_of_an_active_region_is_an_alarm_until_a_newer_one_comes(rehearsal: Rehearsal) -> None:
    """Thirty days by our own clock; told once, and settled by itself."""
    amsterdam = await rehearsal.region("amsterdam")
    haaglanden = await rehearsal.region("haaglanden")
    rehearsal.later(days=30)
    await refresh(amsterdam.exchange)
    in_time = old(amsterdam)
    rehearsal.later(hours=1)
    for _ in range(2):
        await refresh(amsterdam.exchange)
    told = old(amsterdam)
    await refresh(haaglanden.exchange)

    await refresh(amsterdam.exchange)

    assert in_time == []
    assert told == [("statementOld", haaglanden.oin)]
    assert old(amsterdam) == []


async def test_a_hub_that_gives_no_directory_hides_no_old_statement(rehearsal: Rehearsal) -> None:
    """What is known ages by our own clock."""
    amsterdam = await rehearsal.region("amsterdam")
    rehearsal.later(days=31)
    amsterdam.hub.trouble.cut = 10**6

    await refresh(amsterdam.exchange)

    assert old(amsterdam) == [("statementOld", amsterdam.oin)]


async def test_a_region_that_left_may_have_an_old_statement(rehearsal: Rehearsal) -> None:
    """It has no node any more that would state anything."""
    amsterdam = await rehearsal.region("amsterdam")
    haaglanden = await rehearsal.region("haaglanden")
    rehearsal.later(days=31)
    await refresh(amsterdam.exchange)
    told = old(amsterdam)
    rehearsal.hub.db.write_now(
        lambda tx: tx.execute("UPDATE region SET status = 'departed' WHERE oin = ?", (haaglanden.oin,))
    )

    await refresh(amsterdam.exchange)

    assert told == [("statementOld", haaglanden.oin)]
    assert old(amsterdam) == []


async def test_of_two_directories_at_once_the_older_changes_nothing(rehearsal: Rehearsal) -> None:
    """The newer statement says that a key was compromised: it stays, and of the older one the operator hears."""
    amsterdam = await rehearsal.region("amsterdam")
    haaglanden = await rehearsal.region("haaglanden")
    answers = [await amsterdam.hub.get_directory(GetDirectory())]
    renew_key(haaglanden.exchange, KeyKind.CARD, KeyEnding.COMPROMISED)
    await publish_keys(haaglanden.exchange)
    answers.append(await amsterdam.hub.get_directory(GetDirectory()))

    async def newest_first(_message: GetDirectory) -> GetDirectoryResponse:
        return answers.pop()

    amsterdam.hub.get_directory = newest_first  # type: ignore[method-assign, assignment]
    await asyncio.gather(fetch_directory(amsterdam.exchange), fetch_directory(amsterdam.exchange))

    known = (await read_directory(amsterdam.exchange)).member(haaglanden.oin)
    assert known is not None
    assert known.keys is not None
    assert known.keys.serial == 2
    assert amsterdam.alarms() == ["directoryRefused"]


async def test_the_directory_is_asked_for_once_at_a_time(rehearsal: Rehearsal) -> None:
    """An answer that overtook an older one would look like a hub that goes back: a false alarm."""
    amsterdam = await rehearsal.region("amsterdam")
    haaglanden = await rehearsal.region("haaglanden")
    ask, first_waits = amsterdam.hub.get_directory, asyncio.Event()

    async def held_up(message: GetDirectory) -> GetDirectoryResponse:
        answer = await ask(message)
        if not first_waits.is_set():
            first_waits.set()
            renew_key(haaglanden.exchange, KeyKind.CARD, KeyEnding.COMPROMISED)
            await publish_keys(haaglanden.exchange)
            for _ in range(50):
                await asyncio.sleep(0)
        return answer

    amsterdam.hub.get_directory = held_up  # type: ignore[method-assign]
    await asyncio.gather(fetch_directory(amsterdam.exchange), fetch_directory(amsterdam.exchange))

    known = (await read_directory(amsterdam.exchange)).member(haaglanden.oin)
    assert known is not None
    assert known.keys is not None
    assert known.keys.serial == 2
    assert amsterdam.alarms() == []
