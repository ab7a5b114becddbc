"""The ledger of deletions under two writers: what one notes, the other's pruning never loses."""

import threading
from datetime import date
from pathlib import Path
from uuid import UUID

from hub.outside import Outside
from hub.store.protocol import Deletion
from soap_wsdl.vocabulary import Ending, Oin, Withdrawal

TODAY = date(2026, 11, 24)
AMSTERDAM = Oin("00000099000000000101")


def deletion(serial: int) -> Deletion:
    """One that no backup may bring back for years."""
    return Deletion(AMSTERDAM, Withdrawal(UUID(int=serial, version=4), 2, Ending.ANNULLED), (), "2028-12-31")


def test_pruning_loses_no_line_that_is_written_meanwhile(tmp_path: Path) -> None:
    """The hourly job prunes in a thread of its own, while withdrawals are noted and a command makes a region depart."""
    outside = Outside.make(tmp_path / "outside")
    outside.note([deletion(serial) for serial in range(300)])
    done = threading.Event()

    def prune() -> None:
        while not done.is_set():
            outside.prune(TODAY)

    pruning = threading.Thread(target=prune)
    pruning.start()
    for serial in range(300, 360):
        Outside(tmp_path / "outside").note([deletion(serial)])
    done.set()
    pruning.join()

    assert {each.withdrawal.record_id.int for each in outside.deletions()} == {
        deletion(serial).withdrawal.record_id.int for serial in range(360)
    }
