"""The epoch file: believed under the pinned key only, never going back, and clear about which epochs are in force."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs import ristretto
from certs.keyring import (
    PURPOSES,
    Epoch,
    EpochFile,
    EpochFileRefused,
    EpochUnknown,
    RegionSecret,
    canonical,
    read_public_keys,
    read_scheme_key,
    sign_epoch_file,
    verify_epoch_file,
    write_public_keys,
)
from certs.oprf import VOPRF
from certs.secret import SecretRefused

TODAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
SCHEME = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\x01")
SECRET = RegionSecret(bytes(range(32)))


def public_keys(epoch: str) -> dict[str, bytes]:
    """Public keys of an epoch, the same in each run."""
    return {purpose: VOPRF.derive_key(bytes(32), f"{epoch}|{purpose}".encode()).public() for purpose in PURPOSES}


def an_epoch(name: str = "2026", begins: date = date(2026, 1, 1), ends: date = date(2027, 1, 1)) -> Epoch:
    """An epoch with keys of its own."""
    return Epoch(name, begins, ends, public_keys(name), SECRET.check())


def a_file(*epochs: Epoch, serial: int = 1, rules: Sequence[str] = ("ggd",)) -> EpochFile:
    """A signed file."""
    return sign_epoch_file(
        SCHEME, serial=serial, made_at=NOW, service="https://pseudonyms.test/", regie_rules=rules, epochs=epochs
    )


def forged(file: EpochFile, **changes: object) -> bytes:
    """The file with other content under a good signature: what a careless scheme owner could make."""
    said = json.loads(base64.b64decode(json.loads(file.signed)["file"]))
    content = canonical({**said, **changes})
    signature = SCHEME.sign(b"vir/epoch-file/v1\x00" + content)
    return canonical({"file": base64.b64encode(content).decode(), "signature": base64.b64encode(signature).decode()})


def test_a_signed_file_is_read_back_as_it_was_signed() -> None:
    """Dates, keys, service, rules and check values."""
    file = a_file(an_epoch(), serial=7, rules=("gecertificeerde instelling", "ggd"))

    read = verify_epoch_file(file.signed, SCHEME.public_key())

    assert read == file
    assert (read.serial, read.service, read.made_at) == (7, "https://pseudonyms.test/", NOW)
    assert read.regie_rules == ("gecertificeerde instelling", "ggd")
    assert read.epoch("2026") == an_epoch()


def test_a_file_of_another_scheme_owner_is_refused() -> None:
    """Only the pinned key counts."""
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()

    with pytest.raises(EpochFileRefused, match="scheme key"):
        verify_epoch_file(a_file(an_epoch()).signed, other)


def test_one_changed_byte_is_refused() -> None:
    """Wherever it is: the file or the signature."""
    envelope = json.loads(a_file(an_epoch()).signed)
    for part in ("file", "signature"):
        content = bytearray(base64.b64decode(envelope[part]))
        content[len(content) // 2] ^= 1
        changed = {**envelope, part: base64.b64encode(content).decode()}

        with pytest.raises(EpochFileRefused):
            verify_epoch_file(canonical(changed), SCHEME.public_key())


def test_the_serial_does_not_go_back() -> None:
    """An old file could bring back an epoch that was ended on suspicion."""
    older, newer = a_file(an_epoch(), serial=1), a_file(an_epoch(), serial=2)

    assert verify_epoch_file(newer.signed, SCHEME.public_key(), older) == newer
    with pytest.raises(EpochFileRefused, match="older"):
        verify_epoch_file(older.signed, SCHEME.public_key(), newer)


def test_two_files_with_one_serial_are_refused_and_the_same_file_is_not() -> None:
    """A scheme owner that says two things at once is not believed."""
    one, other = a_file(an_epoch(), serial=3), a_file(an_epoch(ends=date(2026, 12, 1)), serial=3)

    assert verify_epoch_file(one.signed, SCHEME.public_key(), one) == one
    with pytest.raises(EpochFileRefused, match="two different"):
        verify_epoch_file(other.signed, SCHEME.public_key(), one)


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (date(2025, 12, 31), ()),
        (date(2026, 1, 1), ("2026",)),
        (date(2026, 12, 1), ("2026", "2027")),
        (date(2026, 12, 31), ("2026", "2027")),
        (date(2027, 1, 1), ("2027",)),
        (date(2028, 1, 1), ()),
    ],
)
def test_an_epoch_begins_on_its_first_day_and_is_over_on_its_last(day: date, names: tuple[str, ...]) -> None:
    """Before the overlap only the old, during it both, after it only the new."""
    file = a_file(an_epoch(), an_epoch("2027", date(2026, 12, 1), date(2028, 1, 1)))

    assert tuple(epoch.name for epoch in file.in_force(day)) == names


def test_an_unknown_epoch_has_a_name_of_its_own_error() -> None:
    """So that the caller fetches the file anew."""
    with pytest.raises(EpochUnknown):
        a_file(an_epoch()).epoch("2030")


def test_no_day_has_three_epochs() -> None:
    """A record has at most two entries."""
    day = timedelta(days=1)
    epochs = [an_epoch(f"e{at}", TODAY + at * day, TODAY + 9 * day) for at in range(3)]

    with pytest.raises(EpochFileRefused, match="more than two"):
        a_file(*epochs)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (replace(an_epoch(), name="Epoch 1"), "name"),
        (replace(an_epoch(), ends=date(2026, 1, 1)), "ends before"),
        (replace(an_epoch(), secret_check=b"short"), "check value"),
        (replace(an_epoch(), keys={**public_keys("2026"), "youth": ristretto.ZERO}), "not a ristretto255"),
        (replace(an_epoch(), keys={"youth": public_keys("2026")["youth"]}), "one key of its own"),
        (replace(an_epoch(), keys={**public_keys("2026"), "vsn": public_keys("2026")["youth"]}), "one key of its own"),
    ],
)
def test_what_cannot_be_is_refused_even_when_it_is_signed(wrong: Epoch, why: str) -> None:
    """Names, dates, keys and check values."""
    with pytest.raises(EpochFileRefused, match=why):
        a_file(wrong)


def test_two_epochs_never_share_a_key() -> None:
    """Else the tags of one would be those of the other."""
    same = replace(an_epoch("2027", date(2027, 1, 1), date(2028, 1, 1)), keys=public_keys("2026"))

    with pytest.raises(EpochFileRefused, match="another epoch"):
        a_file(an_epoch(), same)


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"serial": "1"}, {"epochs": 5}, {"regieRules": "ggd"}, {"madeAt": 1}]
)
def test_another_lay_out_is_refused(changes: dict[str, object]) -> None:
    """A version we do not know is not guessed at."""
    with pytest.raises(EpochFileRefused):
        verify_epoch_file(forged(a_file(an_epoch()), **changes), SCHEME.public_key())


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b'{"file":1,"signature":2}', b"\xff", b"[" * 5000])
def test_what_is_no_epoch_file_is_refused(content: bytes) -> None:
    """Without an error of another kind."""
    with pytest.raises(EpochFileRefused):
        verify_epoch_file(content, SCHEME.public_key())


def test_the_check_value_is_that_of_the_protocol() -> None:
    """SHA-256("vir/s-check/v1" || s)."""
    assert SECRET.check() == hashlib.sha256(b"vir/s-check/v1" + bytes(range(32))).digest()
    assert an_epoch().fits(SECRET)
    assert not an_epoch().fits(RegionSecret(bytes(32)))


def test_the_secret_never_shows() -> None:
    """Not in a repr, not in an error about its size."""
    assert repr(SECRET) == "RegionSecret(hidden)"
    with pytest.raises(SecretRefused) as refused:
        RegionSecret(b"too short")
    assert "too short" not in str(refused.value)


def test_public_keys_travel_from_service_to_scheme_owner_in_a_file() -> None:
    """Epoch's name and one key for each purpose."""
    keys = public_keys("2026")

    assert read_public_keys(write_public_keys("2026", keys)) == ("2026", keys)
    with pytest.raises(EpochFileRefused):
        read_public_keys(b'{"version":1,"epoch":"2026","keys":{}}')
    with pytest.raises(EpochFileRefused):
        read_public_keys(b"no JSON")


def test_the_scheme_key_is_read_from_settings() -> None:
    """32 bytes in base64; anything else says so."""
    text = base64.b64encode(SCHEME.public_key().public_bytes_raw()).decode()

    assert read_scheme_key(text + "\n") == SCHEME.public_key()
    for wrong in ("", "short", text[:-4], "é" * 44):
        with pytest.raises(EpochFileRefused):
            read_scheme_key(wrong)
