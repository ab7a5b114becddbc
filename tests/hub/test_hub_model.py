"""The hub alone against a simple model: every pair is told exactly once to both sides, whatever order and retries."""

import asyncio
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from soap_wsdl.vocabulary import Ending, NoticeKind, Outcome, Purpose, Reason, Record, RecordState
from tests.hub.world import RegionAtHub, World, again, fresh_id, signal

NAMES = ("Amsterdam", "Haaglanden", "Utrecht")
CHILDREN = ("a", "a", "b")


@dataclass
class Mine:
    """A record as its node knows it."""

    region: str
    child: str
    record: Record
    withdrawn: bool = False

    def living(self, today: date) -> bool:
        """Whether it matches today."""
        return not self.withdrawn and self.record.state is RecordState.LIVE and self.record.valid_until > today


class HubAgainstModel(RuleBasedStateMachine):
    """Regions register, change, hold, withdraw, resend and collect; days pass; the hub sweeps or restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="hub-model-"))
        self.runner = asyncio.Runner()
        self.world = World(self.directory)
        self.regions: dict[str, RegionAtHub] = {}
        self.mine: dict[UUID, Mine] = {}
        self.sent: list[tuple[str, Record, UUID]] = []
        self.lives: set[tuple[UUID, UUID]] = set()
        self.told: Counter[tuple[UUID, UUID]] = Counter()
        self.ends: Counter[tuple[UUID, UUID]] = Counter()

    @initialize()
    def regions_join(self) -> None:
        """Three regions, two of which know the same child: something to change, hold and end from the start."""
        self.regions = {name: self.world.region(name) for name in NAMES}
        for name in NAMES[:2]:
            self.register(name, CHILDREN[0], 4, Purpose.YOUTH, archived=True)

    @property
    def today(self) -> date:
        """The hub's day."""
        return self.world.clock.now.date()

    def send(self, name: str, record: Record, batch: UUID | None = None) -> Outcome:
        """Register in the name of a region."""
        batch = batch or fresh_id()
        self.sent.append((name, record, batch))
        response = self.runner.run(self.regions[name].send(record, batch=batch))
        return response.outcomes[0].outcome

    def settle(self) -> None:
        """Count each pair that begins to live: both sides are to be told once of that."""
        now = {
            pair
            for one, other in combinations(self.mine.values(), 2)
            if one.region != other.region
            and one.child == other.child
            and one.record.purpose is other.record.purpose
            and one.living(self.today)
            and other.living(self.today)
            for pair in (
                (one.record.record_id, other.record.record_id),
                (other.record.record_id, one.record.record_id),
            )
        }
        self.told.update(now - self.lives)
        self.lives = now

    def peers_hear_the_end_of(self, record_id: UUID) -> None:
        """Whoever has a living pair with this record is to be told that it ended."""
        self.ends.update(pair for pair in self.lives if pair[1] == record_id)

    @rule(
        name=st.sampled_from(NAMES),
        child=st.sampled_from(CHILDREN),
        days=st.integers(1, 6),
        purpose=st.sampled_from([Purpose.YOUTH, Purpose.YOUTH, Purpose.PARENT]),
        archived=st.booleans(),
    )
    def a_new_signal(self, name: str, child: str, days: int, purpose: Purpose, archived: bool) -> None:
        """A professional signals a child."""
        self.register(name, child, days, purpose, archived)

    def register(self, name: str, child: str, days: int, purpose: Purpose, archived: bool) -> None:
        """A new signal."""
        until = self.today + timedelta(days=days)
        record = signal(child, valid_until=until, purpose=purpose)
        record = record if archived else replace(record, archive_until=None)
        assert self.send(name, record) is Outcome.REGISTERED
        self.mine[record.record_id] = Mine(name, child, record)
        self.settle()

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), same_batch=st.booleans())
    def resend(self, data: st.DataObject, same_batch: bool) -> None:
        """Any earlier message once more, however late: it never changes anything."""
        name, record, batch = data.draw(st.sampled_from(self.sent))
        self.send(name, record, batch if same_batch else None)
        self.settle()

    @precondition(lambda self: self.mine)
    @rule(data=st.data(), days=st.integers(1, 6), reason=st.sampled_from([Reason.CHANGE, Reason.AGAIN, Reason.NEW]))
    def change(self, data: st.DataObject, days: int, reason: Reason) -> None:
        """A next revision, perhaps after its date; a withdrawn record does not come back by it."""
        mine = self.mine[data.draw(st.sampled_from(sorted(self.mine)))]
        until = self.today + timedelta(days=days)
        record = again(mine.record, mine.child, valid_until=until, archive_until=None, reason=reason)
        outcome = self.send(mine.region, record)
        assert (outcome is Outcome.REFUSED) == mine.withdrawn
        if not mine.withdrawn:
            mine.record = record
        self.settle()

    @precondition(lambda self: any(mine.record.valid_until > self.today for mine in self.mine.values()))
    @rule(data=st.data())
    def hold_or_release(self, data: st.DataObject) -> None:
        """The youth objects, or the objection is settled."""
        mine = self.mine[
            data.draw(st.sampled_from(sorted(id for id, m in self.mine.items() if m.record.valid_until > self.today)))
        ]
        state = RecordState.HELD if mine.record.state is RecordState.LIVE else RecordState.LIVE
        record = again(mine.record, mine.child, state=state)
        if self.send(mine.region, record) is not Outcome.REFUSED:
            mine.record = record
            if state is RecordState.HELD:
                self.peers_hear_the_end_of(record.record_id)
        self.settle()

    @precondition(lambda self: self.mine)
    @rule(data=st.data(), ending=st.sampled_from(Ending), archived=st.booleans())
    def withdraw(self, data: st.DataObject, ending: Ending, archived: bool) -> None:
        """Ended or annulled, perhaps twice."""
        mine = self.mine[data.draw(st.sampled_from(sorted(self.mine)))]
        youth = mine.record.purpose is Purpose.YOUTH
        until = self.today + timedelta(days=400) if archived and youth and ending is Ending.ENDED else None
        mine.record = replace(mine.record, revision=mine.record.revision + 1)
        self.runner.run(self.regions[mine.region].withdraw(mine.record, ending, until, revision=mine.record.revision))
        mine.withdrawn = True
        if ending is Ending.ENDED:
            self.peers_hear_the_end_of(mine.record.record_id)
        self.settle()

    @rule(name=st.sampled_from(NAMES), child=st.sampled_from(CHILDREN))
    def withdrawal_overtakes(self, name: str, child: str) -> None:
        """The withdrawal comes first, then the registration: nobody hears of it."""
        record = signal(child, valid_until=self.today + timedelta(days=3))
        self.runner.run(self.regions[name].withdraw(record))
        assert self.send(name, record) is Outcome.REFUSED

    @rule(sweep=st.booleans())
    def tomorrow(self, sweep: bool) -> None:
        """A day passes, with or without a sweep."""
        self.world.clock.pass_days(1)
        if sweep:
            self.runner.run(self.world.sweep())
        self.settle()

    @rule()
    def restart(self) -> None:
        """The hub stops and starts."""
        self.world.close()
        self.world.begin()

    @rule(name=st.sampled_from(NAMES))
    def collect(self, name: str) -> None:
        """A region reads its mailbox."""
        self.runner.run(self.regions[name].collect())

    @invariant()
    def every_pair_is_told_exactly_once_to_both_sides(self) -> None:
        """Once for each time that it began to live, and to nobody else."""
        heard: Counter[tuple[UUID, UUID]] = Counter()
        ended: Counter[tuple[UUID, UUID]] = Counter()
        for region in self.regions.values():
            self.runner.run(region.collect())
            numbers = [notice.number for notice in region.heard]
            assert numbers == sorted(set(numbers))
            for notice in region.heard:
                assert notice.own_record_id is not None
                assert notice.peer_record_id is not None
                assert self.mine[notice.own_record_id].region != self.mine[notice.peer_record_id].region
                if notice.kind is NoticeKind.MATCH:
                    heard[notice.own_record_id, notice.peer_record_id] += 1
                elif notice.kind is NoticeKind.MATCH_ENDED:
                    ended[notice.own_record_id, notice.peer_record_id] += 1
        assert heard == self.told
        assert ended >= self.ends

    def teardown(self) -> None:
        """Nothing stays behind."""
        self.world.close()
        self.runner.close()
        shutil.rmtree(self.directory)


TestHubAgainstModel = HubAgainstModel.TestCase
TestHubAgainstModel.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
