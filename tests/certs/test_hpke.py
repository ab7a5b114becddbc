"""Sealing to a region: opens with its key for its purpose, and with nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.hpke import PUBLIC_SIZE, SealingKey, SealRefused, open_sealed, require_public, seal
from tests.draws import Draws

KEY = SealingKey(Draws(1)(96))
OTHER = SealingKey(Draws(2)(96))


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_again(plaintext: bytes, info: bytes) -> None:
    """Any bytes, for any purpose."""
    assert open_sealed(KEY, seal(KEY.public(), plaintext, info), info) == plaintext


def test_another_key_another_purpose_or_a_changed_byte_opens_nothing() -> None:
    """All refused alike."""
    sealed = seal(KEY.public(), b"secret", b"for this")

    for key, bytes_, info in (
        (OTHER, sealed, b"for this"),
        (KEY, sealed, b"for that"),
        (KEY, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"for this"),
        (KEY, bytes([sealed[0] ^ 1]) + sealed[1:], b"for this"),
        (KEY, sealed[:20], b"for this"),
        (KEY, b"", b"for this"),
    ):
        with pytest.raises(SealRefused):
            open_sealed(key, bytes_, info)


def test_the_same_bytes_never_look_the_same() -> None:
    """Sealing is random."""
    assert seal(KEY.public(), b"secret", b"") != seal(KEY.public(), b"secret", b"")


def test_a_key_is_the_same_after_a_restart() -> None:
    """Its bytes are all of it."""
    assert SealingKey(KEY.reveal()).public() == KEY.public()
    assert len(KEY.public()) == PUBLIC_SIZE


def test_what_is_no_public_key_is_refused() -> None:
    """Another size, or ML-KEM coefficients that are not reduced."""
    require_public(KEY.public())
    for wrong in (b"", bytes(PUBLIC_SIZE - 1), b"\xff" * PUBLIC_SIZE):
        with pytest.raises(SealRefused):
            require_public(wrong)


def test_a_sealing_key_does_not_show() -> None:
    """Not in a repr."""
    assert repr(KEY) == "SealingKey(hidden)"
