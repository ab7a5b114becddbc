"""How many there are of what a large table has, as the triggers of the database keep it."""

from ledger import Tx


def counted(tx: Tx, about: str) -> dict[str, int]:
    """The counts of one table, by what distinguishes its rows; what there never was is left out."""
    rows = tx.all(
        "SELECT substr(what, length(?1) + 2) AS which, how_many FROM tally WHERE what = ?1 OR what GLOB ?1 || ' *'",
        (about,),
    )
    return {row["which"]: row["how_many"] for row in rows}
