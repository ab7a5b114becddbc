"""The wrapped keys for sealing at rest, as they lie in the database."""

from dataclasses import dataclass, field
from datetime import datetime

from ledger import Tx


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key sealed under the key encryption key with id ``kek_id``, which is not in this database."""

    key_id: str
    purpose: str
    kek_id: str
    wrapped: bytes = field(repr=False)


def read(tx: Tx) -> list[WrappedKey]:
    """Every key, oldest first."""
    return [
        WrappedKey(row["key_id"], row["purpose"], row["kek_id"], row["wrapped"])
        for row in tx.all("SELECT key_id, purpose, kek_id, wrapped FROM sealing_key ORDER BY made_at, key_id")
    ]


def put(tx: Tx, key: WrappedKey, at: datetime) -> None:
    """Keep a new key, or the same key wrapped anew."""
    tx.execute(
        "INSERT INTO sealing_key (key_id, purpose, kek_id, wrapped, made_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key_id) DO UPDATE SET kek_id = excluded.kek_id, wrapped = excluded.wrapped",
        (key.key_id, key.purpose, key.kek_id, key.wrapped, at.isoformat()),
    )
