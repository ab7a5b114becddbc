"""The parties of these tests: the hub, two regions and a stranger."""

from __future__ import annotations

import pytest

from tests.soap_wsdl.forging import opened, sign_again
from tests.soap_wsdl.loopback_tls import TlsFiles, make_tls
from tests.soap_wsdl.parties import (
    AMSTERDAM_OIN,
    HUB_OIN,
    REQUEST_ID,
    UTRECHT_OIN,
    Known,
    Party,
    make_party,
    registration,
    signed,
    verified,
)


@pytest.fixture(scope="session")
def hub() -> Party:
    """The hub."""
    return make_party(HUB_OIN)


@pytest.fixture(scope="session")
def amsterdam() -> Party:
    """A region."""
    return make_party(AMSTERDAM_OIN, 3072)


@pytest.fixture(scope="session")
def utrecht() -> Party:
    """Another region."""
    return make_party(UTRECHT_OIN)


@pytest.fixture(scope="session")
def stranger() -> Party:
    """Somebody with the OIN of Amsterdam in a certificate that nobody here trusts."""
    return make_party(AMSTERDAM_OIN)


@pytest.fixture
def trust(hub: Party, amsterdam: Party, utrecht: Party) -> Known:
    """Whom the tests trust."""
    return Known(hub, amsterdam, utrecht)


@pytest.fixture
def raw(amsterdam: Party, trust: Known) -> bytes:
    """A message of Amsterdam, shown to be accepted as it is."""
    made = signed(amsterdam).raw
    accepted = verified(made, trust)
    assert accepted.message == registration()
    assert (accepted.oin, accepted.message_id) == (AMSTERDAM_OIN, REQUEST_ID)
    # The tools of these tests make no mistakes of their own: signed again, it is accepted again.
    assert verified(sign_again(opened(made), amsterdam), trust).message == registration()
    return made


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """Certificates for TLS, apart from those for signing."""
    return make_tls(tmp_path_factory.mktemp("tls"))
