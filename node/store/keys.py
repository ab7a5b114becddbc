"""The wrapped keys for sealing at rest, as they lie in the database."""

from collections.abc import Iterable
from datetime import datetime

from certs.sealing import KeyUse, WrappedKey
from ledger import Tx


def read(tx: Tx) -> list[WrappedKey]:
    """Every key, oldest first."""
    return [
        WrappedKey(row["key_id"], KeyUse(row["use"]), row["provider_key"], row["wrapped"])
        for row in tx.all("SELECT key_id, use, provider_key, wrapped FROM sealing_key ORDER BY key_id")
    ]


def put(tx: Tx, keys: Iterable[WrappedKey], at: datetime) -> None:
    """Keep new keys, or known ones wrapped anew."""
    tx.many(
        "INSERT INTO sealing_key (key_id, use, provider_key, wrapped, made_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key_id) DO UPDATE SET provider_key = excluded.provider_key, wrapped = excluded.wrapped",
        [(key.key_id, key.use.value, key.provider_key, key.wrapped, at.isoformat()) for key in keys],
    )
