"""A signal that ends or is destroyed leaves every list told when its youth moved: here, on the way and there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest

from ledger import Tx
from node.domain.brp import Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.moves import Gemeenten
from node.domain.person import BirthDate, Person
from node.domain.sealed import Moved, StillInvolved, write
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.ask_again import ask_again
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.expire import expire
from node.flows.remove_by_request import remove_by_request
from node.flows.report_move import report_move
from node.flows.restore import copy_deletions, replay_deletions
from node.store import moves, people, sealed
from soap_wsdl.vocabulary import SendSealedMessage
from tests.rehearsal import OINS, TODAY, Party, Rehearsal

AMSTERDAM, DEN_HAAG = "0363", "0518"


@dataclass
class Move:
    """A youth signalled twice in Amsterdam, by Visser and by Bakker."""

    rehearsal: Rehearsal
    amsterdam: Party
    haaglanden: Party
    visser: ProfessionalId
    bakker: ProfessionalId
    one: Signal
    other: Signal
    child: Bsn

    def desk(self) -> Desk:
        """Amsterdam's, with the file of gemeenten."""
        regions = {AMSTERDAM: OINS["amsterdam"], DEN_HAAG: OINS["haaglanden"]}
        return replace(self.amsterdam.desk, gemeenten=Gemeenten(OINS["amsterdam"], regions))

    def to(self, gemeente: str) -> None:
        """Amsterdam learns that the child moved."""
        desk = self.desk()
        region = desk.gemeenten.owner(gemeente)
        desk.db.write_now(lambda tx: report_move(tx, desk, self.child, gemeente, region, TODAY))

    def sent(self) -> int:
        """How many sealed messages the hub took from Amsterdam."""
        return sum(isinstance(each, SendSealedMessage) for each in self.amsterdam.hub.trouble.sent)


def listed(party: Party) -> list[list[str]]:
    """Who stands in each move that is kept, whether or not it is still shown."""

    def question(tx: Tx) -> list[Moved]:
        ids = [UUID(row["move_id"]) for row in tx.all("SELECT move_id FROM incoming_move")]
        found = [moves.find(tx, each, TODAY.min) for each in ids]
        return [moves.content(tx, party.desk.vault, move) for move in found if move is not None]

    return [[each.name for each in moved.reporters] for moved in party.db.read_now(question)]


def kept(party: Party) -> list[tuple[str, list[str]]]:
    """The sealed messages that are kept at their sender, sent or not: kind, and who stands in each."""

    def question(tx: Tx) -> list[tuple[str, list[str]]]:
        found = []
        for row in tx.all("SELECT message_id, kind FROM sealed_outbox ORDER BY number"):
            content = sealed.written(tx, party.desk.vault, UUID(row["message_id"]))
            names = [name for name in ("Visser", "Bakker") if content is not None and name.encode() in content.text]
            found.append((row["kind"], names))
        return found

    return party.db.read_now(question)


