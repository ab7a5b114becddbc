"""Whom the trust store believes: each way to forge, outlive or misuse a certificate is refused by its reason."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.authority import PARTIES, PSS, DevPki, Hierarchy, Lifetimes
from certs.identity import pem, read_key, replace_file
from certs.peer import DOCUMENT_SIGNING
from certs.trust import CertificateRefused, Reason, TrustStore, Use

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UTRECHT = "00000099000000000103"
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)


def store(pki: DevPki, use: Use = Use.TLS_CLIENT, staleness: timedelta = timedelta(0)) -> TrustStore:
    authority = pki.authority(Hierarchy.SIGNING if use is Use.SIGNING else Hierarchy.TLS)
    return TrustStore(authority.trust, authority.crls, use, staleness=staleness)


def leaf_of(pki: DevPki, party: str, kind: str = "tls") -> bytes:
    file = pki.directory / party / f"{kind}.pem"
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)


def refused(trust: TrustStore, certificate: bytes, now: datetime = TODAY) -> Reason:
    with pytest.raises(CertificateRefused) as caught:
        trust.accept(certificate, now)
    return caught.value.reason


def key_of(pki: DevPki, layer: str, hierarchy: str = "tls") -> rsa.RSAPrivateKey:
    return read_key(pki.directory / "authority" / hierarchy / f"{layer}.key")


@dataclass(frozen=True)
class Forgery:
    """A certificate that is right unless told otherwise."""

    issuer: x509.Name
    signed_with: rsa.RSAPrivateKey
    key: rsa.RSAPublicKey
    oin: str | Sequence[str] = UTRECHT
    begins: datetime = TODAY - DAY
    ends: datetime = TODAY + 100 * DAY
    is_authority: bool | None = False
    path_length: int | None = None
    signs: bool = True
    purposes: Sequence[ObjectIdentifier] | None = CLIENT
    extra: Sequence[tuple[x509.ExtensionType, bool]] = ()

    def made(self) -> x509.Certificate:
        oins = [self.oin] if isinstance(self.oin, str) else self.oin
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "forged")]
        attributes += [x509.NameAttribute(NameOID.SERIAL_NUMBER, oin) for oin in oins]
        builder = x509.CertificateBuilder().subject_name(x509.Name(attributes)).issuer_name(self.issuer)
        builder = builder.public_key(self.key).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(self.begins).not_valid_after(self.ends)
        if self.is_authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(self.is_authority, self.path_length), True)
        ca = bool(self.is_authority)
        usage = x509.KeyUsage(self.signs, False, False, False, False, ca, ca, False, False)
        builder = builder.add_extension(usage, True)
        if self.purposes is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(self.purposes), False)
        for extension, critical in self.extra:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.signed_with, hashes.SHA256(), rsa_padding=PSS)

    def der(self) -> bytes:
        return self.made().public_bytes(Encoding.DER)


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    """Somebody's key."""
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def good(pki: DevPki, key: rsa.RSAPrivateKey) -> Forgery:
    """A leaf by the real issuing authority, to bend."""
    issuing = pki.authority(Hierarchy.TLS).certificate("issuing")
    return Forgery(issuing.subject, key_of(pki, "issuing"), key.public_key())


def but(one: Forgery, **changes: object) -> bytes:
    return Forgery(**{**one.__dict__, **changes}).der()


# Who is accepted


@pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.name)
def test_a_party_speaks_for_its_own_oin(pki: DevPki, party: object) -> None:
    """On connections it opens and on what it signs."""
    assert isinstance(party, type(PARTIES[0]))

    assert store(pki).accept(leaf_of(pki, party.name), TODAY) == party.oin
    assert store(pki, Use.SIGNING).accept(leaf_of(pki, party.name, "signing"), TODAY) == party.oin


def test_only_who_serves_is_accepted_as_a_server(pki: DevPki) -> None:
    """A region's node never plays the hub."""
    servers = store(pki, Use.TLS_SERVER)

    assert servers.accept(leaf_of(pki, "hub"), TODAY) == PARTIES[0].oin
    assert refused(servers, leaf_of(pki, "utrecht")) is Reason.WRONG_USE


def test_the_unbent_forgery_is_accepted(pki: DevPki, good: Forgery) -> None:
    """So that each refusal below is for the bend and nothing else."""
    assert store(pki).accept(good.der(), TODAY) == UTRECHT


