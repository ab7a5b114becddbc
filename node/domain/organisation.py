"""Who may be connected at all: the categories of organisations, their agreements with gemeenten, designations.

Pure. Jeugdwet 7.1.1.2(1) asks three things of who signals: an organisation of a designated category (a), agreements
of that organisation with a college (b), and a personal designation by the organisation (c). All three, on the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import UUID

from node.domain.errors import CategoryNotAllowed, FieldNotFit, GemeenteUnknown
from node.domain.gemeenten import gemeente_on
from node.domain.period import Period
from node.domain.professional import Domain, OrganisationId


class Category(Enum):
    """The categories of the Besluit Jeugdwet, 7.1.1 to 7.1.7, and the preventive field, which has no article."""

    GEMEENTELIJKE_TOEGANG = "gemeentelijke toegang"
    VEILIG_THUIS = "Veilig Thuis"
    JEUGDHULPAANBIEDER = "jeugdhulpaanbieder"
    GECERTIFICEERDE_INSTELLING = "gecertificeerde instelling"
    JEUGDGEZONDHEIDSZORG = "jeugdgezondheidszorg"
    VERSLAVINGSZORG = "verslavingszorg"
    GEHANDICAPTENZORG = "gehandicaptenzorg"
    GGZ = "ggz"
    INTEGRALE_EERSTELIJN = "integrale eerstelijnszorg"
    SPOEDEISENDE_HULP = "spoedeisende hulp"
    HUISARTS = "huisarts"
    PRIMAIR_ONDERWIJS = "primair onderwijs"
    SPECIAAL_ONDERWIJS = "speciaal onderwijs"
    VOORTGEZET_ONDERWIJS = "voortgezet onderwijs"
    MBO = "mbo"
    HOGER_ONDERWIJS = "hoger onderwijs"
    RMC = "RMC-contactgemeente"
    LEERPLICHT = "leerplichtambtenaar"
    WMO_AANBIEDER = "Wmo-aanbieder"
    KREDIETBANK = "gemeentelijke kredietbank"
    POLITIE = "politie"
    HALT = "Halt"
    RAAD = "Raad voor de Kinderbescherming"
    PREVENTIEF_VELD = "preventief veld"

    @property
    def domain(self) -> Domain:
        """The domain of Jeugdwet 7.1.1.2(1)a that it belongs to."""
        return _PLACES[self][0]

    @property
    def article(self) -> str:
        """Where the Besluit Jeugdwet names it; empty for the preventive field."""
        return _PLACES[self][1]


_PLACES: dict[Category, tuple[Domain, str]] = {
    Category.GEMEENTELIJKE_TOEGANG: (Domain.JEUGDHULP, "7.1.1"),
    Category.VEILIG_THUIS: (Domain.JEUGDHULP, "7.1.1"),
    Category.JEUGDHULPAANBIEDER: (Domain.JEUGDHULP, "7.1.1"),
    Category.GECERTIFICEERDE_INSTELLING: (Domain.JEUGDHULP, "7.1.1"),
    Category.JEUGDGEZONDHEIDSZORG: (Domain.JEUGDGEZONDHEIDSZORG, "7.1.2"),
    Category.VERSLAVINGSZORG: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.GEHANDICAPTENZORG: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.GGZ: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.INTEGRALE_EERSTELIJN: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.SPOEDEISENDE_HULP: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.HUISARTS: (Domain.GEZONDHEIDSZORG, "7.1.3"),
    Category.PRIMAIR_ONDERWIJS: (Domain.ONDERWIJS, "7.1.4"),
    Category.SPECIAAL_ONDERWIJS: (Domain.ONDERWIJS, "7.1.4"),
    Category.VOORTGEZET_ONDERWIJS: (Domain.ONDERWIJS, "7.1.4"),
    Category.MBO: (Domain.ONDERWIJS, "7.1.4"),
    Category.HOGER_ONDERWIJS: (Domain.ONDERWIJS, "7.1.4"),
    Category.RMC: (Domain.ONDERWIJS, "7.1.4"),
    Category.LEERPLICHT: (Domain.ONDERWIJS, "7.1.4"),
    Category.WMO_AANBIEDER: (Domain.MAATSCHAPPELIJKE_ONDERSTEUNING, "7.1.5"),
    Category.KREDIETBANK: (Domain.WERK_EN_INKOMEN, "7.1.6"),
    Category.POLITIE: (Domain.POLITIE_EN_JUSTITIE, "7.1.7"),
    Category.HALT: (Domain.POLITIE_EN_JUSTITIE, "7.1.7"),
    Category.RAAD: (Domain.POLITIE_EN_JUSTITIE, "7.1.7"),
    Category.PREVENTIEF_VELD: (Domain.PREVENTIEF_VELD, ""),
}

LONGEST_DOCUMENT = 100
"""Characters of a reference to a document."""


def category_named(text: str) -> Category:
    """The category of this name. Raises FieldNotFit."""
    try:
        return Category(text)
    except ValueError:
        raise FieldNotFit("categorie", f"not one of {', '.join(each.value for each in Category)}") from None


def require_category(domain: Domain, *, preventive_field: bool) -> None:
    """Raises CategoryNotAllowed for the preventive field where the region does not let it signal: 7.1.1.2(1)a."""
    if domain is Domain.PREVENTIEF_VELD and not preventive_field:
        raise CategoryNotAllowed


@dataclass(frozen=True, slots=True)
class Agreement:
    """Written agreements of an organisation with the college of a gemeente: Jeugdwet 7.1.3.1(2).

    ``document`` says where they can be found. They hold from the later of ``signed_on`` and the start.
    """

    id: UUID
    organisation: OrganisationId
    gemeente: str
    signed_on: date
    period: Period
    document: str

    def in_force(self, day: date) -> bool:
        """Whether they hold on this day: nothing holds before it was signed."""
        return self.signed_on <= day and self.period.covers(day)


def require_document(text: str) -> None:
    """Raises FieldNotFit for a reference that leads nowhere or does not fit on a line."""
    if not text or text != text.strip() or not text.isprintable() or len(text) > LONGEST_DOCUMENT:
        raise FieldNotFit("document", f"empty, blanks around it, or longer than {LONGEST_DOCUMENT} characters")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a profile stands on today: whether designated in person, and the agreements in force of its organisation."""

    designated: bool
    agreements: tuple[Agreement, ...]


