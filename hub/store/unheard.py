"""What a newcomer would have heard from an archive that was silent: noted when it comes, told when the silence ends."""

from collections.abc import Iterable, Sequence
from datetime import date

from hub.matching import PairKind, Standing, meets
from hub.store import records
from hub.store.mailbox import Line
from hub.store.records import COLUMNS, known_of, marks
from ledger import Tx
from soap_wsdl.vocabulary import NoticeKind, Reason


def note(tx: Tx, found: Iterable[tuple[int, int]]) -> None:
    """Note each (silent record, newcomer); twice is once."""
    tx.many(
        "INSERT INTO unheard (archived, newcomer) VALUES (?, ?) ON CONFLICT (archived, newcomer) DO NOTHING",
        sorted(set(found)),
    )


def speak(tx: Tx, numbers: Sequence[int], today: date) -> list[Line]:
    """Records whose silence has ended: the archive among them speaks, each pair once. Returns what is to be told.

    What is no longer in the archive, or no longer live, has nothing to say or to hear. A pair of which the other half
    is still silent waits for it.
    """
    if not numbers:
        return []
    where = marks(numbers)
    waiting = [
        (row["archived"], row["newcomer"])
        for row in tx.all(
            f"SELECT archived, newcomer FROM unheard WHERE archived IN ({where})"  # noqa: S608
            f" UNION SELECT archived, newcomer FROM unheard WHERE newcomer IN ({where}) ORDER BY archived, newcomer",
            (*numbers, *numbers),
        )
    ]
    if not waiting:
        return []
    halves = sorted({number for pair in waiting for number in pair})
    rows = tx.all(f"SELECT {COLUMNS}, region FROM record WHERE record IN ({marks(halves)})", halves)  # noqa: S608
    known = {row["record"]: (known_of(row), int(row["region"])) for row in rows}
    lines: list[Line] = []
    for archived, newcomer in waiting:
        (here, region), (there, peer_region) = known[newcomer], known[archived]
        if here.old or there.old:
            continue
        tx.execute("DELETE FROM unheard WHERE archived = ? AND newcomer = ?", (archived, newcomer))
        hears = here.standing is Standing.LIVE and here.ending is None and here.valid_until > today
        other = records.other_of(there, peer_region)
        if not hears or here.purpose is None or other is None:
            continue
        if meets(here.purpose, Reason.NEW, other, today) is not PairKind.ARCHIVE:
            continue
        if tx.one("SELECT 1 FROM pair WHERE first = ? AND second = ? AND kind = 'archive'", (archived, newcomer)):
            continue
        (pair,) = records.next_numbers(tx, "pair", 1)
        tx.execute(
            "INSERT INTO pair (pair, first, second, kind) VALUES (?, ?, ?, 'archive')", (pair, archived, newcomer)
        )
        lines.append(Line(region, NoticeKind.ARCHIVE_NOTICE, pair=pair, own=newcomer, peer=archived))
        lines.append(Line(peer_region, NoticeKind.ARCHIVE_TOLD, pair=pair, own=archived, peer=newcomer))
    return lines


def forget(tx: Tx, numbers: Sequence[int]) -> None:
    """Nothing waits for these records any more: they are gone."""
    for half in ("archived", "newcomer"):
        tx.many(f"DELETE FROM unheard WHERE {half} = ?", [(number,) for number in numbers])  # noqa: S608
