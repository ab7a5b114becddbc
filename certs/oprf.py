"""RFC 9497 over ristretto255-SHA512: modes 0x00 (OPRF) and 0x01 (VOPRF, with a proof for a whole batch).

Who asks blinds its inputs; who holds the key evaluates and proves; who asks verifies the proof and finalizes. Nobody
learns the other's secret. Section numbers are those of the RFC.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from certs import ristretto
from certs.ristretto import ElementRefused, Scalar
from certs.secret import Secret

__all__ = [
    "OPRF",
    "VOPRF",
    "BatchRefused",
    "ElementRefused",
    "Evaluation",
    "ProofRefused",
    "SecretKey",
    "Suite",
    "random_scalar",
]

MOST_ELEMENTS = 1000
"""Elements under one proof. The protocol allows 65,535; the contract of the pseudonym service this many."""
MOST_INPUT = 65535
PROOF_SIZE = 64
OUTPUT_SIZE = 64
SEED_SIZE = 32

Random = Callable[[int], bytes]
"""So many random bytes; ``os.urandom`` in the program."""


class ProofRefused(Exception):
    """The proof does not hold under this public key: nothing may be derived from the evaluated elements."""


class BatchRefused(Exception):
    """Not a batch: empty, over 1,000 elements, or lists of different lengths."""


class SecretKey(Secret):
    """The evaluator's scalar for one epoch and purpose."""

    __slots__ = ()

    def __init__(self, content: bytes) -> None:
        ristretto.require_scalar(content)
        super().__init__(content)

    def public(self) -> bytes:
        """The public key that proofs are verified under."""
        return ristretto.multiply_base(self.reveal())


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluated elements in the order of the blinded ones, and one proof over all of them: c, then s."""

    evaluated: tuple[bytes, ...] = field(repr=False)
    proof: bytes = field(repr=False)


def random_scalar(random: Random) -> Scalar:
    """A uniform scalar other than zero, from 64 random bytes."""
    while True:
        scalar = ristretto.reduce(random(64))
        if scalar != ristretto.ZERO:
            return Scalar(scalar)


def _prefixed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


class Suite:
    """One mode of the RFC. ``VOPRF`` is what the exchange uses; ``OPRF`` is here for its official vectors."""

    def __init__(self, mode: int) -> None:
        context = b"OPRFV1-" + bytes([mode]) + b"-ristretto255-SHA512"
        self._to_group = b"HashToGroup-" + context
        self._to_scalar = b"HashToScalar-" + context
        self._seed = b"Seed-" + context
        self._derive = b"DeriveKeyPair" + context
        # expand_message_xmd (RFC 9380, 5.3.1) starts with one block of zeros, hashed once here.
        self._zeros = hashlib.sha512(bytes(128))

    def derive_key(self, seed: bytes, info: bytes) -> SecretKey:
        """The key pair of a seed of 32 random bytes (3.2.1): the same seed and info give the same key."""
        if len(seed) != SEED_SIZE:
            raise BatchRefused(f"A seed is {SEED_SIZE} bytes.")
        for counter in range(256):
            scalar = self._hash_to_scalar(seed + _prefixed(info) + bytes([counter]), self._derive)
            if scalar != ristretto.ZERO:
                return SecretKey(scalar)
        raise BatchRefused("This seed gives no key.")  # once in 2^64512 seeds

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[Scalar]) -> list[bytes]:
        """Blinded elements (3.3.1), one blind for each input. A blind is used once and shown to nobody."""
        if len(inputs) != len(blinds):
            raise BatchRefused("Each input has its own blind.")
        return [
            ristretto.multiply(blind.reveal(), self._hash_to_group(each))
            for each, blind in zip(inputs, blinds, strict=True)
        ]

    def evaluate_only(self, key: SecretKey, blinded: Sequence[bytes]) -> list[bytes]:
        """Evaluated elements without a proof (3.3.1). Raises ElementRefused for the identity and for non-elements."""
        scalar = key.reveal()
        return [ristretto.multiply(scalar, element) for element in blinded]

    def evaluate(self, key: SecretKey, blinded: Sequence[bytes], random: Random) -> Evaluation:
        """Evaluated elements with one proof for the batch (3.3.2). Raises BatchRefused and ElementRefused.

        The proof's nonce is drawn from ``random`` and hashed with the key: a generator that repeats itself, which
        would otherwise give the key away, does no harm.
        """
        _require_batch(blinded)
        evaluated = self.evaluate_only(key, blinded)
        drawn = random(64)
        transcript = hashlib.sha512(drawn + b"".join(blinded)).digest()
        nonce = ristretto.reduce(hmac.digest(key.reveal(), b"vir/proof-nonce/v1" + transcript, "sha512"))
        return Evaluation(tuple(evaluated), self.prove(key, blinded, evaluated, Scalar(nonce)))

    def prove(self, key: SecretKey, blinded: Sequence[bytes], evaluated: Sequence[bytes], nonce: Scalar) -> bytes:
        """The proof with a given nonce (2.2.1). The same nonce for two batches gives the key away: use ``evaluate``."""
        public = key.public()
        composite = self._composite(self._coefficients(public, blinded, evaluated), blinded)
        twin = ristretto.multiply(key.reveal(), composite)
        on_base = ristretto.multiply_base(nonce.reveal())
        on_composite = ristretto.multiply(nonce.reveal(), composite)
        challenge = self._challenge(public, composite, twin, on_base, on_composite)
        answer = ristretto.scalar_subtract(nonce.reveal(), ristretto.scalar_multiply(challenge, key.reveal()))
        return challenge + answer

    def verify(self, public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes) -> None:
        """Hold the proof against the public key (2.2.2). Returns when it holds, else raises.

        ElementRefused: an element is not canonical or is the identity. BatchRefused: the lists do not fit.
        ProofRefused: anything about the proof, a scalar that is not canonical included.
        """
        _require_batch(blinded)
        if len(evaluated) != len(blinded):
            raise BatchRefused("There are not as many evaluated elements as blinded ones.")
        challenge, answer = proof[:32], proof[32:]
        if len(proof) != PROOF_SIZE or not ristretto.is_canonical(challenge) or not ristretto.is_canonical(answer):
            raise ProofRefused("The proof is not two canonical scalars.")
        ristretto.require_element(public)
        coefficients = self._coefficients(public, blinded, evaluated)
        composite, twin = self._composite(coefficients, blinded), self._composite(coefficients, evaluated)
        try:
            on_base = ristretto.add(ristretto.multiply_base(answer), ristretto.multiply(challenge, public))
            on_composite = ristretto.add(ristretto.multiply(answer, composite), ristretto.multiply(challenge, twin))
        except (ElementRefused, ristretto.ScalarRefused):
            raise ProofRefused("The proof holds a zero.") from None  # An honest proof has none but once in 2^252.
        expected = self._challenge(public, composite, twin, on_base, on_composite)
        if not hmac.compare_digest(expected, challenge):
            raise ProofRefused("The proof does not hold under this public key.")

    def finalize(self, inputs: Sequence[bytes], blinds: Sequence[Scalar], evaluated: Sequence[bytes]) -> list[bytes]:
        """The outputs of 64 bytes, without looking at a proof (3.3.1); one inversion for the whole batch."""
        if not len(inputs) == len(blinds) == len(evaluated):
            raise BatchRefused("Each input has its own blind and evaluated element.")
        inverses = ristretto.invert_all([blind.reveal() for blind in blinds])
        return [
            hashlib.sha512(_prefixed(each, ristretto.multiply(inverse, element)) + b"Finalize").digest()
            for each, inverse, element in zip(inputs, inverses, evaluated, strict=True)
        ]

    def verify_and_finalize(
        self,
        inputs: Sequence[bytes],
        blinds: Sequence[Scalar],
        blinded: Sequence[bytes],
        evaluation: Evaluation,
        public: bytes,
    ) -> list[bytes]:
        """The outputs, once the proof holds (3.3.2). Raises as ``verify`` does, and then nothing was derived."""
        self.verify(public, blinded, evaluation.evaluated, evaluation.proof)
        return self.finalize(inputs, blinds, evaluation.evaluated)

    def _expand(self, message: bytes, domain: bytes) -> bytes:
        suffix = domain + bytes([len(domain)])
        first = self._zeros.copy()
        first.update(message + b"\x00\x40\x00" + suffix)
        return hashlib.sha512(first.digest() + b"\x01" + suffix).digest()

    def _hash_to_group(self, message: bytes) -> bytes:
        if len(message) > MOST_INPUT:
            raise BatchRefused(f"An input is at most {MOST_INPUT} bytes.")
        element = ristretto.from_hash(self._expand(message, self._to_group))
        if element == ristretto.ZERO:
            raise ElementRefused("This input hashes to the identity.")
        return element

    def _hash_to_scalar(self, message: bytes, domain: bytes) -> bytes:
        return ristretto.reduce(self._expand(message, domain))

    def _coefficients(self, public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
        seed = hashlib.sha512(_prefixed(public, self._seed)).digest()
        start = _prefixed(seed)
        return [
            self._hash_to_scalar(start + at.to_bytes(2, "big") + _prefixed(one, other) + b"Composite", self._to_scalar)
            for at, (one, other) in enumerate(zip(blinded, evaluated, strict=True))
        ]

    def _composite(self, coefficients: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
        total = ristretto.ZERO
        for coefficient, element in zip(coefficients, elements, strict=True):
            total = ristretto.add(total, ristretto.multiply(coefficient, element))
        return total

    def _challenge(self, *elements: bytes) -> bytes:
        return self._hash_to_scalar(_prefixed(*elements) + b"Challenge", self._to_scalar)


def _require_batch(elements: Sequence[bytes]) -> None:
    if not 1 <= len(elements) <= MOST_ELEMENTS:
        raise BatchRefused(f"A batch holds 1 to {MOST_ELEMENTS} elements.")


OPRF = Suite(0)
VOPRF = Suite(1)
