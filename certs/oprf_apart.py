"""The asker's half of the VOPRF in a process of its own: a long run of batches leaves this one free for all else.

Python runs one thread of a process at a time: a thread that multiplies hands its turn over after every element, and
waits for it again as often. The other process gets inputs and blinds over a pipe, returns the results, keeps nothing,
and ends with the pipe. It is trusted as this one is: same user, same code, same machine.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn, Protocol

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
        self._lock = threading.Lock()
        self._usable = True
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one."""
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """End the other process. Twice does nothing."""
        with self._lock:
            self._end()

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
            answer = self._ask(_FINISH, [*told, evaluation.proof, public], len(inputs), OUTPUT_SIZE)
            if answer is not None:
                return answer
        return VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, public)

    def _ask(self, what: bytes, parts: Sequence[bytes], count: int, size: int) -> list[bytes] | None:
        """The answer; None when there is nobody to ask. Raises what the other process was refused."""
        with self._lock:
            if not self._usable:
                return None
            try:
                tell, told = self._pipes()
                tell.write(what + count.to_bytes(4, "big") + b"".join(parts))
                tell.flush()
                outcome = _read(told, 1)
                if outcome in _REFUSALS:
                    _refuse(outcome)
                return _cut(_read(told, count * size), size)
            except (OSError, EOFError):
                self._end()
                return None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "certs.oprf_apart"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).resolve().parent.parent,
            )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018
        return self._process.stdin, self._process.stdout

    def _end(self) -> None:
        self._usable = False
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError), process:
            process.kill()


def _fit(inputs: Sequence[bytes], *others: Sequence[object]) -> bool:
    """Whether it can be told in the sizes of the pipe; what cannot is refused here, in the usual words."""
    return all(len(each) == INPUT_SIZE for each in inputs) and all(len(other) == len(inputs) for other in others)


def _refuse(outcome: bytes) -> NoReturn:
    kind = _REFUSALS[outcome]
    raise kind("The other process refused this batch.")


def _read(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) != size:
        raise EOFError
    return content


def _cut(content: bytes, size: int) -> list[bytes]:
    return [content[at : at + size] for at in range(0, len(content), size)]


def _answer(what: bytes, count: int, pipe: IO[bytes]) -> bytes:
    def several(size: int) -> list[bytes]:
        return _cut(_read(pipe, count * size), size)

    inputs, blinds = several(INPUT_SIZE), [Scalar(each) for each in several(SCALAR_SIZE)]
    if what == _BLIND:
        return b"".join(VOPRF.blind(inputs, blinds))
    blinded, evaluated = several(ELEMENT_SIZE), several(ELEMENT_SIZE)
    proof, public = _read(pipe, PROOF_SIZE), _read(pipe, ELEMENT_SIZE)
    return b"".join(VOPRF.verify_and_finalize(inputs, blinds, blinded, Evaluation(tuple(evaluated), proof), public))


def main() -> None:
    """Answer until the pipe ends."""
    told, tell = sys.stdin.buffer, sys.stdout.buffer
    while head := told.read(5):
        try:
            answer = _DONE + _answer(head[:1], int.from_bytes(head[1:], "big"), told)
        except ProofRefused:
            answer = _PROOF
        except ElementRefused:
            answer = _ELEMENT
        except BatchRefused:
            answer = _BATCH
        tell.write(answer)
        tell.flush()


if __name__ == "__main__":
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        main()
