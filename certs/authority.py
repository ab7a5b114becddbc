"""A small certificate authority for development and tests: root, domain, issuing and leaf, shaped like PKIoverheid G4.

Two hierarchies that know nothing of each other, one for TLS and one for signing. Every signature in a chain is
RSASSA-PSS with SHA-256; every key is RSA-3072. The leaves' own keys are plain rsaEncryption keys, so that XMLDSIG
RSA-SHA256 works with them.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from certs.identity import pem, read_key, replace_file, write_key
from certs.peer import DOCUMENT_SIGNING

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
LAYERS = ("root", "domain", "issuing")
KEY_SIZE = 3072
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Clocks differ. What we issue is already valid for whoever is a little behind.
BACKDATED = timedelta(hours=1)


class Hierarchy(StrEnum):
    """The two trees, which never vouch for each other's leaves."""

    TLS = "tls"
    SIGNING = "signing"


class AuthorityRefused(Exception):
    """The development authority does not do this; says why."""


@dataclass(frozen=True, slots=True)
class Party:
    """Someone with certificates. Who serves gets a server certificate; everyone can connect to others."""

    name: str
    oin: str
    serves: bool = False


PARTIES = (
    Party("hub", "00000099000000000001", serves=True),
    Party("pseudonyms", "00000099000000000002", serves=True),
    Party("amsterdam", "00000099000000000101"),
    Party("haaglanden", "00000099000000000102"),
    Party("utrecht", "00000099000000000103"),
)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what is issued lasts, counted from the moment of issue."""

    leaf: timedelta = timedelta(days=365)
    authority: timedelta = timedelta(days=3650)
    lists: timedelta = timedelta(days=30)


DEFAULT_LIFETIMES = Lifetimes()


@dataclass(frozen=True, slots=True)
class Files:
    """The files of one party, named as in the `[certificates]` section of its settings."""

    tls_certificate: Path
    tls_key: Path
    tls_trust: Path
    tls_crls: Path
    signing_certificate: Path
    signing_key: Path
    signing_trust: Path
    signing_crls: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """One hierarchy on disk: `authority/<hierarchy>` holds its keys, `<hierarchy>` what everyone may have."""

    directory: Path
    hierarchy: Hierarchy

    @property
    def trust(self) -> Path:
        return self.directory / self.hierarchy / "trust.pem"

    @property
    def crls(self) -> Path:
        return self.directory / self.hierarchy / "crls"

    def certificate(self, layer: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self._file(layer, "pem").read_bytes())

    def create(self, keys: Sequence[rsa.RSAPrivateKey], now: datetime, lifetimes: Lifetimes) -> None:
        """Make root, domain and issuing layer from three keys, with an empty revocation list each."""
        self._file("root", "pem").parent.mkdir(parents=True, mode=0o700)
        self.crls.mkdir(parents=True)
        issuer: x509.Certificate | None = None
        issuer_key = keys[0]
        made = []
        for depth, (layer, key) in enumerate(zip(LAYERS, keys, strict=True)):
            subject = _name(f"Verwijsindex development {self.hierarchy} {layer} CA")
            builder = _builder(subject, issuer or subject, key.public_key(), issuer_key.public_key(), now)
            builder = builder.not_valid_after(now + lifetimes.authority)
            builder = builder.add_extension(x509.BasicConstraints(True, len(LAYERS) - 1 - depth), critical=True)
            builder = builder.add_extension(_key_usage(authority=True), critical=True)
            if layer == "issuing":
                builder = builder.add_extension(x509.ExtendedKeyUsage(_purposes(self.hierarchy, serves=True)), False)
            certificate = builder.sign(issuer_key, hashes.SHA256(), rsa_padding=PSS)
            write_key(self._file(layer, "key"), key)
            replace_file(self._file(layer, "pem"), pem([certificate]))
            made.append(certificate)
            issuer, issuer_key = certificate, key
        replace_file(self.trust, pem(made))
        for layer in LAYERS:
            self._sign_list(layer, (), now, lifetimes.lists)

    def issue(
        self, key: rsa.RSAPublicKey, party: Party, now: datetime, *, lifetime: timedelta, hosts: Sequence[str] = ()
    ) -> bytes:
        """A leaf for this party with its chain up to, not with, the root, in PEM. The OIN is the caller's word."""
        issuer, issuer_key = self.certificate("issuing"), read_key(self._file("issuing", "key"))
        builder = _builder(_name(party.name, party.oin), issuer, key, issuer_key.public_key(), now)
        builder = builder.not_valid_after(now + lifetime)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        signing = self.hierarchy is Hierarchy.SIGNING
        builder = builder.add_extension(_key_usage(authority=False, commitment=signing), critical=True)
        purposes = _purposes(self.hierarchy, serves=party.serves)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if hosts and not signing:
            names = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        leaf = builder.sign(issuer_key, hashes.SHA256(), rsa_padding=PSS)
        return pem([leaf, issuer, self.certificate("domain")])

    def revoke(self, certificate: x509.Certificate, now: datetime, lifetime: timedelta) -> str:
        """Put a leaf or an authority on the list of the layer that issued it, and sign that list anew.

        Twice does no harm. Returns the layer. Raises AuthorityRefused when no layer here issued it.
        """
        for layer in LAYERS:
            issuer = self.certificate(layer)
            if certificate == issuer or certificate.issuer != issuer.subject:
                continue
            try:
                certificate.verify_directly_issued_by(issuer)
            except InvalidSignature:
                continue  # another authority of the same name
            self._sign_list(layer, [certificate.serial_number], now, lifetime)
            return layer
        raise AuthorityRefused(f"this certificate was not issued by the {self.hierarchy} hierarchy here")

    def renew_lists(self, now: datetime, lifetime: timedelta) -> None:
        """Sign every list anew, with the same revocations and a later end."""
        for layer in LAYERS:
            self._sign_list(layer, (), now, lifetime)

    def _sign_list(self, layer: str, serials: Iterable[int], now: datetime, lifetime: timedelta) -> None:
        file = self.crls / f"{layer}.crl"
        key, issuer = read_key(self._file(layer, "key")), self.certificate(layer)
        number, kept = 1, dict[int, datetime]()
        if file.exists():
            before = x509.load_pem_x509_crl(file.read_bytes())
            number = before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
            kept = {entry.serial_number: entry.revocation_date_utc for entry in before}
        for serial in serials:
            kept.setdefault(serial, now)
        builder = x509.CertificateRevocationListBuilder(issuer.subject)
        builder = builder.last_update(now - BACKDATED).next_update(now + lifetime)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
        for serial, since in kept.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        signed = builder.sign(key, hashes.SHA256(), rsa_padding=PSS)
        replace_file(file, signed.public_bytes(Encoding.PEM))

    def _file(self, layer: str, kind: str) -> Path:
        return self.directory / "authority" / self.hierarchy / f"{layer}.{kind}"


