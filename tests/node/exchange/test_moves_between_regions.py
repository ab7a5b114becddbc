"""Jeugdwet 7.1.2.3(1)g: a youth with active signals moves, the reporters and the new regievoerder hear of it (P24)."""

import json
from dataclasses import dataclass, replace
from datetime import date

import pytest

from node.domain.bsn import Bsn
from node.domain.errors import MoveUnknown, NotAllowed
from node.domain.moves import Gemeenten
from node.domain.person import BirthDate, Person
from node.domain.professional import PersonNumber
from node.domain.rights import Role
from node.domain.sealed import write
from node.domain.signal import ProfessionalId
from node.flows.ask_again import ask_again
from node.flows.desk import Desk
from node.flows.forgetting import forget
from node.flows.grant_role import end_role
from node.flows.look import own_signals
from node.flows.read_moves import list_moves, read_move
from node.flows.report_move import report_move
from node.store import people, roles
from node.store.moves import MoveTold
from soap_wsdl.vocabulary import Oin, SendSealedMessage
from tests.leaks import Search
from tests.region import granted
from tests.rehearsal import OINS, TODAY, Party, Rehearsal

AMSTERDAM, DEN_HAAG, NOWHERE = "0363", "0518", "9999"
GEMEENTEN = {AMSTERDAM: OINS["amsterdam"], DEN_HAAG: OINS["haaglanden"]}


@dataclass
class Move:
    """A youth signalled in Amsterdam, and a coördinator in Haaglanden who reads the moves to Den Haag."""

    rehearsal: Rehearsal
    amsterdam: Party
    haaglanden: Party
    visser: ProfessionalId
    coordinator: PersonNumber
    child: Bsn

    def desk(self, party: Party) -> Desk:
        """With the file of gemeenten."""
        return replace(party.desk, gemeenten=Gemeenten(party.oin, GEMEENTEN))

    def to(self, gemeente: str, *, secret: bool = False) -> int:
        """Amsterdam learns that the child moved."""
        desk = self.desk(self.amsterdam)
        region: Oin | None = desk.gemeenten.owner(gemeente)
        return desk.db.write_now(lambda tx: report_move(tx, desk, self.child, gemeente, region, TODAY, secret=secret))


def coordinates(party: Party, gemeente: str) -> PersonNumber:
    """Somebody to whom two others granted the role of coördinator."""
    return party.db.write_now(lambda tx: granted(tx, party.desk, f"C{gemeente}", Role.COORDINATOR, gemeente))


async def no_more(party: Party, who: PersonNumber) -> None:
    """The role ends today."""
    party.db.write_now(lambda tx: granted(tx, party.desk, "rik", Role.REGIOBEHEERDER))
    [grant] = party.db.read_now(lambda tx: roles.standing(tx, who))
    await end_role(party.desk, "rik", grant.number)


@pytest.fixture
async def move(rehearsal: Rehearsal) -> Move:
    """Two colleagues signalled the child; one of them has ended it since."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    child = amsterdam.person(rehearsal.bsn())
    visser, bakker = amsterdam.professional("Visser"), amsterdam.professional("Bakker")
    await amsterdam.signal(visser, child)
    await amsterdam.end(bakker, await amsterdam.signal(bakker, child))
    coordinator = coordinates(haaglanden, DEN_HAAG)
    return Move(rehearsal, amsterdam, haaglanden, visser, coordinator, child)


async def test_the_new_regievoerder_gets_the_list_of_active_signals_over_the_hub(move: Move) -> None:
    """Whom it is about, and who to call; what has ended is not in it."""
    told = move.to(DEN_HAAG)
    await move.rehearsal.settle()

    [listed] = await list_moves(move.haaglanden.desk, move.coordinator)
    read = await read_move(move.haaglanden.desk, move.coordinator, listed.id)

    assert told == 1
    assert (listed.gemeente, listed.moved_on, listed.peer) == (DEN_HAAG, TODAY, move.amsterdam.oin)
    assert (read.region, read.moved.youth) == ("amsterdam", move.child)
    [reporter] = read.moved.reporters
    assert (reporter.name, reporter.organisation, reporter.phone) == ("Visser", "Stichting Visser", "020 1234567")
    assert (reporter.since, reporter.until) == (TODAY, date(2027, 11, 24))


async def test_what_the_register_tells_at_night_reaches_the_new_regievoerder(move: Move) -> None:
    """From the local register to the other region's coördinator: the nightly question finds the move and tells it."""
    desk = move.desk(move.amsterdam)
    known = Person(move.child, "Noor de Vries", BirthDate.parse("2012-05-01"), gemeente="0363")
    desk.db.write_now(lambda tx: people.put(tx, desk.vault, [known]))
    await ask_again(desk)
    desk.db.write_now(lambda tx: people.put(tx, desk.vault, [replace(known, gemeente=DEN_HAAG)]))
    move.rehearsal.later(days=1)

    await ask_again(desk)
    await move.rehearsal.settle()

    [listed] = await list_moves(move.haaglanden.desk, move.coordinator)
    assert (listed.gemeente, listed.peer) == (DEN_HAAG, move.amsterdam.oin)
    [seen] = await own_signals(move.amsterdam.desk, move.visser)
    assert seen.moved is not None
    assert seen.moved.gemeente == DEN_HAAG


