"""Which epoch file was taken into use last: its serial, which never goes back."""

from ledger import Tx


def serial(tx: Tx) -> int:
    """The highest serial taken into use so far; 0 before the first."""
    row = tx.one("SELECT serial FROM epoch_file")
    return int(row["serial"]) if row else 0


def put_serial(tx: Tx, serial: int) -> None:
    """Remember a serial taken into use; a lower one changes nothing."""
    tx.execute(
        "INSERT INTO epoch_file (only_one, serial) VALUES (1, ?) "
        "ON CONFLICT (only_one) DO UPDATE SET serial = max(serial, excluded.serial)",
        (serial,),
    )
