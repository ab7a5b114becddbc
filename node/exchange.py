"""Everything the exchange of a node works with, in one frozen bundle: doors, keys, clock, chance and settings."""

import asyncio
import fcntl
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.identity import Identity
from certs.region_keys import RegionKeys
from certs.trust import TrustStore
from hub_connector.doors import HubDoor, PseudonymDoor
from hub_connector.pseudonyms import BlindingKey, Derived, Tag
from ledger import Database
from node.domain.days import local_day
from node.domain.departures import QUARTER_HOUR, SHORTEST_INTERVAL, Random
from node.domain.records import MOST_RECORDS
from node.domain.retention import LEGAL, Terms
from node.store.vault import Vault
from soap_wsdl.vocabulary import EpochName, Oin

MOST_WISHES = 300
"""Wishes laid out together: the parents of so many youths are one question to the service, of 1,000 at most."""

_LOOK_AGAIN = 0.1
"""Seconds between two looks whether another process has let go."""


class Turns:
    """One at a time, here and in every other process on this database: the node that serves, and commands beside it.

    A lock of the operating system: it falls away with its process, however that ends. Whoever waits and is cancelled
    has taken nothing.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._here = asyncio.Lock()
        self._handle = -1

    async def __aenter__(self) -> None:
        """Wait for our turn."""
        await self._here.acquire()
        try:
            self._handle = await self._taken()
        except BaseException:
            self._here.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        """Let the next one go."""
        os.close(self._handle)
        self._here.release()

    async def _taken(self) -> int:
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return handle
                await asyncio.sleep(_LOOK_AGAIN)
        except BaseException:
            os.close(handle)
            raise


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """What a region may set. ``departure_seconds`` is how far apart family records leave, at least 10."""

    departure_seconds: int = QUARTER_HOUR
    canaries: bool = True
    family: bool = True
    address: bool = False
    records_per_message: int = MOST_RECORDS
    terms: Terms = LEGAL
    wishes_at_once: int = MOST_WISHES

    def __post_init__(self) -> None:
        """Raises ValueError for departures too close together."""
        if self.departure_seconds < SHORTEST_INTERVAL:
            raise ValueError(f"Departures are at least {SHORTEST_INTERVAL} seconds apart.")


@dataclass(frozen=True, slots=True)
class Exchange:
    """The node's side of the exchange. ``delivering`` lets one delivery, comparison or re-key run at a time, in the
    program as ``Turns`` among all processes; ``asking_directory`` one question for the directory.

    ``deletions`` is the ledger beside the database, which a restored backup replays.
    """

    own: Oin
    region: str
    db: Database
    hub: HubDoor
    service: PseudonymDoor
    vault: Vault
    region_keys: RegionKeys
    identity: Callable[[], Identity]
    signing_trust: TrustStore
    scheme_key: Ed25519PublicKey
    clock: Callable[[], datetime]
    random: Random
    deletions: Path
    settings: ExchangeSettings = ExchangeSettings()
    delivering: AbstractAsyncContextManager[None] = field(default_factory=asyncio.Lock, compare=False)
    asking_directory: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False)

    def today(self) -> date:
        """The local day."""
        return local_day(self.clock())

    def new_id(self) -> UUID:
        """A random id."""
        return UUID(bytes=self.random(16), version=4)

    def blinding(self) -> BlindingKey:
        """This node's own secret for blinding, from its index key."""
        return BlindingKey(self.vault.blind("blinding", "v1"))

    def seal_keys(self, record_id: UUID, epoch: EpochName, keys: Derived) -> bytes:
        """Tag and keys as they lie in the database."""
        return self.vault.seal("hub_entry", f"{record_id}|{epoch}", keys.reveal())

    def open_keys(self, record_id: UUID, epoch: EpochName, sealed: bytes) -> Derived:
        """Back from ``seal_keys``."""
        return Derived.from_bytes(self.vault.open("hub_entry", f"{record_id}|{epoch}", sealed))

    def open_tag(self, record_id: UUID, epoch: EpochName, sealed: bytes) -> Tag:
        """The tag alone, which is all that a message to the hub carries."""
        return Tag(self.vault.open("hub_entry", f"{record_id}|{epoch}", sealed)[: Tag.SIZE])
