"""The seals of this database: fields that open only in the place they were made for, and blind indexes."""

from dataclasses import dataclass
from datetime import datetime

from certs.sealing import KeyProvider, Random, Sealing, WrappedKey, first_keys, rewrapped
from ledger import Database, Tx
from ledger.audit import record
from node import audit
from node.store import keys


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals fields and makes blind indexes, under the opened keys of one database."""

    sealing: Sealing

    def seal(self, table: str, row: str, plain: bytes) -> bytes:
        """Seal for this table and row. Twice gives two different texts."""
        return self.sealing.seal(table, row, plain)

    def open(self, table: str, row: str, sealed: bytes) -> bytes:
        """What was sealed for this table and row; raises SealBroken when it was changed or moved, or lost its key."""
        return self.sealing.unseal(table, row, sealed)

    def blind(self, subject: str, value: str) -> bytes:
        """32 bytes that are equal for equal values of the same subject, and tell nothing without the index key."""
        return self.sealing.index(subject, value.encode())


def open_vault(db: Database, provider: KeyProvider, random: Random, now: datetime) -> Vault:
    """The vault of this database; a new database gets its keys, keys under an old wrapping are wrapped anew.

    Raises KeysUnusable when the keys do not open. For the start of a program: it does not use the event loop.
    """

    def change(tx: Tx) -> list[WrappedKey]:
        known = keys.read(tx)
        fresh = first_keys(provider, random) if not known else rewrapped(known, provider)
        event = audit.SEALING_KEY_WRAPPED if known else audit.SEALING_KEY_MADE
        keys.put(tx, fresh, now)
        for key in fresh:
            record(tx, event, now, key=key.key_id, use=key.use.value, wrappedBy=key.provider_key)
        return keys.read(tx)

    return Vault(Sealing(db.write_now(change), provider, random))
