"""The asker's half of the VOPRF in a process of its own: a long run of batches leaves this one free for all else.

The other process gets inputs and blinds, and returns the results.
"""

from collections.abc import Sequence
from typing import NoReturn, Protocol

from certs.apart import OtherProcess, cut, serve
from certs.oprf import OUTPUT_SIZE, PROOF_SIZE, VOPRF, BatchRefused, ElementRefused, Evaluation, ProofRefused
from certs.ristretto import ELEMENT_SIZE, SCALAR_SIZE, Scalar

INPUT_SIZE = 32
"""Inputs are digests: all of one size."""
_BLIND, _FINISH = b"B", b"F"
_DONE, _PROOF, _ELEMENT, _BATCH = b"d", b"p", b"e", b"b"
_REFUSALS = {_PROOF: ProofRefused, _ELEMENT: ElementRefused, _BATCH: BatchRefused}


class Asker(Protocol):
    """What who asks needs of the VOPRF, as ``certs.oprf.Suite`` promises it."""

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[Scalar]) -> list[bytes]:
        """Blinded elements."""
        ...

    def verify_and_finalize(
        self,
        inputs: Sequence[bytes],
        blinds: Sequence[Scalar],
        blinded: Sequence[bytes],
        evaluation: Evaluation,
        public: bytes,
    ) -> list[bytes]:
        """The outputs, once the proof holds."""
        ...


class Apart:
    """An ``Asker`` in another process, for several threads: started when it is first asked. Close it when done.

    When the other process cannot be started or is gone, and once this is closed, the same is calculated here.
    """

    def __init__(self) -> None:
        self._other = OtherProcess("certs.oprf_apart")

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one."""
        return self._other.pid

    def close(self) -> None:
        """End the other process. Twice does nothing."""
        self._other.close()

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[Scalar]) -> list[bytes]:
        """As ``Suite.blind``."""
        if _fit(inputs, blinds):
            answer = self._ask(_BLIND, [*inputs, *(blind.reveal() for blind in blinds)], len(inputs), ELEMENT_SIZE)
            if answer is not None:
                return answer
        return VOPRF.blind(inputs, blinds)

    def verify_and_finalize(
        self,
        inputs: Sequence[bytes],
        blinds: Sequence[Scalar],
        blinded: Sequence[bytes],
        evaluation: Evaluation,
        public: bytes,
    ) -> list[bytes]:
        """As ``Suite.verify_and_finalize``."""
        of_one_size = all(len(element) == ELEMENT_SIZE for element in (*blinded, *evaluation.evaluated, public))
        of_one_size = of_one_size and len(evaluation.proof) == PROOF_SIZE
        if of_one_size and _fit(inputs, blinds, blinded, evaluation.evaluated):
            told = [*inputs, *(blind.reveal() for blind in blinds), *blinded, *evaluation.evaluated]
            answer = self._ask(_FINISH, [evaluation.proof, public, *told], len(inputs), OUTPUT_SIZE)
            if answer is not None:
                return answer
        return VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, public)

    def _ask(self, what: bytes, parts: Sequence[bytes], count: int, size: int) -> list[bytes] | None:
        """The answer; None when there is nobody to ask. Raises what the other process was refused."""
        answer = self._other.ask([what, *parts])
        if answer is None:
            return None
        if answer[:1] in _REFUSALS:
            _refuse(answer[:1])
        return cut(answer[1:], size) if len(answer) == 1 + count * size else None


def _fit(inputs: Sequence[bytes], *others: Sequence[object]) -> bool:
    """Whether it can be told in the sizes of the pipe; what cannot is refused here, in the usual words."""
    return all(len(each) == INPUT_SIZE for each in inputs) and all(len(other) == len(inputs) for other in others)


def _refuse(outcome: bytes) -> NoReturn:
    kind = _REFUSALS[outcome]
    raise kind("The other process refused this batch.")


def _calculated(asked: bytes) -> list[bytes]:
    what, lists = asked[:1], asked[1:]
    if what == _BLIND:
        inputs, blinds = _several(lists, INPUT_SIZE, SCALAR_SIZE)
        return VOPRF.blind(inputs, [Scalar(each) for each in blinds])
    proof, public, lists = lists[:PROOF_SIZE], lists[PROOF_SIZE:][:ELEMENT_SIZE], lists[PROOF_SIZE + ELEMENT_SIZE :]
    inputs, blinds, blinded, evaluated = _several(lists, INPUT_SIZE, SCALAR_SIZE, ELEMENT_SIZE, ELEMENT_SIZE)
    scalars = [Scalar(each) for each in blinds]
    return VOPRF.verify_and_finalize(inputs, scalars, blinded, Evaluation(tuple(evaluated), proof), public)


def _several(lists: bytes, *sizes: int) -> list[list[bytes]]:
    """Lists of as many things each, one after the other, of these sizes."""
    count, found = len(lists) // sum(sizes), []
    for size in sizes:
        found.append(cut(lists[: count * size], size))
        lists = lists[count * size :]
    return found


def _answer(asked: bytes) -> bytes:
    try:
        return _DONE + b"".join(_calculated(asked))
    except ProofRefused:
        return _PROOF
    except ElementRefused:
        return _ELEMENT
    except BatchRefused:
        return _BATCH


if __name__ == "__main__":
    serve(_answer)