# Forged and misused


def test_a_certificate_of_another_authority_is_refused(pki: DevPki, good: Forgery, key: rsa.RSAPrivateKey) -> None:
    """Whether it carries its own name or borrows ours."""
    stranger = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])

    assert refused(store(pki), but(good, issuer=stranger, signed_with=key)) is Reason.UNKNOWN_ISSUER
    assert refused(store(pki), but(good, signed_with=key)) is Reason.NO_PATH


def test_a_self_signed_certificate_is_refused(pki: DevPki, good: Forgery, key: rsa.RSAPrivateKey) -> None:
    """Nobody vouches for himself."""
    own_name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "forged"), x509.NameAttribute(NameOID.SERIAL_NUMBER, UTRECHT)]
    )

    assert refused(store(pki), but(good, issuer=own_name, signed_with=key)) is Reason.UNKNOWN_ISSUER


def test_a_public_root_is_not_trusted(pki: DevPki) -> None:
    """None of the web's authorities, and nothing they issued."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of them has serial number 0
        roots = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
        assert len(roots) > 50

        for root in roots:
            assert refused(store(pki), root.public_bytes(Encoding.DER)) is Reason.WRONG_USE


def test_a_certificate_has_its_days(pki: DevPki, good: Forgery) -> None:
    """Not before the first, not from the last; also when the path was seen while it was valid."""
    trust, certificate = store(pki), good.der()
    assert trust.accept(certificate, TODAY) == UTRECHT

    assert refused(trust, certificate, TODAY - 2 * DAY) is Reason.NOT_YET_VALID
    assert refused(trust, certificate, TODAY + 100 * DAY) is Reason.EXPIRED
    assert refused(store(pki), certificate, TODAY - 2 * DAY) is Reason.NOT_YET_VALID
    assert refused(store(pki), certificate, TODAY + 100 * DAY) is Reason.EXPIRED
    assert trust.accept(certificate, TODAY + 99 * DAY) == UTRECHT


def test_a_path_ends_with_the_first_of_its_authorities(pki: DevPki, good: Forgery) -> None:
    """A leaf that outlives its root is worth nothing after the root."""
    after_the_root = datetime(2056, 6, 1, tzinfo=UTC)
    certificate = but(good, ends=datetime(2090, 1, 1, tzinfo=UTC))

    assert refused(store(pki), certificate, after_the_root) is Reason.NO_PATH
    seen = store(pki, staleness=timedelta(days=40000))
    assert seen.accept(certificate, TODAY) == UTRECHT
    assert refused(seen, certificate, after_the_root) is Reason.EXPIRED


def test_a_leaf_may_not_act_as_an_authority(own_pki: DevPki, good: Forgery, key: rsa.RSAPrivateKey) -> None:
    """Not even when somebody puts it among the trusted layers."""
    region = Forgery(good.issuer, good.signed_with, key.public_key()).made()
    trust = own_pki.authority(Hierarchy.TLS).trust
    replace_file(trust, trust.read_bytes() + pem([region]))

    issued_by_region = but(good, issuer=region.subject, signed_with=key, oin=PARTIES[0].oin)
    assert refused(store(own_pki), issued_by_region) is Reason.NO_PATH


def test_an_authority_may_not_act_as_a_party(pki: DevPki, good: Forgery) -> None:
    """Neither a made up one nor the real layers."""
    assert refused(store(pki), but(good, is_authority=True)) is Reason.WRONG_USE
    for layer in ("root", "domain", "issuing"):
        real = pki.authority(Hierarchy.TLS).certificate(layer).public_bytes(Encoding.DER)
        assert refused(store(pki), real) is Reason.WRONG_USE


@pytest.mark.parametrize(
    "changes",
    [
        {"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)},
        {"purposes": (DOCUMENT_SIGNING,)},
        {"purposes": (*CLIENT, DOCUMENT_SIGNING)},
        {"purposes": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)},
        {"purposes": (*CLIENT, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)},
        {"purposes": None},
        {"signs": False},
    ],
    ids=["server only", "signing", "client and signing", "any", "client and any", "says nothing", "may not sign"],
)
def test_a_certificate_is_for_its_use_only(pki: DevPki, good: Forgery, changes: dict[str, object]) -> None:
    """Key usage and extended key usage are both asked."""
    assert refused(store(pki), but(good, **changes)) is Reason.WRONG_USE


def test_tls_and_signing_never_stand_in_for_each_other(pki: DevPki) -> None:
    """Neither by their use, nor by their hierarchy."""
    assert refused(store(pki, Use.SIGNING), leaf_of(pki, "utrecht", "tls")) is Reason.WRONG_USE
    assert refused(store(pki), leaf_of(pki, "utrecht", "signing")) is Reason.WRONG_USE

    signing = pki.authority(Hierarchy.SIGNING)
    tls_use_in_signing_tree = TrustStore(signing.trust, signing.crls, Use.TLS_CLIENT)
    assert refused(tls_use_in_signing_tree, leaf_of(pki, "utrecht", "tls")) is Reason.UNKNOWN_ISSUER


def test_an_issuing_authority_issues_only_for_its_uses(pki: DevPki, good: Forgery) -> None:
    """A signing leaf by the TLS authority is no signing leaf, even to who trusts that authority for signing."""
    tls = pki.authority(Hierarchy.TLS)
    trust = TrustStore(tls.trust, tls.crls, Use.SIGNING)

    assert refused(trust, but(good, purposes=(DOCUMENT_SIGNING,))) is Reason.NO_PATH


def test_an_authority_below_the_issuing_one_is_refused(own_pki: DevPki, good: Forgery, key: rsa.RSAPrivateKey) -> None:
    """The issuing layer has path length 0."""
    below = Forgery(good.issuer, good.signed_with, key.public_key(), is_authority=True, purposes=None).made()
    trust = own_pki.authority(Hierarchy.TLS).trust
    replace_file(trust, trust.read_bytes() + pem([below]))

    assert refused(store(own_pki), but(good, issuer=below.subject, signed_with=key)) is Reason.NO_PATH


def test_a_path_length_is_kept(own_pki: DevPki, good: Forgery, key: rsa.RSAPrivateKey) -> None:
    """A domain layer that may have nothing under it but leaves does not carry an issuing layer."""
    tls = own_pki.authority(Hierarchy.TLS)
    root, issuing = tls.certificate("root"), tls.certificate("issuing")
    domain_key = key_of(own_pki, "domain")
    shape = Forgery(root.subject, key_of(own_pki, "root"), domain_key.public_key(), is_authority=True, purposes=None)
    short, long = (Forgery(**{**shape.__dict__, "path_length": length}).made() for length in (0, 1))
    issuing_under = Forgery(short.subject, domain_key, key.public_key(), is_authority=True, purposes=None).made()
    leaf = but(good, issuer=issuing_under.subject, signed_with=key)

    replace_file(tls.trust, pem([root, short, issuing, issuing_under]))
    assert refused(store(own_pki), leaf) is Reason.NO_PATH
    replace_file(tls.trust, pem([root, long, issuing, issuing_under]))
    assert refused(store(own_pki), leaf) is Reason.LIST_MISSING  # the path holds; the new layers have no lists


def test_an_unknown_critical_extension_is_refused(pki: DevPki, good: Forgery) -> None:
    """RFC 5280 4.2: who does not understand it must not use the certificate."""
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00")

    assert refused(store(pki), but(good, extra=[(unknown, True)])) is Reason.NO_PATH
    assert store(pki).accept(but(good, extra=[(unknown, False)]), TODAY) == UTRECHT


def test_a_changed_certificate_is_refused(pki: DevPki, good: Forgery) -> None:
    """Another OIN under the old signature."""
    changed = good.der().replace(UTRECHT.encode(), PARTIES[0].oin.encode())

    assert refused(store(pki), changed) is Reason.NO_PATH


@pytest.mark.parametrize(
    "oin",
    [
        "0000009900000000010",
        "0000009900000000010A",
        "000000990000000001 3",
        (),
        (UTRECHT, UTRECHT),
        (UTRECHT, PARTIES[0].oin),
    ],
)
def test_a_certificate_without_exactly_one_oin_speaks_for_nobody(
    pki: DevPki, good: Forgery, oin: str | tuple[str, ...]
) -> None:
    """Twenty ASCII digits, once."""
    kind = {"oin": oin}

    assert refused(store(pki), but(good, **kind)) is Reason.NO_OIN


@pytest.mark.parametrize("noise", [b"", b"\x30\x00", b"not a certificate", b"\x30\x82\xff\xff" + b"\x00" * 40])
def test_noise_is_refused(pki: DevPki, noise: bytes) -> None:
    """As a refusal, never as another error."""
    assert refused(store(pki), noise) is Reason.UNREADABLE


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_changed_certificate_is_ever_believed(pki: DevPki, data: st.DataObject) -> None:
    """Whichever byte of what was signed changes into whatever: a refusal, and no other error."""
    certificate = leaf_of(pki, "utrecht")
    # The last 385 bytes are the signature and the count of its unused bits, which says nothing about anyone.
    place = data.draw(st.integers(0, len(certificate) - 386))
    other = data.draw(st.integers(1, 255))
    changed = bytearray(certificate)
    changed[place] ^= other

    assert refused(store(pki), bytes(changed)) in Reason


def test_a_refusal_is_a_permission_error(pki: DevPki) -> None:
    """What the signature's verifier and the web server expect."""
    with pytest.raises(PermissionError):
        store(pki).accept(b"", TODAY)


