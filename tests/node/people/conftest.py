"""A BRP service and a client of it, for the tests of Haal Centraal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from certs.authority import DevPki
from node.people.haal_centraal import HaalCentraal
from tests.brp_service import BrpService, served
from tests.node.people.brp_world import told
from tests.pki import session_pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """Certificates of this run."""
    return session_pki(tmp_path_factory)


@pytest.fixture
def service() -> BrpService:
    """A BRP with one youth."""
    return BrpService([told()])


@pytest.fixture
async def brp(service: BrpService, pki: DevPki, tmp_path: Path) -> AsyncIterator[HaalCentraal]:
    """A client of that BRP."""
    async with served(service, pki, tmp_path) as client:
        yield client
