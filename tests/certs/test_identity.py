"""Our own identity: read from files, read again when they change, and never shown."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from certs.authority import PARTIES, DevPki
from certs.identity import IdentityFile, IdentityUnusable, open_to_others, read_identity, replace_file, write_key

UTRECHT = PARTIES[4]


def utrecht(pki: DevPki) -> IdentityFile:
    files = pki.files("utrecht")
    return IdentityFile(files.signing_certificate, files.signing_key)


def swap_key(pki: DevPki, content: bytes) -> None:
    replace_file(pki.files("utrecht").signing_key, content)
    pki.files("utrecht").signing_key.chmod(0o600)


def test_an_identity_knows_its_oin_and_chain(pki: DevPki) -> None:
    """The chain goes up to, not with, the root."""
    identity = utrecht(pki).current()

    assert identity.oin == UTRECHT.oin
    assert len(identity.chain) == 2


def test_a_key_never_shows(pki: DevPki) -> None:
    """Not in a repr, which ends up in logs."""
    identity = utrecht(pki).current()

    assert repr(identity) == f"Identity(oin='{UTRECHT.oin}')"


def test_nothing_is_read_while_nothing_changes(pki: DevPki) -> None:
    """The same object each time."""
    file = utrecht(pki)

    assert file.current() is file.current()


def test_a_replaced_pair_is_read(own_pki: DevPki) -> None:
    """Once key and certificate fit each other; until then the old pair stays, and the problem is said."""
    file, files = utrecht(own_pki), own_pki.files("utrecht")
    before, key = file.current(), files.signing_key.read_bytes()
    own_pki.renew(UTRECHT, datetime.now(UTC))
    swap_key(own_pki, own_pki.files("amsterdam").signing_key.read_bytes())

    assert file.current() is before
    assert file.problem is not None
    assert "is not the key of the first certificate" in file.problem
    assert file.current() is before
    swap_key(own_pki, key)

    assert file.current().certificate != before.certificate
    assert file.current().oin == UTRECHT.oin
    assert file.problem is None


def test_a_pair_of_another_party_is_not_taken_by_a_running_program(own_pki: DevPki, pki: DevPki) -> None:
    """It fits and is good, and speaks for someone else: the last good pair stays until our own comes back."""
    file, other = utrecht(own_pki), pki.files("amsterdam")
    files = own_pki.files("utrecht")
    ours = files.signing_certificate.read_bytes(), files.signing_key.read_bytes()
    before = file.current()

    swap_key(own_pki, other.signing_key.read_bytes())
    replace_file(files.signing_certificate, other.signing_certificate.read_bytes())

    assert file.current() is before
    assert file.current() is before
    assert f"another party than {UTRECHT.oin}" in str(file.problem)
    swap_key(own_pki, ours[1])
    replace_file(files.signing_certificate, ours[0])
    assert file.current().oin == UTRECHT.oin
    assert file.problem is None


def test_a_program_that_knows_its_oin_never_takes_another(pki: DevPki) -> None:
    """Already at the start."""
    files = pki.files("utrecht")

    with pytest.raises(IdentityUnusable, match=r"signing.pem: its OIN is .* another party than 00000099000000000101"):
        IdentityFile(files.signing_certificate, files.signing_key, PARTIES[2].oin).current()


def test_a_removed_file_leaves_the_last_identity(own_pki: DevPki) -> None:
    """A program goes on with what it has, and says what is wrong."""
    file = utrecht(own_pki)
    before = file.current()

    own_pki.files("utrecht").signing_certificate.unlink()

    assert file.current() is before
    assert "cannot be read" in str(file.problem)


def test_certificate_and_key_may_be_one_file(own_pki: DevPki) -> None:
    """So that one rename replaces both."""
    files = own_pki.files("utrecht")
    both = files.signing_key.with_name("both.pem")
    both.touch(0o600)
    both.write_bytes(files.signing_certificate.read_bytes() + files.signing_key.read_bytes())

    assert read_identity(both, both).oin == UTRECHT.oin


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(own_pki: DevPki, mode: int) -> None:
    """At the start, with the file's name and what to do."""
    own_pki.files("utrecht").signing_key.chmod(mode)

    with pytest.raises(IdentityUnusable, match=r"signing.key: others than its owner may read this key; chmod 600"):
        utrecht(own_pki).current()


@pytest.mark.parametrize(
    ("mode", "owner", "reader", "is_open"),
    [
        (0o600, 1000, 1000, False),
        (0o400, 1000, 1000, False),
        (0o640, 1000, 1000, True),
        (0o440, 0, 1000, False),
        (0o640, 0, 1000, False),
        (0o444, 0, 1000, True),
        (0o660, 0, 1000, True),
        (0o440, 0, 0, True),
    ],
)
def test_only_root_may_lend_a_key_to_a_group(mode: int, owner: int, reader: int, is_open: bool) -> None:
    """As systemd's credentials are lent to a service."""
    assert open_to_others(mode, owner, reader) is is_open


def test_a_key_that_cannot_be_used_is_refused_without_showing_it(own_pki: DevPki) -> None:
    """With a passphrase, of another kind, half, of another party: each in words, and nothing of its content."""
    files = own_pki.files("utrecht")
    key = load_pem_private_key(files.signing_key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word"))
    curve = ec.generate_private_key(ec.SECP256R1())
    other = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    whole = files.signing_key.read_bytes()
    cases = {
        sealed: "without a passphrase",
        other: "is not an RSA key",
        whole[: len(whole) // 2]: "holds no private key",
        own_pki.files("hub").signing_key.read_bytes(): "is not the key of the first certificate",
    }
    for content, words in cases.items():
        swap_key(own_pki, content)
        with pytest.raises(IdentityUnusable, match=words) as caught:
            utrecht(own_pki).current()

        assert "PRIVATE" not in str(caught.value)
        assert whole[40:80].decode().strip() not in str(caught.value)


def test_a_damaged_key_is_refused(own_pki: DevPki) -> None:
    """One that still has the right public half, but signs nonsense."""
    key = load_pem_private_key(own_pki.files("utrecht").signing_key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    numbers = key.private_numbers()
    damaged = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d - 2, numbers.dmp1 - 2, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    ).private_key(unsafe_skip_rsa_key_validation=True)
    swap_key(own_pki, damaged.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))

    with pytest.raises(IdentityUnusable, match="is damaged"):
        utrecht(own_pki).current()


def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path: Path) -> None:
    """Whatever the umask."""
    key = rsa.generate_private_key(65537, 2048)
    before = os.umask(0)
    try:
        write_key(tmp_path / "a.key", key)
    finally:
        os.umask(before)

    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_key(tmp_path / "a.key", key)


def test_a_certificate_file_without_certificates_is_refused(own_pki: DevPki) -> None:
    """Empty, or with something else in it."""
    for content in (b"", b"nonsense"):
        replace_file(own_pki.files("utrecht").signing_certificate, content)
        with pytest.raises(IdentityUnusable, match="holds no certificate"):
            utrecht(own_pki).current()
