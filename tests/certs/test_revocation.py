"""Revocation: asked of every layer in every call, from lists that are read again when they change."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.authority import LAYERS, PSS, Authority, DevPki, Hierarchy
from certs.identity import read_key, replace_file
from certs.revocation import read_lists
from certs.trust import CertificateRefused, Reason, TrustStore, Use

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
UTRECHT = "00000099000000000103"


def store(pki: DevPki, staleness: timedelta = timedelta(0)) -> TrustStore:
    authority = pki.authority(Hierarchy.TLS)
    return TrustStore(authority.trust, authority.crls, Use.TLS_CLIENT, staleness=staleness)


def leaf_of(pki: DevPki, party: str) -> bytes:
    file = pki.files(party).tls_certificate
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)


def refused(trust: TrustStore, certificate: bytes, now: datetime = TODAY) -> Reason:
    with pytest.raises(CertificateRefused) as caught:
        trust.accept(certificate, now)
    return caught.value.reason


def tls(pki: DevPki) -> Authority:
    return pki.authority(Hierarchy.TLS)


def signed_list(
    issuer: x509.Certificate,
    key: rsa.RSAPrivateKey,
    *,
    serials: Iterable[int] = (),
    number: int | None = 50,
    ends: datetime = TODAY + DAY,
    extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
    entry_extra: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder(issuer.subject).last_update(TODAY - DAY).next_update(ends)
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(TODAY - DAY)
        for extension, critical in entry_extra:
            entry = entry.add_extension(extension, critical)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256(), rsa_padding=PSS)


def put(pki: DevPki, crl: x509.CertificateRevocationList, name: str = "issuing.crl") -> None:
    replace_file(tls(pki).crls / name, crl.public_bytes(Encoding.PEM))


def issuing(pki: DevPki) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    return tls(pki).certificate("issuing"), read_key(pki.directory / "authority/tls/issuing.key")


# Revoked


def test_a_revoked_region_is_out_at_once(own_pki: DevPki) -> None:
    """In a store that accepted it a moment ago, without a restart; the others stay."""
    trust = store(own_pki)
    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT

    own_pki.revoke("utrecht", TODAY)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.REVOKED
    assert trust.accept(leaf_of(own_pki, "amsterdam"), TODAY)


@pytest.mark.parametrize("layer", ["domain", "issuing"])
def test_a_revoked_layer_takes_everyone_with_it(own_pki: DevPki, layer: str) -> None:
    """The list of each layer is asked, not only that of the last."""
    trust = store(own_pki)
    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT

    tls(own_pki).revoke(tls(own_pki).certificate(layer), TODAY, DAY)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.REVOKED


def test_revocation_in_one_hierarchy_says_nothing_about_the_other(own_pki: DevPki) -> None:
    """Each has lists of its own."""
    file = own_pki.files("utrecht").tls_certificate
    tls(own_pki).revoke(x509.load_pem_x509_certificate(file.read_bytes()), TODAY, DAY)

    signing = own_pki.authority(Hierarchy.SIGNING)
    leaf = x509.load_pem_x509_certificate(own_pki.files("utrecht").signing_certificate.read_bytes())
    trust = TrustStore(signing.trust, signing.crls, Use.SIGNING)
    assert trust.accept(leaf.public_bytes(Encoding.DER), TODAY) == UTRECHT


def test_revoking_twice_lists_once_and_forgets_nobody(own_pki: DevPki) -> None:
    """A list grows; its number goes up each time; the first date stays."""
    own_pki.revoke("utrecht", TODAY)
    own_pki.revoke("amsterdam", TODAY + DAY)
    own_pki.revoke("utrecht", TODAY + 2 * DAY)

    crl = x509.load_pem_x509_crl((tls(own_pki).crls / "issuing.crl").read_bytes())
    assert sorted(entry.revocation_date_utc for entry in crl) == [TODAY, TODAY + DAY]
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 4


# Lists that are missing, old or somebody else's


@pytest.mark.parametrize("layer", ["root", "domain", "issuing"])
def test_a_missing_list_refuses(own_pki: DevPki, layer: str) -> None:
    """Strict, in every layer; when the list comes back, so do they."""
    trust, file = store(own_pki), tls(own_pki).crls / f"{layer}.crl"
    content = file.read_bytes()
    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT

    file.unlink()
    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING
    replace_file(file, content)
    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT


def test_no_directory_of_lists_refuses(own_pki: DevPki) -> None:
    """As when it is not mounted."""
    trust = store(own_pki)
    shutil.rmtree(trust.crls)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING
    assert "cannot be read" in trust.problems()[0]


def test_an_expired_list_refuses_unless_staleness_is_allowed(own_pki: DevPki) -> None:
    """From the moment in nextUpdate; a setting may stretch it, for as long as it says."""
    put(own_pki, signed_list(*issuing(own_pki), ends=TODAY + DAY))
    strict, lenient = store(own_pki), store(own_pki, timedelta(hours=6))
    leaf = leaf_of(own_pki, "utrecht")

    assert strict.accept(leaf, TODAY + DAY - timedelta(seconds=1)) == UTRECHT
    assert refused(strict, leaf, TODAY + DAY) is Reason.LIST_EXPIRED
    assert lenient.accept(leaf, TODAY + DAY + timedelta(hours=5)) == UTRECHT
    assert refused(lenient, leaf, TODAY + DAY + timedelta(hours=6)) is Reason.LIST_EXPIRED


def test_staleness_forgives_no_revocation(own_pki: DevPki) -> None:
    """A stale list that names you still names you, and "revoked" is what is said."""
    own_pki.revoke("utrecht", TODAY, DAY)

    for trust in (store(own_pki), store(own_pki, 10 * DAY)):
        assert refused(trust, leaf_of(own_pki, "utrecht"), TODAY + 2 * DAY) is Reason.REVOKED


def test_a_list_signed_by_another_authority_is_no_list(own_pki: DevPki) -> None:
    """Not a stranger's under our name, not the domain layer's, not the other hierarchy's."""
    certificate, _ = issuing(own_pki)
    stranger = rsa.generate_private_key(65537, 2048)
    domain = read_key(own_pki.directory / "authority/tls/domain.key")
    signing = read_key(own_pki.directory / "authority/signing/issuing.key")
    for key in (stranger, domain, signing):
        put(own_pki, signed_list(certificate, key))
        trust = store(own_pki)

        assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING
        assert "not signed by an authority" in trust.problems()[0]


