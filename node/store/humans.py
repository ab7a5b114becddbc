"""Humans, by the reference under which a region knows them, and the random number that stands for them in the log."""

from collections.abc import Callable
from uuid import UUID

from ledger import Tx
from node.domain.errors import PersonUnknown
from node.domain.professional import PersonNumber


def enter(tx: Tx, reference: str, new_id: Callable[[], UUID]) -> PersonNumber:
    """The number of this human, drawn the first time."""
    try:
        return find(tx, reference)
    except PersonUnknown:
        number = PersonNumber(new_id())
        tx.execute("INSERT INTO human (person_reference, person_number) VALUES (?, ?)", (reference, str(number)))
        return number


def find(tx: Tx, reference: str) -> PersonNumber:
    """The number of this human; raises PersonUnknown."""
    row = tx.one("SELECT person_number FROM human WHERE person_reference = ?", (reference,))
    if row is None:
        raise PersonUnknown
    return PersonNumber(UUID(row["person_number"]))


def reference_of(tx: Tx, number: PersonNumber) -> str:
    """The reference of a number that ``find`` gave; raises PersonUnknown."""
    row = tx.one("SELECT person_reference FROM human WHERE person_number = ?", (str(number),))
    if row is None:
        raise PersonUnknown
    return str(row["person_reference"])
