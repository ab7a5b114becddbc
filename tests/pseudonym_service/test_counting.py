"""What is counted, once: batches that come again, budgets that survive a restart, replays, alarms told once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from ledger import Database, Tx, verify
from pseudonym_service import store
from pseudonym_service.budgets import AlarmKind, Limits
from pseudonym_service.counting import Decision, Verdict, decide
from soap_wsdl.vocabulary import EpochName, EvaluateBlinded, Oin, Purpose

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
AMSTERDAM = Oin("00000099000000000101")
UTRECHT = Oin("00000099000000000103")
LIMITS = Limits(day=100, month=1000)


def batch(number: int, elements: int, filler: int = 1, purpose: Purpose = Purpose.YOUTH) -> EvaluateBlinded:
    """A batch with an id made from ``number``."""
    blinded = tuple(bytes([filler]) * 31 + bytes([index % 256]) for index in range(elements))
    return EvaluateBlinded(UUID(int=number), EpochName("2026"), purpose, blinded)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the service."""
    database = Database.open(tmp_path / "pseudonyms.db", store.STEPS)
    yield database
    database.close()


class Region:
    """A region that asks; every question has a message id of its own unless one is given."""

    def __init__(self, db: Database, oin: Oin = AMSTERDAM) -> None:
        self.db, self.oin, self.sent = db, oin, 0

    def ask(
        self, message: EvaluateBlinded, now: datetime = NOW, message_id: str | None = None, limits: Limits = LIMITS
    ) -> Decision:
        """Ask, in one transaction."""
        self.sent += 1
        given = message_id or f"urn:uuid:{self.oin}-{self.sent}"
        return self.db.write_now(lambda tx: decide(tx, self.oin, given, message, limits, now))


def events(db: Database) -> list[str]:
    """The names of the audit lines, in order."""
    return db.read_now(lambda tx: [row["event"] for row in tx.all("SELECT event FROM audit ORDER BY number")])


def test_a_new_batch_is_charged(db: Database) -> None:
    """What is left goes down by the number of elements."""
    decision = Region(db).ask(batch(1, 30))

    assert decision.verdict is Verdict.COUNTED
    assert (decision.left.today, decision.left.this_month) == (70, 970)
    assert events(db) == ["batch-counted", "alarm-told"]


def test_the_same_batch_counts_once(db: Database) -> None:
    """A resend after a lost answer: a new message, the same batch id and elements."""
    region = Region(db)
    region.ask(batch(1, 20))

    again = region.ask(batch(1, 20), NOW + timedelta(hours=47, minutes=59))

    assert again.verdict is Verdict.REPEATED
    assert again.left.this_month == 980


def test_after_48_hours_the_same_batch_counts_anew(db: Database) -> None:
    """The memory ends; nothing is answered for free for ever."""
    region = Region(db)
    region.ask(batch(1, 20))

    again = region.ask(batch(1, 20), NOW + timedelta(hours=48))

    assert again.verdict is Verdict.COUNTED
    assert again.left.this_month == 960


@pytest.mark.parametrize(
    "other", [batch(1, 20, filler=2), batch(1, 19), batch(1, 20, purpose=Purpose.PARENT), batch(1, 21)]
)
def test_the_same_batch_id_with_other_elements_is_refused(db: Database, other: EvaluateBlinded) -> None:
    """A batch id is no free pass for other questions."""
    region = Region(db)
    region.ask(batch(1, 20))

    decision = region.ask(other)

    assert decision.verdict is Verdict.DIFFERS
    assert decision.left.this_month == 980


def test_a_batch_id_belongs_to_its_region(db: Database) -> None:
    """Another region with the same batch id is another batch, on its own budget."""
    Region(db).ask(batch(1, 20))

    decision = Region(db, UTRECHT).ask(batch(1, 20))

    assert decision.verdict is Verdict.COUNTED
    assert decision.left.this_month == 980


def test_a_message_that_is_played_again_is_refused(db: Database) -> None:
    """The same message id, even with the same batch, is a replay."""
    region = Region(db)
    region.ask(batch(1, 20), message_id="urn:uuid:same")

    assert region.ask(batch(1, 20), message_id="urn:uuid:same").verdict is Verdict.REPLAYED
    assert Region(db, UTRECHT).ask(batch(2, 20), message_id="urn:uuid:same").verdict is Verdict.COUNTED


def test_a_spent_day_stops_until_local_midnight(db: Database) -> None:
    """The hard stop says when, and at midnight it opens by itself."""
    region = Region(db)
    region.ask(batch(1, 100))

    stopped = region.ask(batch(2, 1))
    opened = region.ask(batch(2, 1), NOW + timedelta(hours=12))

    assert (stopped.verdict, stopped.retry_after) == (Verdict.SPENT, 12 * 3600)
    assert opened.verdict is Verdict.COUNTED


def test_a_refused_batch_is_not_charged_and_not_remembered(db: Database) -> None:
    """Too big today; a smaller one still fits, and the big one is new tomorrow."""
    region = Region(db)
    region.ask(batch(1, 90))

    assert region.ask(batch(2, 20)).verdict is Verdict.SPENT
    assert region.ask(batch(3, 10)).verdict is Verdict.COUNTED
    assert region.ask(batch(2, 20), NOW + timedelta(days=1)).verdict is Verdict.COUNTED


