"""Who signals: a professional with one profile at one location of an organisation, and what others see of them."""

import json
import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NewType
from uuid import UUID

from node.domain.errors import FieldNotFit
from node.domain.signal import ProfessionalId

PersonNumber = NewType("PersonNumber", UUID)
"""A random number for the human behind one or more profiles: nobody meets himself."""
LocationId = NewType("LocationId", UUID)
OrganisationId = NewType("OrganisationId", UUID)


class Domain(Enum):
    """The domains of Jeugdwet 7.1.1.2(1)a, and the preventive field."""

    JEUGDHULP = "jeugdhulp"
    JEUGDGEZONDHEIDSZORG = "jeugdgezondheidszorg"
    GEZONDHEIDSZORG = "gezondheidszorg"
    ONDERWIJS = "onderwijs"
    MAATSCHAPPELIJKE_ONDERSTEUNING = "maatschappelijke ondersteuning"
    WERK_EN_INKOMEN = "werk en inkomen"
    POLITIE_EN_JUSTITIE = "politie en justitie"
    PREVENTIEF_VELD = "preventief veld"
    OTHER = "overig"
    """What another region calls by a name that is not known here (yet); nobody in this region has it."""

    @classmethod
    def _missing_(cls, _value: object) -> "Domain":
        return cls.OTHER


OWN_DOMAINS = tuple(domain.value for domain in Domain if domain is not Domain.OTHER)
"""The domains that an organisation in this region can have."""

LONGEST = {
    "organisation": 110,
    "kind": 50,
    "location": 80,
    "function": 50,
    "name": 70,
    "phone": 20,
    "email": 90,
    "region": 50,
}
"""Bytes of each field as it stands in a card: the bounds of ``hub_connector.cards``, so that every card fits."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{5,}")


@dataclass(frozen=True, slots=True)
class Contact:
    """Who to call. All of it is meant for a professional who is involved with the same youth or family."""

    organisation: str
    domain: Domain
    kind: str
    location: str
    function: str
    name: str
    phone: str
    email: str


def require_fit(contact: Contact) -> None:
    """Raises FieldNotFit for contact data that do not belong on a card: asked where they enter this region."""
    for field in ("organisation", "kind", "location", "function", "name", "phone", "email"):
        fits(field, getattr(contact, field))
    if not _EMAIL.fullmatch(contact.email):
        raise FieldNotFit("email", "no e-mail address")
    if not _PHONE.fullmatch(contact.phone):
        raise FieldNotFit("phone", "no telephone number")


def fits(field: str, text: str) -> None:
    """Raises FieldNotFit when a text is empty, has no place on one line, or takes more bytes than its field has."""
    if not text or text != text.strip():
        raise FieldNotFit(field, "empty, or blanks around it")
    if not text.isprintable():
        raise FieldNotFit(field, "characters that cannot be printed")
    if len(json.dumps(text, ensure_ascii=False).encode()) - 2 > LONGEST[field]:
        raise FieldNotFit(field, f"longer than {LONGEST[field]} bytes")


@dataclass(frozen=True, slots=True)
class Professional:
    """A profile. ``default_months`` is what the organisation offers first; ``left_on`` is set once it left."""

    id: ProfessionalId
    person: PersonNumber
    location: LocationId
    contact: Contact
    default_months: int
    organisation: OrganisationId
    left_on: date | None = None
