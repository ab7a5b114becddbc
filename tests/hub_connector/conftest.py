"""One development PKI for all tests of the connector."""

import pytest

from certs.authority import PARTIES, DevPki, dev_pki
from tests.hub_connector.loopback import clock


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """A PKI with all parties; a test that revokes or renews works on a copy."""
    return dev_pki(tmp_path_factory.mktemp("pki"), PARTIES, clock(), leaf_key_size=2048)
