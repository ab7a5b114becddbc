"""Whatever people and years do to a family, the law's limits hold: a model drives one region through decades.

Hypothesis invents signals by hand and from a file, with and without a BSN, numbers that appear, endings, renewals,
birth dates, parents, deaths, moves and the passing of years; each night the retention run and the question to the
register do their work. After each step the whole database is looked through.
"""

import asyncio
import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Awaitable
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from certs.sealing import FileKeys, write_new_file
from ledger import Database, Steps
from ledger.audit import verify
from node.domain.brp import BrpDate, Sex
from node.domain.confirming import Confirmation
from node.domain.days import local_day, months_after, years_after
from node.domain.errors import NotDone
from node.domain.person import BirthDate, Vsn
from node.domain.signal import EndReason, Signal, State
from node.flows.ask_again import ask_again
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.expire import expire
from node.flows.extend_signal import extend_signal
from node.flows.give_bsn import give_bsn
from node.flows.look import own_signals
from node.flows.register_signal import register_signal
from node.flows.register_without_bsn import register_without_bsn
from node.flows.remove_by_request import remove_by_request
from node.flows.renew_signal import renew_signal
from node.flows.take_in_signals import take_in
from node.flows.work_through import work_on
from node.people.local import LocalRegister
from node.store import signals, youths
from node.store.vault import open_vault
from tests.bringing_in import listed, operator
from tests.region import NOW, World, made_up_bsn, officer

T = TypeVar("T")
CHILDREN = 4
PEOPLE = 3
PARENTS = (made_up_bsn(90), made_up_bsn(91), made_up_bsn(92))
WITHOUT = [Vsn("VRIES", BirthDate(year, 5, 1), Sex.FEMALE) for year in (2004, 2015)]
"""Youths without a BSN. Any of the children may turn out to be one of them."""
BIRTHS = st.dates(date(2000, 1, 1), date(2025, 12, 31)).map(lambda day: BirthDate(day.year, day.month, day.day))


