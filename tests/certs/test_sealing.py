"""At rest: a field opens in its own row only, the keys open with the file only, and both can be rotated."""

import base64
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.sealing import (
    FileKeys,
    KeyEncryptingKey,
    KeysUnusable,
    KeyUse,
    SealBroken,
    Sealing,
    first_keys,
    next_field_key,
    rewrapped,
    write_new_file,
)
from certs.secret import Secret
from tests.draws import Draws


@pytest.fixture
def kek(tmp_path: Path) -> Path:
    """A file with one key-encrypting key."""
    file = tmp_path / "kek"
    write_new_file(file, "kek-1", Draws(1))
    return file


@pytest.fixture
def provider(kek: Path) -> FileKeys:
    """The keys in that file."""
    return FileKeys.read(kek, Draws(2))


@pytest.fixture
def sealing(provider: FileKeys) -> Sealing:
    """A new database's keys, opened."""
    return Sealing(first_keys(provider, Draws(3)), provider, Draws(4))


def test_a_field_opens_in_its_own_row(sealing: Sealing) -> None:
    """And its bytes do not show what is in it."""
    sealed = sealing.seal("person", 7, b"999990019")

    assert sealing.unseal("person", 7, sealed) == b"999990019"
    assert b"999990019" not in sealed


@pytest.mark.parametrize(("table", "row"), [("person", 8), ("people", 7), ("person", "7|1")])
def test_a_field_that_was_moved_does_not_open(sealing: Sealing, table: str, row: object) -> None:
    """Whoever can write to the database cannot hang one person's number on another's row."""
    sealed = sealing.seal("person", 7, b"999990019")

    with pytest.raises(SealBroken):
        sealing.unseal(table, row, sealed)


def test_a_field_that_was_changed_does_not_open(sealing: Sealing) -> None:
    """Any byte of it, and half of it."""
    sealed = sealing.seal("person", 7, b"x")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(SealBroken):
            sealing.unseal("person", 7, bytes(changed))
    for size in range(len(sealed)):
        with pytest.raises(SealBroken):
            sealing.unseal("person", 7, sealed[:size])


@given(st.binary(max_size=300))
def test_any_bytes_come_back(plaintext: bytes) -> None:
    """Empty ones too."""
    keys = FileKeys({"kek": _kek(1)}, Draws(5))
    sealing = Sealing(first_keys(keys, Draws(6)), keys, os.urandom)

    assert sealing.unseal("t", "r", sealing.seal("t", "r", plaintext)) == plaintext


def test_the_blind_index_is_equal_for_equal_values_of_one_name_only(sealing: Sealing) -> None:
    """Found without opening; unrelated between names."""
    assert sealing.index("youth", b"999990019") == sealing.index("youth", b"999990019")
    assert sealing.index("youth", b"999990019") != sealing.index("youth", b"999993653")
    assert sealing.index("youth", b"999990019") != sealing.index("parent", b"999990019")


def test_a_restart_opens_what_was_sealed_before(kek: Path) -> None:
    """The rows and the file are all that is needed."""
    first = FileKeys.read(kek, Draws(2))
    rows = first_keys(first, Draws(3))
    before = Sealing(rows, first, Draws(4))
    sealed, index, blinding = before.seal("t", 1, b"a"), before.index("t", b"a"), before.derived("blinding")

    again = FileKeys.read(kek, Draws(9))
    after = Sealing(rows, again, Draws(8))

    assert after.unseal("t", 1, sealed) == b"a"
    assert after.index("t", b"a") == index
    assert after.derived("blinding") == blinding


def test_a_newer_field_key_seals_and_the_old_one_still_opens(provider: FileKeys) -> None:
    """Renewing needs no stop."""
    rows = first_keys(provider, Draws(3))
    before = Sealing(rows, provider, Draws(4))
    old = before.seal("t", 1, b"a")

    after = Sealing([*rows, next_field_key(rows, provider, Draws(5))], provider, Draws(6))

    assert after.unseal("t", 1, old) == b"a"
    assert not after.is_current(old)
    assert after.is_current(after.seal("t", 1, b"a"))
    assert after.index("t", b"a") == before.index("t", b"a")


