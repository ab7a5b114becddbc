"""`verwijsindex certs` as people use it: make, ask, issue, look, take back, watch. No key is ever shown."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.authority import DevPki
from certs.command import certs
from certs.identity import read_identity
from certs.trust import CertificateRefused, Reason, TrustStore, Use

HUB, UTRECHT, DELFT = "00000099000000000001", "00000099000000000103", "00000099000000000104"


def run(*words: str | Path, ends_with: int = 0) -> str:
    """One command. Whatever it says, it shows no key."""
    result = CliRunner().invoke(certs, [str(word) for word in words])
    assert result.exit_code == ends_with, result.output
    assert "PRIVATE" not in result.output
    assert "MII" not in result.output  # how a key in PEM begins
    return result.output


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """What `certs dev` makes, now, for two parties."""
    out = tmp_path_factory.mktemp("command") / "pki"
    run("dev", "--out", out, "--party", f"hub={HUB}:serves", "--party", f"utrecht={UTRECHT}")
    return DevPki(out)


@pytest.fixture
def dev(made: DevPki, tmp_path: Path) -> DevPki:
    """A copy of it to work in."""
    return made.copy(tmp_path / "pki")


def accepted(pki: DevPki, certificate: Path) -> str:
    files = pki.files("hub")
    leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    trust = TrustStore(files.tls_trust, files.tls_crls, Use.TLS_CLIENT)
    return trust.accept(leaf.public_bytes(Encoding.DER), datetime.now(UTC))


def in_days(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def asked(out: Path, *more: str) -> Path:
    run("csr", "--name", "delft", "--oin", DELFT, "--use", "tls", "--out", out, *more)
    return out / "tls.csr"


def test_dev_makes_everything_for_a_demo(dev: DevPki) -> None:
    """Both identities of each party, believed by the others; nothing is due."""
    assert accepted(dev, dev.files("utrecht").tls_certificate) == UTRECHT
    assert "Nothing is due: 10 certificates, 6 revocation lists." in run("check", dev.directory)


def test_dev_does_not_overwrite(dev: DevPki) -> None:
    """A repeated command loses no keys."""
    assert "is not empty" in run("dev", "--out", dev.directory, ends_with=1)


@pytest.mark.parametrize("party", ["hub", "hub=1", f"hub={HUB}:reads", f"../up={HUB}", f"={HUB}"])
def test_dev_wants_parties_as_name_and_oin(tmp_path: Path, party: str) -> None:
    """A name becomes a directory, so it is a plain word."""
    assert "NAME=OIN" in run("dev", "--out", tmp_path / "x", "--party", party, ends_with=2)


def test_a_region_asks_and_the_authority_issues(dev: DevPki, tmp_path: Path) -> None:
    """The key never leaves the region and is its owner's alone; the certificate is believed at once."""
    request = asked(tmp_path / "delft")
    certificate, key = tmp_path / "delft" / "tls.pem", tmp_path / "delft" / "tls.key"
    run("issue", request, "--pki", dev.directory, "--use", "tls", "--oin", DELFT, "--out", certificate)

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"PRIVATE" not in request.read_bytes()
    assert read_identity(certificate, key).oin == DELFT
    assert accepted(dev, certificate) == DELFT


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """Asking again is for the key that is there, or for another directory."""
    asked(tmp_path)
    before = (tmp_path / "tls.key").read_bytes()

    words = ["csr", "--name", "delft", "--oin", DELFT, "--use", "tls", "--out", str(tmp_path)]
    assert "is not overwritten" in run(*words, ends_with=1)
    run(*words, "--same-key")
    assert (tmp_path / "tls.key").read_bytes() == before


def test_the_authority_decides_who_speaks_for_whom(dev: DevPki, tmp_path: Path) -> None:
    """A request that names another OIN than the issuer knows is refused; so are noise and somebody else's key."""
    request, out = asked(tmp_path / "delft"), tmp_path / "out.pem"
    rest = ["--pki", str(dev.directory), "--use", "tls", "--out", str(out)]

    assert "asks for another OIN" in run("issue", request, "--oin", UTRECHT, *rest, ends_with=1)
    noise = tmp_path / "noise.csr"
    noise.write_text("nonsense")
    assert "is not a request" in run("issue", noise, "--oin", DELFT, *rest, ends_with=1)
    damaged = tmp_path / "damaged.csr"
    der = x509.load_pem_x509_csr(request.read_bytes()).public_bytes(Encoding.DER)
    changed = x509.load_der_x509_csr(der.replace(b"delft", b"vlaar")).public_bytes(Encoding.PEM)
    damaged.write_bytes(changed)
    assert "does not have the key" in run("issue", damaged, "--oin", DELFT, *rest, ends_with=1)
    assert not out.exists()


