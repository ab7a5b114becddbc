"""Blinding and verifying in a process of its own: the same results and refusals, and nothing lost when it is gone."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

import certs.apart
from certs.oprf import VOPRF, BatchRefused, ElementRefused, Evaluation, ProofRefused, random_scalar
from certs.oprf_apart import Apart

INPUTS = [bytes([number]) * 32 for number in range(20)]
BLINDS = [random_scalar(lambda size, at=number: bytes([at + 1]) * size) for number in range(20)]  # type: ignore[misc]
KEY = VOPRF.derive_key(bytes(32), b"test")
PUBLIC = KEY.public()
BLINDED = VOPRF.blind(INPUTS, BLINDS)
EVALUATION = VOPRF.evaluate(KEY, BLINDED, bytes)


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    """The other process, for all of these."""
    opened = Apart()
    yield opened
    opened.close()


def test_it_gives_what_is_calculated_here(apart: Apart) -> None:
    """Blinded elements and outputs are the same bytes, so it does not matter who made them."""
    assert apart.blind(INPUTS, BLINDS) == BLINDED
    outputs = apart.verify_and_finalize(INPUTS, BLINDS, BLINDED, EVALUATION, PUBLIC)

    assert outputs == VOPRF.verify_and_finalize(INPUTS, BLINDS, BLINDED, EVALUATION, PUBLIC)
    assert apart.pid is not None


OTHER = VOPRF.derive_key(bytes(32), b"other").public()
IDENTITY = (bytes(32), *EVALUATION.evaluated[1:])


@pytest.mark.parametrize(
    ("evaluation", "public", "refusal"),
    [
        (EVALUATION, OTHER, ProofRefused),
        (Evaluation(EVALUATION.evaluated, bytes(64)), PUBLIC, ProofRefused),
        (Evaluation(EVALUATION.evaluated, b"short"), PUBLIC, ProofRefused),
        (Evaluation(EVALUATION.evaluated[::-1], EVALUATION.proof), PUBLIC, ProofRefused),
        (Evaluation(IDENTITY, EVALUATION.proof), PUBLIC, ElementRefused),
        (Evaluation((b"short", *EVALUATION.evaluated[1:]), EVALUATION.proof), PUBLIC, ElementRefused),
        (Evaluation(EVALUATION.evaluated[1:], EVALUATION.proof), PUBLIC, BatchRefused),
    ],
    ids=["another key", "zeros", "short proof", "another order", "identity", "short element", "one too few"],
)
def test_nothing_is_derived_from_what_does_not_hold(
    apart: Apart, evaluation: Evaluation, public: bytes, refusal: type[Exception]
) -> None:
    """The refusals are those of the RFC's own steps, and the next batch is answered again."""
    with pytest.raises(refusal):
        apart.verify_and_finalize(INPUTS, BLINDS, BLINDED, evaluation, public)

    assert apart.blind(INPUTS, BLINDS) == BLINDED


def test_a_batch_over_a_thousand_is_refused(apart: Apart) -> None:
    """The limit of the contract holds there as well."""
    many = 1001
    evaluation = Evaluation((BLINDED[0],) * many, EVALUATION.proof)

    with pytest.raises(BatchRefused):
        apart.verify_and_finalize(INPUTS[:1] * many, BLINDS[:1] * many, BLINDED[:1] * many, evaluation, PUBLIC)


def test_when_the_other_process_is_gone_it_is_calculated_here() -> None:
    """A process that was killed, for its memory or by hand, costs time and no tag."""
    apart = Apart()
    assert apart.blind(INPUTS, BLINDS) == BLINDED
    assert apart.pid is not None

    os.kill(apart.pid, signal.SIGKILL)

    assert apart.blind(INPUTS, BLINDS) == BLINDED
    assert apart.verify_and_finalize(INPUTS, BLINDS, BLINDED, EVALUATION, PUBLIC)
    assert apart.pid is None


def test_closing_ends_the_other_process() -> None:
    """Nothing stays behind, and closing twice does nothing."""
    apart = Apart()
    apart.blind(INPUTS, BLINDS)
    pid = apart.pid
    assert pid is not None

    apart.close()
    apart.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_closing_ends_a_process_that_hangs() -> None:
    """Whoever waits for it calculates it here instead."""
    apart = Apart()
    apart.blind(INPUTS, BLINDS)
    assert apart.pid is not None
    os.kill(apart.pid, signal.SIGSTOP)
    found: list[list[bytes]] = []
    waiting = threading.Thread(target=lambda: found.append(apart.blind(INPUTS, BLINDS)))
    waiting.start()
    time.sleep(0.1)

    apart.close()
    waiting.join(30)

    assert found == [BLINDED]


def test_a_process_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is as if it were gone."""
    monkeypatch.setattr(certs.apart, "STUCK_SECONDS", 0.3)
    apart = Apart()
    apart.blind(INPUTS, BLINDS)
    assert apart.pid is not None
    os.kill(apart.pid, signal.SIGSTOP)

    assert apart.blind(INPUTS, BLINDS) == BLINDED
    assert apart.pid is None


def test_the_next_question_never_gets_the_answer_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks off between question and answer leaves the answer in the pipe: that process is used no more."""
    apart = Apart()
    apart.blind(INPUTS, BLINDS)

    def broken(*_words: object) -> bytes:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(certs.apart, "_read", broken)
        with pytest.raises(MemoryError):
            apart.blind(INPUTS[::-1], BLINDS)

    assert apart.blind(INPUTS, BLINDS) == BLINDED
    apart.close()
