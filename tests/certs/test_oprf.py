"""RFC 9497: the official vectors bit for bit, proofs that hold and that do not, and the package voprf beside it."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voprf import ristretto as peer

from certs import ristretto
from certs.oprf import (
    MOST_ELEMENTS,
    OPRF,
    VOPRF,
    BatchRefused,
    ElementRefused,
    Evaluation,
    ProofRefused,
    SecretKey,
    random_scalar,
)
from certs.ristretto import ORDER, ZERO, Scalar
from tests.draws import Draws

SEED = bytes.fromhex("a3" * 32)
INFO = b"test key"
BLIND = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
NONCE = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
LONG_INPUT = "5a" * 17


@dataclass(frozen=True)
class Vector:
    """One of RFC 9497, appendix A.1; lists are of one batch."""

    inputs: list[str]
    blinds: list[str]
    blinded: list[str]
    evaluated: list[str]
    outputs: list[str]
    proof: str = ""
    nonce: str = ""


OPRF_KEY = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"
OPRF_VECTORS = [
    Vector(
        ["00"],
        [BLIND],
        ["609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"],
        ["7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"],
        [
            "527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
            "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"
        ],
    ),
    Vector(
        [LONG_INPUT],
        [BLIND],
        ["da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"],
        ["b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"],
        [
            "f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
            "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"
        ],
    ),
]
VOPRF_KEY = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
VOPRF_PUBLIC = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"
SHORT_OUTPUT = (
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
    "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
)
LONG_OUTPUT = (
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
    "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
)
VOPRF_VECTORS = [
    Vector(
        ["00"],
        [BLIND],
        ["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
        ["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
        [SHORT_OUTPUT],
        "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
        "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        NONCE,
    ),
    Vector(
        [LONG_INPUT],
        [BLIND],
        ["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
        ["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
        [LONG_OUTPUT],
        "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
        "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        NONCE,
    ),
    Vector(
        ["00", LONG_INPUT],
        [BLIND, NONCE],
        [
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        ],
        [
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        ],
        [SHORT_OUTPUT, LONG_OUTPUT],
        "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
        "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
    ),
]

KEY = VOPRF.derive_key(bytes(32), b"tests")
PUBLIC = KEY.public()


def octets(texts: list[str]) -> list[bytes]:
    """The bytes of hexadecimal texts."""
    return [bytes.fromhex(text) for text in texts]


def blinds_for(count: int, seed: int = 1) -> list[Scalar]:
    """So many blinds, the same in each run."""
    draws = Draws(seed)
    return [random_scalar(draws) for _ in range(count)]


def a_batch(count: int = 3) -> tuple[list[bytes], list[Scalar], list[bytes], Evaluation]:
    """Inputs, blinds, blinded elements and their evaluation."""
    inputs = [f"input {number}".encode() for number in range(count)]
    blinds = blinds_for(count)
    blinded = VOPRF.blind(inputs, blinds)
    return inputs, blinds, blinded, VOPRF.evaluate(KEY, blinded, Draws(2))


@pytest.mark.parametrize("vector", OPRF_VECTORS)
def test_mode_0_gives_the_official_vectors(vector: Vector) -> None:
    """RFC 9497, A.1.1."""
    key, blinds = OPRF.derive_key(SEED, INFO), [Scalar(each) for each in octets(vector.blinds)]
    blinded = OPRF.blind(octets(vector.inputs), blinds)
    evaluated = OPRF.evaluate_only(key, blinded)

    assert key.reveal().hex() == OPRF_KEY
    assert blinded == octets(vector.blinded)
    assert evaluated == octets(vector.evaluated)
    assert OPRF.finalize(octets(vector.inputs), blinds, evaluated) == octets(vector.outputs)


@pytest.mark.parametrize("vector", VOPRF_VECTORS)
def test_mode_1_gives_the_official_vectors_and_proofs(vector: Vector) -> None:
    """RFC 9497, A.1.2; the third is a batch."""
    key, blinds = VOPRF.derive_key(SEED, INFO), [Scalar(each) for each in octets(vector.blinds)]
    blinded = VOPRF.blind(octets(vector.inputs), blinds)
    evaluated = VOPRF.evaluate_only(key, blinded)
    proof = VOPRF.prove(key, blinded, evaluated, Scalar(bytes.fromhex(vector.nonce)))

    assert key.reveal().hex() == VOPRF_KEY
    assert key.public().hex() == VOPRF_PUBLIC
    assert blinded == octets(vector.blinded)
    assert evaluated == octets(vector.evaluated)
    assert proof.hex() == vector.proof
    assert VOPRF.verify_and_finalize(
        octets(vector.inputs), blinds, blinded, Evaluation(tuple(evaluated), proof), key.public()
    ) == octets(vector.outputs)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=6), st.integers(0, 2**32), st.binary(max_size=9)
)
def test_our_client_gets_from_voprf_what_it_computes_itself(inputs: list[bytes], seed: int, info: bytes) -> None:
    """Blinded here, evaluated and proved by the package, verified and finalized here."""
    server = peer.Evaluator.from_seed(Draws(seed)(32), info)
    blinds = blinds_for(len(inputs), seed)
    blinded = VOPRF.blind(inputs, blinds)
    answer = server.evaluate_batch([peer.BlindedInput.deserialize(each) for each in blinded]).serialize()
    evaluation = peer_evaluation(answer, len(inputs))

    outputs = VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, server.public_key.serialize())

    assert outputs == [server.evaluate_known_input(each) for each in inputs]
    assert VOPRF.derive_key(Draws(seed)(32), info).public() == server.public_key.serialize()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=6), st.integers(0, 2**32))
def test_a_client_of_voprf_accepts_what_we_evaluate(inputs: list[bytes], seed: int) -> None:
    """Blinded by the package, evaluated and proved here, verified and finalized by the package."""
    key = VOPRF.derive_key(Draws(seed)(32), b"")
    clients, blinded = zip(*(peer.Client.blind(each) for each in inputs), strict=True)
    ours = VOPRF.evaluate(key, [each.serialize() for each in blinded], Draws(seed + 1))
    answer = peer.VerifiableBatchOutput.deserialize(peer_answer(ours))

    outputs = peer.Client.finalize_batch(clients, answer, peer.PublicKey.deserialize(key.public()))

    blinds = blinds_for(len(inputs))
    again = VOPRF.evaluate_only(key, VOPRF.blind(inputs, blinds))
    assert outputs == VOPRF.finalize(inputs, blinds, again)


def test_the_output_does_not_depend_on_the_blind() -> None:
    """Two regions arrive at the same tag."""
    outputs = []
    for seed in (1, 2):
        blinds = blinds_for(1, seed)
        evaluated = VOPRF.evaluate_only(KEY, VOPRF.blind([b"one youth"], blinds))
        outputs.append(VOPRF.finalize([b"one youth"], blinds, evaluated))

    assert outputs[0] == outputs[1]


def test_a_proof_for_another_key_is_refused() -> None:
    """Even though it is a good proof, for that other key."""
    inputs, blinds, blinded, evaluation = a_batch()
    other = VOPRF.derive_key(bytes(32), b"another").public()

    with pytest.raises(ProofRefused):
        VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, other)


@pytest.mark.parametrize("at", range(3))
def test_one_element_evaluated_with_another_key_spoils_the_whole_batch(at: int) -> None:
    """The proof is over all of them."""
    _, _, blinded, evaluation = a_batch()
    swapped = list(evaluation.evaluated)
    swapped[at] = VOPRF.evaluate_only(VOPRF.derive_key(bytes(32), b"another"), [blinded[at]])[0]

    with pytest.raises(ProofRefused):
        VOPRF.verify(PUBLIC, blinded, swapped, evaluation.proof)


def test_evaluated_elements_in_another_order_are_refused() -> None:
    """Else two youths would swap tags."""
    _, _, blinded, evaluation = a_batch()

    with pytest.raises(ProofRefused):
        VOPRF.verify(PUBLIC, blinded, evaluation.evaluated[::-1], evaluation.proof)


@given(st.integers(0, 64 * 8 - 1))
@settings(max_examples=40, deadline=None)
def test_one_wrong_bit_in_a_proof_is_refused(bit: int) -> None:
    """Whichever bit."""
    _, _, blinded, evaluation = a_batch(1)
    wrong = bytearray(evaluation.proof)
    wrong[bit // 8] ^= 1 << bit % 8

    with pytest.raises(ProofRefused):
        VOPRF.verify(PUBLIC, blinded, evaluation.evaluated, bytes(wrong))


@pytest.mark.parametrize("at", [0, 32])
def test_a_proof_scalar_that_is_not_canonical_is_refused(at: int) -> None:
    """The same number plus the group order would hold under a lax reader: two encodings of one proof."""
    _, _, blinded, evaluation = a_batch()
    proof = evaluation.proof
    lifted = int.from_bytes(proof[at : at + 32], "little") + ORDER
    wrong = proof[:at] + lifted.to_bytes(32, "little") + proof[at + 32 :]

    with pytest.raises(ProofRefused, match="canonical"):
        VOPRF.verify(PUBLIC, blinded, evaluation.evaluated, wrong)


@pytest.mark.parametrize("proof", [b"", bytes(63), bytes(64), bytes(65)])
def test_a_proof_of_zeros_or_another_size_is_refused(proof: bytes) -> None:
    """Without an error of another kind."""
    _, _, blinded, evaluation = a_batch()

    with pytest.raises(ProofRefused):
        VOPRF.verify(PUBLIC, blinded, evaluation.evaluated, proof)


NOT_CANONICAL = bytes.fromhex("ed" + "ff" * 30 + "7f")


@pytest.mark.parametrize("wrong", [ZERO, NOT_CANONICAL, b"short"])
def test_a_wrong_element_is_refused_on_both_sides(wrong: bytes) -> None:
    """The identity, an encoding that is not canonical, another size."""
    _, _, blinded, evaluation = a_batch()

    with pytest.raises(ElementRefused):
        VOPRF.evaluate(KEY, [*blinded, wrong], Draws(3))
    with pytest.raises(ElementRefused):
        VOPRF.verify(PUBLIC, blinded, [*evaluation.evaluated[:-1], wrong], evaluation.proof)
    with pytest.raises(ElementRefused):
        VOPRF.verify(wrong, blinded, evaluation.evaluated, evaluation.proof)


def test_an_empty_batch_and_one_over_a_thousand_are_refused() -> None:
    """Before anything is calculated."""
    for count in (0, MOST_ELEMENTS + 1):
        with pytest.raises(BatchRefused):
            VOPRF.evaluate(KEY, [PUBLIC] * count, Draws(1))
        with pytest.raises(BatchRefused):
            VOPRF.verify(PUBLIC, [PUBLIC] * count, [PUBLIC] * count, bytes(64))


def test_lists_that_do_not_fit_are_refused() -> None:
    """An answer with one element too few makes no tag."""
    inputs, blinds, blinded, evaluation = a_batch()

    with pytest.raises(BatchRefused):
        VOPRF.verify(PUBLIC, blinded, evaluation.evaluated[:-1], evaluation.proof)
    with pytest.raises(BatchRefused):
        VOPRF.finalize(inputs, blinds, evaluation.evaluated[:-1])
    with pytest.raises(BatchRefused):
        VOPRF.blind(inputs, blinds[:-1])


def test_a_full_batch_of_a_thousand_holds() -> None:
    """The largest that the contract allows."""
    inputs, blinds, blinded, evaluation = a_batch(MOST_ELEMENTS)

    assert len(VOPRF.verify_and_finalize(inputs, blinds, blinded, evaluation, PUBLIC)) == MOST_ELEMENTS


def test_a_generator_that_repeats_itself_does_not_give_the_key_away() -> None:
    """The same draw for two batches: with a bare nonce the key would follow from the two proofs."""
    proofs = []
    for text in (b"one", b"two"):
        blinded = VOPRF.blind([text], blinds_for(1))
        proofs.append(VOPRF.evaluate(KEY, blinded, lambda size: bytes(size)).proof)
    (c1, s1), (c2, s2) = (
        (int.from_bytes(proof[:32], "little"), int.from_bytes(proof[32:], "little")) for proof in proofs
    )

    guess = (s1 - s2) * pow(c2 - c1, -1, ORDER) % ORDER

    assert guess.to_bytes(32, "little") != KEY.reveal()


def test_a_key_does_not_show() -> None:
    """Not in a repr, and zero is none."""
    assert repr(KEY) == "SecretKey(hidden)"
    assert KEY.reveal().hex() not in repr(Evaluation((PUBLIC,), bytes(64)))
    with pytest.raises(ristretto.ScalarRefused):
        SecretKey(ZERO)


def peer_evaluation(serialized: bytes, count: int) -> Evaluation:
    """The package's batch answer, taken apart."""
    return Evaluation(tuple(serialized[64 + 32 * at : 96 + 32 * at] for at in range(count)), serialized[:64])


def peer_answer(evaluation: Evaluation) -> bytes:
    """Our evaluation as the package's batch answer."""
    return evaluation.proof + b"".join(evaluation.evaluated)