def test_a_region_cannot_empty_the_list(own_pki: DevPki) -> None:
    """A list signed by a leaf counts for nothing, and the true one beside it stays in force."""
    own_pki.revoke("utrecht", TODAY)
    certificate, _ = issuing(own_pki)
    put(own_pki, signed_list(certificate, read_key(own_pki.files("utrecht").tls_key), number=99), "zz.crl")

    assert refused(store(own_pki), leaf_of(own_pki, "utrecht")) is Reason.REVOKED


def test_of_two_lists_the_newest_counts(own_pki: DevPki) -> None:
    """Whatever their names."""
    serial = x509.load_der_x509_certificate(leaf_of(own_pki, "utrecht")).serial_number
    put(own_pki, signed_list(*issuing(own_pki), number=60, serials=[serial]), "aa.crl")
    put(own_pki, signed_list(*issuing(own_pki), number=59), "zz.crl")

    assert refused(store(own_pki), leaf_of(own_pki, "utrecht")) is Reason.REVOKED


def test_an_older_list_never_takes_the_place_of_a_newer(own_pki: DevPki) -> None:
    """Whoever serves the files could otherwise bring a revoked region back."""
    file = tls(own_pki).crls / "issuing.crl"
    before = file.read_bytes()
    own_pki.revoke("utrecht", TODAY)
    trust = store(own_pki)
    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.REVOKED

    replace_file(file, before)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING
    assert "older than the list" in trust.problems()[0]


