"""The development authority: four layers, RSASSA-PSS, RSA-3072, two hierarchies, each certificate marked right."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

from certs.authority import (
    BACKDATED,
    KEY_SIZE,
    LAYERS,
    PARTIES,
    AuthorityRefused,
    DevPki,
    Hierarchy,
    Lifetimes,
    dev_pki,
)
from certs.identity import IdentityFile
from certs.peer import DOCUMENT_SIGNING, oin_of
from certs.trust import TrustStore, Use

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
HUB, UTRECHT = PARTIES[0], PARTIES[4]


def chains(pki: DevPki) -> list[list[x509.Certificate]]:
    """Every chain, leaf first, root last."""
    found = []
    for party in PARTIES:
        for hierarchy in Hierarchy:
            links = x509.load_pem_x509_certificates((pki.directory / party.name / f"{hierarchy}.pem").read_bytes())
            found.append([*links, pki.authority(hierarchy).certificate("root")])
    return found


def leaf(pki: DevPki, party: str, hierarchy: Hierarchy) -> x509.Certificate:
    return x509.load_pem_x509_certificate((pki.directory / party / f"{hierarchy}.pem").read_bytes())


def purposes(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_chain_has_four_layers_and_every_signature_is_pss(pki: DevPki) -> None:
    """As PKIoverheid G4 will have them: RSASSA-PSS with SHA-256, a salt as long as the digest, RSA over 3,000 bits."""
    for chain in chains(pki):
        assert len(chain) == 4
        for certificate, issuer in zip(chain, [*chain[1:], chain[-1]], strict=True):
            certificate.verify_directly_issued_by(issuer)
            parameters = certificate.signature_algorithm_parameters
            assert certificate.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS
            assert isinstance(certificate.signature_hash_algorithm, hashes.SHA256)
            assert isinstance(parameters, padding.PSS)
            key = certificate.public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            assert key.key_size == KEY_SIZE


def test_a_leaf_key_is_a_plain_rsa_key(pki: DevPki) -> None:
    """So that XMLDSIG RSA-SHA256, which is PKCS #1 v1.5, may be made with it."""
    for chain in chains(pki):
        assert chain[0].public_key_algorithm_oid == PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5


def test_authorities_may_sign_and_nothing_else_may(pki: DevPki) -> None:
    """Path lengths go down to 0; leaves are no authorities."""
    for chain in chains(pki):
        constraints = [each.extensions.get_extension_for_class(x509.BasicConstraints) for each in chain]
        assert all(each.critical for each in constraints)
        assert [each.value.ca for each in constraints] == [False, True, True, True]
        assert [each.value.path_length for each in constraints] == [None, 0, 1, 2]
        usage = [each.extensions.get_extension_for_class(x509.KeyUsage).value for each in chain]
        assert [each.key_cert_sign for each in usage] == [False, True, True, True]
        assert [each.crl_sign for each in usage] == [False, True, True, True]
        assert [each.digital_signature for each in usage] == [True, False, False, False]


def test_tls_and_signing_are_apart(pki: DevPki) -> None:
    """Not one certificate, key or authority in common."""
    keys = [
        certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for chain in chains(pki)
        for certificate in chain
    ]
    assert len(set(keys)) == 2 * len(PARTIES) + 2 * len(LAYERS)
    assert purposes(leaf(pki, "hub", Hierarchy.SIGNING)) == [DOCUMENT_SIGNING]
    usage = leaf(pki, "hub", Hierarchy.SIGNING).extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment


def test_only_who_serves_may_answer(pki: DevPki) -> None:
    """Hub and service answer and open connections, nodes only open them."""
    for party in PARTIES:
        expected = [ExtendedKeyUsageOID.SERVER_AUTH] * party.serves + [ExtendedKeyUsageOID.CLIENT_AUTH]
        assert purposes(leaf(pki, party.name, Hierarchy.TLS)) == expected


def test_tls_leaves_are_for_loopback(pki: DevPki) -> None:
    """By name and by address."""
    names = leaf(pki, "hub", Hierarchy.TLS).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert "127.0.0.1" in [str(each) for each in names.get_values_for_type(x509.IPAddress)]


def test_every_party_has_its_oin_in_both_certificates(pki: DevPki) -> None:
    """In the subject's serialNumber."""
    for party in PARTIES:
        assert {oin_of(leaf(pki, party.name, hierarchy)) for hierarchy in Hierarchy} == {party.oin}


def test_every_layer_has_a_list(pki: DevPki) -> None:
    """Signed with PSS by that layer, numbered, with an end."""
    for hierarchy in Hierarchy:
        for layer in LAYERS:
            authority = pki.authority(hierarchy)
            crl = x509.load_pem_x509_crl((authority.crls / f"{layer}.crl").read_bytes())
            key = authority.certificate(layer).public_key()
            assert isinstance(key, rsa.RSAPublicKey)
            assert crl.is_signature_valid(key)
            assert crl.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS
            assert crl.next_update_utc is not None
            assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1


def test_keys_are_for_their_owner_alone(pki: DevPki) -> None:
    """Those of parties and those of authorities."""
    keys = list(pki.directory.rglob("*.key"))

    assert len(keys) == 2 * len(PARTIES) + 2 * len(LAYERS)
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert not stat.S_IMODE(key.parent.stat().st_mode) & 0o077


def test_what_is_issued_holds_for_clocks_that_are_behind(tmp_path: Path) -> None:
    """A party whose clock is ten minutes slow is told so by its peers, not locked out by its own certificate."""
    pki = dev_pki(tmp_path / "pki", [UTRECHT], TODAY, leaf_key_size=2048)
    files = pki.files("utrecht")
    identity = IdentityFile(files.tls_certificate, files.tls_key).current()
    trust = TrustStore(files.tls_trust, files.tls_crls, Use.TLS_CLIENT)

    assert trust.accept(identity.certificate, TODAY - timedelta(minutes=10)) == UTRECHT.oin
    assert trust.accept(identity.certificate, TODAY - BACKDATED) == UTRECHT.oin


def test_a_pki_is_never_made_over_another(pki: DevPki) -> None:
    """Keys that are in use are not lost to a repeated command."""
    with pytest.raises(AuthorityRefused, match="is not empty"):
        dev_pki(pki.directory, PARTIES, TODAY)


def test_a_renewed_party_keeps_its_key_and_gets_a_later_end(own_pki: DevPki) -> None:
    """And is believed with both certificates until the old one ends."""
    before = leaf(own_pki, "utrecht", Hierarchy.TLS)
    own_pki.renew(UTRECHT, TODAY, timedelta(days=10))
    after = leaf(own_pki, "utrecht", Hierarchy.TLS)
    files = own_pki.files("utrecht")
    trust = TrustStore(files.tls_trust, files.tls_crls, Use.TLS_CLIENT)

    assert after.public_key() == before.public_key()
    assert after.not_valid_after_utc == TODAY + timedelta(days=10)
    for each in (before, after):
        assert trust.accept(each.public_bytes(Encoding.DER), TODAY) == UTRECHT.oin


def test_an_authority_revokes_only_its_own(own_pki: DevPki) -> None:
    """Another tree's leaf, or a root, is not on any list of ours."""
    tls = own_pki.authority(Hierarchy.TLS)
    for other in (leaf(own_pki, "hub", Hierarchy.SIGNING), tls.certificate("root")):
        with pytest.raises(AuthorityRefused):
            tls.revoke(other, TODAY, Lifetimes().lists)
