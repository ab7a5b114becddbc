"""The citizen's number, wrapped so that it cannot leave by accident: ``reveal()`` is the only door to the digits."""

import hmac
import re
from typing import NoReturn, Self

from node.domain.errors import NotABsn

_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
_NINE_DIGITS = re.compile(r"[0-9]{9}")
_SEPARATORS = str.maketrans("", "", " .\u00a0")


class Bsn:
    """A burgerservicenummer that passes the elfproef.

    It does not show itself in ``repr``, ``str``, a format string, JSON, a pickle or a copy. Equal numbers are equal.
    """

    __slots__ = ("__digits",)

    def __init__(self, digits: str) -> None:
        """Nine ASCII digits; raises NotABsn, which does not repeat what it was given."""
        if not passes_elfproef(digits):
            raise NotABsn
        self.__digits = digits

    @classmethod
    def parse(cls, typed: str) -> Self:
        """What a person typed: spaces and dots are dropped, a number of eight digits gets its leading zero."""
        digits = typed.translate(_SEPARATORS)
        return cls(digits.zfill(9) if len(digits) == 8 else digits)

    def reveal(self) -> str:
        """The nine digits. Every call of this is a place to look at when asking where the number goes."""
        return self.__digits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bsn) and hmac.compare_digest(self.__digits, other.__digits)

    def __hash__(self) -> int:
        return hash((Bsn, self.__digits))

    def __repr__(self) -> str:
        return "Bsn(hidden)"

    def __format__(self, _spec: str) -> NoReturn:
        raise TypeError("A BSN does not go into a text.")

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("A BSN is not copied or pickled.")


def passes_elfproef(digits: str) -> bool:
    """Nine ASCII digits, not all zero, whose weighted sum (9, 8 … 2, -1) is a multiple of eleven."""
    if _NINE_DIGITS.fullmatch(digits) is None or digits == "000000000":
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
