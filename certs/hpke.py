"""Sealing to a region: HPKE (RFC 9180) with MLKEM768-X25519, HKDF-SHA256 and AES-256-GCM, and its keys as bytes.

The key exchange is a hybrid: it holds as long as either ML-KEM-768 or X25519 does.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from certs.secret import Secret

PUBLIC_SIZE = 1184 + 32
"""Bytes of a public key: ML-KEM-768's, then X25519's."""
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealRefused(Exception):
    """These bytes do not open with this key and this purpose, or the key is none."""


class SealingKey(Secret):
    """A region's private key: the 64-byte seed of ML-KEM-768, then X25519's 32 bytes. Random bytes make a new one."""

    __slots__ = ()
    SIZE = 64 + 32

    def public(self) -> bytes:
        """The public key, to be published."""
        kem, curve = self._halves()
        return kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        raw = self.reveal()
        return MLKEM768PrivateKey.from_seed_bytes(raw[:64]), X25519PrivateKey.from_private_bytes(raw[64:])


def require_public(public: bytes) -> None:
    """Raises SealRefused for what is no public key."""
    _public(public)


def seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal for whoever has the private key. ``info`` says what for; opening needs the same. Random each time."""
    return _SUITE.encrypt(plaintext, _public(public), info)


def open_sealed(key: SealingKey, sealed: bytes, info: bytes) -> bytes:
    """The plaintext. Raises SealRefused when it was not sealed to this key for this purpose, or was changed."""
    try:
        return _SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*key._halves()), info)
    except (InvalidTag, ValueError):
        raise SealRefused("This was not sealed to this key for this purpose, or it was changed.") from None


def _public(public: bytes) -> MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_SIZE:
        raise SealRefused(f"A sealing key is {PUBLIC_SIZE} bytes.")
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:1184]), X25519PublicKey.from_public_bytes(public[1184:])
        )
    except ValueError:
        raise SealRefused("This is not a sealing key.") from None