def test_a_message_id_is_spent_even_when_the_budget_stopped_it(db: Database) -> None:
    """A captured message cannot be played once the budget opens."""
    region = Region(db)
    region.ask(batch(1, 100))
    region.ask(batch(2, 1), message_id="urn:uuid:stopped")

    decision = region.ask(batch(2, 1), NOW + timedelta(minutes=4), message_id="urn:uuid:stopped")

    assert decision.verdict is Verdict.REPLAYED


def test_a_spent_month_stops_until_the_first(db: Database) -> None:
    """Ten full days and the month is over."""
    region = Region(db)
    for day in range(10, 0, -1):
        region.ask(batch(day, 100), NOW + timedelta(days=1 - day))

    stopped = region.ask(batch(99, 1), NOW + timedelta(days=1))

    assert (stopped.verdict, stopped.spent) == (Verdict.SPENT, "month")
    assert stopped.retry_after == (datetime(2026, 5, 31, 22, tzinfo=UTC) - NOW - timedelta(days=1)).total_seconds()


def test_what_was_used_survives_a_restart(tmp_path: Path) -> None:
    """Budget, batch memory and message ids are on disk before the answer leaves."""
    first = Database.open(tmp_path / "pseudonyms.db", store.STEPS)
    Region(first).ask(batch(1, 60), message_id="urn:uuid:one")
    first.close()
    second = Database.open(tmp_path / "pseudonyms.db", store.STEPS)
    region = Region(second)

    assert region.ask(batch(1, 60)).verdict is Verdict.REPEATED
    assert region.ask(batch(2, 60)).verdict is Verdict.SPENT
    assert region.ask(batch(3, 1), message_id="urn:uuid:one").verdict is Verdict.REPLAYED
    second.close()


def test_an_alarm_at_half_is_told_once_a_day(db: Database) -> None:
    """The batch that crosses half tells it; the next does not; tomorrow it may again."""
    region = Region(db)
    calm = Limits(day=100, month=1000, hour_share=1.0)

    kinds = [
        [alarm.kind for alarm in region.ask(batch(number, size), when, limits=calm).alarms]
        for number, (size, when) in enumerate(
            [(49, NOW), (1, NOW), (10, NOW), (50, NOW + timedelta(days=1)), (1, NOW + timedelta(days=1))]
        )
    ]

    assert kinds == [[], [AlarmKind.HALF_DAY], [], [AlarmKind.HALF_DAY], []]
    assert events(db).count("alarm-told") == 2


def test_a_burst_in_one_hour_is_an_alarm(db: Database) -> None:
    """A quarter of the day within an hour is not how people work."""
    decision = Region(db).ask(batch(1, 25))

    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.STEEP_HOUR]


def enter(db: Database, elements: int, oin: Oin = AMSTERDAM) -> None:
    """An allowance of two days."""
    allowance = store.Allowance(UUID(int=7), oin, "import", elements, 0, NOW, NOW + timedelta(days=2))
    db.write_now(lambda tx: store.put_allowance(tx, allowance, b"{}"))


def test_an_allowance_is_used_first_and_alarms_nobody(db: Database) -> None:
    """An import inside its allowance leaves the budget whole."""
    enter(db, 500)

    decision = Region(db).ask(batch(1, 400))

    assert (decision.verdict, decision.alarms) == (Verdict.COUNTED, ())
    assert (decision.left.today, decision.left.this_month, decision.left.allowance) == (100, 1000, 100)


def test_an_allowance_of_another_region_gives_nothing(db: Database) -> None:
    """It names its region."""
    enter(db, 500, UTRECHT)

    assert Region(db).ask(batch(1, 101)).verdict is Verdict.SPENT


def test_an_entered_allowance_is_entered_once(db: Database) -> None:
    """Entering the same document again gives no second helping."""
    region = Region(db)
    enter(db, 500)
    region.ask(batch(1, 500))
    enter(db, 500)

    assert region.ask(batch(2, 101)).verdict is Verdict.SPENT


def test_what_is_old_is_forgotten(db: Database) -> None:
    """Message ids, batches and hours go once they no longer matter; a day's use stays for the month."""
    region = Region(db)
    region.ask(batch(1, 20))

    db.write_now(lambda tx: store.forget(tx, NOW + timedelta(days=3)))

    def left(tx: Tx) -> list[int]:
        counts = [tx.one(f"SELECT count(*) AS n FROM {name}") for name in ("message", "batch", "usage")]  # noqa: S608
        return [row["n"] for row in counts if row]

    assert db.read_now(left) == [0, 0, 1]


def test_the_audit_chain_holds_and_carries_no_element(db: Database) -> None:
    """Counts, ids and dates; nothing of what was asked."""
    region = Region(db)
    region.ask(batch(1, 20))
    region.ask(batch(1, 20))
    region.ask(batch(1, 21))
    region.ask(batch(2, 100))

    assert db.read_now(verify).intact
    assert [name for name in events(db) if name != "alarm-told"] == [
        "batch-counted",
        "batch-repeated",
        "batch-refused",
        "batch-refused",
    ]
