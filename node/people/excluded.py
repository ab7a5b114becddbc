"""The register of excluded addresses (RUA) from a CSV file: homes of institutions and shelters, which never match."""

import re
from collections.abc import Iterable

from node.domain.errors import FieldNotFit
from node.domain.person import Address
from node.people.lines import LineRefused, read_rows

COLUMNS = ("postcode", "huisnummer", "huisletter", "toevoeging", "bag_id")
"""The first line of the file, in any order. A line has postcode and number, or a BAG id, or best of all both."""

_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_BAG_ID = re.compile(r"[0-9]{16}", re.ASCII)


def read_excluded(lines: Iterable[str]) -> tuple[list[Address], list[LineRefused]]:
    """The homes in a CSV file (comma or semicolon), and every line that is wrong; an unknown postcode is empty."""
    found: list[Address] = []
    refused: list[LineRefused] = []
    for number, row in read_rows(lines, COLUMNS, required=()):
        if isinstance(row, str):
            refused.append(LineRefused(number, row))
            continue
        try:
            found.append(_home(row))
        except FieldNotFit as why:
            refused.append(LineRefused(number, str(why)))
    return found, refused


def _home(row: dict[str, str]) -> Address:
    postcode, number = row.get("postcode", "").replace(" ", "").upper(), row.get("huisnummer", "")
    bag_id = row.get("bag_id", "")
    if bag_id and not _BAG_ID.fullmatch(bag_id):
        raise FieldNotFit("bag_id", "sixteen digits")
    if not (postcode or number):
        if not bag_id:
            raise FieldNotFit("postcode", "give postcode and huisnummer, or bag_id")
        return Address("", 0, bag_id=bag_id)
    if not _POSTCODE.fullmatch(postcode):
        raise FieldNotFit("postcode", "four digits and two letters")
    if not _NUMBER.fullmatch(number):
        raise FieldNotFit("huisnummer", "a whole number")
    return Address(postcode, int(number), row.get("huisletter", ""), row.get("toevoeging", ""), bag_id or None)