@pytest.fixture
async def move(rehearsal: Rehearsal) -> Move:
    """Nothing was told yet."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    child = amsterdam.person(rehearsal.bsn())
    visser, bakker = amsterdam.professional("Visser"), amsterdam.professional("Bakker")
    one = await amsterdam.signal(visser, child)
    rehearsal.later(minutes=1)
    other = await amsterdam.signal(bakker, child, 24)
    return Move(rehearsal, amsterdam, haaglanden, visser, bakker, one, other, child)


async def by_mistake(move: Move) -> None:
    """Both professionals say that it should not have been."""
    await end_signal(move.desk(), move.visser, move.one.id, EndReason.ONTERECHT)
    await end_signal(move.desk(), move.bakker, move.other.id, EndReason.ONTERECHT)


async def at_request(move: Move) -> None:
    """A privacy officer grants a request."""
    await remove_by_request(move.desk(), move.one.id, EndReason.AVG17)
    await remove_by_request(move.desk(), move.other.id, EndReason.AVG17)


async def by_death(move: Move) -> None:
    """The register tells it at night."""
    dead = Suspension(SuspensionReason.DEATH)
    known = Person(move.child, "Noor de Vries", BirthDate.parse("2012-05-01"), suspension=dead)
    move.amsterdam.db.write_now(lambda tx: people.put(tx, move.amsterdam.desk.vault, [known]))
    await ask_again(move.desk())


async def by_the_calendar(move: Move) -> None:
    """Both terms are over; the signals go to the archive, which speaks to newcomers alone (7.1.4.6(2))."""
    move.rehearsal.later(days=731)
    await expire(move.desk())


@pytest.mark.parametrize("gemeente", [AMSTERDAM, DEN_HAAG])
@pytest.mark.parametrize("way", [by_mistake, at_request, by_death, by_the_calendar])
async def test_a_move_is_gone_with_the_signals_in_it(
    move: Move, gemeente: str, way: Callable[[Move], Awaitable[None]]
) -> None:
    """Jeugdwet 7.1.4.6(1): destroyed is gone, here and in the region that was told; 7.1.4.5: ended is removed."""
    move.to(gemeente)
    await move.rehearsal.settle()
    told = listed(move.amsterdam) + listed(move.haaglanden)
    await way(move)
    here = (listed(move.amsterdam), [names for _, names in kept(move.amsterdam)])
    await move.rehearsal.settle()

    assert told == [["Visser", "Bakker"]]
    assert here[0] == []
    assert not any(here[1])
    assert listed(move.haaglanden) == []
    assert move.amsterdam.rows("SELECT 1 FROM move_told") == []


@pytest.mark.parametrize("gemeente", [AMSTERDAM, DEN_HAAG])
async def test_whoever_is_still_involved_stays_in_the_list(move: Move, gemeente: str) -> None:
    """Jeugdwet 7.1.2.3(1)g: the regievoerder keeps the active signals; the number stays with them."""
    move.to(gemeente)
    await move.rehearsal.settle()
    await remove_by_request(move.desk(), move.one.id, EndReason.AVG17)
    await move.rehearsal.settle()

    assert listed(move.amsterdam) + listed(move.haaglanden) == [["Bakker"]]
    assert all(names in ([], ["Bakker"]) for _, names in kept(move.amsterdam))


async def test_a_correction_takes_the_place_of_the_one_before(move: Move) -> None:
    """Who stood in the first correction and is gone since stands nowhere any more, not even at its sender."""
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    await remove_by_request(move.desk(), move.one.id, EndReason.AVG17)
    await move.rehearsal.settle()
    first = kept(move.amsterdam)
    await remove_by_request(move.desk(), move.other.id, EndReason.AVG17)

    assert first == [("moved", ["Bakker"]), ("stillInvolved", ["Bakker"])]
    assert kept(move.amsterdam) == [("stillInvolved", [])]


async def test_what_never_left_never_leaves(move: Move) -> None:
    """Destroyed before the hub heard of it: nobody is told anything."""
    move.to(DEN_HAAG)
    await by_mistake(move)
    await move.rehearsal.settle()

    assert (move.sent(), kept(move.amsterdam), listed(move.haaglanden)) == (0, [], [])


async def test_what_waits_leaves_with_who_is_still_involved(move: Move) -> None:
    """One message, with the one signal that stands."""
    move.to(DEN_HAAG)
    await end_signal(move.desk(), move.visser, move.one.id, EndReason.ONTERECHT)
    await move.rehearsal.settle()

    assert (move.sent(), listed(move.haaglanden)) == (1, [["Bakker"]])


async def test_a_message_whose_answer_was_lost_is_put_right(move: Move) -> None:
    """The hub may have it: the other region hears who is left, whichever of both it heard first."""
    await move.rehearsal.settle()
    move.to(DEN_HAAG)
    move.amsterdam.hub.trouble.lose_answer = 1
    await move.amsterdam.deliver()
    left = (move.sent(), move.amsterdam.rows("SELECT sent_at FROM sealed_outbox"))
    await by_mistake(move)
    move.rehearsal.later(minutes=1)
    await move.rehearsal.settle()

    assert left == (1, [(None,)])
    assert move.haaglanden.rows("SELECT kind FROM sealed_heard ORDER BY heard_at, kind") == [
        ("moved",),
        ("stillInvolved",),
    ]
    assert (listed(move.haaglanden), kept(move.amsterdam)) == ([], [("stillInvolved", [])])


async def test_a_hub_that_forgets_is_told_what_is_true_now(move: Move) -> None:
    """What is sent once more after the hub lost everything has nobody in it whose signal is gone."""
    move.to(DEN_HAAG)
    await move.amsterdam.deliver()
    await remove_by_request(move.desk(), move.one.id, EndReason.AVG17)
    await move.amsterdam.deliver()
    move.rehearsal.hub.put_back(None)
    await move.rehearsal.settle(6)

    assert listed(move.haaglanden) == [["Bakker"]]


async def test_a_node_put_back_withdraws_again(move: Move) -> None:
    """The ledger of deletions is replayed first, and with the signal its place in the list goes."""
    move.to(AMSTERDAM)
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    copy = move.amsterdam.back_up()
    await by_mistake(move)
    await copy_deletions(move.amsterdam.exchange)
    move.amsterdam.put_back(copy)
    before = listed(move.amsterdam)
    await replay_deletions(move.amsterdam.exchange)
    here = listed(move.amsterdam)
    await move.rehearsal.settle()

    assert before == [["Visser", "Bakker"]]
    assert (here, listed(move.haaglanden)) == ([], [])


async def test_no_other_region_withdraws_a_move(move: Move) -> None:
    """The sender is part of what a correction names: a third region that learnt an id changes nothing."""
    utrecht = await move.rehearsal.region("utrecht")
    move.to(DEN_HAAG)
    await move.rehearsal.settle()
    [(move_id,)] = move.haaglanden.rows("SELECT move_id FROM incoming_move")
    forged = write(StillInvolved(UUID(move_id), ()))
    utrecht.db.write_now(
        lambda tx: sealed.put(tx, utrecht.desk.vault, uuid4(), move.haaglanden.oin, forged, utrecht.now())
    )
    await move.rehearsal.settle()

    assert move.haaglanden.rows("SELECT count(*) FROM sealed_heard") == [(2,)]
    assert listed(move.haaglanden) == [["Visser", "Bakker"]]
