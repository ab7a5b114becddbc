"""The lists of organisations, agreements and designations of a region, from CSV files."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from node.domain.bsn_right import said_as
from node.domain.errors import FieldNotFit
from node.domain.gemeenten import require_code
from node.domain.organisation import Category, category_named, require_document
from node.domain.period import Period
from node.domain.professional import fits
from node.domain.retention import DURATIONS
from node.people.lines import Line, LineRefused, a_day, read_lines

ORGANISATION_COLUMNS = ("organisatie", "categorie", "soort", "duur", "bsn")
AGREEMENT_COLUMNS = ("organisatie", "gemeente", "ondertekend", "van", "tot", "document")
DESIGNATION_COLUMNS = ("kenmerk", "van", "tot")


@dataclass(frozen=True, slots=True)
class ListedOrganisation:
    """A line of the list of organisations. ``bsn`` is ja, nee or categorie; None where the line says nothing of it."""

    name: str
    category: Category
    kind: str | None
    months: int | None
    bsn: str | None


@dataclass(frozen=True, slots=True)
class ListedAgreement:
    """A line of the list of agreements."""

    organisation: str
    gemeente: str
    signed_on: date
    period: Period
    document: str


@dataclass(frozen=True, slots=True)
class ListedDesignation:
    """A line of the list of designations."""

    reference: str
    period: Period


def read_organisations(lines: Iterable[str]) -> tuple[list[Line[ListedOrganisation]], list[LineRefused]]:
    """The organisations in a CSV file, and every line that is wrong. The last three may be left out."""

    def read(row: dict[str, str]) -> ListedOrganisation:
        category = category_named(row["categorie"])
        kind = row.get("soort") or None
        fits("organisation", row["organisatie"])
        if kind is not None:
            fits("kind", kind)
        bsn = row.get("bsn") or None
        if bsn is not None:
            said_as(bsn)
        return ListedOrganisation(row["organisatie"], category, kind, months_of(row), bsn)

    return read_lines(lines, ORGANISATION_COLUMNS, ("organisatie", "categorie"), read)


def read_agreements(lines: Iterable[str]) -> tuple[list[Line[ListedAgreement]], list[LineRefused]]:
    """The agreements in a CSV file, and every line that is wrong. ``van`` is the day of signing if left out."""

    def read(row: dict[str, str]) -> ListedAgreement:
        signed_on = a_day(row, "ondertekend")
        if signed_on is None:
            raise FieldNotFit("ondertekend", "empty")
        require_code(row["gemeente"])
        require_document(row["document"])
        period = Period(a_day(row, "van") or signed_on, a_day(row, "tot"))
        return ListedAgreement(row["organisatie"], row["gemeente"], signed_on, period, row["document"])

    return read_lines(lines, AGREEMENT_COLUMNS, ("organisatie", "gemeente", "ondertekend", "document"), read)


def read_designations(lines: Iterable[str]) -> tuple[list[Line[ListedDesignation]], list[LineRefused]]:
    """The designations in a CSV file, and every line that is wrong."""

    def read(row: dict[str, str]) -> ListedDesignation:
        starts = a_day(row, "van")
        if starts is None:
            raise FieldNotFit("van", "empty")
        return ListedDesignation(row["kenmerk"], Period(starts, a_day(row, "tot")))

    return read_lines(lines, DESIGNATION_COLUMNS, ("kenmerk", "van"), read)


def months_of(row: dict[str, str]) -> int | None:
    """The duration that an organisation offers first; None where ``duur`` says nothing. Raises FieldNotFit."""
    months = row.get("duur", "")
    if not months:
        return None
    if months not in {str(duration) for duration in DURATIONS}:
        raise FieldNotFit("duur", "not 6, 12 or 24")
    return int(months)