# Files that change or break


def test_files_may_rest_between_two_looks(own_pki: DevPki) -> None:
    """Whoever asks for it sees a change after the rest, not before; dates are looked at in every call."""
    authority = own_pki.authority(Hierarchy.TLS)
    seconds = [10.0]
    trust = TrustStore(authority.trust, authority.crls, Use.TLS_CLIENT, rests=0.5, elapsed=lambda: seconds[0])
    utrecht = leaf_of(own_pki, "utrecht")
    assert trust.accept(utrecht, TODAY) == UTRECHT

    authority.trust.unlink()
    seconds[0] += 0.4

    assert trust.accept(utrecht, TODAY) == UTRECHT
    assert refused(trust, utrecht, TODAY + 40_000 * DAY) is Reason.EXPIRED
    seconds[0] += 0.1
    assert refused(trust, utrecht) is Reason.TRUST_UNREADABLE


def test_a_root_that_is_taken_away_is_no_longer_trusted(own_pki: DevPki) -> None:
    """Without a restart, also for certificates seen before; and what is put back is trusted again."""
    trust, certificate = store(own_pki), leaf_of(own_pki, "utrecht")
    before = trust.trust.read_bytes()
    assert trust.accept(certificate, TODAY) == UTRECHT

    replace_file(trust.trust, own_pki.authority(Hierarchy.SIGNING).trust.read_bytes())
    assert refused(trust, certificate) is Reason.UNKNOWN_ISSUER
    replace_file(trust.trust, before)
    assert trust.accept(certificate, TODAY) == UTRECHT


