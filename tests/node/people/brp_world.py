"""One youth with her parents and sister as Haal Centraal has them, in its own words."""

from datetime import date
from typing import Any

from node.domain.brp import Sex
from node.domain.bsn import Bsn
from node.domain.description import Description
from tests.region import made_up_bsn

TODAY = date(2026, 3, 10)
YOUTH, MOTHER, FATHER, SISTER = (made_up_bsn(n) for n in range(4))
HOME = {
    "type": "Adres",
    "functieAdres": {"code": "W", "omschrijving": "woonadres"},
    "nummeraanduidingIdentificatie": "0363200000000001",
    "verblijfadres": {"postcode": "1011AB", "huisnummer": 12, "huisletter": "a", "huisnummertoevoeging": "hs"},
}
ASKED = Description("van der Velde", date(2010, 5, 1), Sex.FEMALE, "1011 AB", 12)


def day(text: str) -> dict[str, Any]:
    """A date as the BRP tells it, by how much of it is known."""
    parts = text.split("-")
    match len(parts):
        case 3:
            return {"type": "Datum", "datum": text, "langFormaat": text}
        case 2:
            return {"type": "JaarMaandDatum", "jaar": int(parts[0]), "maand": int(parts[1]), "langFormaat": text}
        case _ if text == "onbekend":
            return {"type": "DatumOnbekend", "onbekend": True, "langFormaat": "onbekend"}
        case _:
            return {"type": "JaarDatum", "jaar": int(text), "langFormaat": text}


def told(bsn: Bsn = YOUTH, born: str = "2010-05-01", **other: Any) -> dict[str, Any]:
    """A person as the service has one, with more than anybody may ask for."""
    return {
        "burgerservicenummer": bsn.reveal(),
        "aNummer": "1234567890",
        "naam": {"voornamen": "Noor", "voorvoegsel": "van der", "geslachtsnaam": "Velde", "voorletters": "N."},
        "geboorte": {"datum": day(born), "plaats": {"code": "0363", "omschrijving": "Amsterdam"}},
        "geslacht": {"code": "V", "omschrijving": "vrouw"},
        "gemeenteVanInschrijving": {"code": "0363", "omschrijving": "Amsterdam"},
        "ouders": [
            {"burgerservicenummer": MOTHER.reveal(), "ouderAanduiding": "1", "naam": {"geslachtsnaam": "Velde"}},
            {"burgerservicenummer": FATHER.reveal(), "ouderAanduiding": "2"},
        ],
        "verblijfplaats": HOME,
        **other,
    }
