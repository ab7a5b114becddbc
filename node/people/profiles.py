"""The list of professionals of a region, from a CSV file."""

from collections.abc import Iterable

from node.domain.errors import FieldNotFit, NotDone
from node.domain.professional import OWN_DOMAINS, Contact, Domain, require_fit
from node.domain.retention import DURATIONS
from node.people.lines import LineRefused, read_rows
from node.store.professionals import Profile

COLUMNS = (
    "kenmerk",
    "persoon",
    "organisatie",
    "domein",
    "soort",
    "locatie",
    "functie",
    "naam",
    "telefoon",
    "email",
    "actief",
    "duur",
)
"""The first line of the file. ``persoon``, ``actief`` and ``duur`` may be left out."""
_REQUIRED = COLUMNS[:1] + COLUMNS[2:10]
_DEFAULT_MONTHS = 12


def read_profiles(lines: Iterable[str]) -> tuple[list[Profile], list[LineRefused]]:
    """The profiles in a CSV file (comma or semicolon), and every line that is wrong."""
    found: dict[str, Profile] = {}
    refused: list[LineRefused] = []
    for number, row in read_rows(lines, COLUMNS, _REQUIRED):
        if isinstance(row, str):
            refused.append(LineRefused(number, row))
            continue
        try:
            profile = _profile(row)
            if profile.reference in found:
                raise FieldNotFit("kenmerk", "stands on an earlier line as well")
            found[profile.reference] = profile
        except NotDone as why:
            refused.append(LineRefused(number, str(why)))
    return list(found.values()), refused


def _profile(row: dict[str, str]) -> Profile:
    if not row["kenmerk"]:
        raise FieldNotFit("kenmerk", "empty")
    if row["domein"] not in OWN_DOMAINS:
        raise FieldNotFit("domein", f"not one of {', '.join(OWN_DOMAINS)}")
    months = row.get("duur") or str(_DEFAULT_MONTHS)
    if months not in {str(duration) for duration in DURATIONS}:
        raise FieldNotFit("duur", "not 6, 12 or 24")
    contact = Contact(
        row["organisatie"],
        Domain(row["domein"]),
        row["soort"],
        row["locatie"],
        row["functie"],
        row["naam"],
        row["telefoon"],
        row["email"],
    )
    require_fit(contact)
    return Profile(
        row["kenmerk"],
        row.get("persoon") or row["kenmerk"],
        contact,
        row.get("actief", "").lower() not in ("nee", "0"),
        int(months),
    )