@pytest.mark.parametrize("content", [None, b"", b"nonsense", "intermediates"])
def test_a_trust_file_that_cannot_be_used_trusts_nobody(own_pki: DevPki, content: bytes | str | None) -> None:
    """And says so to whoever keeps the files."""
    trust, certificate = store(own_pki), leaf_of(own_pki, "utrecht")
    trust.accept(certificate, TODAY)

    if content is None:
        trust.trust.unlink()
    elif isinstance(content, str):
        replace_file(trust.trust, pem(x509.load_pem_x509_certificates(trust.trust.read_bytes())[1:]))
    else:
        replace_file(trust.trust, content)

    assert refused(trust, certificate) is Reason.TRUST_UNREADABLE
    assert "trust.pem" in trust.problems()[0]


def test_two_roots_may_live_side_by_side(own_pki: DevPki, tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    """While one generation of authorities hands over to the next."""
    other = DevPki(tmp_path / "next").authority(Hierarchy.TLS)
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
    other.create(keys, TODAY, Lifetimes())
    replace_file(store(own_pki).trust, store(own_pki).trust.read_bytes() + other.trust.read_bytes())
    for layer in ("root", "domain", "issuing"):
        replace_file(store(own_pki).crls / f"next-{layer}.crl", (other.crls / f"{layer}.crl").read_bytes())
    issued = other.issue(key.public_key(), PARTIES[4], TODAY, lifetime=DAY)
    new = x509.load_pem_x509_certificates(issued)[0].public_bytes(Encoding.DER)

    assert store(own_pki).accept(new, TODAY) == UTRECHT
    assert store(own_pki).accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT
