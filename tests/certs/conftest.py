"""What the tests of certificates share: one PKI per run, a moment, and the stores over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from certs.authority import DevPki, dev_pki
from tests.certs.echo import HUB, UTRECHT, clock
from tests.pki import session_pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The PKI of this run; not to be revoked in."""
    return session_pki(tmp_path_factory)


@pytest.fixture
def own_pki(pki: DevPki, tmp_path: Path) -> DevPki:
    """A copy to revoke, renew and break things in."""
    return pki.copy(tmp_path / "pki")


@pytest.fixture(scope="session")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """Another PKI, with the same names and OINs in it."""
    parties = [HUB, UTRECHT]
    return dev_pki(tmp_path_factory.mktemp("strangers") / "pki", parties, clock(), leaf_key_size=2048)
