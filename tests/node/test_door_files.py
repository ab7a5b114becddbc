"""How commands find a node that serves, and the token that only its owner reads."""

from pathlib import Path

import pytest

from node import door_files
from node.door_files import AlreadyServing, TokenUnsafe


def test_one_process_serves_a_database(tmp_path: Path) -> None:
    """A second one is refused; when the first is done, the next may."""
    database = tmp_path / "node.db"
    with (
        door_files.serving_lock(database),
        pytest.raises(AlreadyServing),
        door_files.serving_lock(database),
    ):
        raise AssertionError("two at once")

    with door_files.serving_lock(database):
        assert (tmp_path / "node.db.lock").exists()


def test_the_address_counts_only_while_the_lock_is_held(tmp_path: Path) -> None:
    """An address left behind by a process that was killed misleads nobody."""
    database = tmp_path / "node.db"
    door_files.write_address(database, "http://127.0.0.1:1")
    assert door_files.read_address(database) is None
    with door_files.serving_lock(database):
        assert door_files.read_address(database) == "http://127.0.0.1:1"
        door_files.forget_address(database)
        with pytest.raises(AlreadyServing):
            door_files.read_address(database)


def test_a_token_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    """Mode 0600 from the first moment on."""
    file = tmp_path / "node.token"
    made = door_files.token(file)

    assert door_files.token(file) == door_files.read_token(file) == made
    assert len(made) >= 32
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_token_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The file may have been read already: a new token is needed."""
    file = tmp_path / "node.token"
    door_files.token(file)
    file.chmod(mode)

    with pytest.raises(TokenUnsafe):
        door_files.token(file)


def test_a_token_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """An empty file is no token."""
    file = tmp_path / "node.token"
    file.touch(mode=0o600)

    with pytest.raises(TokenUnsafe):
        door_files.token(file)
