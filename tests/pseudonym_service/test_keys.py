"""Secret keys: drawn here, sealed, one for each epoch and purpose, destroyed for good."""

import gc
import os
from datetime import date
from pathlib import Path

import pytest

from certs.keyring import PURPOSES, Epoch, read_public_keys, write_public_keys
from certs.sealing import FileKeys, write_new_file
from pseudonym_service.keys import KeyMissing, KeysRefused, SecretKeys, destroy, make, names, public_keys


@pytest.fixture
def provider(tmp_path: Path) -> FileKeys:
    """A key-encrypting key in a file."""
    write_new_file(tmp_path / "kek", "first", os.urandom)
    return FileKeys.read(tmp_path / "kek", os.urandom)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the keys go."""
    return tmp_path / "keys"


def epoch(public: bytes) -> Epoch:
    """The epoch that the scheme owner makes of a public keys file."""
    name, keys = read_public_keys(public)
    return Epoch(name, date(2026, 1, 1), date(2027, 1, 1), keys, bytes(32))


def test_keys_leave_only_as_their_public_half(directory: Path, provider: FileKeys) -> None:
    """A file of mode 0600 in a directory of mode 0700, in which no scalar can be found."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    file = directory / "2026.keys.json"

    secrets = [SecretKeys(directory, provider).key(made, purpose) for purpose in PURPOSES]

    assert (file.stat().st_mode & 0o777, directory.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [secret.public() for secret in secrets] == [made.keys[purpose] for purpose in PURPOSES]
    assert len({secret.reveal() for secret in secrets}) == len(PURPOSES)
    assert public_keys(directory, "2026") == write_public_keys(made.name, made.keys)


def test_keys_are_never_replaced(directory: Path, provider: FileKeys) -> None:
    """A second draw under the same name would strand every tag made with the first."""
    make(directory, "2026", provider, os.urandom)

    with pytest.raises(KeysRefused, match="never replaced"):
        make(directory, "2026", provider, os.urandom)
    with pytest.raises(KeysRefused, match="name"):
        make(directory, "../2026", provider, os.urandom)


def test_destroyed_keys_are_gone_also_for_a_running_service(directory: Path, provider: FileKeys) -> None:
    """The command line destroys; the next question finds nothing, whatever was in memory."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    running = SecretKeys(directory, provider)
    running.key(made, "youth")

    destroy(directory, "2026")

    assert names(directory) == ()
    with pytest.raises(KeyMissing):
        running.key(made, "youth")
    with pytest.raises(KeysRefused):
        destroy(directory, "2026")


def test_destroyed_keys_leave_the_memory_of_a_running_service(directory: Path, provider: FileKeys) -> None:
    """Without waiting for a question about them, which may never come. Other epochs stay."""
    running = SecretKeys(directory, provider)
    old, new = (running.key(epoch(make(directory, name, provider, os.urandom)), "youth") for name in ("2026", "2027"))
    destroy(directory, "2026")

    dropped = running.drop_destroyed()

    assert dropped == ("2026",)
    assert [any(isinstance(held, dict) for held in gc.get_referrers(key)) for key in (old, new)] == [False, True]
    assert running.drop_destroyed() == ()


def test_keys_that_were_made_meanwhile_count_at_once(directory: Path, provider: FileKeys) -> None:
    """No restart for a new epoch."""
    running = SecretKeys(directory, provider)
    first = epoch(make(directory, "2026", provider, os.urandom))
    running.key(first, "youth")
    second = epoch(make(directory, "2027", provider, os.urandom))

    assert running.key(second, "vsn").public() == second.keys["vsn"]
    assert names(directory) == ("2026", "2027")


def test_another_key_than_the_scheme_owner_signed_is_not_used(directory: Path, provider: FileKeys) -> None:
    """It would only show as matches that never come."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    destroy(directory, "2026")
    make(directory, "2026", provider, os.urandom)

    with pytest.raises(KeyMissing, match="not the one in the epoch file"):
        SecretKeys(directory, provider).key(made, "youth")


def test_keys_of_one_purpose_are_no_keys_of_another(directory: Path, provider: FileKeys) -> None:
    """Sealed keys that were swapped inside the file do not open."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    file = directory / "2026.keys.json"
    file.write_text(
        file.read_text().replace('"youth"', '"x"').replace('"parent"', '"youth"').replace('"x"', '"parent"')
    )

    with pytest.raises(KeyMissing, match="does not open"):
        SecretKeys(directory, provider).key(made, "youth")


def test_another_key_encrypting_key_opens_nothing(directory: Path, provider: FileKeys, tmp_path: Path) -> None:
    """A stolen keys directory without it is worth nothing."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    write_new_file(tmp_path / "other", "first", os.urandom)

    with pytest.raises(KeyMissing, match="does not open"):
        SecretKeys(directory, FileKeys.read(tmp_path / "other", os.urandom)).key(made, "youth")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"sealedBy": "first", "keys": {"youth": "?"}}'])
def test_a_damaged_file_says_so(directory: Path, provider: FileKeys, content: str) -> None:
    """The reason names the file, never what is in it."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    (directory / "2026.keys.json").write_text(content)

    with pytest.raises(KeyMissing, match="damaged"):
        SecretKeys(directory, provider).key(made, "youth")


def test_a_file_that_others_may_read_is_not_used(directory: Path, provider: FileKeys) -> None:
    """Whoever opened it up, has to look."""
    made = epoch(make(directory, "2026", provider, os.urandom))
    (directory / "2026.keys.json").chmod(0o644)

    with pytest.raises(KeyMissing, match="Others"):
        SecretKeys(directory, provider).key(made, "youth")
