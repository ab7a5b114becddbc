"""Whatever people and years do in two regions, the law's limits hold at both nodes and at the hub.

Hypothesis invents families, signals, endings, deaths, birthdays, moves, removals, years, and lines that are cut; each
night every program does its work. After each step both databases and the hub's are looked through.
"""

import itertools
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from certs.authority import DevPki
from node.domain.brp import BrpDate
from node.domain.days import local_day, months_after, years_after
from node.domain.person import BirthDate
from node.domain.signal import EndReason, State
from node.flows.end_signal import end_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signals
from node.flows.read_archive import fetch_archive, list_archive
from node.flows.register_signal import register_signal
from node.flows.remove_by_request import remove_by_request
from node.flows.renew_signal import renew_signal
from node.store import holds, youths
from node.store.holds import AlarmKind
from tests.region import officer
from tests.rehearsal import Party
from tests.two_regions import CHILDREN, HOMES, LAST_YEAR, NAMES, PARENTS, PROFESSIONALS, Standing, World

MOST_CHILDREN = 12
A_WHILE = 62
"""Days: nearer to its end than this, a record at the hub may end earlier than its signal, because dates are rounded."""
BIRTHS = st.dates(date(2004, 1, 1), date(2025, 12, 31)).map(lambda day: BirthDate(day.year, day.month, day.day))
SIGNALS = st.tuples(
    st.sampled_from(NAMES), st.integers(0, PROFESSIONALS - 1), st.sampled_from([0, 0, 1, *range(MOST_CHILDREN)])
)
"""Who signals whom: a region, a professional, a child, the youngest first; those two often, so that people meet."""
PICKS = st.integers(0, 99)
TOO_OLD = "is older than 365 days and was not believed"
"""What a node says of a sealed message that waited for it through more than a year of silence."""
HONEST_ALARMS = {AlarmKind.TAKEN_BACK, AlarmKind.REFUSED, AlarmKind.STATEMENT_OLD}


