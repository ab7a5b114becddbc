"""A program's own files together: what is due about them, and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

from certs.authority import PARTIES, DevPki
from certs.identity import IdentityFile, IdentityUnusable, replace_file
from certs.own import OwnFiles, due_of, signing_identity, tls_identity
from tests.certs.echo import clock

UTRECHT = PARTIES[4]


@dataclass(frozen=True)
class Section:
    """The `[certificates]` section of Utrecht's settings."""

    tls_certificate: Path
    tls_key: Path
    tls_trust: Path
    tls_crls: Path
    signing_certificate: Path
    signing_key: Path
    signing_trust: Path
    signing_crls: Path
    crl_staleness_hours: float = 0


def section(pki: DevPki) -> Section:
    return Section(*astuple(pki.files("utrecht")))


def test_nothing_is_due_about_our_own_good_files(pki: DevPki) -> None:
    """So that a line always asks for something."""
    assert due_of(section(pki), UTRECHT.oin, clock()) == ()


def test_a_pair_of_another_party_is_due_at_once(own_pki: DevPki) -> None:
    """A running program does not take it, so somebody has to hear of it."""
    own, other = own_pki.files("utrecht"), own_pki.files("amsterdam")
    for to, of in ((own.signing_certificate, other.signing_certificate), (own.signing_key, other.signing_key)):
        replace_file(to, of.read_bytes())
    own.signing_key.chmod(0o600)

    [line] = due_of(section(own_pki), UTRECHT.oin, clock())

    assert line.endswith("its OIN is 00000099000000000101, which is another party than 00000099000000000103")


def test_a_certificate_that_is_gone_is_told_once(own_pki: DevPki) -> None:
    """Although it is looked for twice."""
    own_pki.files("utrecht").tls_certificate.unlink()

    told = due_of(section(own_pki), UTRECHT.oin, clock())

    assert len([line for line in told if "tls.pem: cannot be read" in line]) == 1


@pytest.mark.parametrize("identity", [tls_identity, signing_identity])
def test_an_identity_is_read_at_once(pki: DevPki, identity: Callable[[OwnFiles, str], IdentityFile]) -> None:
    """A wrong one is found at the start, not at the first message."""
    assert identity(section(pki), UTRECHT.oin).current().oin == UTRECHT.oin
    with pytest.raises(IdentityUnusable, match="another party"):
        identity(section(pki), PARTIES[0].oin)
