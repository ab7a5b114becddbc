"""What Haal Centraal BRP Personen bevragen 2.x answers, read into our own types; nothing that we did not ask for.

A value that does not fit makes that person unfit, because half a person is worse than none; the others in the answer
are read all the same. An answer that is no list of persons is unfit as a whole.
"""

from dataclasses import dataclass, field
from typing import Any

from node.domain.brp import (
    Abroad,
    Address,
    BrpDate,
    Location,
    Residence,
    Sex,
    Suspension,
    SuspensionReason,
    gemeente_code,
)
from node.domain.bsn import Bsn
from node.domain.errors import NotDone
from node.domain.person import BirthDate, Person

FIELDS = (
    "burgerservicenummer",
    "naam.voornamen",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "geboorte.datum",
    "geslacht",
    "gemeenteVanInschrijving",
    "overlijden.datum",
    "ouders.burgerservicenummer",
    "verblijfplaats.datumVan",
    "verblijfplaats.functieAdres",
    "verblijfplaats.nummeraanduidingIdentificatie",
    "verblijfplaats.verblijfadres.postcode",
    "verblijfplaats.verblijfadres.huisnummer",
    "verblijfplaats.verblijfadres.huisletter",
    "verblijfplaats.verblijfadres.huisnummertoevoeging",
    "verblijfplaats.verblijfadres.locatiebeschrijving",
)
"""All that is asked of a person. Secrecy and suspension come unasked, where there are any."""
_CORRESPONDENCE = "B"
"""The code of a letters-only address (briefadres) in functieAdres."""

_NO_GEMEENTE = "0000"
"""The code that the table of gemeenten has for one that is not known."""


class AnswerUnfit(Exception):
    """The answer is not what the contract says. The text never repeats any of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The persons who were told of, by number. ``unfit`` says of each of the others what did not fit, never a value.

    ``unfit_numbers`` are theirs, where they could be read.
    """

    persons: dict[Bsn, Person] = field(repr=False)
    unfit_numbers: frozenset[Bsn] = field(repr=False)
    unfit: tuple[str, ...] = ()

    @property
    def nameless(self) -> bool:
        """Whether somebody did not fit of whom not even the number could be read."""
        return len(self.unfit) > len(self.unfit_numbers)


def read_persons(answer: Any) -> Answer:
    """The answer to RaadpleegMetBurgerservicenummer. Raises AnswerUnfit when it is no list of persons."""
    persons: dict[Bsn, Person] = {}
    numbers: set[Bsn] = set()
    unfit: list[str] = []
    for written in _told(answer):
        try:
            person = _guarded(written)
            persons[person.bsn] = person
        except AnswerUnfit as why:
            unfit.append(str(why))
            if (bsn := _number(written)) is not None:
                numbers.add(bsn)
    return Answer(persons, frozenset(numbers), tuple(unfit))


def read_numbers(answer: Any) -> list[Bsn]:
    """The numbers in an answer to a search that asked for nothing else. Raises AnswerUnfit."""
    try:
        return [Bsn(_text(_object(each), "burgerservicenummer")) for each in _told(answer)]
    except NotDone:
        raise AnswerUnfit("a number that is none") from None


def _told(answer: Any) -> list[Any]:
    if "personen" not in _object(answer):
        raise AnswerUnfit("no persons, and not even none")
    return _list(answer, "personen")


def _number(written: Any) -> Bsn | None:
    try:
        return Bsn(_text(_object(written), "burgerservicenummer"))
    except (AnswerUnfit, NotDone):
        return None


def _guarded(written: Any) -> Person:
    try:
        return _person(_object(written))
    except (NotDone, ValueError):
        raise AnswerUnfit("a value that does not fit") from None


