"""The service through its operations: who gets an evaluation, who does not, and what it is told."""

import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from certs.oprf import VOPRF, Evaluation, random_scalar
from ledger import Database, verify
from pseudonym_service import keys, store
from pseudonym_service.budgets import Limits
from pseudonym_service.bundle import Bundle
from pseudonym_service.keys import SecretKeys
from pseudonym_service.operations import PseudonymService
from pseudonym_service.pacing import Pacing
from soap_wsdl.serving import Caller
from soap_wsdl.vocabulary import EpochName, EvaluateBlinded, EvaluateBlindedResponse, GetEpochs, Oin, Purpose
from soap_wsdl.wus.faults import WusFault
from tests.pseudonym_service.scheme_world import AMSTERDAM, HAAGLANDEN, NOW, UTRECHT, SchemeWorld, world

LIMITS = Limits(day=100, month=1000)
INPUTS = [b"one", b"two", b"three"]
BLINDS = [random_scalar(os.urandom) for _ in INPUTS]
BLINDED = tuple(VOPRF.blind(INPUTS, BLINDS))


class Bench:
    """A service in this process, with a clock of its own."""

    def __init__(self, made: SchemeWorld, database: Path) -> None:
        self.made = made
        self.now = NOW
        self.sent = 0
        self.db = Database.open(database, store.STEPS)
        self.pool = ThreadPoolExecutor(2)
        self.service = PseudonymService(
            db=self.db,
            keys=SecretKeys(made.keys, made.provider),
            bundle=Bundle(made.bundle, made.key.public_key(), 0),
            regions={AMSTERDAM: LIMITS, HAAGLANDEN: LIMITS},
            pacing=Pacing(60, 2),
            pool=self.pool,
            clock=lambda: self.now,
            elapsed=lambda: self.now.timestamp(),
            random=os.urandom,
        )

    def caller(self, oin: Oin, message_id: str | None = None) -> Caller:
        """A caller with a message id of its own."""
        self.sent += 1
        return Caller(oin, message_id or f"urn:uuid:{self.sent}", self.now, lambda: None, 900.0)

    async def ask(
        self,
        blinded: tuple[bytes, ...] = BLINDED,
        *,
        oin: Oin = AMSTERDAM,
        epoch: str = "2026",
        purpose: Purpose = Purpose.YOUTH,
        batch: int | None = None,
        message_id: str | None = None,
    ) -> EvaluateBlindedResponse:
        """Ask for an evaluation."""
        caller = self.caller(oin, message_id)
        message = EvaluateBlinded(UUID(int=batch or self.sent), EpochName(epoch), purpose, blinded)
        return await self.service.evaluate_blinded(caller, message)

    async def refused(
        self,
        blinded: tuple[bytes, ...] = BLINDED,
        *,
        oin: Oin = AMSTERDAM,
        epoch: str = "2026",
        batch: int | None = None,
        message_id: str | None = None,
    ) -> WusFault:
        """Ask, and return the fault."""
        with pytest.raises(WusFault) as fault:
            await self.ask(blinded, oin=oin, epoch=epoch, batch=batch, message_id=message_id)
        return fault.value

    def lines(self, event: str) -> int:
        """How many audit lines there are of one event."""
        return self.db.read_now(lambda tx: len(tx.all("SELECT 1 FROM audit WHERE event = ?", (event,))))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A service with one epoch and two listed regions."""
    made = Bench(world(tmp_path), tmp_path / "pseudonyms.db")
    yield made
    made.pool.shutdown()
    made.db.close()


async def test_an_evaluation_verifies_under_the_signed_public_key(bench: Bench) -> None:
    """Blind, ask, verify, finalize: the same output as the key itself would give."""
    answer = await bench.ask()
    public = bench.made.epochs["2026"].keys["youth"]

    outputs = VOPRF.verify_and_finalize(
        INPUTS, BLINDS, list(BLINDED), Evaluation(answer.evaluated, answer.proof), public
    )

    assert len(set(outputs)) == 3
    assert (answer.budget_left.today, answer.budget_left.this_month) == (97, 997)


async def test_each_purpose_and_epoch_has_a_key_of_its_own(bench: Bench) -> None:
    """The service, not the client, enforces the domain."""
    bench.made.epoch("2026b", date(2026, 5, 1), date(2027, 5, 1))
    bench.made.publish()

    answers = [await bench.ask(purpose=purpose) for purpose in Purpose]
    answers.append(await bench.ask(epoch="2026b"))

    assert len({answer.evaluated for answer in answers}) == 5


async def test_a_region_that_is_not_listed_gets_nothing(bench: Bench) -> None:
    """Whatever its certificate says."""
    fault = await bench.refused(oin=UTRECHT)

    assert (fault.code, fault.retryable) == ("0002", False)
    with pytest.raises(WusFault, match="0002"):
        await bench.service.get_epochs(bench.caller(UTRECHT), GetEpochs())


@pytest.mark.parametrize(
    "wrong",
    [bytes(32), b"\xff" * 32, b"\x01" + bytes(31), bytes(31), (2**255 - 19).to_bytes(32, "little")],
    ids=["identity", "above the field", "negative", "short", "not canonical"],
)
async def test_what_is_no_element_is_refused_and_not_counted(bench: Bench, wrong: bytes) -> None:
    """One in a batch refuses the batch, and the key is not used."""
    fault = await bench.refused((*BLINDED, wrong))

    assert (fault.code, fault.retryable) == ("ELEMENT", False)
    assert bench.lines("batch-counted") == 0
    assert (await bench.ask()).budget_left.today == 97


async def test_a_batch_over_a_thousand_is_refused(bench: Bench) -> None:
    """Also when it came past the schema; so is an empty one."""
    assert (await bench.refused(BLINDED[:1] * 1001)).code == "0004"
    assert (await bench.refused(())).code == "0004"
    assert bench.lines("batch-counted") == 0


@pytest.mark.parametrize(
    ("now", "epoch", "code"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), "2026", None),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "2026", "EPOCH_OVER"),
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), "2026", "EPOCH_UNKNOWN"),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), "2026", None),
        (NOW, "2031", "EPOCH_UNKNOWN"),
    ],
)
async def test_an_epoch_is_in_force_by_its_local_dates(
    bench: Bench, now: datetime, epoch: str, code: str | None
) -> None:
    """From its first day to before its last, in Europe/Amsterdam, whatever the keys directory holds."""
    bench.now = now
    if code is None:
        assert (await bench.ask(epoch=epoch)).evaluated
    else:
        fault = await bench.refused(epoch=epoch)
        assert (fault.code, fault.retryable) == (code, True)


async def test_two_epochs_are_served_side_by_side_in_the_overlap(bench: Bench) -> None:
    """Until the old one's last day; then only the new."""
    bench.made.epoch("2027", date(2026, 12, 1), date(2028, 1, 1))
    bench.made.publish()
    bench.now = datetime(2026, 12, 15, tzinfo=UTC)
    assert (await bench.ask(epoch="2026")).evaluated != (await bench.ask(epoch="2027")).evaluated
    bench.now = datetime(2027, 1, 2, tzinfo=UTC)

    assert (await bench.refused(epoch="2026")).code == "EPOCH_OVER"
    assert (await bench.ask(epoch="2027")).evaluated


