"""With many rows: questions that are asked all day find their rows in order, and what is counted is what is there."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger import Tx
from node.domain.matching import MatchKind
from node.domain.records import Lane
from node.domain.signal import EndReason, ProfessionalId, State
from node.flows.end_signal import end_signal
from node.flows.expire import expire
from node.flows.register_signal import register_signal
from node.store import errands, mailbox, match_endings, matches, outbox, people, professionals, records, signals, waking
from node.store.errands import Kind
from node.store.outbox import Intent, Wish
from soap_wsdl.vocabulary import Reason
from tests.region import NOW, World, made_up_bsn

TODAY = date(2026, 3, 10)
LARGE = ("outbox", "errand", "hub_record", "foreign_pair", "signal", "match", "register_person")


class Explained(Tx):
    """A transaction that also notes how SQLite finds the rows of each statement."""

    __slots__ = ("plan",)

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx._connection)
        self.plan: list[str] = []

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """Explained, then done."""
        self.plan += [row["detail"] for row in super().execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        return super().execute(sql, parameters)

    def all(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The same."""
        return self.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """The same."""
        return self.execute(sql, parameters).fetchone()


LAST = Wish(7, None, None, Intent.OFFER, None, None, NOW)
QUESTIONS: dict[str, Any] = {
    "a page of the outbox": lambda tx: outbox.waiting(tx, 300, LAST),
    "whether anything is told again": lambda tx: outbox.offers_again(tx),
    "another wish of a signal": lambda tx: outbox.offer(tx, UUID(int=5), Reason.AGAIN, NOW),
    "errands that may leave": lambda tx: errands.due(
        tx, Kind.REGISTER, Lane.FAMILY, NOW, NOW + timedelta(minutes=15), 5000
    ),
    "when there is work again": lambda tx: waking.next_moment(tx, NOW),
    "records past their dates": lambda tx: records.over(tx, TODAY, 100),
    "records to forget": lambda tx: records.forget(tx, TODAY, 100),
    "pairs to forget": lambda tx: mailbox.forget_pairs(tx, TODAY, 100),
    "signals that are due": lambda tx: signals.due(tx, TODAY, 100),
    "matches that are due": lambda tx: match_endings.count_due(tx, TODAY),
    "how many signals": signals.counts,
    "how many matches": matches.counts,
    "how many people": people.count,
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_question_of_every_day_walks_or_sorts_a_large_table(world: World, name: str) -> None:
    """A million signals, or an import on its way, must not slow what is asked at each signal and each delivery."""

    def change(tx: Tx) -> list[str]:
        explained = Explained(tx)
        QUESTIONS[name](explained)
        return explained.plan

    plan = world.desk.db.write_now(change)

    assert not [step for step in plan if step in {f"SCAN {table}" for table in LARGE}]
    assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step]


def test_colleagues_and_profiles_are_found_without_walking_the_list_of_professionals(world: World) -> None:
    """A region may have tens of thousands, and each page of one's own asks for both."""
    anna = world.professional("Anna", organisation="Stichting A")
    bram = world.professional("Bram", organisation="Stichting A")

    def change(tx: Tx) -> tuple[list[ProfessionalId], list[ProfessionalId], list[str]]:
        explained = Explained(tx)
        me = professionals.get(explained, anna)
        found = professionals.colleagues(explained, me), professionals.of_person(explained, me.person)
        return [each.id for each in found[0]], [each.id for each in found[1]], explained.plan

    others, profiles, plan = world.desk.db.write_now(change)

    assert others == [bram]
    assert profiles == [anna]
    assert not [step for step in plan if step.startswith("SCAN")]


def counted(world: World) -> tuple[dict[State, int], dict[MatchKind, int], int, int]:
    """What the tallies say."""
    found = world.desk.db.read_now(lambda tx: (signals.counts(tx), matches.counts(tx), people.count(tx)))
    return found[0], found[1].living, found[1].ended, found[2]


def there(world: World) -> tuple[dict[State, int], dict[MatchKind, int], int, int]:
    """What is in the tables, row by row."""

    def look(tx: Tx) -> tuple[dict[State, int], dict[MatchKind, int], int, int]:
        states = [row[0] for row in tx.all("SELECT state FROM signal")]
        living = [row[0] for row in tx.all("SELECT kind FROM match WHERE ended_on IS NULL")]
        ended = len(tx.all("SELECT 1 FROM match WHERE ended_on IS NOT NULL"))
        persons = len(tx.all("SELECT 1 FROM register_person"))
        return (
            {state: states.count(state.value) for state in State},
            {MatchKind(kind): living.count(kind) for kind in set(living)},
            ended,
            persons,
        )

    return world.desk.db.read_now(look)


async def test_what_status_counts_is_what_is_there(world: World) -> None:
    """Through a signal's whole life: given, met, ended, archived, destroyed with its side of each match."""
    parent = made_up_bsn(9)
    children = [world.person(made_up_bsn(at), parents=(parent,)) for at in (1, 2)]
    world.person(children[0], born="2010-05-02", parents=(parent,))
    who = [world.professional(name) for name in ("Anna", "Bram", "Carla")]
    seen = []
    for bsn in children:
        for professional in who:
            await register_signal(world.desk, professional, bsn, 6)
            seen.append((counted(world), there(world)))
    first = world.desk.db.read_now(lambda tx: signals.of_professional(tx, who[0], TODAY))
    await end_signal(world.desk, who[0], first[0].id, EndReason.ONTERECHT)
    seen.append((counted(world), there(world)))
    await end_signal(world.desk, who[0], first[1].id, EndReason.RISICO_WEG)
    seen.append((counted(world), there(world)))
    for days in (200, 365 * 6):
        world.later(days=days)
        await expire(world.desk)
        seen.append((counted(world), there(world)))

    assert all(tally == rows for tally, rows in seen)
    assert seen[5][0][1] == {MatchKind.CLIENT: 12, MatchKind.FAMILY: 12}
    assert seen[-1][0] == ({State.ACTIVE: 0, State.ARCHIVED: 0}, {}, 0, 2)
