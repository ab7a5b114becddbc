"""The group under the tags: what counts as an element or a scalar, and that threads do not wait for each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs import ristretto
from certs.ristretto import ORDER, ZERO, ElementRefused, Scalar, ScalarRefused

GENERATOR = ristretto.multiply_base(ristretto.ONE)
scalars = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "little"))
# From RFC 9496, appendix A.2: encodings that are not canonical or not of the group.
BAD_ENCODINGS = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
]


def test_the_generator_is_that_of_rfc_9496() -> None:
    """Appendix A.1."""
    assert GENERATOR.hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"


@pytest.mark.parametrize("encoding", BAD_ENCODINGS)
def test_an_encoding_that_is_not_canonical_is_refused(encoding: str) -> None:
    """Nothing is calculated with it."""
    element = bytes.fromhex(encoding)

    with pytest.raises(ElementRefused):
        ristretto.require_element(element)
    with pytest.raises(ElementRefused):
        ristretto.multiply(ristretto.ONE, element)
    with pytest.raises(ElementRefused):
        ristretto.add(GENERATOR, element)


def test_the_identity_is_refused_although_libsodium_accepts_it() -> None:
    """A blinded identity would give every input the same answer."""
    with pytest.raises(ElementRefused):
        ristretto.require_element(ZERO)
    with pytest.raises(ElementRefused):
        ristretto.multiply(ristretto.ONE, ZERO)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_another_size_is_refused_before_memory_is_read(size: int) -> None:
    """libsodium is handed 32 bytes or nothing."""
    with pytest.raises(ElementRefused):
        ristretto.require_element(bytes(size))
    with pytest.raises(ElementRefused):
        ristretto.multiply(ristretto.ONE, bytes(size))
    with pytest.raises(ElementRefused):
        ristretto.multiply(bytes(size), GENERATOR)
    with pytest.raises(ScalarRefused):
        ristretto.multiply_base(bytes(size))
    with pytest.raises(ScalarRefused):
        ristretto.reduce(bytes(size + 1))


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_a_scalar_is_from_one_up_to_the_order(number: int) -> None:
    """Zero and what is not reduced are refused."""
    with pytest.raises(ScalarRefused):
        Scalar(number.to_bytes(32, "little"))


def test_a_scalar_does_not_show() -> None:
    """It is a key or a blind."""
    assert repr(Scalar(ristretto.ONE)) == "Scalar(hidden)"


@given(scalars, scalars)
def test_the_order_of_two_products_does_not_matter(one: bytes, other: bytes) -> None:
    """What blinding rests on."""
    assert ristretto.multiply(one, ristretto.multiply_base(other)) == ristretto.multiply(
        other, ristretto.multiply_base(one)
    )


@given(st.lists(scalars, max_size=20))
def test_each_inverse_undoes_its_scalar(numbers: list[bytes]) -> None:
    """One inversion for the batch gives what an inversion each would."""
    inverses = ristretto.invert_all(numbers)

    assert [ristretto.scalar_multiply(a, b) for a, b in zip(numbers, inverses, strict=True)] == [ristretto.ONE] * len(
        numbers
    )


def test_zero_has_no_inverse() -> None:
    """And spoils no batch silently."""
    with pytest.raises(ScalarRefused):
        ristretto.invert_all([ristretto.ONE, ZERO])


@given(st.binary(min_size=64, max_size=64))
def test_reducing_agrees_with_arithmetic(wide: bytes) -> None:
    """Modulo the group order, little-endian."""
    assert int.from_bytes(ristretto.reduce(wide), "little") == int.from_bytes(wide, "little") % ORDER


def test_a_missing_library_is_named_with_what_to_install() -> None:
    """A clear message instead of an OSError from the loader."""
    with pytest.raises(ristretto.LibsodiumMissing, match=r"libsodium23.*brew install libsodium"):
        ristretto.find_library(iter(("libsodium-is-not-here.so",)))


def test_threads_calculate_at_once_and_agree() -> None:
    """The same batch in four threads gives four times the same."""
    numbers = [number.to_bytes(32, "little") for number in range(1, 200)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: [ristretto.multiply(each, GENERATOR) for each in numbers], range(4)))

    assert all(result == results[0] for result in results)
