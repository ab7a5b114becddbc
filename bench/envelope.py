"""What does one signed message cost, beside the RSA and the parsing that no profile can do without?

For each key size and number of records: verify, decode, encode the answer and sign it, on one core; and in the same
run the bare limit: one RSA verification, one RSA signature, one parse and one schema validation of the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from bench.measuring import machine
from soap_wsdl.codec import decode, encode
from soap_wsdl.schemas import HERE
from soap_wsdl.vocabulary import (
    HUB,
    Entry,
    EpochName,
    MailboxPage,
    MailboxStatus,
    Outcome,
    Purpose,
    Reason,
    Record,
    RecordOutcome,
    RecordState,
    RegisterSignals,
    RegisterSignalsResponse,
)
from soap_wsdl.wus.signing import SignedRequest, sign_request, sign_response
from soap_wsdl.wus.verifying import VerifiedRequest, verify_request

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
OIN = "00000099000000000101"
TO = "https://hub.example/hub/v1"
OPERATION = HUB.operations["RegisterSignals"]
SEED = UUID("8c0f6c4e-1d67-4f27-9f9a-6b0a3b0c8f01")


@dataclass(frozen=True)
class Party:
    """A key and its certificate; as a trust it knows itself."""

    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)

    def accept(self, certificate: bytes, now: datetime) -> str:
        """Remembered, as the real store does for a certificate that it saw before."""
        return OIN


def party(bits: int) -> Party:
    """A party with a fresh key."""
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, OIN)])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return Party(key, built.sign(key, SHA256()).public_bytes(Encoding.DER))


def registration(count: int) -> RegisterSignals:
    """Records with full cards."""
    records = tuple(
        Record(
            UUID(int=number, version=4),
            Purpose.YOUTH,
            RecordState.LIVE,
            1,
            date(2027, 5, 1),
            None,
            Reason.NEW,
            (Entry(EpochName("2026"), bytes(32), bytes([number % 256]) * 1069),),
        )
        for number in range(count)
    )
    return RegisterSignals(SEED, None, records)


def answer(count: int) -> RegisterSignalsResponse:
    """An outcome for each record and an empty mailbox."""
    outcomes = tuple(RecordOutcome(UUID(int=number, version=4), Outcome.REGISTERED) for number in range(count))
    return RegisterSignalsResponse(MailboxPage(MailboxStatus.CURRENT, SEED, 1, False), outcomes)


def micros(work: Callable[[], object], seconds: float) -> float:
    """The round that was disturbed least, in microseconds for each call."""
    work()
    rounds: list[float] = []
    until = time.perf_counter() + seconds
    while len(rounds) < 5 or time.perf_counter() < until:
        started = time.perf_counter()
        for _ in range(5):
            work()
        rounds.append((time.perf_counter() - started) / 5 * 1e6)
    return min(rounds)


def verify(request: SignedRequest, by: Party) -> VerifiedRequest:
    """As the hub does, reading included."""
    return verify_request(request.raw, contract=HUB, to=TO, now=NOW, trust=by, connection_oin=OIN, soap_action='""')


def measure(bits: int, count: int, seconds: float) -> dict[str, float]:
    """The steps and the whole, and the limit."""
    who = party(bits)
    content = encode(registration(count))
    request = sign_request(content, OPERATION.action, TO, "urn:uuid:1", NOW, who)
    reply = answer(count)
    schema = etree.XMLSchema(etree.parse(HERE / HUB.schema))
    parsed = etree.fromstring(content)
    public = who.key.public_key()

    def respond() -> bytes:
        body = encode(reply)
        return sign_response(
            body, OPERATION.response_action, "urn:uuid:1", "urn:uuid:2", NOW, request.signature_value, who
        )

    def limit() -> None:
        root = etree.fromstring(request.raw)
        schema.validate(root[1][0])
        public.verify(value, b"signed", padding.PKCS1v15(), SHA256())
        who.key.sign(b"signed", padding.PKCS1v15(), SHA256())

    value = who.key.sign(b"signed", padding.PKCS1v15(), SHA256())
    figures = {
        "verify and decode": micros(lambda: verify(request, who), seconds),
        "of which decode": micros(lambda: decode(parsed, RegisterSignals), seconds),
        "encode and sign the answer": micros(respond, seconds),
        "of which RSA": micros(lambda: who.key.sign(b"signed", padding.PKCS1v15(), SHA256()), seconds),
        "whole": micros(lambda: (verify(request, who), respond()), seconds),
        "limit": micros(limit, seconds),
    }
    return figures


@click.command()
@click.option("--seconds", default=1.0, show_default=True, help="How long to measure each step, about.")
def main(seconds: float) -> None:
    """Print microseconds a message, and messages and records a second on one core."""
    click.echo(machine())
    for bits in (2048, 3072):
        for count in (1, 250):
            figures = measure(bits, count, seconds)
            click.echo(f"RSA-{bits}, {count} record{'s' if count > 1 else ''} a message")
            for name, value in figures.items():
                click.echo(f"  {name:28} {value:10.0f} us")
            rate = 1e6 / figures["whole"]
            ratio = figures["whole"] / figures["limit"]
            click.echo(f"  {rate:,.0f} messages/s, {rate * count:,.0f} records/s; {ratio:.2f} times the limit")


if __name__ == "__main__":
    main()