class Region(RuleBasedStateMachine):
    """One region, three professionals, four children who may be brothers and sisters."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.place = tempfile.TemporaryDirectory(prefix="region-")
        directory = Path(self.place.name)
        self.db = Database.open(directory / "node.db", Steps.of("node.store.migrations"))
        write_new_file(directory / "kek", "first", os.urandom)
        vault = open_vault(self.db, FileKeys.read(directory / "kek", os.urandom), os.urandom, NOW)
        serial = itertools.count(1)
        self.world = World(
            Desk(
                "Amsterdam",
                self.db,
                vault,
                LocalRegister(self.db, vault),
                clock=lambda: self.world.moment,
                new_id=lambda: UUID(int=next(serial), version=4),
            )
        )
        self.children = [made_up_bsn(number) for number in range(CHILDREN)]
        self.destroyed: set[str] = set()
        """Signals that must be gone at once: mistakes, and those removed at request."""

    def run(self, step: Awaitable[T]) -> T | None:
        """One step to its end; what the domain refuses is not done."""

        async def one() -> T | None:
            try:
                return await step
            except NotDone:
                return None

        return self.runner.run(one())

    @initialize(births=st.lists(BIRTHS, min_size=CHILDREN, max_size=CHILDREN))
    def begin(self, births: list[BirthDate]) -> None:
        """Everyone is in the register; the first two share a parent."""
        self.who = [self.world.professional(f"P{number}") for number in range(PEOPLE)]
        self.run(operator(self.world.desk))
        self.known: list[dict[str, object]] = [{"birth_date": born} for born in births]
        self.known[0]["parents"] = self.known[1]["parents"] = PARENTS[:2]
        for number in range(CHILDREN):
            self.tell(number)

    def tell(self, number: int) -> None:
        """Put what is known of a child in the register, which is asked once a day: it shows tomorrow."""
        self.world.person(self.children[number], born=None, **self.known[number])
        self.world.later(days=1)

    def standing(self) -> list[Signal]:
        """Every signal that the node has, active ones first."""

        def question(tx):  # type: ignore[no-untyped-def]
            return [signals.get(tx, each) for each in (*signals.active(tx), *signals.archived(tx))]

        found: list[Signal] = self.db.read_now(question)
        return found

    # --- what people do

    @rule(who=st.integers(0, PEOPLE - 1), child=st.integers(0, CHILDREN - 1), months=st.sampled_from([6, 12, 24]))
    def signal(self, who: int, child: int, months: int) -> None:
        """Signal a child."""
        self.run(register_signal(self.world.desk, self.who[who], self.children[child], months))

    @rule(who=st.integers(0, PEOPLE - 1), child=st.integers(0, CHILDREN - 1), ago=st.sampled_from([0, 1, 89, 90, 91]))
    def bring_in(self, who: int, child: int, ago: int) -> None:
        """Bring in a signal from a file, which began some days ago."""
        began = local_day(self.world.moment) - timedelta(days=ago)
        self.run(take_in(self.world.desk, "rik", listed((f"P{who}", self.children[child], began))))
        self.run(work_on(self.world.desk))

    @rule(who=st.integers(0, PEOPLE - 1), vsn=st.sampled_from(WITHOUT), months=st.sampled_from([6, 12, 24]))
    def signal_without_bsn(self, who: int, vsn: Vsn, months: int) -> None:
        """Signal a youth who has no number."""
        self.run(register_without_bsn(self.world.desk, self.who[who], vsn, months))

    @rule(data=st.data(), child=st.integers(0, CHILDREN - 1))
    def number_appears(self, data: st.DataObject, child: int) -> None:
        """Give a signal the number of a child; one that has a number refuses it."""
        found = self.standing()
        if not found:
            return
        signal = data.draw(st.sampled_from(sorted(found, key=lambda each: str(each.id))))
        born = self.known[child]["birth_date"]
        assert isinstance(born, BirthDate)
        said = Confirmation(born, "Vries")
        done = self.run(give_bsn(self.world.desk, signal.professional, signal.id, self.children[child], said))
        if done is not None and not done.merged:
            assert done.signal.made_at == signal.made_at
            assert done.signal.valid_until <= signal.valid_until

    @rule(data=st.data(), what=st.sampled_from(["extend", "renew", "end", "mistake", "request"]))
    def change(self, data: st.DataObject, what: str) -> None:
        """Do something with a signal, as the professional whose it is, or a privacy officer."""
        found = self.standing()
        if not found:
            return
        signal = data.draw(st.sampled_from(sorted(found, key=lambda each: str(each.id))))
        desk, who = self.world.desk, signal.professional
        if what == "extend":
            self.run(extend_signal(desk, who, signal.id, data.draw(st.sampled_from([6, 12, 24]))))
        elif what == "renew":
            self.run(renew_signal(desk, who, signal.id))
        elif what == "request":
            self.run(remove_by_request(desk, officer(self.world), signal.id, EndReason.AVG17))
            self.destroyed.add(str(signal.id))
        else:
            reason = EndReason.ONTERECHT if what == "mistake" else EndReason.RISICO_WEG
            self.run(end_signal(desk, who, signal.id, reason))
            if what == "mistake" and signal.state is State.ACTIVE:
                self.destroyed.add(str(signal.id))

    # --- what the register tells

    @rule(child=st.integers(0, CHILDREN - 1), parents=st.lists(st.sampled_from(PARENTS), unique=True, max_size=2))
    def parents(self, child: int, parents: list[object]) -> None:
        """Other parents."""
        self.known[child]["parents"] = tuple(parents)
        self.tell(child)

    @rule(child=st.integers(0, CHILDREN - 1), born=BIRTHS)
    def correct(self, child: int, born: BirthDate) -> None:
        """Another birth date."""
        self.known[child]["birth_date"] = born
        self.tell(child)

    @rule(child=st.integers(0, CHILDREN - 1))
    def die(self, child: int) -> None:
        """A child dies."""
        day = local_day(self.world.moment)
        self.known[child]["died_on"] = BrpDate(day.year, day.month, day.day)
        self.tell(child)

    @rule(days=st.sampled_from([1, 29, 181, 364, 366, 731, 1500]))
    def time_passes(self, days: int) -> None:
        """So many days."""
        self.world.later(days=days)

    # --- what holds

    @invariant()
    def the_law_holds_after_each_night(self) -> None:
        """Jeugdwet 7.1.4.5(2) and 7.1.4.6(1), over every signal there is."""
        if not hasattr(self, "who"):
            return
        self.run(ask_again(self.world.desk))
        self.run(expire(self.world.desk))
        today = local_day(self.world.moment)
        for signal in self.standing():
            youth = self.db.read_now(lambda tx: youths.get(tx, self.world.desk.vault, signal.youth))  # noqa: B023
            assert str(signal.id) not in self.destroyed
            assert (youth.person is None) == (youth.vsn is not None)
            assert youth.person is None or not youth.person.has_died
            assert youth.adult_on is not None
            assert today < youth.adult_on
            if signal.state is State.ACTIVE:
                assert today < signal.valid_until <= months_after(local_day(signal.made_at), 24)
                assert signal.valid_until <= youth.adult_on
            else:
                assert signal.ended_at is not None
                assert signal.archive_until is not None
                assert signal.end_reason in (EndReason.RISICO_WEG, EndReason.TERMIJN)
                assert today < signal.archive_until <= years_after(local_day(signal.ended_at), 5)
                assert signal.archive_until <= youth.adult_on

    @invariant()
    def who_meets_is_there_and_has_ground(self) -> None:
        """7.1.2.3(1)c and e: living matches are of two active signals, of two people, about one child or one parent."""
        if not hasattr(self, "who"):
            return
        found = self.standing()
        active = {str(signal.id): signal for signal in found if signal.state is State.ACTIVE}
        vault = self.world.desk.vault
        child = {youths.key_of(vault, bsn): number for number, bsn in enumerate(self.children)}
        child |= {youths.key_without_bsn(vault, vsn): -1 - number for number, vsn in enumerate(WITHOUT)}
        pairs = Counter()  # type: ignore[var-annotated]
        for own, other, kind, possible in self.db.read_now(
            lambda tx: [
                tuple(row)
                for row in tx.all("SELECT signal_id, other_signal_id, kind, possible FROM match WHERE ended_on IS NULL")
            ]
        ):
            pairs[own, other] += 1
            ours, theirs = active[own], active[other]
            assert ours.professional != theirs.professional
            one, two = child[ours.youth], child[theirs.youth]
            assert (kind == "client") == (one == two)
            assert bool(possible) == (one < 0)
            if kind == "family":
                assert set(self.known[one].get("parents", ())) & set(self.known[two].get("parents", ()))  # type: ignore[call-overload]
        assert set(pairs.values()) <= {1}
        for who in self.who:
            seen = self.run(own_signals(self.world.desk, who)) or []
            assert all(one.signal.professional == who and one.signal.state is State.ACTIVE for one in seen)

    @invariant()
    def the_archive_speaks_once_and_nothing_lies_open(self) -> None:
        """7.1.4.6(2); no number in the clear anywhere in the files; the log's chain is whole."""
        told = Counter(
            row[0]
            for row in self.db.read_now(
                lambda tx: [tuple(row) for row in tx.all("SELECT fields FROM audit WHERE event = 'archive.toldHere'")]
            )
        )
        assert set(told.values()) <= {1}
        assert self.db.read_now(verify).intact
        content = b"".join(file.read_bytes() for file in Path(self.place.name).glob("node.db*"))
        assert not any(bsn.reveal().encode() in content for bsn in (*self.children, *PARENTS))
        assert b"VRIES" not in content

    def teardown(self) -> None:
        """Close."""
        self.db.close()
        self.runner.close()
        self.place.cleanup()


def test_the_law_holds_whatever_happens() -> None:
    """Two years, 23, death, five years of archive, once; nothing else survives."""
    run_state_machine_as_test(
        Region,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )
