"""Revocation lists: which to believe, and what they say about each layer of a path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from certs.peer import UNREADABLE

# RFC 5280 5.2: an unknown critical extension means the list may not be used. These two change nothing about its scope.
_HARMLESS = {x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid}


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list that was signed by the authority it speaks for. Good until `ends`."""

    number: int
    made_at: datetime
    ends: datetime
    revoked: frozenset[int]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """The newest believed list of each authority, by the SHA-256 of its certificate; and what was set aside and why."""

    of: Mapping[bytes, RevocationList]
    problems: tuple[str, ...] = ()


def read_lists(
    directory: Path, authorities: Iterable[x509.Certificate], known: Mapping[bytes, tuple[int, datetime]]
) -> Lists:
    """Read every `*.crl` in the directory, PEM or DER, and keep what an authority here signed about itself.

    `known` holds the number and date of the newest list that was ever believed: an older one never takes its place,
    or whoever serves the files could bring a revoked certificate back.
    """
    of: dict[bytes, RevocationList] = {}
    problems: list[str] = []
    authorities = tuple(authorities)
    try:
        files = sorted(file for file in directory.iterdir() if file.suffix == ".crl" and not file.name.startswith("."))
    except OSError as error:
        return Lists({}, (f"{directory}: cannot be read ({error.strerror})",))
    for file in files:
        try:
            crl = parse_list(file.read_bytes())
        except OSError as error:
            problems.append(f"{file}: cannot be read ({error.strerror})")
            continue
        except UNREADABLE:
            problems.append(f"{file}: is not a revocation list")
            continue
        listed = _believable(crl, file.name)
        if isinstance(listed, str):
            problems.append(f"{file}: {listed}")
            continue
        signers = [authority for authority in authorities if signed_by(crl, authority)]
        if not signers:
            problems.append(f"{file}: is not signed by an authority that is trusted here")
        for signer in signers:
            key = signer.fingerprint(SHA256())
            age = (listed.number, listed.made_at)
            if age < known.get(key, age):
                problems.append(f"{file}: is older than the list this program already had")
            elif key not in of or age > (of[key].number, of[key].made_at):
                of[key] = listed
    return Lists(of, tuple(problems))


def parse_list(content: bytes) -> x509.CertificateRevocationList:
    """A list in PEM or DER. Raises one of UNREADABLE."""
    if content.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(content)
    return x509.load_der_x509_crl(content)


def _believable(crl: x509.CertificateRevocationList, file: str) -> RevocationList | str:
    """What the list says, or why it may not be used."""
    try:
        number = 0
        for extension in crl.extensions:
            if extension.critical and extension.oid not in _HARMLESS:
                return "covers only part of what was issued, or is a kind of list we do not know"
            if isinstance(extension.value, x509.CRLNumber):
                number = extension.value.crl_number
        if crl.next_update_utc is None:
            return "does not say until when it is good"
        for entry in crl:
            if any(extension.critical for extension in entry.extensions):
                return "has an entry of a kind we do not know"
        # thisUpdate is not held against our clock: signed early or not, a list can only take away.
        revoked = frozenset(entry.serial_number for entry in crl)
        return RevocationList(number, crl.last_update_utc, crl.next_update_utc, revoked, file)
    except UNREADABLE:
        return "has contents that cannot be read"


def signed_by(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    """Whether this authority made this list, about what it issued itself."""
    try:
        if crl.issuer != authority.subject:
            return False
        if not authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign:
            return False
        key = authority.public_key()
        algorithm = crl.signature_hash_algorithm
        if algorithm is None or algorithm.digest_size < 32:  # SHA-1 and shorter are not believed
            return False
        return isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and crl.is_signature_valid(key)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False