@dataclass(frozen=True, slots=True)
class DevPki:
    """A directory made by `dev_pki`."""

    directory: Path

    def files(self, party: str) -> Files:
        """Where the files of this party are."""
        own, tls, signing = self.directory / party, self.authority(Hierarchy.TLS), self.authority(Hierarchy.SIGNING)
        return Files(
            own / "tls.pem", own / "tls.key", tls.trust, tls.crls,
            own / "signing.pem", own / "signing.key", signing.trust, signing.crls,
        )  # fmt: skip

    def authority(self, hierarchy: Hierarchy) -> Authority:
        return Authority(self.directory, hierarchy)

    def revoke(self, party: str, now: datetime, lifetime: timedelta = DEFAULT_LIFETIMES.lists) -> None:
        """Revoke both certificates of a party."""
        files = self.files(party)
        for hierarchy, file in ((Hierarchy.TLS, files.tls_certificate), (Hierarchy.SIGNING, files.signing_certificate)):
            leaf = x509.load_pem_x509_certificate(file.read_bytes())
            self.authority(hierarchy).revoke(leaf, now, lifetime)

    def renew(self, party: Party, now: datetime, lifetime: timedelta = DEFAULT_LIFETIMES.leaf) -> None:
        """Give a party new certificates on its present keys: one rename each, as a running program expects."""
        files = self.files(party.name)
        for hierarchy, certificate, key in (
            (Hierarchy.TLS, files.tls_certificate, files.tls_key),
            (Hierarchy.SIGNING, files.signing_certificate, files.signing_key),
        ):
            public = read_key(key).public_key()
            issued = self.authority(hierarchy).issue(public, party, now, lifetime=lifetime, hosts=LOOPBACK)
            replace_file(certificate, issued)

    def copy(self, to: Path) -> DevPki:
        """The same authority and certificates elsewhere, to revoke and renew in without touching these."""
        shutil.copytree(self.directory, to)
        return DevPki(to)


def dev_pki(
    directory: Path,
    parties: Sequence[Party],
    now: datetime,
    *,
    lifetimes: Lifetimes = DEFAULT_LIFETIMES,
    leaf_key_size: int = KEY_SIZE,
) -> DevPki:
    """Make a whole PKI in a new or empty directory: both hierarchies, and both leaves of every party.

    Never over something that is there. About a second for five parties on two cores.
    """
    if directory.exists() and any(directory.iterdir()):
        raise AuthorityRefused(f"{directory} is not empty; a PKI is made in a new directory")
    directory.mkdir(parents=True, exist_ok=True)
    pki = DevPki(directory)
    sizes = [KEY_SIZE] * (2 * len(LAYERS)) + [leaf_key_size] * (2 * len(parties))
    # OpenSSL makes keys without the interpreter's lock, so threads use every core.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        keys = list(pool.map(lambda size: rsa.generate_private_key(65537, size), sizes))
    for hierarchy in Hierarchy:
        authority = pki.authority(hierarchy)
        authority.create([keys.pop(0) for _ in LAYERS], now, lifetimes)
    for party in parties:
        (directory / party.name).mkdir(mode=0o700)
        files = pki.files(party.name)
        for hierarchy, certificate, key_file in (
            (Hierarchy.TLS, files.tls_certificate, files.tls_key),
            (Hierarchy.SIGNING, files.signing_certificate, files.signing_key),
        ):
            key = keys.pop(0)
            issued = pki.authority(hierarchy).issue(
                key.public_key(), party, now, lifetime=lifetimes.leaf, hosts=LOOPBACK
            )
            write_key(key_file, key)
            replace_file(certificate, issued)
    return pki


def _builder(
    subject: x509.Name,
    issuer: x509.Certificate | x509.Name,
    key: rsa.RSAPublicKey,
    issuer_key: rsa.RSAPublicKey,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if isinstance(issuer, x509.Certificate) else issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(common: str, oin: str | None = None) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Verwijsindex development"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    if oin is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, oin))
    return x509.Name(parts)


def _key_usage(*, authority: bool, commitment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _purposes(hierarchy: Hierarchy, *, serves: bool) -> list[ObjectIdentifier]:
    if hierarchy is Hierarchy.SIGNING:
        return [DOCUMENT_SIGNING]
    client = [ExtendedKeyUsageOID.CLIENT_AUTH]
    return [ExtendedKeyUsageOID.SERVER_AUTH, *client] if serves else client


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
