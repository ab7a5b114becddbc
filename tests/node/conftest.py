"""A desk of a made-up region: a real database and real seals, a clock that stands still until it is moved."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from certs.sealing import FileKeys, write_new_file
from ledger import Database, Steps
from node.flows.desk import Desk
from node.people.local import LocalRegister
from node.store.vault import open_vault
from tests.region import NOW, World


@pytest.fixture
def new_id() -> Callable[[], UUID]:
    """Ids in order."""
    serial = itertools.count(1)
    return lambda: UUID(int=next(serial), version=4)


@pytest.fixture
def world(tmp_path: Path, new_id: Callable[[], UUID]) -> Iterator[World]:
    """An empty region with its desk open."""
    db = Database.open(tmp_path / "node.db", Steps.of("node.store.migrations"))
    write_new_file(tmp_path / "kek", "first", os.urandom)
    vault = open_vault(db, FileKeys.read(tmp_path / "kek", os.urandom), os.urandom, NOW)
    made: list[World] = []
    desk = Desk(
        "Amsterdam",
        db,
        vault,
        LocalRegister(db, vault),
        clock=lambda: made[0].moment,
        new_id=new_id,
        nudge=lambda: made[0].nudges.append(made[0].moment),
    )
    made.append(World(desk))
    yield made[0]
    db.close()
