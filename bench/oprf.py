"""How fast are tags made on one core: blind, evaluate with proof, verify, beside the bare multiplication?

`python -m bench.oprf [elements]`. Compare ratios, not figures: machines differ, and this one may be busy.
"""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.measuring import machine
from certs import ristretto
from certs.oprf import VOPRF, random_scalar

ROUNDS = 5
MULTIPLICATIONS = {"blind": 1, "evaluate with proof": 2, "verify and finalize": 3}
"""Multiplications of an element that each step cannot do without, for each element."""


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few rounds: the one that was disturbed least."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    inputs = [os.urandom(32) for _ in range(count)]
    blinds = [random_scalar(os.urandom) for _ in range(count)]
    key = VOPRF.derive_key(os.urandom(32), b"bench")
    public = key.public()
    blinded = VOPRF.blind(inputs, blinds)
    evaluation = VOPRF.evaluate(key, blinded, os.urandom)
    scalar = blinds[0].reveal()

    def multiply() -> None:
        for element in blinded:
            ristretto.multiply(scalar, element)

    def in_two_threads(work: Callable[[], object]) -> float:
        with ThreadPoolExecutor(2) as pool:
            return best(lambda: list(pool.map(lambda _: work(), range(2)))) / 2

    bare = best(multiply)
    print(machine())
    print(f"{count} elements, best of {ROUNDS}")
    print(f"{'bare multiplication':22} {count / bare:10,.0f}/s")
    for name, work in (
        ("blind", lambda: VOPRF.blind(inputs, blinds)),
        ("evaluate with proof", lambda: VOPRF.evaluate(key, blinded, os.urandom)),
        ("verify and finalize", lambda: VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, public)),
    ):
        one, two = best(work), in_two_threads(work)
        share = MULTIPLICATIONS[name] * bare / one
        print(
            f"{name:22} {count / one:10,.0f}/s  {share:4.0%} of it bare multiplications  two threads ×{one / two:.1f}"
        )


if __name__ == "__main__":
    main()
