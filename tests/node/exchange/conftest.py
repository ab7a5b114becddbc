"""A rehearsal with a fresh hub and service for each test, on the run's own PKI."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from certs.authority import DevPki
from tests.pki import session_pki
from tests.rehearsal import Rehearsal


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The PKI of this run."""
    return session_pki(tmp_path_factory)


@pytest.fixture
def rehearsal(tmp_path: Path, pki: DevPki) -> Iterator[Rehearsal]:
    """A hub and a service; regions join in the test."""
    made = Rehearsal(tmp_path, pki)
    yield made
    made.close()
