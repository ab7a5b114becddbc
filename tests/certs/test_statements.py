"""Key statements: believed when the region's own signing certificate signed them, about itself, in one lay-out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from certs.authority import DevPki
from certs.hpke import SealingKey
from certs.identity import Identity, read_identity
from certs.keyring import canonical
from certs.region_keys import CardSigningKey
from certs.statements import (
    KeyEnding,
    KeyKind,
    SignedStatement,
    StatedKey,
    StatementRefused,
    make_statement,
    read_statement,
    verify_statement,
)
from certs.trust import TrustStore, Use
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
AMSTERDAM, HAAGLANDEN = "00000099000000000101", "00000099000000000102"
CARD = StatedKey("card-1", KeyKind.CARD, CardSigningKey(Draws(1)(32)).public(), NOW, None, None)
SEALING = StatedKey("sealing-1", KeyKind.SEALING, SealingKey(Draws(2)(96)).public(), NOW, None, None)


@pytest.fixture
def identity(pki: DevPki) -> Identity:
    """Amsterdam's signing identity."""
    files = pki.files("amsterdam")
    return read_identity(files.signing_certificate, files.signing_key)


@pytest.fixture
def trust(pki: DevPki) -> TrustStore:
    """The signing authorities."""
    files = pki.files("amsterdam")
    return TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)


def test_a_statement_is_believed_by_whoever_trusts_the_authority(identity: Identity, trust: TrustStore) -> None:
    """And says what was put into it."""
    stated = verify_statement(*make_statement(AMSTERDAM, 3, [SEALING, CARD], NOW, identity), trust, NOW)

    assert (stated.oin, stated.serial, stated.made_at) == (AMSTERDAM, 3, NOW)
    assert stated.keys == (CARD, SEALING)
    assert stated.find(KeyKind.CARD, "card-1") == CARD
    assert stated.find(KeyKind.SEALING, "card-1") is None


def test_the_statement_is_canonical_json(identity: Identity, trust: TrustStore) -> None:
    """The same content written otherwise is refused, even well signed."""
    statement, _, certificates = make_statement(AMSTERDAM, 3, [CARD], NOW, identity)
    spaced = json.dumps(json.loads(statement), sort_keys=True).encode()
    signature = identity.key.sign(spaced, PKCS1v15(), SHA256())

    assert canonical(json.loads(statement)) == statement
    with pytest.raises(StatementRefused, match="lay"):
        verify_statement(spaced, signature, certificates, trust, NOW)


def test_a_changed_statement_is_refused(identity: Identity, trust: TrustStore) -> None:
    """The signature is over every byte."""
    statement, signature, certificates = make_statement(AMSTERDAM, 3, [CARD], NOW, identity)

    with pytest.raises(StatementRefused, match="signature"):
        verify_statement(statement.replace(b'"serial":3', b'"serial":4'), signature, certificates, trust, NOW)


def test_a_region_states_its_own_keys_only(identity: Identity, trust: TrustStore) -> None:
    """Amsterdam cannot give Haaglanden a key."""
    with pytest.raises(StatementRefused, match="another region"):
        verify_statement(*make_statement(HAAGLANDEN, 3, [CARD], NOW, identity), trust, NOW)


def test_a_revoked_certificate_states_nothing(own_pki: DevPki) -> None:
    """Neither does a TLS certificate, or none."""
    files = own_pki.files("amsterdam")
    trust = TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)
    identity = read_identity(files.signing_certificate, files.signing_key)
    statement, signature, certificates = make_statement(AMSTERDAM, 3, [CARD], NOW, identity)
    tls = read_identity(files.tls_certificate, files.tls_key)

    with pytest.raises(StatementRefused, match="not accepted"):
        verify_statement(*make_statement(AMSTERDAM, 3, [CARD], NOW, tls), trust, NOW)
    with pytest.raises(StatementRefused, match="without a certificate"):
        verify_statement(statement, signature, (), trust, NOW)
    with pytest.raises(StatementRefused):
        verify_statement(statement, signature, (b"no certificate",), trust, NOW)
    own_pki.revoke("amsterdam", NOW - timedelta(hours=1))
    with pytest.raises(StatementRefused, match="revoked"):
        verify_statement(statement, signature, certificates, trust, NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(CARD, id="Card 1"),
        replace(CARD, public=b"short"),
        replace(SEALING, public=b"\xff" * len(SEALING.public)),
        replace(CARD, valid_until=NOW - timedelta(days=1)),
        replace(CARD, ended=KeyEnding.ROTATED),
    ],
)
def test_a_key_that_cannot_be_is_never_stated(identity: Identity, wrong: StatedKey) -> None:
    """Id, size, group, dates, and an ending without an end."""
    with pytest.raises(StatementRefused):
        make_statement(AMSTERDAM, 3, [wrong], NOW, identity)


def test_two_keys_never_share_an_id(identity: Identity) -> None:
    """A card names its key by it."""
    with pytest.raises(StatementRefused):
        make_statement(AMSTERDAM, 3, [CARD, replace(SEALING, id=CARD.id)], NOW, identity)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"1", b"\xff", b'{"version":1}', b"[" * 5000, b" " * 200_000],
)
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    """Without an error of another kind."""
    with pytest.raises(StatementRefused):
        read_statement(content)


@pytest.mark.parametrize("serial", [0, -1])
def test_a_serial_starts_at_one(identity: Identity, serial: int) -> None:
    """So that nothing is always older."""
    with pytest.raises(StatementRefused):
        make_statement(AMSTERDAM, serial, [CARD], NOW, identity)


def test_a_key_is_valid_from_its_beginning_up_to_its_end() -> None:
    """And never once it is compromised."""
    day = timedelta(days=1)
    rotated = replace(CARD, valid_until=NOW + day, ended=KeyEnding.ROTATED)

    assert [rotated.valid_at(NOW + at * day) for at in (-1, 0, 1)] == [False, True, False]
    assert CARD.valid_at(NOW + 1000 * day)
    assert not replace(rotated, ended=KeyEnding.COMPROMISED).valid_at(NOW)


def test_one_seals_to_the_newest_key_that_has_not_ended(identity: Identity) -> None:
    """None of them when all have ended."""
    day = timedelta(days=1)
    older = replace(SEALING, id="sealing-0", valid_from=NOW - day)
    ended = replace(SEALING, id="sealing-2", valid_until=NOW + day, ended=KeyEnding.ROTATED)
    stated = read_statement(make_statement(AMSTERDAM, 1, [ended, SEALING, older, CARD], NOW, identity)[0])

    assert stated.sealing_key(NOW) == SEALING
    assert stated.sealing_key(NOW - day) == older
    assert read_statement(make_statement(AMSTERDAM, 1, [ended], NOW, identity)[0]).sealing_key(NOW) is None


def test_a_statement_travels_as_a_file(identity: Identity, trust: TrustStore) -> None:
    """To the scheme owner, who verifies it again."""
    signed = SignedStatement(*make_statement(AMSTERDAM, 3, [SEALING], NOW, identity))

    assert SignedStatement.from_file(signed.to_file()) == signed
    assert SignedStatement.from_file(signed.to_file()).verify(trust, NOW).oin == AMSTERDAM
    with pytest.raises(StatementRefused):
        SignedStatement.from_file(b"{}")
