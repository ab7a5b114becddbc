"""How a surname is written down: one plain form for all its spellings, so that who means the same name meets. Pure."""

import re
import unicodedata

LONGEST_SURNAME = 200
"""Characters of a surname in the BRP."""
_LETTERS = str.maketrans(
    {"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "TH", "ẞ": "SS", "Ħ": "H", "Ŋ": "N", "Ŧ": "T"}
)
"""Letters of the BRP that Unicode does not take apart."""
_PREFIX_WORDS = """
A AAN AF AL AM AUF AUS BEN BIJ D DA DAL DALLA DE DEGLI DEI DEL DELLA DEN DER DES DI DO DOS DU EL EN HET I IM IN L LA
LAS LE LES LO LOS ONDER OP OVER S T TE TEN TER THOE TOE TOT UIJT UIT VAN VER VOM VON VOOR VOR ZU ZUM ZUR
"""
_PREFIXES = frozenset(_PREFIX_WORDS.split())
"""Words that stand before a surname without being part of it (BRP table 36)."""


def plain(text: str) -> str:
    """Capitals and digits only: marks, spaces and signs fall away."""
    capitals = unicodedata.normalize("NFKD", text.upper()).translate(_LETTERS)
    return "".join(sign for sign in capitals if sign.isalnum() and not unicodedata.combining(sign))


def plain_surname(surname: str) -> str:
    """A surname without its prefixes, plain: "van der Vèlde", "Velde, van der" and "VELDE" are one."""
    name, _, after = surname.partition(",")
    words = [word for part in re.split(r"[\s'’`\-]+", name) if (word := plain(part))]
    if after.strip() and not all(word in _PREFIXES for word in map(plain, after.split()) if word):
        words += [word for part in after.split() if (word := plain(part))]
    while len(words) > 1 and words[0] in _PREFIXES:
        del words[0]
    return "".join(words)


def without_prefix(surname: str) -> str:
    """A surname as typed, without the prefix before it: how the BRP keeps most of them."""
    words = surname.split()
    while len(words) > 1 and plain(words[0]) in _PREFIXES:
        del words[0]
    return " ".join(words)
