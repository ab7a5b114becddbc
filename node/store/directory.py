"""Whom we can verify: the last verified key statements of all regions, the epoch file and our sealed secrets."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime

from ledger import Tx
from soap_wsdl.vocabulary import EpochName, KeyStatement, Oin, Region, RegionStatus, SealedSecret


def regions(tx: Tx) -> list[Region]:
    """All regions as last verified, by OIN."""
    found = []
    for row in tx.all("SELECT oin, name, status, statement, signature, certificates FROM directory ORDER BY oin"):
        statement = None
        if row["statement"] is not None:
            chain = tuple(b64decode(der) for der in json.loads(row["certificates"]))
            statement = KeyStatement(row["statement"], row["signature"], chain)
        found.append(Region(Oin(row["oin"]), row["name"], RegionStatus(row["status"]), statement))
    return found


def put_regions(tx: Tx, verified: Iterable[Region], at: datetime) -> None:
    """Keep what was verified. A statement that was kept before stays when none comes with the region now."""
    for region in verified:
        kept = region.key_statement
        tx.execute(
            """
            INSERT INTO directory (oin, name, status, statement, signature, certificates, verified_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (oin) DO UPDATE SET name = excluded.name, status = excluded.status,
                statement = coalesce(excluded.statement, statement),
                signature = coalesce(excluded.signature, signature),
                certificates = coalesce(excluded.certificates, certificates), verified_at = excluded.verified_at
            """,
            (
                region.oin,
                region.name,
                region.status.value,
                kept and kept.statement,
                kept and kept.signature,
                kept and json.dumps([b64encode(der).decode() for der in kept.certificates]).encode(),
                at.isoformat(),
            ),
        )


def name_of(tx: Tx, oin: Oin) -> str | None:
    """The name of a region."""
    row = tx.one("SELECT name FROM directory WHERE oin = ?", (oin,))
    return row["name"] if row else None


def epoch_file(tx: Tx) -> bytes | None:
    """The epoch file as last verified, byte for byte."""
    row = tx.one("SELECT file FROM epoch_file WHERE one = 1")
    return row["file"] if row else None


def put_epoch_file(tx: Tx, serial: int, file: bytes, at: datetime) -> None:
    """Keep a verified epoch file. One with a lower serial than is kept changes nothing."""
    tx.execute(
        "INSERT INTO epoch_file (one, serial, file, verified_at) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
        " serial = excluded.serial, file = excluded.file, verified_at = excluded.verified_at"
        " WHERE excluded.serial >= epoch_file.serial",
        (serial, file, at.isoformat()),
    )


def secrets(tx: Tx) -> list[SealedSecret]:
    """The regions' secrets, each sealed to one of our own keys."""
    rows = tx.all("SELECT epoch, key_id, sealed FROM sealed_secret ORDER BY epoch")
    return [SealedSecret(EpochName(row["epoch"]), row["key_id"], row["sealed"]) for row in rows]


def put_secrets(tx: Tx, sealed: Iterable[SealedSecret]) -> None:
    """Keep these secrets in place of those of the same epochs."""
    tx.many(
        "INSERT OR REPLACE INTO sealed_secret (epoch, key_id, sealed) VALUES (?, ?, ?)",
        [(secret.epoch, secret.key_id, secret.sealed) for secret in sealed],
    )


def drop_secrets(tx: Tx, epochs: Iterable[EpochName]) -> None:
    """Destroy the secrets of epochs that are over."""
    tx.many("DELETE FROM sealed_secret WHERE epoch = ?", [(epoch,) for epoch in epochs])