def standing(designations: Iterable[Period], agreements: Iterable[Agreement], today: date) -> Standing:
    """The standing on this day, out of everything that was ever agreed and designated."""
    return Standing(
        any(period.covers(today) for period in designations),
        tuple(agreement for agreement in agreements if agreement.in_force(today)),
    )


REMINDERS = (60, 30)
"""Days before the end of agreements at which somebody is reminded (G2)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Agreements that end and are not followed by others. ``reminder`` is 60 or 30: the last that has come."""

    agreement: Agreement
    ends: date
    days_left: int
    reminder: int


def ending(agreements: Sequence[Agreement], today: date) -> list[Ending]:
    """Those in force today that end within sixty days, with nothing of that organisation and gemeente after them.

    A gemeente that was merged counts as the one that took over. The first to end first.
    """
    found = []
    for one in agreements:
        ends = one.period.ends
        if ends is None or not one.in_force(today) or (ends - today).days > max(REMINDERS):
            continue
        if any(_follows(other, one, ends, today) for other in agreements):
            continue
        left = (ends - today).days
        found.append(Ending(one, ends, left, min(each for each in REMINDERS if left <= each)))
    return sorted(found, key=lambda each: (each.ends, each.agreement.gemeente, str(each.agreement.id)))


def _follows(other: Agreement, one: Agreement, ends: date, today: date) -> bool:
    """Whether ``other`` holds on the day on which ``one`` holds no more."""
    same = other.organisation == one.organisation and other.in_force(ends)
    return same and gemeente_on(other.gemeente, today) == gemeente_on(one.gemeente, today)


def responsible(residence: str | None, in_force: Sequence[Agreement], today: date) -> str | None:
    """The gemeente whose college answers for a signal made today: Jeugdwet 7.1.2.2(3), apart from residence.

    Where the youth lives, if that is no secret and the organisation has an agreement there; else the agreement that was
    signed first, and of those of one day the lowest code. A gemeente that was merged counts as the one that took over.
    None without any.
    """
    codes = [(agreement.signed_on, gemeente_on(agreement.gemeente, today).code) for agreement in in_force]
    home = _current(residence, today)
    if home is not None and any(code == home for _, code in codes):
        return home
    return min(codes)[1] if codes else None


def _current(residence: str | None, today: date) -> str | None:
    """A residence may be unknown, or outside the table: then it decides nothing."""
    try:
        return gemeente_on(residence, today).code if residence is not None else None
    except GemeenteUnknown:
        return None
