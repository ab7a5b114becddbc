"""What professionals said of a youth that the register still has to confirm: sealed, gone once it was compared; and
signals of an import of which nobody said anything yet.
"""

import json
from uuid import UUID

from ledger import Tx
from node.domain.confirming import Confirmation, Stand
from node.domain.errors import NotConfirmed
from node.domain.person import BirthDate
from node.store.vault import Vault

_TABLE = "signal_confirmation"


def wait(tx: Tx, vault: Vault, signal_id: UUID, said: Confirmation) -> None:
    """The register cannot tell yet: keep what was said until it does."""
    plain = json.dumps({"born": said.born.write(), "surname": said.surname}, ensure_ascii=False).encode()
    tx.execute(
        "INSERT INTO signal_confirmation (signal_id, sealed) VALUES (?, ?)"
        " ON CONFLICT (signal_id) DO UPDATE SET sealed = excluded.sealed, unsaid = 0",
        (str(signal_id), vault.seal(_TABLE, str(signal_id), plain)),
    )


def leave_open(tx: Tx, signal_id: UUID) -> None:
    """Nothing was said of the youth of this new signal: its professional has to."""
    tx.execute("INSERT INTO signal_confirmation (signal_id, sealed, unsaid) VALUES (?, NULL, 1)", (str(signal_id),))


def waiting(tx: Tx, vault: Vault, signal_id: UUID) -> Confirmation | None:
    """What was said and was not compared yet."""
    row = tx.one("SELECT sealed FROM signal_confirmation WHERE signal_id = ?", (str(signal_id),))
    if row is None or row["sealed"] is None:
        return None
    said = json.loads(vault.open(_TABLE, str(signal_id), row["sealed"]))
    return Confirmation(BirthDate.parse(said["born"]), said["surname"])


def compared(tx: Tx, signal_id: UUID, *, agrees: bool) -> None:
    """It was compared: what was said goes, and that it did not agree stays until the signal goes or is confirmed."""
    if agrees:
        forget(tx, signal_id)
        return
    tx.execute(
        "INSERT INTO signal_confirmation (signal_id, sealed) VALUES (?, NULL)"
        " ON CONFLICT (signal_id) DO UPDATE SET sealed = NULL, unsaid = 0",
        (str(signal_id),),
    )


def forget(tx: Tx, signal_id: UUID) -> None:
    """The signal is over, or was confirmed."""
    tx.execute("DELETE FROM signal_confirmation WHERE signal_id = ?", (str(signal_id),))


def stand(tx: Tx, signal_id: UUID) -> Stand:
    """How the confirmation of a signal stands."""
    row = tx.one(
        "SELECT sealed IS NULL AS over, unsaid FROM signal_confirmation WHERE signal_id = ?", (str(signal_id),)
    )
    if row is None:
        return Stand.CONFIRMED
    if row["unsaid"]:
        return Stand.UNSAID
    return Stand.DIFFERS if row["over"] else Stand.WAITS


def require_told_of(tx: Tx, signal_id: UUID) -> None:
    """Raises NotConfirmed where nothing may be told that follows from whom the register has under the number."""
    if stand(tx, signal_id).hides:
        raise NotConfirmed
