"""Who a certificate speaks for: the OIN in the subject's serialNumber, and the one way to say no to a certificate."""

from __future__ import annotations

from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID, ObjectIdentifier

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
# All that `cryptography` raises for a certificate, list or request that is not one, at once or when a field is asked.
UNREADABLE = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
)


class Reason(StrEnum):
    """Why a certificate was refused, for machines; the text beside it is for people."""

    UNREADABLE = "unreadable"
    NO_OIN = "no-oin"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    WRONG_USE = "wrong-use"
    UNKNOWN_ISSUER = "unknown-issuer"
    NO_PATH = "no-path"
    REVOKED = "revoked"
    LIST_MISSING = "list-missing"
    LIST_EXPIRED = "list-expired"
    TRUST_UNREADABLE = "trust-unreadable"
    OTHER_PARTY = "other-party"


class CertificateRefused(PermissionError):
    """This certificate speaks for nobody here. The text carries no key and nothing that was sent."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


def is_oin(text: str) -> bool:
    """An OIN is twenty digits (Logius, OIN-stelsel); prefix 00000099 is for tests."""
    return len(text) == 20 and text.isascii() and text.isdigit()


def oin_of(certificate: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """The one OIN in the subject's serialNumber. None, two, or another shape is refused: nobody is guessed at."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    if len(found) != 1:
        raise CertificateRefused(Reason.NO_OIN, "the subject does not carry exactly one serialNumber")
    oin = str(found[0].value)
    if not is_oin(oin):
        raise CertificateRefused(Reason.NO_OIN, "the serialNumber in the subject is not an OIN of 20 digits")
    return oin


def name_of(certificate: x509.Certificate) -> str:
    """The common name, for people; nothing is ever decided by it."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else "(no name)"