def test_a_list_that_covers_only_part_is_no_list(own_pki: DevPki) -> None:
    """RFC 5280 5.2: delta lists, partial lists and anything else critical that we do not read."""
    partial = x509.IssuingDistributionPoint(None, None, True, False, None, False, False)
    for extension in (x509.DeltaCRLIndicator(1), partial):
        put(own_pki, signed_list(*issuing(own_pki), extra=[(extension, True)]))

        assert refused(store(own_pki), leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING


def test_a_list_with_an_entry_we_cannot_read_is_no_list(own_pki: DevPki) -> None:
    """RFC 5280 5.3: an indirect entry speaks of another authority's certificate."""
    other = x509.CertificateIssuer([x509.DirectoryName(tls(own_pki).certificate("root").subject)])
    put(own_pki, signed_list(*issuing(own_pki), serials=[7], entry_extra=[(other, True)]))

    assert refused(store(own_pki), leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"])
def test_a_broken_list_refuses_and_is_reported(own_pki: DevPki, content: bytes) -> None:
    """Half a file is not a list; nobody is let in on the strength of it."""
    replace_file(tls(own_pki).crls / "issuing.crl", content)
    trust = store(own_pki)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.LIST_MISSING
    assert "is not a revocation list" in trust.problems()[0]


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_changed_list_is_ever_believed(
    pki: DevPki, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whichever byte of what was signed changes into whatever: no list, and no error."""
    content = x509.load_pem_x509_crl((tls(pki).crls / "issuing.crl").read_bytes()).public_bytes(Encoding.DER)
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 386))] ^= data.draw(st.integers(1, 255))
    file = tmp_path_factory.getbasetemp() / "changed" / "issuing.crl"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(changed)

    found = read_lists(file.parent, [tls(pki).certificate(layer) for layer in LAYERS], {})
    assert found.of == {}
    assert len(found.problems) == 1


def test_a_list_may_be_der_and_other_files_do_not_matter(own_pki: DevPki) -> None:
    """Authorities publish DER; a download in progress or a note beside it harms nobody."""
    file = tls(own_pki).crls / "issuing.crl"
    replace_file(file, x509.load_pem_x509_crl(file.read_bytes()).public_bytes(Encoding.DER))
    (file.parent / ".issuing.crl.part").write_bytes(b"half")
    (file.parent / "README").write_text("lists")
    trust = store(own_pki)

    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT
    assert trust.problems() == ()


# Reading again


def test_nothing_is_read_while_nothing_changes(own_pki: DevPki, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that was seen before costs no file and no signature."""
    trust, leaf = store(own_pki), leaf_of(own_pki, "utrecht")
    trust.accept(leaf, TODAY)
    opened: list[Path] = []
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: opened.append(self) or real(self))  # type: ignore[func-returns-value]

    for _ in range(10):
        trust.accept(leaf, TODAY)
    assert opened == []

    os.utime(tls(own_pki).crls / "root.crl", ns=(1, 1))
    trust.accept(leaf, TODAY)
    assert len(opened) == 4


def test_a_list_in_a_linked_directory_is_followed(own_pki: DevPki) -> None:
    """Where configuration is mounted, one link is moved and all files change at once."""
    directory = tls(own_pki).crls
    first, second = directory.with_name("first"), directory.with_name("second")
    directory.rename(first)
    shutil.copytree(first, second)
    directory.symlink_to(first)
    trust = store(own_pki)
    assert trust.accept(leaf_of(own_pki, "utrecht"), TODAY) == UTRECHT
    serial = x509.load_der_x509_certificate(leaf_of(own_pki, "utrecht")).serial_number
    crl = signed_list(*issuing(own_pki), serials=[serial])
    (second / "issuing.crl").write_bytes(crl.public_bytes(Encoding.PEM))

    fresh = directory.with_name("fresh")
    fresh.symlink_to(second)
    fresh.replace(directory)

    assert refused(trust, leaf_of(own_pki, "utrecht")) is Reason.REVOKED


def test_many_threads_see_one_truth(own_pki: DevPki) -> None:
    """While lists are replaced under them, nobody is refused who may come in, and after it nobody revoked gets in."""
    trust, leaf, other = store(own_pki), leaf_of(own_pki, "amsterdam"), leaf_of(own_pki, "utrecht")
    wrong: list[Exception] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                trust.accept(leaf, TODAY)
            except CertificateRefused as error:
                wrong.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        tls(own_pki).renew_lists(TODAY, 30 * DAY)
    own_pki.revoke("utrecht", TODAY)
    gone = refused(trust, other)
    stop.set()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert gone is Reason.REVOKED
