"""The list of professionals of a region, from a CSV file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from node.domain.errors import FieldNotFit
from node.domain.gemeenten import require_code
from node.domain.organisation import category_named, require_document
from node.domain.period import Period
from node.domain.professional import OWN_DOMAINS, Contact, Domain, fits, require_fit
from node.people.lines import Line, LineRefused, a_day, read_lines
from node.people.organisation_lists import months_of
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
    "categorie",
    "team",
    "gemeente",
    "overeenkomst",
    "aangewezen_van",
    "aangewezen_tot",
)
"""The first line of the file. ``domein`` may be left out where ``categorie`` stands."""
_REQUIRED = ("kenmerk", "organisatie", "soort", "locatie", "functie", "naam", "telefoon", "email")
_FROM_A_LIST = "volgens de ingelezen lijst"


@dataclass(frozen=True, slots=True)
class ListedProfile:
    """A line: a profile, and what it says about designation and agreements.

    ``active`` is what the list says of that, None when nothing; ``starts`` and ``ends`` are the designation's.
    With ``gemeente`` the list states that the organisation has agreements there; ``document`` says where they are.
    """

    profile: Profile
    active: bool | None
    starts: date | None
    ends: date | None
    gemeente: str | None
    document: str


def read_profiles(lines: Iterable[str]) -> tuple[list[Line[ListedProfile]], list[LineRefused]]:
    """The profiles in a CSV file (comma or semicolon), and every line that is wrong."""
    seen: set[str] = set()

    def once(row: dict[str, str]) -> ListedProfile:
        listed = _listed(row)
        if listed.profile.reference in seen:
            raise FieldNotFit("kenmerk", "stands on an earlier line as well")
        seen.add(listed.profile.reference)
        return listed

    return read_lines(lines, COLUMNS, _REQUIRED, once)


def _listed(row: dict[str, str]) -> ListedProfile:
    if not row["kenmerk"]:
        raise FieldNotFit("kenmerk", "empty")
    category = category_named(row["categorie"]) if row.get("categorie") else None
    domain = row.get("domein") or (category.domain.value if category else "")
    if domain not in OWN_DOMAINS:
        raise FieldNotFit("domein", f"not one of {', '.join(OWN_DOMAINS)}")
    if category is not None and category.domain.value != domain:
        raise FieldNotFit("domein", f"this category belongs to {category.domain.value}")
    contact = Contact(
        row["organisatie"],
        Domain(domain),
        row["soort"],
        row["locatie"],
        row["functie"],
        row["naam"],
        row["telefoon"],
        row["email"],
    )
    require_fit(contact)
    if row.get("team"):
        fits("location", row["team"])
    if row.get("gemeente"):
        require_code(row["gemeente"])
    document = row.get("overeenkomst") or _FROM_A_LIST
    require_document(document)
    starts, ends = a_day(row, "aangewezen_van"), a_day(row, "aangewezen_tot")
    active = _yes_or_no(row, "actief")
    if starts is None and ends is not None:
        raise FieldNotFit("aangewezen_tot", "needs aangewezen_van")
    if starts is not None:
        if active is False:
            raise FieldNotFit("actief", "nee, and yet aangewezen_van")
        Period(starts, ends)
    return ListedProfile(
        Profile(
            row["kenmerk"],
            row.get("persoon") or None,
            contact,
            months_of(row),
            category,
            row.get("team") or None,
        ),
        active,
        starts,
        ends,
        row.get("gemeente") or None,
        document,
    )


def _yes_or_no(row: dict[str, str], column: str) -> bool | None:
    said = row.get(column, "").lower()
    return None if not said else said not in ("nee", "0")
