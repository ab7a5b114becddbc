"""Whom we believe: a certificate, held against our own authorities, their lists and its use, gives an OIN or a refusal.

Path building and validation are `cryptography.x509.verification`'s, with extension policies of our own, because its
defaults are those of the public web. It checks no revocation; that is done here, per call, for every layer.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.peer import DOCUMENT_SIGNING, UNREADABLE, CertificateRefused, Reason, name_of, oin_of
from certs.revocation import Lists, read_lists

__all__ = ["CertificateRefused", "Reason", "TrustStore", "Use"]

INTERMEDIATES = 2  # root, domain, issuing, leaf
_REMEMBERED = 4096


class Use(StrEnum):
    """What a certificate is shown for. A leaf made for one kind of use is refused for the other."""

    TLS_CLIENT = "tls-client"
    TLS_SERVER = "tls-server"
    SIGNING = "signing"


_WANTED = {
    Use.TLS_CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
    Use.TLS_SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Use.SIGNING: DOCUMENT_SIGNING,
}
_TLS = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
_UNWANTED = {
    Use.TLS_CLIENT: {DOCUMENT_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE},
    Use.TLS_SERVER: {DOCUMENT_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE},
    Use.SIGNING: {*_TLS, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE},
}


@dataclass(frozen=True, slots=True)
class _Link:
    """One certificate of a path: it must not be on the list of the authority that issued it."""

    authority: bytes
    serial: int
    name: str


@dataclass(frozen=True, slots=True)
class _Path:
    oin: str
    begins: datetime
    ends: datetime
    links: tuple[_Link, ...]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the files said at one moment. Paths found with it are remembered in it, so they go when it goes."""

    state: object
    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    lists: Lists
    problem: str | None = None
    paths: dict[bytes, _Path] = field(default_factory=dict)


class TrustStore:
    """The authorities in `trust` (PEM: roots and the layers under them) and the lists in the directory `crls`.

    Both are read again when they change, without a restart; replace a file by renaming a new one over it. What cannot
    be read is not trusted: a broken file refuses everyone until it is whole again. Safe to use from several threads.

    Whoever asks hundreds of times a second lets the files rest for ``rests`` seconds between two looks at them; dates
    and the lists that were read are held against every certificate all the same.
    """

    def __init__(
        self,
        trust: Path,
        crls: Path,
        use: Use,
        *,
        staleness: timedelta = timedelta(0),
        rests: float = 0.0,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trust = trust
        self.crls = crls
        self.use = use
        self.staleness = staleness
        self._rests = rests
        self._elapsed = elapsed
        self._look_at = -math.inf
        self._lock = threading.Lock()
        self._newest: dict[bytes, tuple[int, datetime]] = {}
        self._loaded = _Loaded(None, (), (), Lists({}))

    def accept(self, certificate: bytes, now: datetime) -> str:
        """The OIN that this certificate (DER) speaks for, now and for this use; else CertificateRefused.

        Microseconds for a certificate seen before: the path is remembered for as long as the files stay the same,
        while dates and revocation are looked at in every call.
        """
        loaded = self._current()
        if loaded.problem is not None:
            raise CertificateRefused(Reason.TRUST_UNREADABLE, loaded.problem)
        digest = sha256(certificate).digest()
        path = loaded.paths.get(digest)
        if path is None:
            path = _find_path(certificate, loaded, self.use, now)
            if len(loaded.paths) >= _REMEMBERED:
                loaded.paths.clear()
            loaded.paths[digest] = path
        if now < path.begins:
            raise CertificateRefused(Reason.NOT_YET_VALID, "the certificate, or one it leans on, is not valid yet")
        if now >= path.ends:
            raise CertificateRefused(Reason.EXPIRED, "the certificate, or one it leans on, has expired")
        self._require_unrevoked(path, loaded.lists, now)
        return path.oin

    def problems(self) -> tuple[str, ...]:
        """What is wrong with the files, for whoever keeps them; empty is good."""
        loaded = self._current()
        return ((loaded.problem,) if loaded.problem else ()) + loaded.lists.problems

    def anchors(self) -> bytes:
        """The trusted roots and the layers under them, in DER after each other, as OpenSSL wants them."""
        loaded = self._current()
        return b"".join(each.public_bytes(Encoding.DER) for each in (*loaded.anchors, *loaded.intermediates))

    def _require_unrevoked(self, path: _Path, lists: Lists, now: datetime) -> None:
        # First what is certain in any layer, then the doubts: a revoked certificate is never merely "list expired".
        for link in path.links:
            known = lists.of.get(link.authority)
            if known is not None and link.serial in known.revoked:
                raise CertificateRefused(Reason.REVOKED, f"the certificate of {link.name} has been revoked")
        for link in path.links:
            known = lists.of.get(link.authority)
            if known is None:
                text = f"there is no usable revocation list of the authority that issued the certificate of {link.name}"
                raise CertificateRefused(Reason.LIST_MISSING, text)
            if now >= known.ends + self.staleness:
                text = f"the revocation list {known.file} ended; fetch a newer one"
                raise CertificateRefused(Reason.LIST_EXPIRED, text)

    def _current(self) -> _Loaded:
        asked_at = self._elapsed()
        if asked_at < self._look_at:
            return self._loaded
        loaded = self._look()
        # Only now, or another thread would take what was there before the first look; counted from before the look.
        self._look_at = asked_at + self._rests
        return loaded

    def _look(self) -> _Loaded:
        state = _state(self.trust, self.crls)
        loaded = self._loaded
        if state == loaded.state:
            return loaded
        with self._lock:
            if state == self._loaded.state:
                return self._loaded
            # Remembered is the state from before the reading: a file replaced meanwhile is read again next time.
            self._loaded = _load(self.trust, self.crls, state, self._newest)
            for authority, known in self._loaded.lists.of.items():
                self._newest[authority] = (known.number, known.made_at)
            return self._loaded


def _load(trust: Path, crls: Path, state: object, newest: Mapping[bytes, tuple[int, datetime]]) -> _Loaded:
    try:
        found = x509.load_pem_x509_certificates(trust.read_bytes())
    except OSError as error:
        return _Loaded(state, (), (), Lists({}), f"{trust}: cannot be read ({error.strerror})")
    except ValueError:
        return _Loaded(state, (), (), Lists({}), f"{trust}: holds no certificates in PEM")
    anchors = tuple(certificate for certificate in found if _self_signed(certificate))
    intermediates = tuple(certificate for certificate in found if certificate not in anchors)
    if not anchors:
        return _Loaded(state, (), (), Lists({}), f"{trust}: holds no root, only certificates under one")
    return _Loaded(state, anchors, intermediates, read_lists(crls, found, newest))


def _find_path(der: bytes, loaded: _Loaded, use: Use, now: datetime) -> _Path:
    """Build and validate the path from this leaf to one of our roots."""
    try:
        leaf = x509.load_der_x509_certificate(der)
        _require_leaf(leaf, use)
        names = {authority.subject for authority in (*loaded.anchors, *loaded.intermediates)}
        if leaf.issuer not in names:
            raise CertificateRefused(
                Reason.UNKNOWN_ISSUER, "the certificate was not issued by an authority trusted here"
            )
        # Said before the path is built, because the verifier's answer does not tell these apart.
        if now < leaf.not_valid_before_utc:
            raise CertificateRefused(Reason.NOT_YET_VALID, "the certificate is not valid yet")
        if now >= leaf.not_valid_after_utc:
            raise CertificateRefused(Reason.EXPIRED, "the certificate has expired")
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store(list(loaded.anchors)))
            .time(now)
            .max_chain_depth(INTERMEDIATES)
            .extension_policies(ca_policy=_authority_policy(use), ee_policy=_leaf_policy())
            .build_client_verifier()
        )
        chain = verifier.verify(leaf, list(loaded.intermediates)).chain
    except UNREADABLE:
        raise CertificateRefused(Reason.UNREADABLE, "the certificate cannot be read") from None
    except verification.VerificationError:
        text = "no valid path leads from the certificate to a root trusted here"
        raise CertificateRefused(Reason.NO_PATH, text) from None
    return _Path(
        oin_of(leaf),
        max(each.not_valid_before_utc for each in chain),
        min(each.not_valid_after_utc for each in chain),
        tuple(
            _Link(issuer.fingerprint(SHA256()), each.serial_number, name_of(each)) for each, issuer in pairwise(chain)
        ),
    )


