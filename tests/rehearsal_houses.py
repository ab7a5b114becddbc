"""The houses of the hub and the pseudonym service in one process: their own stores, keys and operations."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from certs.keyring import read_public_keys, verify_epoch_file
from certs.sealing import FileKeys, write_new_file
from certs.statements import StatedKeys, verify_statement
from hub.limits import Limits as HubLimits
from hub.matching import EpochDates, Schedule
from hub.operations import Hub
from hub.outside import Outside
from hub.store import regions
from hub.store.sqlite import Beginning, backup, begin, open_database, store_on
from ledger import Database
from pseudonym_service import keys as service_keys
from pseudonym_service import store as service_store
from pseudonym_service.budgets import Limits
from pseudonym_service.bundle import Bundle
from pseudonym_service.keys import SecretKeys
from pseudonym_service.operations import PseudonymService
from pseudonym_service.pacing import Pacing
from soap_wsdl.serving import Handler
from soap_wsdl.vocabulary import KeyStatement, Oin

if TYPE_CHECKING:
    from tests.rehearsal import Rehearsal


class HubHouse:
    """The hub: its database, what lies outside it, and its operations."""

    def __init__(self, directory: Path, rehearsal: "Rehearsal") -> None:
        directory.mkdir()
        self.directory = directory
        self.rehearsal = rehearsal
        self.outside = Outside.make(directory / "outside")
        self.begun: Beginning
        self.start()

    def start(self) -> None:
        """Open the database and begin."""
        now = self.rehearsal.now()
        self.db = open_database(self.directory / "hub.db", migrate=True)
        self.begun = begin(self.db, self.outside, now, uuid4(), "rehearsal")
        self.store = store_on(self.db, self.outside)
        self.hub = Hub(
            self.store,
            self.outside.pepper(),
            self.schedule,
            self._verify,
            limits=HubLimits(1e6, 10**6, 1e6, 10**6),
            elapsed=lambda: self.rehearsal.moment.timestamp(),
        )

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by name."""
        return self.hub.handlers()

    def schedule(self) -> Schedule:
        """The epochs of the signed file."""
        file = verify_epoch_file((self.rehearsal.bundle / "epochs.json").read_bytes(), self.rehearsal.scheme_key)
        return Schedule(tuple(EpochDates(epoch.name, epoch.begins, epoch.ends) for epoch in file.epochs))

    def add(self, oin: Oin, name: str) -> None:
        """Let a region take part."""
        self.db.write_now(lambda tx: regions.add(tx, oin, name))

    async def sweep(self) -> None:
        """Do what dates demand."""
        await self.store.sweep(self.rehearsal.now(), self.schedule())

    def back_up(self) -> Path:
        """A copy of the database as it is now."""
        target = self.directory / f"backup-{uuid4()}.db"
        backup(self.db, self.outside, target, self.rehearsal.now())
        return target

    def put_back(self, copy: Path | None) -> None:
        """Restore that copy, or (None) start with an empty database: in both cases memory was lost."""
        kept = [(each.oin, each.name) for each in self.rehearsal.parties.values()]
        self.db.close()
        replace_database(self.directory / "hub.db", copy)
        self.start()
        for oin, name in kept:
            self.add(oin, name)

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def _verify(self, statement: KeyStatement, now: datetime) -> StatedKeys:
        trust = self.rehearsal.signing_trust()
        return verify_statement(statement.statement, statement.signature, statement.certificates, trust, now)


class ServiceHouse:
    """The pseudonym service: its keys, its database and its operations."""

    def __init__(self, directory: Path, rehearsal: "Rehearsal") -> None:
        directory.mkdir()
        self.rehearsal = rehearsal
        self.directory = directory
        write_new_file(directory / "kek", "first", os.urandom)
        self.provider = FileKeys.read(directory / "kek", os.urandom)
        self.db = Database.open(directory / "service.db", service_store.STEPS)
        self.pool = ThreadPoolExecutor(1)
        self.limits: dict[Oin, Limits] = {}
        self._operations: PseudonymService | None = None

    def new_keys(self, epoch: str) -> dict[str, bytes]:
        """Draw the keys of an epoch; returns the public halves."""
        _, public = read_public_keys(service_keys.make(self.directory / "keys", epoch, self.provider, os.urandom))
        return public

    def list_region(self, oin: Oin, limits: Limits = Limits(10**6, 10**7)) -> None:  # noqa: B008 - frozen
        """Let a region ask, so much a day."""
        self.limits[oin] = limits
        self._operations = None

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by name."""
        if self._operations is None:
            self._operations = PseudonymService(
                db=self.db,
                keys=SecretKeys(self.directory / "keys", self.provider),
                bundle=Bundle(self.rehearsal.bundle, self.rehearsal.scheme_key, 0),
                regions=dict(self.limits),
                pacing=Pacing(10**6, 16),
                pool=self.pool,
                clock=self.rehearsal.now,
                elapsed=lambda: self.rehearsal.moment.timestamp(),
                random=os.urandom,
            )
        return self._operations.handlers()

    def close(self) -> None:
        """Close the database."""
        self.pool.shutdown()
        self.db.close()


def replace_database(path: Path, copy: Path | None) -> None:
    """Put a copy, or nothing, in the place of a closed database."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    if copy is not None:
        path.write_bytes(copy.read_bytes())
        path.chmod(0o600)