class TwoRegions(World):
    """What may happen in two regions, and what holds after each step."""

    @initialize(births=st.lists(BIRTHS, min_size=CHILDREN, max_size=CHILDREN))
    def begin(self, births: list[BirthDate]) -> None:
        """Both regions know the same persons, and everyone has signalled the first two, who share two parents."""
        self.join(births)
        for who, number in itertools.product(self.who, range(2)):
            self.run(register_signal(self.parties[who[0]].desk, self.who[who], self.children[number], 24))

    # --- what people do

    @rule(made=st.lists(SIGNALS, min_size=1, max_size=6), months=st.sampled_from([6, 12, 24]))
    def signal(self, made: list[tuple[str, int, int]], months: int) -> None:
        """Some professionals signal children."""
        for name, who, child in made:
            bsn = self.children[-1 - child % len(self.children)]
            self.run(register_signal(self.parties[name].desk, self.who[name, who], bsn, months))

    @rule(
        pick=PICKS,
        what=st.sampled_from(["extend", "renew", "end", "mistake", "request"]),
        months=st.sampled_from([6, 12, 24]),
    )
    def change(self, pick: int, what: str, months: int) -> None:
        """Do something with a signal, as the professional whose it is, or because a request was granted."""
        for one in self.chosen(pick):
            signal, desk = one.signal, self.parties[one.party].desk
            if what == "extend":
                self.run(extend_signal(desk, signal.professional, signal.id, months))
            elif what == "renew":
                self.run(renew_signal(desk, signal.professional, signal.id))
            elif what == "request":
                self.run(remove_by_request(desk, officer(self.parties[one.party]), signal.id, EndReason.AVG17))
                self.gone.add(str(signal.id))
            else:
                reason = EndReason.ONTERECHT if what == "mistake" else EndReason.RISICO_WEG
                self.run(end_signal(desk, signal.professional, signal.id, reason))
                if what == "mistake" and signal.state is State.ACTIVE:
                    self.gone.add(str(signal.id))

    @rule(pick=PICKS, newcomer=st.tuples(st.sampled_from(NAMES), st.integers(0, PROFESSIONALS - 1)))
    def hand_over(self, pick: int, newcomer: tuple[str, int]) -> None:
        """Somebody stops because the risk is gone, and another begins: whoever is new hears of it, once."""
        for one in self.chosen(pick):
            desk = self.parties[one.party].desk
            self.run(end_signal(desk, one.signal.professional, one.signal.id, EndReason.RISICO_WEG))
            self.rehearsal.later(days=1)
            self.runner.run(self.night())
            self.run(register_signal(self.parties[newcomer[0]].desk, self.who[newcomer], self.children[one.child]))
            self.runner.run(self.night())
            self.rehearsal.later(minutes=16)
            self.fetch(newcomer[0])

    def fetch(self, name: str) -> None:
        """Everyone of a region fetches whatever an archive offers: 7.1.4.6(2), once and never again."""
        desk = self.parties[name].desk
        for mine in (each.signal for each in self.standing(self.parties[name])):
            for earlier in self.run(list_archive(desk, mine.professional, mine.id)) or []:
                first = self.run(fetch_archive(desk, mine.professional, mine.id, earlier.id))
                assert self.run(fetch_archive(desk, mine.professional, mine.id, earlier.id)) is None
                assert (first is not None) == earlier.available
                if first is not None:
                    assert (mine.id, earlier.id) not in self.fetched
                    self.fetched.add((mine.id, earlier.id))

    # --- what the registers tell

    @rule(
        child=st.integers(0, MOST_CHILDREN - 1),
        what=st.sampled_from(["parents", "birth", "death", "move"]),
        of=st.lists(st.integers(0, PARENTS - 1), unique=True, max_size=2),
        born=BIRTHS,
        gemeente=st.sampled_from(sorted(HOMES)),
    )
    def mutation(self, child: int, what: str, of: list[int], born: BirthDate, gemeente: str) -> None:
        """Other parents, another birth date, a death, or a home elsewhere, in either region."""
        now = self.today
        said: dict[str, dict[str, Any]] = {
            "parents": {"parents": tuple(self.parents_of_all[number] for number in of)},
            "birth": {"birth_date": born},
            "death": {"died_on": BrpDate(now.year, now.month, now.day)},
            "move": {"gemeente": gemeente},
        }
        number = len(self.children) - 1 - child % len(self.children)
        self.known[number].update(said[what])
        self.tell(number)

    @rule(born=st.dates(date(2020, 1, 1), date(2026, 10, 1)).map(lambda day: BirthDate(day.year, day.month, day.day)))
    def is_born(self, born: BirthDate) -> None:
        """One more child in the first family, so that there is always somebody to signal."""
        self.children.append(self.rehearsal.bsn())
        self.search.number(f"child {len(self.children)}", self.children[-1].reveal())
        self.known.append({"birth_date": born, "gemeente": "0518", "parents": tuple(self.parents_of_all[:2])})
        self.tell(len(self.children) - 1)

    # --- time, and lines

    @precondition(lambda self: self.today.year < LAST_YEAR - 4)
    @rule(days=st.sampled_from([1, 29, 181, 364, 366, 731, 1500]))
    def time_passes(self, days: int) -> None:
        """So many days."""
        self.rehearsal.later(days=days)

    @rule(name=st.sampled_from(NAMES))
    def line_goes_or_comes(self, name: str) -> None:
        """The line from a region to the hub is cut, or mended."""
        self.silent ^= {name}
        self.parties[name].hub.trouble.cut = 10**9 if name in self.silent else 0
        # A pause after failures is over by then.
        self.rehearsal.later(minutes=40)

    # --- what holds

    @invariant()
    def the_law_holds_after_each_night(self) -> None:
        """At the nodes, at the hub, and for whoever looks."""
        if len(self.who if hasattr(self, "who") else ()) < len(NAMES) * PROFESSIONALS:
            return
        self.runner.run(self.night())
        everything = {name: self.standing(party) for name, party in self.parties.items()}
        for name, party in self.parties.items():
            self.terms_hold(party, everything[name])
            self.only_who_is_involved_sees(party, everything)
            rung = [alarm.about for alarm in party.db.read_now(holds.alarms) if alarm.kind not in HONEST_ALARMS]
            assert [about for about in rung if TOO_OLD not in about] == []
        self.the_hub_holds_the_terms(everything)
        self.no_archive_speaks_twice()

    def terms_hold(self, party: Party, found: list[Standing]) -> None:
        """Jeugdwet 7.1.4.5(2) and 7.1.4.6(1), over every signal at a node; nothing received outlives its day."""
        for signal in (each.signal for each in found):
            person = party.db.read_now(lambda tx: youths.get(tx, party.desk.vault, signal.youth)).person  # noqa: B023
            assert str(signal.id) not in self.gone
            assert person is not None
            assert not person.has_died
            assert person.adult_on is not None
            assert self.today < person.adult_on
            if signal.state is State.ACTIVE:
                assert self.today < signal.valid_until <= months_after(local_day(signal.made_at), 24)
                assert signal.valid_until <= person.adult_on
            else:
                assert signal.ended_at is not None
                assert signal.archive_until is not None
                assert signal.end_reason in (EndReason.RISICO_WEG, EndReason.TERMIJN)
                assert self.today < signal.archive_until <= years_after(local_day(signal.ended_at), 5)
                assert signal.archive_until <= person.adult_on
        day = self.today.isoformat()
        assert party.rows("SELECT 1 FROM incoming_move WHERE keep_until <= ?", day) == []

    def the_hub_holds_the_terms(self, everything: dict[str, list[Standing]]) -> None:
        """The same at the hub: by its own dates while a region is silent, and of whatever region can tell it."""
        rows = self.rehearsal.hub.db.read_now(
            lambda tx: [
                tuple(row)
                for row in tx.all(
                    "SELECT region.oin, record_id, purpose, standing, valid_until, archive_until,"
                    " (SELECT count(*) FROM entry WHERE entry.record = record.record) FROM record JOIN region"
                    " USING (region)"
                )
            ]
        )
        for oin, record_id, purpose, standing, valid_until, archive_until, cards in rows:
            party = next(party for party in self.parties.values() if party.oin == oin)
            about = dict(party.rows("SELECT record_id, signal_id FROM hub_record")).get(str(UUID(bytes=record_id)))
            here = {str(each.signal.id): each.signal for each in everything[party.name]}
            if standing == "destroyed":
                assert cards == 0
                continue
            if standing == "archived":
                assert purpose == "youth"
                assert self.today < date.fromisoformat(archive_until)
            else:
                assert self.today < date.fromisoformat(valid_until)
            if party.name in self.silent:
                continue
            assert about is not None
            signal = here[about]
            if standing == "archived":
                assert signal.archive_until is not None
                assert date.fromisoformat(archive_until) <= signal.archive_until
            else:
                assert signal.state is State.ACTIVE
                assert date.fromisoformat(valid_until) <= months_after(local_day(signal.made_at), 24)

    def only_who_is_involved_sees(self, party: Party, everything: dict[str, list[Standing]]) -> None:
        """7.1.2.3(1)c and e, P13: a match is of one's own active signal, and of somebody who is involved today."""
        active = [each for name in NAMES for each in everything[name] if each.signal.state is State.ACTIVE]
        open_rows = party.rows("SELECT signal_id, valid_until FROM match WHERE ended_on IS NULL")
        assert {signal for signal, _ in open_rows} <= {str(each.signal.id) for each in active}
        assert all(self.today < date.fromisoformat(until) for _, until in open_rows)
        assert party.rows("SELECT 1 FROM match WHERE ended_on IS NOT NULL AND card IS NOT NULL") == []
        for number in range(PROFESSIONALS):
            own = self.run(own_signals(party.desk, self.who[party.name, number])) or []
            assert {one.signal.id for one in own} == {
                each.signal.id for each in active if each.signal.professional == self.who[party.name, number]
            }
        if self.silent:
            return
        for mine in (each for each in active if each.party == party.name):
            near = [(self.ground(mine, each), each) for each in active if each.who != mine.who]
            may = Counter((kind, each.who) for kind, each in near if kind is not None and each.party != party.name)
            must = Counter(
                (kind, each.who)
                for kind, each in near
                if kind is not None and each.party != party.name and self.stands(mine) and self.stands(each)
            )
            seen = Counter((match.kind, match.contact.name) for match in party.living(mine.signal) if match.contact)
            assert must <= seen <= may

    def stands(self, one: Standing) -> bool:
        """Whether this signal is far enough from every date that is rounded for the hub."""
        return (one.signal.valid_until - self.today).days > A_WHILE

    def no_archive_speaks_twice(self) -> None:
        """7.1.4.6(2): to each newcomer once, here and across."""
        for party in self.parties.values():
            here = Counter(row[0] for row in party.rows("SELECT fields FROM audit WHERE event = 'archive.toldHere'"))
            assert set(here.values()) <= {1}
        told = self.rehearsal.hub.db.read_now(
            lambda tx: [
                row[0]
                for row in tx.all("SELECT count(*) FROM notice WHERE kind = 'archiveNotice' GROUP BY region, pair")
            ]
        )
        assert set(told) <= {1}


def test_the_law_holds_in_two_regions_whatever_happens(pki: DevPki) -> None:
    """Two years, 23, death, five years of archive, once: at both nodes and the hub, and no number at the hub."""
    TwoRegions.pki = pki
    run_state_machine_as_test(
        TwoRegions,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
        ),
    )
