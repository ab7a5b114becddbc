"""Digests that node and hub compute alike: over one entry, one record and a range of records.

A digest is over the bytes that a region sent, so that a resend is recognised and a comparison finds any difference.
All inputs are length-prefixed: no two different records give the same bytes.
"""

import hashlib
from collections.abc import Iterable
from datetime import date

from soap_wsdl.vocabulary import Entry, Leaf, Purpose


def _frame(*parts: bytes) -> bytes:
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])


def entry_digest(entry: Entry) -> bytes:
    """SHA-256 over epoch, tag and sealed card. The hub keeps this: it does not keep the tag itself."""
    return hashlib.sha256(_frame(b"entry/v1", entry.epoch.encode(), entry.tag, entry.card)).digest()


def record_digest(
    purpose: Purpose, valid_until: date, archive_until: date | None, entries: Iterable[tuple[str, bytes]]
) -> bytes:
    """SHA-256 over what a record says, state and revision aside.

    ``entries`` are (epoch name, entry digest) pairs in any order; after the end of an epoch both sides leave it out.
    """
    body = b"".join(_frame(epoch.encode(), digest) for epoch, digest in sorted(entries))
    until = archive_until.isoformat() if archive_until else ""
    return hashlib.sha256(
        _frame(b"record/v1", purpose.value.encode(), valid_until.isoformat().encode(), until.encode(), body)
    ).digest()


def range_digest(leaves: Iterable[Leaf]) -> bytes:
    """SHA-256 over the leaves, in the order of their record ids. No leaves: the digest of nothing."""
    running = hashlib.sha256()
    for leaf in sorted(leaves, key=lambda leaf: str(leaf.record_id)):
        running.update(
            _frame(str(leaf.record_id).encode(), str(leaf.revision).encode(), leaf.state.value.encode(), leaf.digest)
        )
    return running.digest()