async def test_without_its_secret_key_an_epoch_is_not_available(bench: Bench) -> None:
    """An operator's mistake: come back later, nothing counted, and a loud log line."""
    keys.destroy(bench.made.keys, "2026")

    with capture_logs() as lines:
        fault = await bench.refused()

    assert (fault.code, fault.retryable) == ("0051", True)
    assert "epoch-key-unusable" in [line["event"] for line in lines]
    assert bench.lines("batch-counted") == 0


async def test_a_spent_budget_says_when_to_come_back(bench: Bench) -> None:
    """A typed fault with the seconds until local midnight."""
    await bench.ask(BLINDED[:1] * 99)

    fault = await bench.refused()

    assert (fault.code, fault.retryable, fault.retry_after) == ("BUDGET", True, 12 * 3600)


async def test_a_batch_that_comes_again_is_answered_and_not_counted(bench: Bench) -> None:
    """The same elements, evaluated anew with a proof of its own; the answer is stored nowhere."""
    first = await bench.ask(batch=9)

    again = await bench.ask(batch=9)

    assert again.evaluated == first.evaluated
    assert again.proof != first.proof
    assert again.budget_left == first.budget_left


async def test_a_batch_id_with_other_elements_is_refused(bench: Bench) -> None:
    """For good: the region made a mistake or worse."""
    await bench.ask(batch=9)

    fault = await bench.refused(BLINDED[:2], batch=9)

    assert (fault.code, fault.retryable) == ("BATCH", False)


