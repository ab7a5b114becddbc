"""The group ristretto255, on the system's libsodium through ctypes: elements and scalars of 32 bytes each.

The long operations release the interpreter's lock, so threads use every core; the short ones keep it, because giving
it up and taking it back would cost more than they do.
"""

import ctypes
import ctypes.util
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate

from certs.secret import Secret

ELEMENT_SIZE = 32
SCALAR_SIZE = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
"""L, the number of elements; scalars are canonical below it."""
ZERO = bytes(32)
"""The encoding of the identity, and of the scalar 0."""
ONE = (1).to_bytes(32, "little")
_SMALLEST_VERSION = (1, 0, 18)


class LibsodiumMissing(ImportError):
    """The system library that does the group operations is not there, or too old."""


class ElementRefused(Exception):
    """Not an element to calculate with: wrong size, not canonical, not on the curve, or the identity."""


class ScalarRefused(Exception):
    """Not a scalar to calculate with: wrong size, not below the group order, or zero where that is senseless."""


class Scalar(Secret):
    """A secret scalar: a key or a blind. Not zero, below the group order."""

    __slots__ = ()

    def __init__(self, content: bytes) -> None:
        require_scalar(content)
        super().__init__(content)


def candidates() -> Iterator[str]:
    """Where libsodium may be, the usual places first; a name without a path is left to the loader."""
    if sys.platform == "darwin":
        # Homebrew on Apple silicon is outside the loader's own search path.
        yield from ("/opt/homebrew/lib/libsodium.dylib", "/usr/local/lib/libsodium.dylib", "libsodium.dylib")
    else:
        yield from ("libsodium.so.23", "libsodium.so.26", "libsodium.so")
    found = ctypes.util.find_library("sodium")
    if found:
        yield found


def find_library(names: Iterator[str]) -> str:
    """The first of these that loads and is new enough. Raises LibsodiumMissing, which says what to install."""
    for name in names:
        try:
            library = ctypes.CDLL(name)
            library.sodium_version_string.restype = ctypes.c_char_p
            version = tuple(int(part) for part in library.sodium_version_string().decode().split(".")[:3])
            library.crypto_scalarmult_ristretto255  # noqa: B018  a build without it has no attribute of this name
        except (OSError, AttributeError, ValueError):
            continue
        if version >= _SMALLEST_VERSION and library.sodium_init() >= 0:
            return name
    raise LibsodiumMissing(
        "libsodium 1.0.18 or newer is needed and was not found. Debian: apt-get install libsodium23. "
        "macOS: brew install libsodium."
    )


_NAME = find_library(candidates())
_long = ctypes.CDLL(_NAME)  # releases the interpreter's lock
_short = ctypes.PyDLL(_NAME)  # keeps it
_P = ctypes.c_char_p
_Buffer = ctypes.c_char * 32

_multiply = _long.crypto_scalarmult_ristretto255
_multiply.argtypes = (_P, _P, _P)
_multiply_base = _long.crypto_scalarmult_ristretto255_base
_multiply_base.argtypes = (_P, _P)
_from_hash = _long.crypto_core_ristretto255_from_hash
_from_hash.argtypes = (_P, _P)
_is_valid = _short.crypto_core_ristretto255_is_valid_point
_is_valid.argtypes = (_P,)
_add = _short.crypto_core_ristretto255_add
_add.argtypes = (_P, _P, _P)
_reduce = _short.crypto_core_ristretto255_scalar_reduce
_reduce.argtypes = (_P, _P)
_scalar_multiply = _short.crypto_core_ristretto255_scalar_mul
_scalar_multiply.argtypes = (_P, _P, _P)
_scalar_subtract = _short.crypto_core_ristretto255_scalar_sub
_scalar_subtract.argtypes = (_P, _P, _P)
_scalar_invert = _short.crypto_core_ristretto255_scalar_invert
_scalar_invert.argtypes = (_P, _P)
_scalar_reduce_size = 64


def require_element(element: bytes) -> None:
    """Refuse what is no element, is not canonically encoded, or is the identity (libsodium accepts that one)."""
    if len(element) != ELEMENT_SIZE or element == ZERO or _is_valid(element) != 1:
        raise ElementRefused("This is not the canonical encoding of a ristretto255 element other than the identity.")


def is_canonical(scalar: bytes) -> bool:
    """Whether these are the 32 bytes of a scalar below the group order. Not for secrets: its time varies."""
    return len(scalar) == SCALAR_SIZE and int.from_bytes(scalar, "little") < ORDER


def require_scalar(scalar: bytes) -> None:
    """Refuse what is no canonical scalar, or is zero."""
    if not is_canonical(scalar) or scalar == ZERO:
        raise ScalarRefused("This is not a scalar from 1 up to the group order.")


def multiply(scalar: bytes, element: bytes) -> bytes:
    """scalar times element. Raises ElementRefused for a wrong element and for a product that is the identity."""
    result = _Buffer()
    if len(element) != ELEMENT_SIZE or len(scalar) != SCALAR_SIZE or _multiply(result, scalar, element) != 0:
        raise ElementRefused("This element cannot be multiplied: it is not canonical, or the product is the identity.")
    return result.raw


def multiply_base(scalar: bytes) -> bytes:
    """scalar times the generator. Raises ScalarRefused for zero."""
    result = _Buffer()
    if len(scalar) != SCALAR_SIZE or _multiply_base(result, scalar) != 0:
        raise ScalarRefused("This scalar makes the identity.")
    return result.raw


def add(one: bytes, other: bytes) -> bytes:
    """The sum of two elements; the identity counts as one here. Raises ElementRefused for what is no element."""
    result = _Buffer()
    if len(one) != ELEMENT_SIZE or len(other) != ELEMENT_SIZE or _add(result, one, other) != 0:
        raise ElementRefused("These are not two canonical elements.")
    return result.raw


def from_hash(digest: bytes) -> bytes:
    """The element that 64 uniform bytes map to."""
    if len(digest) != _scalar_reduce_size:
        raise ElementRefused("An element comes from 64 bytes.")
    result = _Buffer()
    _from_hash(result, digest)
    return result.raw


def reduce(wide: bytes) -> bytes:
    """The scalar that 64 little-endian bytes are modulo the group order."""
    if len(wide) != _scalar_reduce_size:
        raise ScalarRefused("A scalar is reduced from 64 bytes.")
    result = _Buffer()
    _reduce(result, wide)
    return result.raw


def scalar_multiply(one: bytes, other: bytes) -> bytes:
    """The product of two scalars."""
    result = _Buffer()
    _scalar_multiply(result, one, other)
    return result.raw


def scalar_subtract(one: bytes, other: bytes) -> bytes:
    """one minus other."""
    result = _Buffer()
    _scalar_subtract(result, one, other)
    return result.raw


def invert_all(scalars: Sequence[bytes]) -> list[bytes]:
    """The inverse of each, at the price of one inversion and three products each (Montgomery). None may be zero."""
    if not scalars:
        return []
    for scalar in scalars:
        if len(scalar) != SCALAR_SIZE or scalar == ZERO:
            raise ScalarRefused("Zero has no inverse.")
    products = list(accumulate(scalars, scalar_multiply, initial=ONE))
    result = _Buffer()
    _scalar_invert(result, products[-1])
    running = result.raw
    inverses = [ZERO] * len(scalars)
    for at in range(len(scalars) - 1, -1, -1):
        inverses[at] = scalar_multiply(running, products[at])
        running = scalar_multiply(running, scalars[at])
    return inverses
