"""What a tag is derived from: one canonical text for each purpose, checked where it enters.

Two regions that mean the same youth, parent or address must arrive at the same text, byte for byte.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from soap_wsdl.vocabulary import Purpose

_BAG = re.compile(r"[0-9]{4}20[0-9]{10}")
_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")
_PARTIAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CANARY = re.compile(r"C[0-9a-f]{64}")
_SEXES = frozenset({"M", "V", "O"})
_LETTERS = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "Ħ": "H", "Ŋ": "N", "Ŧ": "T"}
)
"""Letters of the BRP that Unicode does not take apart."""


class InputRefused(Exception):
    """No tag is made of this. The text says which rule it breaks, never what it was."""


@dataclass(frozen=True, slots=True)
class PseudonymInput:
    """One input of the OPRF, in its canonical text. Made by the functions below only."""

    purpose: Purpose
    _text: str = field(repr=False)

    def reveal(self) -> str:
        """The text itself, for the calculation only."""
        return self._text


def youth(digits: str) -> PseudonymInput:
    """The BSN of a youth: nine digits that pass the elfproef."""
    return PseudonymInput(Purpose.YOUTH, _bsn(digits))


def parent(digits: str) -> PseudonymInput:
    """The BSN of a parent. A purpose of its own: who is a youth and a parent has two unrelated tags."""
    return PseudonymInput(Purpose.PARENT, _bsn(digits))


def address(bag_id: str) -> PseudonymInput:
    """A home address by its BAG nummeraanduiding: sixteen digits, of which the fifth and sixth are 20."""
    if not _BAG.fullmatch(bag_id):
        raise InputRefused("A BAG nummeraanduiding is 16 digits, with 20 as the fifth and sixth.")
    return PseudonymInput(Purpose.ADDRESS, bag_id)


def address_without_bag(postcode: str, number: int, letter: str = "", addition: str = "") -> PseudonymInput:
    """A home address that has no BAG id: postcode|number|letter|addition, in capitals, without spaces and signs."""
    code, small, extra = _plain(postcode), _plain(letter), _plain(addition)
    if not _POSTCODE.fullmatch(code):
        raise InputRefused("A postcode is four digits, the first not 0, and two letters.")
    if not 1 <= number <= 99999:
        raise InputRefused("A house number is 1 to 99999.")
    if len(small) > 1 or small.isdigit() or len(extra) > 4:
        raise InputRefused("A house letter is one letter, an addition at most four signs.")
    return PseudonymInput(Purpose.ADDRESS, f"{code}|{number}|{small}|{extra}")


def vsn(surname: str, birth_date: date | str, sex: str) -> PseudonymInput:
    """A youth without a BSN: surname|birth date|sex (Besluit Jeugdwet 7.3.1).

    The surname without its prefix, reduced to A-Z. An unknown day or month is 00. Sex as in the BRP: M, V or O.
    """
    born = birth_date.isoformat() if isinstance(birth_date, date) else birth_date
    name = _plain(surname)
    if not name or name.isdigit():
        raise InputRefused("A surname has letters.")
    if not _PARTIAL.fullmatch(born):
        raise InputRefused("A birth date is year-month-day, with 00 for what is unknown.")
    if sex not in _SEXES:
        raise InputRefused("Sex is M, V or O.")
    return PseudonymInput(Purpose.VSN, f"{name}|{born}|{sex}")


def canary(text: str) -> PseudonymInput:
    """A canary: "C" and 64 hexadecimal digits. It runs on purpose youth, so that nobody can tell it from one."""
    if not _CANARY.fullmatch(text):
        raise InputRefused('A canary is "C" and 64 hexadecimal digits.')
    return PseudonymInput(Purpose.YOUTH, text)


def _bsn(digits: str) -> str:
    if len(digits) != 9 or not digits.isascii() or not digits.isdigit():
        raise InputRefused("A BSN is nine digits.")
    values = [int(digit) for digit in digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=False)) - values[8]
    if total % 11 or not any(values):
        raise InputRefused("This number does not pass the elfproef.")
    return digits


def _plain(text: str) -> str:
    """Capitals A-Z and digits only: marks, spaces and signs fall away."""
    capitals = unicodedata.normalize("NFKD", text.upper()).translate(_LETTERS)
    plain = "".join(sign for sign in capitals if not unicodedata.combining(sign))
    if any(sign.isalnum() and not sign.isascii() for sign in plain):
        raise InputRefused("This text has letters that are not in the Latin alphabet of the BRP.")
    return "".join(sign for sign in plain if sign.isalnum())
