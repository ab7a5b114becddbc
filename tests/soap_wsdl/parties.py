"""Parties with small certificates of their own, and signed messages between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import (
    HUB,
    Cursor,
    Entry,
    EpochName,
    Purpose,
    Reason,
    Record,
    RecordState,
    RegisterSignals,
)
from soap_wsdl.wus.signing import SignedRequest, sign_request
from soap_wsdl.wus.verifying import RequestRefused, VerifiedRequest, verify_request

NOW = datetime(2026, 11, 24, 9, 30, 15, 123000, tzinfo=UTC)
TO = "https://hub.example/hub/v1"
HUB_OIN = "00000099000000000001"
AMSTERDAM_OIN = "00000099000000000101"
UTRECHT_OIN = "00000099000000000103"
REQUEST_ID = "urn:uuid:5f2c1f6e-2f7b-4a52-9d0e-5b1d5a3c7a10"
RESPONSE_ID = "urn:uuid:0d8a5f0e-7c1b-4f0e-8a55-3f3f7f0f9d11"


@dataclass(frozen=True)
class Party:
    """A key, its certificate and its OIN: what signs."""

    oin: str
    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)


class Known:
    """A Trust over the certificates that it was given; all others are refused."""

    def __init__(self, *parties: Party) -> None:
        self.oins = {party.certificate: party.oin for party in parties}
        self.asked = 0

    def accept(self, certificate: bytes, now: datetime) -> str:
        """The OIN of a known certificate."""
        self.asked += 1
        try:
            return self.oins[certificate]
        except KeyError:
            raise PermissionError("unknown certificate") from None


def certificate_for(oin: str, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, serial: int = 1) -> bytes:
    """A self-signed certificate that carries an OIN."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, oin)])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(Encoding.DER)


def make_party(oin: str, bits: int = 2048) -> Party:
    """A party with a fresh key."""
    key = rsa.generate_private_key(65537, bits)
    return Party(oin, key, certificate_for(oin, key))


def record(number: int = 1) -> Record:
    """A youth record."""
    entry = Entry(EpochName("2026"), bytes([number % 256]) * 32, bytes([number % 251]) * 1069)
    return Record(
        UUID(int=number, version=4),
        Purpose.YOUTH,
        RecordState.LIVE,
        1,
        date(2027, 5, 1),
        date(2032, 5, 1),
        Reason.NEW,
        (entry,),
    )


def registration(count: int = 1) -> RegisterSignals:
    """A message with some records."""
    cursor = Cursor(UUID("8c0f6c4e-1d67-4f27-9f9a-6b0a3b0c8f01"), 7)
    batch = UUID("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
    return RegisterSignals(batch, cursor, tuple(record(number + 1) for number in range(count)))


ACTION = HUB.operations["RegisterSignals"].action


def signed(party: Party, message: RegisterSignals | None = None, now: datetime = NOW) -> SignedRequest:
    """A request as we sign it."""
    return sign_request(encode(message or registration()), ACTION, TO, REQUEST_ID, now, party)


def verified(raw: bytes, trust: Known, oin: str | None = AMSTERDAM_OIN, now: datetime = NOW) -> VerifiedRequest:
    """The verifier as the hub calls it."""
    return verify_request(raw, contract=HUB, to=TO, now=now, trust=trust, connection_oin=oin, soap_action='""')


def refused(raw: bytes, trust: Known, oin: str | None = AMSTERDAM_OIN, **more: Any) -> RequestRefused:
    """The refusal of a message; it repeats nothing of what was sent."""
    with pytest.raises(RequestRefused) as caught:
        verified(raw, trust, oin, **more)
    assert "1b9d6bcd" not in caught.value.fault.omschrijving + str(caught.value)
    assert caught.value.fault.code == caught.value.demand.value.code
    return caught.value