def test_after_a_rewrap_the_old_file_is_no_longer_needed(kek: Path, provider: FileKeys) -> None:
    """New line first, re-wrap, old line out: the fields stay as they are."""
    rows = first_keys(provider, Draws(3))
    sealed = Sealing(rows, provider, Draws(4)).seal("t", 1, b"a")
    fresh = f"kek-2 {base64.b64encode(Draws(7)(32)).decode()}\n"
    kek.chmod(0o600)
    kek.write_text(fresh + kek.read_text())

    both = FileKeys.read(kek, Draws(8))
    new_rows = rewrapped(rows, both)
    kek.write_text(fresh)
    only_new = FileKeys.read(kek, Draws(9))

    assert {row.provider_key for row in new_rows} == {"kek-2"}
    assert Sealing(new_rows, only_new, Draws(10)).unseal("t", 1, sealed) == b"a"
    assert rewrapped(new_rows, only_new) == ()
    with pytest.raises(KeysUnusable, match="kek-1 is not here"):
        Sealing(rows, only_new, Draws(10))


def test_wrapped_keys_cannot_trade_places(provider: FileKeys) -> None:
    """A field key passed off as the root does not open."""
    field, root = first_keys(provider, Draws(3))
    swapped = type(root)(root.key_id, KeyUse.ROOT, root.provider_key, field.wrapped)

    with pytest.raises(KeysUnusable):
        Sealing([field, swapped], provider, Draws(4))


def test_another_file_is_noticed_at_once(provider: FileKeys) -> None:
    """Not at the first field."""
    rows = first_keys(provider, Draws(3))

    with pytest.raises(KeysUnusable, match="another file"):
        Sealing(rows, FileKeys({"kek-1": _kek(99)}, Draws(1)), Draws(4))


def test_a_database_without_keys_is_noticed(provider: FileKeys) -> None:
    """An empty table is no reason to make new ones silently."""
    with pytest.raises(KeysUnusable):
        Sealing([], provider, Draws(4))


def test_a_file_that_others_may_read_is_refused(kek: Path) -> None:
    """And the message says what to do."""
    kek.chmod(0o440)

    with pytest.raises(KeysUnusable, match="chmod 400"):
        FileKeys.read(kek, Draws(1))


def test_a_new_file_is_for_its_owner_only_and_never_overwrites(kek: Path) -> None:
    """Mode 0400; a second call fails."""
    assert kek.stat().st_mode & 0o777 == 0o400
    with pytest.raises(FileExistsError):
        write_new_file(kek, "kek-1", Draws(1))


@pytest.mark.parametrize("content", ["", "kek-1\n", "kek-1 short\n", "kek-1 AAAA\n", "a b c\n"])
def test_a_damaged_file_is_named_and_not_shown(tmp_path: Path, content: str) -> None:
    """The message names the file and nothing from it."""
    file = tmp_path / "keys"
    file.write_text(content)
    file.chmod(0o400)

    with pytest.raises(KeysUnusable, match="keys") as refused:
        FileKeys.read(file, Draws(1))
    assert "AAAA" not in str(refused.value)


def test_a_systemd_credential_is_read_from_its_directory(kek: Path) -> None:
    """Only from there, and only with LoadCredential set."""
    environment = {"CREDENTIALS_DIRECTORY": str(kek.parent)}

    assert FileKeys.from_credential("kek", environment, Draws(1)).current() == "kek-1"
    for name, given_environment in (("kek", {}), ("../kek", environment), ("none", environment)):
        with pytest.raises(KeysUnusable):
            FileKeys.from_credential(name, given_environment, Draws(1))


def test_a_secret_shows_nowhere(sealing: Sealing) -> None:
    """Not in a repr, not in a pickle, and it equals only its own kind."""
    assert "hidden" in repr(sealing)
    assert "hidden" in repr(_kek(1))
    assert _kek(1) == _kek(1)
    assert _kek(1) != Secret(_kek(1).reveal())
    with pytest.raises(TypeError):
        pickle.dumps(_kek(1))


def _kek(seed: int) -> KeyEncryptingKey:
    return KeyEncryptingKey(Draws(seed)(32))
