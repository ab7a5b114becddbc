"""Homes as blind indexes: how a home can be written, which homes never match, and which youths live where."""

from collections.abc import Iterable

from ledger import Tx
from node.domain.person import Address
from node.domain.signal import YouthKey
from node.store.vault import Vault


def ground(vault: Vault, home: Address) -> bytes:
    """The one index on which two youths at one home meet: by the BAG where that is known."""
    return vault.blind("address", _by_bag(home) if home.bag_id else _by_postcode(home))


def ways(vault: Vault, home: Address) -> frozenset[bytes]:
    """Every index of a home: by the BAG, and by postcode and number; a list of homes may name either."""
    written = {_by_bag(home)} if home.bag_id else set()
    if home.postcode and home.number:
        written.add(_by_postcode(home))
    return frozenset(vault.blind("address", way) for way in written)


def lives(tx: Tx, youth: YouthKey, keys: frozenset[bytes]) -> None:
    """The youth lives there now, and nowhere else."""
    tx.execute("DELETE FROM youth_home WHERE youth_key = ?", (youth,))
    tx.many("INSERT INTO youth_home (youth_key, home_key) VALUES (?, ?)", [(youth, key) for key in sorted(keys)])


def never_matches(tx: Tx, youth: YouthKey) -> bool:
    """Whether the youth's home is one that never matches."""
    row = tx.one("SELECT 1 FROM youth_home JOIN excluded_home USING (home_key) WHERE youth_key = ? LIMIT 1", (youth,))
    return row is not None


def excluded(tx: Tx) -> set[bytes]:
    """The whole list."""
    return {row["home_key"] for row in tx.execute("SELECT home_key FROM excluded_home")}


def exclude(tx: Tx, keys: Iterable[bytes]) -> None:
    """Put these on the list."""
    tx.many("INSERT INTO excluded_home (home_key) VALUES (?) ON CONFLICT DO NOTHING", [(key,) for key in keys])


def allow(tx: Tx, keys: Iterable[bytes]) -> None:
    """Take these off the list."""
    tx.many("DELETE FROM excluded_home WHERE home_key = ?", [(key,) for key in keys])


def of(tx: Tx, keys: Iterable[bytes]) -> list[YouthKey]:
    """The youths who live at one of these homes, each once."""
    found = {
        YouthKey(row["youth_key"])
        for key in keys
        for row in tx.all("SELECT youth_key FROM youth_home WHERE home_key = ?", (key,))
    }
    return sorted(found)


def unwritten(tx: Tx, limit: int) -> list[YouthKey]:
    """Youths with a home that was kept before every way of writing it was."""
    rows = tx.all(
        "SELECT youth_key FROM youth_relation WHERE kind = 'address' AND NOT EXISTS"
        " (SELECT 1 FROM youth_home WHERE youth_home.youth_key = youth_relation.youth_key) LIMIT ?",
        (limit,),
    )
    return [YouthKey(row["youth_key"]) for row in rows]


def _by_bag(home: Address) -> str:
    return f"bag|{home.bag_id}"


def _by_postcode(home: Address) -> str:
    parts = (home.postcode, str(home.number), home.letter, home.addition)
    return "|".join(part.replace(" ", "").upper() for part in parts)