async def test_the_reporters_see_that_the_youth_moved(move: Move) -> None:
    """On their own signal; of a secret address not where to (P25)."""
    [before] = await own_signals(move.amsterdam.desk, move.visser)
    move.to(DEN_HAAG)
    [open_move] = await own_signals(move.amsterdam.desk, move.visser)
    move.to(DEN_HAAG, secret=True)
    [secret_move] = await own_signals(move.amsterdam.desk, move.visser)

    assert before.moved is None
    assert open_move.moved == MoveTold(DEN_HAAG, TODAY)
    assert secret_move.moved == MoveTold(None, TODAY)


async def test_a_move_inside_the_region_stays_inside_it(move: Move) -> None:
    """For the coördinator of the new gemeente, without the hub."""
    ours = coordinates(move.amsterdam, AMSTERDAM)

    move.to(AMSTERDAM)
    [listed] = await list_moves(move.amsterdam.desk, ours)
    read = await read_move(move.amsterdam.desk, ours, listed.id)

    assert (read.region, read.moved.youth) == ("amsterdam", move.child)
    assert move.amsterdam.rows("SELECT 1 FROM sealed_outbox") == []


async def test_a_gemeente_of_no_region_that_we_know_is_an_alarm(move: Move) -> None:
    """Somebody must tell it by hand; the reporters hear of it all the same."""
    move.to(NOWHERE)

    [seen] = await own_signals(move.amsterdam.desk, move.visser)
    line = move.amsterdam.rows("SELECT fields FROM audit WHERE event = 'move.reported'")

    assert move.amsterdam.alarms() == ["moveUndelivered"]
    assert seen.moved == MoveTold(NOWHERE, TODAY)
    assert json.loads(line[0][0]).items() >= {"signals": 1, "told": False}.items()
    assert move.amsterdam.rows("SELECT 1 FROM sealed_outbox") == []


async def test_a_move_to_a_gemeente_without_coordinator_is_kept_and_an_alarm(move: Move) -> None:
    """Whoever gets the role later still reads it."""
    await no_more(move.haaglanden, move.coordinator)
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    alarms = move.haaglanden.alarms()

    newcomer = coordinates(move.haaglanden, DEN_HAAG)

    assert alarms == ["moveUndelivered"]
    assert len(await list_moves(move.haaglanden.desk, newcomer)) == 1


async def test_a_youth_without_active_signals_moves_unseen(move: Move) -> None:
    """Nobody is told anything, and nothing is written."""
    [seen] = await own_signals(move.amsterdam.desk, move.visser)
    await move.amsterdam.end(move.visser, seen.signal)

    told = move.to(DEN_HAAG)

    assert told == 0
    assert move.amsterdam.rows("SELECT 1 FROM sealed_outbox") == []
    assert move.amsterdam.rows("SELECT 1 FROM audit WHERE event = 'move.reported'") == []


async def test_only_the_coordinator_of_the_gemeente_reads_a_move_and_every_reading_is_logged(move: Move) -> None:
    """For that of another gemeente it does not exist; whoever has the role no more reads nothing."""
    other = coordinates(move.haaglanden, "0503")
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    desk = move.haaglanden.desk
    [listed] = await list_moves(desk, move.coordinator)

    with pytest.raises(MoveUnknown):
        await read_move(desk, other, listed.id)
    await read_move(desk, move.coordinator, listed.id)
    await no_more(move.haaglanden, move.coordinator)
    with pytest.raises(NotAllowed):
        await read_move(desk, move.coordinator, listed.id)
    with pytest.raises(NotAllowed):
        await list_moves(desk, move.coordinator)

    assert await list_moves(desk, other) == []
    [line] = move.haaglanden.rows("SELECT fields FROM audit WHERE event = 'move.read'")
    assert str(move.coordinator) in line[0]


async def test_the_coordinator_of_a_gemeente_that_was_merged_reads_the_moves_to_the_one_that_took_over(
    move: Move,
) -> None:
    """B1: Weesp is Amsterdam since 24 March 2022; its coördinator need not be granted anew."""
    weesp = coordinates(move.amsterdam, "0457")

    move.to(AMSTERDAM)

    assert [listed.gemeente for listed in await list_moves(move.amsterdam.desk, weesp)] == [AMSTERDAM]
    assert move.amsterdam.alarms() == []


async def test_a_received_move_is_gone_when_its_day_has_come(move: Move) -> None:
    """With the last signal in it, a year at most: not shown from that day on, and destroyed that night."""
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    move.rehearsal.later(days=364)
    kept = await list_moves(move.haaglanden.desk, move.coordinator)
    move.rehearsal.later(days=1)

    shown = await list_moves(move.haaglanden.desk, move.coordinator)
    await forget(move.haaglanden.exchange)

    assert (len(kept), shown) == (1, [])
    assert move.haaglanden.rows("SELECT 1 FROM incoming_move") == []


async def test_the_number_is_nowhere_in_the_clear_on_its_way(move: Move) -> None:
    """Not in either node's database, not at the hub, not in what went over the line: only in what was read."""
    search = Search()
    search.number("number", move.child.reveal())
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    [listed] = await list_moves(move.haaglanden.desk, move.coordinator)
    read = await read_move(move.haaglanden.desk, move.coordinator, listed.id)
    passed = [each.message.sealed for each in move.amsterdam.hub.trouble.sent if isinstance(each, SendSealedMessage)]

    found = [
        search.cells(place)
        for place in (
            move.amsterdam.directory / "node.db",
            move.haaglanden.directory / "node.db",
            move.rehearsal.hub.directory / "hub.db",
        )
    ]

    assert len(passed) == 1
    assert search.content(passed[0]) == set()
    assert found == [{}, {}, {}]
    assert search.content(write(read.moved).text) != set()
