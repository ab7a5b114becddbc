"""What the store asks of the sealing at rest; ``certs.sealing`` does it, opened by ``node.app``."""

from typing import Protocol


class Vault(Protocol):
    """Seals fields of this database and makes blind indexes. A sealed field opens only in the place it was made for."""

    def seal(self, table: str, row: str, plain: bytes) -> bytes:
        """Seal for this table and row. Twice gives two different texts."""
        ...

    def open(self, table: str, row: str, sealed: bytes) -> bytes:
        """What was sealed for this table and row; raises when it was changed, moved, or sealed under a lost key."""
        ...

    def blind(self, subject: str, value: str) -> bytes:
        """32 bytes that are equal for equal values of the same subject, and tell nothing without the index key."""
        ...
