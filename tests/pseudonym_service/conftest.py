"""One development PKI for all tests of the service that need real connections."""

from datetime import UTC, datetime

import pytest

from certs.authority import PARTIES, DevPki, dev_pki


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """A PKI with all parties; OpenSSL judges by the real clock, so it is made now."""
    return dev_pki(tmp_path_factory.mktemp("pki"), PARTIES, datetime.now(UTC), leaf_key_size=2048)