def test_a_small_key_is_not_certified(dev: DevPki, tmp_path: Path) -> None:
    """RSA under 3,072 bits is refused."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "a"), x509.NameAttribute(NameOID.SERIAL_NUMBER, DELFT)]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    file = tmp_path / "small.csr"
    file.write_bytes(request.public_bytes(Encoding.PEM))

    words = ["--pki", str(dev.directory), "--use", "tls", "--oin", DELFT, "--out", str(tmp_path / "a.pem")]
    assert "3072 bits or more" in run("issue", file, *words, ends_with=1)


def test_inspect_says_who_speaks_for_whom_and_until_when(dev: DevPki) -> None:
    """In plain words: for what, from and until, vouched for by whom."""
    text = run("inspect", dev.directory)

    assert f"utrecht speaks for OIN {UTRECHT}" in text
    assert "may answer connections at localhost, 127.0.0.1, ::1 and open connections" in text
    assert "may sign messages" in text
    assert "(364 days left); renew from" in text
    assert (
        "vouched for by Verwijsindex development tls issuing CA, under Verwijsindex development tls domain CA" in text
    )
    assert "Verwijsindex development tls root CA may vouch for others (a root)" in text
    assert "The revocation list of Verwijsindex development tls issuing CA takes back nothing" in text
    assert "tls.key: a private key, not shown here." in text


def test_inspect_looks_at_one_file_too(dev: DevPki) -> None:
    """As when somebody sends a certificate and asks what it is; a key in the same file stays unseen."""
    files = dev.files("utrecht")
    both = dev.directory / "both.pem"
    both.touch(0o600)
    leaf = x509.load_pem_x509_certificate(files.tls_certificate.read_bytes()).public_bytes(Encoding.PEM)
    both.write_bytes(leaf + files.tls_key.read_bytes())

    text = run("inspect", both)

    assert f"utrecht speaks for OIN {UTRECHT}" in text
    assert "which is not among these files" in text
    assert "a private key, not shown here" in text


def test_a_revoked_certificate_is_refused_and_told(dev: DevPki) -> None:
    """Twice does no harm; inspect and check say so; nobody believes it any more."""
    certificate = dev.files("utrecht").tls_certificate
    for _ in range(2):
        assert "the certificate is revoked" in run("revoke", certificate, "--pki", dev.directory)

    with pytest.raises(CertificateRefused) as caught:
        accepted(dev, certificate)
    assert caught.value.reason is Reason.REVOKED
    assert "REVOKED since" in run("inspect", dev.directory)
    assert "utrecht has been revoked; ask for a new one with a new key" in run("check", dev.directory, ends_with=1)


def test_a_stranger_is_not_revoked(dev: DevPki, pki: DevPki) -> None:
    """Same name, another authority's key: nothing is put on the list in the belief that it helps."""
    stranger = pki.files("utrecht").tls_certificate

    assert "was not issued by an authority in" in run("revoke", stranger, "--pki", dev.directory, ends_with=1)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (250, "is past two thirds of its life"),
        (306, "ends within 60 days"),
        (336, "ends within 30 days"),
        (359, "ends within 7 days"),
        (366, "it is refused everywhere; renew it now"),
    ],
)
def test_check_warns_in_time_and_ends_with_1(made: DevPki, days: int, words: str) -> None:
    """At two thirds of life, at 60, 30 and 7 days, and when it is over."""
    assert words in run("check", made.directory / "utrecht", "--at", in_days(days), ends_with=1)


def test_check_says_how_old_the_lists_are(dev: DevPki) -> None:
    """Due at two thirds, then ended; signed anew they are fine again."""
    due = run("check", dev.directory, "--at", in_days(25), ends_with=1)
    assert "tls/crls/root.crl: the revocation list is 25 days old and ends on" in due
    ended = run("check", dev.directory, "--at", in_days(31), ends_with=1)
    assert "is 31 days old and ended on" in ended

    run("lists", "--pki", dev.directory, "--days", "90")
    assert "Nothing is due" in run("check", dev.directory, "--at", in_days(31))


def test_signing_lists_anew_forgets_no_revocation(dev: DevPki) -> None:
    """They take back what they took back."""
    run("revoke", dev.files("utrecht").tls_certificate, "--pki", dev.directory)
    run("lists", "--pki", dev.directory)

    with pytest.raises(CertificateRefused):
        accepted(dev, dev.files("utrecht").tls_certificate)


def test_check_misses_a_list_that_is_not_there(dev: DevPki) -> None:
    """Its absence would refuse everyone."""
    (dev.directory / "tls/crls/domain.crl").unlink()

    assert "domain CA has no revocation list here" in run("check", dev.directory, ends_with=1)


def test_check_sees_a_key_that_others_may_read(dev: DevPki) -> None:
    """And says what to do."""
    dev.files("utrecht").tls_key.chmod(0o644)

    assert "tls.key: others than its owner may read this private key" in run("check", dev.directory, ends_with=1)


def test_check_sees_files_that_cannot_be_read(dev: DevPki) -> None:
    """A broken file is something to do."""
    dev.files("utrecht").tls_certificate.write_text("nonsense")
    (dev.directory / "tls/crls/domain.crl").write_text("nonsense")

    text = run("check", dev.directory, ends_with=1)
    assert "tls.pem: holds no certificate in PEM" in text
    assert "domain.crl: is not a revocation list" in text


def test_check_of_nothing_is_not_good_news(tmp_path: Path) -> None:
    """A wrong path must not read as "all is well"."""
    assert "no certificates and no lists" in run("check", tmp_path, ends_with=1)


def test_a_moment_is_written_as_a_date(made: DevPki) -> None:
    """Or as a date and time; anything else is explained."""
    assert "write it as 2026-12-31" in run("check", made.directory, "--at", "tomorrow", ends_with=2)
