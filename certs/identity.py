"""Who we are ourselves: our key, certificate and chain, read from files and read again when the files change."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from certs.peer import CertificateRefused, oin_of


class IdentityUnusable(Exception):
    """Our own certificate or key cannot be used. Says which file and what to do, never what is in it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Speaks for one OIN. The key never shows in a repr."""

    oin: str
    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False, default=())


class IdentityFile:
    """An identity in two PEM files: the certificate with its chain, and the key (both may be the same file).

    Replace a file by renaming a new one over it. Between the two renames of a new key and a new certificate the pair
    does not fit; until it does, the last pair that did is kept and `problem` says so. So it is with a pair that speaks
    for another party: a running program never becomes someone else.
    """

    def __init__(self, certificate: Path, key: Path, oin: str | None = None) -> None:
        """``oin`` is the party that it speaks for; without it, the one of the first usable pair."""
        self.certificate_file = certificate
        self.key_file = key
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._seen: object = None
        self._identity: Identity | None = None
        self._oin = oin

    def current(self) -> Identity:
        """The identity as the files are now; two stat calls when nothing changed.

        Raises IdentityUnusable when there has never been a usable pair.
        """
        seen = _state(self.certificate_file), _state(self.key_file)
        identity = self._identity
        if identity is not None and seen == self._seen:
            return identity
        with self._lock:
            try:
                read = read_identity(self.certificate_file, self.key_file)
                if self._oin not in (None, read.oin):
                    raise IdentityUnusable(
                        f"{self.certificate_file}: its OIN is {read.oin}, which is another party than {self._oin}"
                    )
                self._identity, self._oin = read, read.oin
                self.problem = None
            except IdentityUnusable as refusal:
                self.problem = str(refusal)
                if self._identity is None:
                    raise
            # Remembered as it was before reading: a file replaced meanwhile differs and is read at the next call.
            self._seen = seen
            return self._identity


def read_identity(certificate: Path, key: Path) -> Identity:
    """Read and check that key and certificate belong together and that others cannot read the key."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
    except OSError as error:
        raise IdentityUnusable(f"{certificate}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise IdentityUnusable(f"{certificate}: holds no certificate in PEM") from None
    private = read_key(key)
    leaf = chain[0]
    public = leaf.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public != private.public_key():
        raise IdentityUnusable(f"{key}: is not the key of the first certificate in {certificate}")
    try:
        # A damaged key may still carry the right public half; a signature that verifies settles it.
        public.verify(private.sign(b"trial", PKCS1v15(), SHA256()), b"trial", PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        raise IdentityUnusable(f"{key}: is damaged; it does not make valid signatures") from None
    try:
        oin = oin_of(leaf)
    except CertificateRefused as refusal:
        raise IdentityUnusable(f"{certificate}: {refusal.text}") from None
    return Identity(oin, private, _der(leaf), tuple(_der(link) for link in chain[1:]))


def read_key(file: Path) -> rsa.RSAPrivateKey:
    """An RSA private key from a PEM file that only its owner can read."""
    try:
        found = file.stat()
        if open_to_others(found.st_mode, found.st_uid, os.geteuid()):
            raise IdentityUnusable(
                f"{file}: others than its owner may read this key; chmod 600 it, or better, renew it"
            )
        text = file.read_bytes()
    except OSError as error:
        raise IdentityUnusable(f"{file}: cannot be read ({error.strerror})") from None
    try:
        # OpenSSL's own check of the primes takes 100 ms each time; `read_identity` makes a trial signature instead.
        key = load_pem_private_key(text, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityUnusable(f"{file}: holds no private key in PEM without a passphrase") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise IdentityUnusable(f"{file}: is not an RSA key; the profile signs with RSA-SHA256")
    return key


def open_to_others(mode: int, owner: int, reader: int) -> bool:
    """Whether a key with this mode is readable beyond its owner.

    Root may lend a key to the group of whoever reads it: that is how systemd's credentials look (an access list shows
    as the group's bits).
    """
    lent_by_root = owner == 0 and reader != 0
    return bool(mode & (0o037 if lent_by_root else 0o077))


def write_key(file: Path, key: rsa.RSAPrivateKey) -> None:
    """Write a private key that only its owner can read. Never over an existing file."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    _keep_names(file.parent)


def replace_file(file: Path, content: bytes) -> None:
    """Replace a file in one rename: whoever reads it sees the old content or the new, never half."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    _keep_names(file.parent)


def _keep_names(directory: Path) -> None:
    """Make the names in a directory survive a power cut too, not only the contents of its files."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """These certificates after each other, as files hold them."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _state(file: Path) -> tuple[int, int, int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size, found.st_ctime_ns