async def test_a_replayed_message_is_refused_by_both_operations(bench: Bench) -> None:
    """One memory for the region's message ids."""
    await bench.ask(message_id="urn:uuid:x")

    assert (await bench.refused(message_id="urn:uuid:x")).code == "REPLAY"
    with pytest.raises(WusFault, match="REPLAY"):
        await bench.service.get_epochs(bench.caller(AMSTERDAM, "urn:uuid:x"), GetEpochs())


async def test_a_region_that_hurries_is_asked_to_wait(bench: Bench) -> None:
    """Sixty a minute: the sixty-first waits a second, and another region does not."""
    for _ in range(60):
        await bench.service.get_epochs(bench.caller(AMSTERDAM), GetEpochs())

    fault = await bench.refused()

    assert (fault.code, fault.retry_after) == ("LIMIET", 1)
    assert (await bench.ask(oin=HAAGLANDEN)).evaluated


async def test_the_epoch_file_is_given_byte_for_byte_with_the_regions_own_secrets(bench: Bench) -> None:
    """Haaglanden was not admitted: it gets the file and no secret."""
    amsterdam = await bench.service.get_epochs(bench.caller(AMSTERDAM), GetEpochs())
    haaglanden = await bench.service.get_epochs(bench.caller(HAAGLANDEN), GetEpochs())

    assert amsterdam.epoch_file == haaglanden.epoch_file == (bench.made.bundle / "epochs.json").read_bytes()
    assert [secret.sealed for secret in amsterdam.sealed_secrets] == [b"sealed 2026"]
    assert haaglanden.sealed_secrets == ()


async def test_before_there_is_a_bundle_the_service_is_not_available(tmp_path: Path) -> None:
    """And says so in a way that is tried again."""
    made = Bench(SchemeWorld(tmp_path), tmp_path / "pseudonyms.db")

    assert (await made.refused()).code == "0051"
    with pytest.raises(WusFault, match="0051"):
        await made.service.get_epochs(made.caller(AMSTERDAM), GetEpochs())
    made.pool.shutdown()
    made.db.close()


async def test_alarms_reach_the_log_with_the_region_and_the_counts(bench: Bench) -> None:
    """At half and for a burst; told once."""
    with capture_logs() as lines:
        await bench.ask(BLINDED[:1] * 60)
        await bench.ask(BLINDED[:1])

    assert [(line["region"], line["kind"]) for line in lines if line["event"] == "alarm"] == [
        (AMSTERDAM, "half-of-day"),
        (AMSTERDAM, "steep-hour"),
    ]


async def test_an_epoch_file_that_changes_is_noted_once(bench: Bench) -> None:
    """Accepted and refused files stand in the audit log, with the serial or why."""
    await bench.ask()
    bench.made.publish()
    await bench.ask()
    (bench.made.bundle / "epochs.json").write_text("{}")
    await bench.ask()
    await bench.ask()

    assert (bench.lines("epoch-file-accepted"), bench.lines("epoch-file-refused")) == (2, 1)
    assert bench.db.read_now(store.epoch_serial) == 2


async def test_no_element_is_kept_or_logged(bench: Bench, tmp_path: Path) -> None:
    """Neither what was asked nor what was answered stands in the database, the log or a fault."""
    with capture_logs() as lines:
        answer = await bench.ask()
        fault = await bench.refused((*BLINDED, bytes(32)))
        await bench.ask(BLINDED[:1] * 90)
    kept = (tmp_path / "pseudonyms.db").read_bytes() + (tmp_path / "pseudonyms.db-wal").read_bytes()

    for element in (*BLINDED, *answer.evaluated, answer.proof):
        assert element not in kept
        assert element.hex() not in repr(lines) + repr(fault)
    assert bench.db.read_now(verify).intact


async def test_a_day_later_the_budget_is_whole_again(bench: Bench) -> None:
    """Midnight in Amsterdam, not in Greenwich."""
    await bench.ask(BLINDED[:1] * 100)
    bench.now = datetime(2026, 5, 20, 21, 59, tzinfo=UTC)
    stopped = await bench.refused()
    bench.now += timedelta(minutes=1)

    assert stopped.retry_after == 60
    assert (await bench.ask()).budget_left.today == 97
