"""A program's own files, as the `[certificates]` section of its settings names them: who we are and whom we believe."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from certs.identity import IdentityFile, IdentityUnusable
from certs.survey import due_now, survey
from certs.trust import TrustStore, Use


class OwnFiles(Protocol):
    """That section; settings are read elsewhere."""

    @property
    def tls_certificate(self) -> Path: ...
    @property
    def tls_key(self) -> Path: ...
    @property
    def tls_trust(self) -> Path: ...
    @property
    def tls_crls(self) -> Path: ...
    @property
    def signing_certificate(self) -> Path: ...
    @property
    def signing_key(self) -> Path: ...
    @property
    def signing_trust(self) -> Path: ...
    @property
    def signing_crls(self) -> Path: ...
    @property
    def crl_staleness_hours(self) -> float: ...


def trust_of(files: OwnFiles, use: Use, *, rests: float = 0.0) -> TrustStore:
    """Whom we believe, for TLS or for signatures; a busy server lets the files rest (see ``TrustStore``)."""
    trust, lists = (
        (files.signing_trust, files.signing_crls) if use is Use.SIGNING else (files.tls_trust, files.tls_crls)
    )
    return TrustStore(trust, lists, use, staleness=timedelta(hours=files.crl_staleness_hours), rests=rests)


def tls_identity(files: OwnFiles, oin: str) -> IdentityFile:
    """Who we are on a connection. Raises IdentityUnusable at once when the pair is not usable or another party's."""
    return _usable(IdentityFile(files.tls_certificate, files.tls_key, oin))


def signing_identity(files: OwnFiles, oin: str) -> IdentityFile:
    """Who we are in a signature. Raises IdentityUnusable at once when the pair is not usable or another party's."""
    return _usable(IdentityFile(files.signing_certificate, files.signing_key, oin))


def due_of(files: OwnFiles, oin: str, now: datetime) -> tuple[str, ...]:
    """What somebody should do about our certificates, keys and lists, one line each; empty when all is well.

    It looks at the files as they are, so it tells of a new pair that a running program does not take.
    """
    lines = list(
        due_now(survey([files.tls_certificate, files.signing_certificate, files.tls_crls, files.signing_crls]), now)
    )
    for identity in (tls_identity, signing_identity):
        try:
            identity(files, oin)
        except IdentityUnusable as unusable:
            lines.append(str(unusable))
    return tuple(dict.fromkeys(lines))


def _usable(identity: IdentityFile) -> IdentityFile:
    identity.current()
    return identity