def _require_leaf(leaf: x509.Certificate, use: Use) -> None:
    """Our own demands on a leaf, which give a reason of their own."""
    extensions = leaf.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise CertificateRefused(Reason.WRONG_USE, "the certificate is an authority's, not a party's")
    except x509.ExtensionNotFound:
        pass  # RFC 5280 4.2.1.9: absent means it is no authority
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        raise CertificateRefused(Reason.WRONG_USE, "the certificate does not say what it may be used for") from None
    if not usage.digital_signature or usage.key_cert_sign or _WANTED[use] not in purposes:
        raise CertificateRefused(Reason.WRONG_USE, f"the certificate is not meant for {use}")
    if purposes & _UNWANTED[use]:
        raise CertificateRefused(Reason.WRONG_USE, f"the certificate is meant for more than {use}")


def _authority_policy(use: Use) -> verification.ExtensionPolicy:
    def must_be_authority(
        _policy: verification.Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints
    ) -> None:
        if not constraints.ca:
            raise ValueError("not an authority")

    def must_sign_certificates(
        _policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage
    ) -> None:
        if not usage.key_cert_sign:
            raise ValueError("may not sign certificates")

    def must_allow_use(
        _policy: verification.Policy, _certificate: x509.Certificate, purposes: x509.ExtendedKeyUsage | None
    ) -> None:
        # An authority that names purposes may only issue for those.
        if purposes is not None and _WANTED[use] not in purposes:
            raise ValueError("may not issue for this use")

    anything = verification.Criticality.AGNOSTIC
    # Path lengths and name constraints are checked by the verifier itself; unknown critical extensions end a path.
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, verification.Criticality.CRITICAL, must_be_authority)
        .require_present(x509.KeyUsage, anything, must_sign_certificates)
        .may_be_present(x509.ExtendedKeyUsage, anything, must_allow_use)
    )


def _leaf_policy() -> verification.ExtensionPolicy:
    """What `_require_leaf` has already looked at; what remains is that no unknown critical extension is present."""
    return verification.ExtensionPolicy.permit_all()


def _self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _state(trust: Path, crls: Path) -> object:
    """What changes when a file is replaced, added or taken away: a few microseconds, asked in every call."""
    try:
        own = os.stat(trust)
        with os.scandir(crls) as entries:
            lists = [(entry.name, *_changes(entry.stat())) for entry in entries]
    except OSError:
        return object()  # equal to nothing: try again at the next call
    return _changes(own), lists


def _changes(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_mtime_ns, found.st_ino, found.st_size