def _person(written: dict[str, Any]) -> Person:
    name = _inner(written, "naam")
    whole = " ".join(text for key in ("voornamen", "voorvoegsel", "geslachtsnaam") if (text := _text(name, key)))
    parents, others = _parents(_list(written, "ouders"))
    birth = _date(_inner(written, "geboorte").get("datum"))
    return Person(
        Bsn(_text(written, "burgerservicenummer")),
        whole,
        BirthDate(birth.year, birth.month, birth.day) if birth is not None and birth.year is not None else None,
        parents,
        _residence(_inner(written, "verblijfplaats")),
        written.get("geheimhoudingPersoonsgegevens") not in (None, False, 0),
        _death(written),
        _text(name, "geslachtsnaam"),
        Sex(_code(written, "geslacht") or Sex.UNKNOWN.value),
        _gemeente(_code(written, "gemeenteVanInschrijving")),
        _suspension(_inner(written, "opschortingBijhouding")),
        others,
        _date(_inner(written, "verblijfplaats").get("datumVan")),
    )


def _parents(written: list[Any]) -> tuple[tuple[Bsn, ...], int]:
    """Those with a number, each once, and how many have none: not registered, or not known at all."""
    numbers = [_text(_object(parent), "burgerservicenummer") for parent in written]
    return tuple(dict.fromkeys(Bsn(number) for number in numbers if number)), numbers.count("")


def _death(written: dict[str, Any]) -> BrpDate | None:
    if "overlijden" not in written:
        return None
    return _date(_inner(written, "overlijden").get("datum")) or BrpDate()


def _gemeente(code: str) -> str | None:
    return gemeente_code(code) if code not in ("", _NO_GEMEENTE) else None


def _suspension(written: dict[str, Any]) -> Suspension | None:
    code = _code(written, "reden")
    return Suspension(SuspensionReason(code), _date(written.get("datum")) or BrpDate()) if written else None


def _residence(written: dict[str, Any]) -> Residence | None:
    lives_there = (
        _code(written, "functieAdres") != _CORRESPONDENCE
        and written.get("indicatieVastgesteldVerblijftNietOpAdres") is not True
    )
    place = _inner(written, "verblijfadres")
    match written.get("type"):
        case None | "VerblijfplaatsOnbekend":
            return None
        case "VerblijfplaatsBuitenland":
            return Abroad()
        case "Locatie":
            return Location(_text(place, "locatiebeschrijving"), lives_there)
        case "Adres":
            number = place.get("huisnummer")
            if not isinstance(number, int):
                return None
            return Address(
                _text(place, "postcode").replace(" ", "").upper(),
                number,
                _text(place, "huisletter"),
                _text(place, "huisnummertoevoeging"),
                _text(written, "nummeraanduidingIdentificatie") or None,
                lives_there,
            )
        case _:
            raise AnswerUnfit("a type of residence that is not in the contract")


def _date(written: Any) -> BrpDate | None:
    if written is None:
        return None
    said = _object(written)
    match said.get("type"):
        case "Datum":
            return BrpDate.parse(_text(said, "datum"))
        case "JaarMaandDatum":
            return BrpDate(int(said.get("jaar", 0)), int(said.get("maand", 0)))
        case "JaarDatum":
            return BrpDate(int(said.get("jaar", 0)))
        case "DatumOnbekend":
            return BrpDate()
        case _:
            raise AnswerUnfit("a type of date that is not in the contract")


def _object(written: Any) -> dict[str, Any]:
    if not isinstance(written, dict):
        raise AnswerUnfit("not an object where one belongs")
    return written


def _inner(written: dict[str, Any], key: str) -> dict[str, Any]:
    found = written.get(key)
    return {} if found is None else _object(found)


def _list(written: dict[str, Any], key: str) -> list[Any]:
    found = written.get(key)
    if not isinstance(found, list | None):
        raise AnswerUnfit("not a list where one belongs")
    return found or []


def _text(written: dict[str, Any], key: str) -> str:
    found = written.get(key)
    if not isinstance(found, str | None):
        raise AnswerUnfit("not a text where one belongs")
    return found or ""


def _code(written: dict[str, Any], key: str) -> str:
    return _text(_inner(written, key), "code")
