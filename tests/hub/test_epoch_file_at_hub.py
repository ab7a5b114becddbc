"""The scheme owner's file at the hub: an older one never comes back, whatever stops in between."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.authority import DevPki
from certs.identity import replace_file
from certs.keyring import PURPOSES, Epoch, RegionSecret, sign_epoch_file
from certs.ristretto import from_hash
from hub.epochs import Epochs
from hub.store import epochs
from hub.store.sqlite import open_database
from ledger import Database, Tx, WriteFailed
from tests.hub.hub_installation import install, said
from tests.pki import session_pki

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MADE = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """The hub's database."""
    with closing(open_database(tmp_path / "hub.db", migrate=True)) as opened:
        yield opened


def publish(directory: Path, serial: int) -> None:
    """Put a signed file with one epoch, named after its serial, in its place."""
    keys = {purpose: from_hash(sha512(purpose.encode()).digest()) for purpose in PURPOSES}
    epoch = Epoch(f"e{serial}", date(2027, 1, 1), date(2028, 1, 1), keys, RegionSecret(bytes(32)).check())
    signed = sign_epoch_file(
        KEY, serial=serial, made_at=MADE, service="https://127.0.0.1/", regie_rules=("x",), epochs=[epoch]
    )
    directory.mkdir(exist_ok=True)
    replace_file(directory / "epochs.json", signed.signed)


def names(opened: Epochs) -> list[str]:
    """The epochs in effect."""
    return [epoch.name for epoch in opened.schedule().epochs]


def started(directory: Path, database: Database, told: Callable[[str], None]) -> Epochs:
    """As a hub that starts now."""
    return Epochs(directory, KEY.public_key(), database, told)


def test_an_older_file_put_back_before_a_restart_is_refused(tmp_path: Path, database: Database) -> None:
    """However well it is signed; said once, until the file changes. The newer one is believed at once."""
    told: list[str] = []
    publish(tmp_path / "bundle", 2)
    assert names(started(tmp_path / "bundle", database, told.append)) == ["e2"]

    publish(tmp_path / "bundle", 1)
    again = started(tmp_path / "bundle", database, told.append)

    assert (names(again), names(again)) == ([], [])
    assert told == ["Epoch file 1 is older than 2, which was in use before: put that one back."]
    publish(tmp_path / "bundle", 2)
    assert names(again) == ["e2"]


def test_an_older_file_while_the_hub_runs_leaves_the_last_good_one(tmp_path: Path, database: Database) -> None:
    """And a newer one takes its place."""
    told: list[str] = []
    publish(tmp_path / "bundle", 2)
    running = started(tmp_path / "bundle", database, told.append)
    assert names(running) == ["e2"]

    publish(tmp_path / "bundle", 1)

    assert names(running) == ["e2"]
    assert len(told) == 1
    publish(tmp_path / "bundle", 3)
    assert names(running) == ["e3"]
    assert database.read_now(epochs.serial) == 3


def test_a_file_whose_serial_cannot_be_kept_is_not_in_effect(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a restart would forget it. The last good one stays, and the new one is tried again."""
    told: list[str] = []
    publish(tmp_path / "bundle", 1)
    running = started(tmp_path / "bundle", database, told.append)
    assert names(running) == ["e1"]
    publish(tmp_path / "bundle", 2)

    def full(_tx: Tx, _serial: int) -> None:
        raise WriteFailed("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(epochs, "put_serial", full)
        assert names(running) == ["e1"]

    assert "did not take its serial" in told[0]
    assert names(running) == ["e2"]


def test_a_serial_never_goes_down(database: Database) -> None:
    """Also not when two programs note theirs in the other order."""
    for serial in (5, 3):
        database.write_now(partial(epochs.put_serial, serial=serial))

    assert database.read_now(epochs.serial) == 5


def test_status_says_that_the_epoch_file_is_refused(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """For the operator who put it there."""
    pki: DevPki = session_pki(tmp_path_factory)
    (tmp_path / "hub").mkdir()
    installed = install(tmp_path / "hub", pki, date(2027, 1, 1))
    assert json.loads(installed.command("status").output)["epochs_refused"] == []
    said(installed.command("sweep"))
    with closing(open_database(tmp_path / "hub" / "hub.db")) as opened:
        opened.write_now(lambda tx: epochs.put_serial(tx, 7))

    status = json.loads(installed.command("status").output)

    assert status["epochs"] == []
    assert status["epochs_refused"] == ["Epoch file 1 is older than 7, which was in use before: put that one back."]
