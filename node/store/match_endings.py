"""How sides of matches end: with their signal, by their date, with their ground, and as another region tells."""

from datetime import date
from uuid import UUID

from ledger import Tx
from node.domain.matching import HowEnded, MatchKind
from node.store.matches import foreign_side
from soap_wsdl.vocabulary import Oin

_END = """
UPDATE match SET card = NULL, match_key = NULL, ended_on = coalesce(ended_on, :on), how = :how,
    organisation = CASE WHEN :how = 'annulled' THEN NULL ELSE organisation END,
    region = CASE WHEN :how = 'annulled' THEN NULL ELSE region END
WHERE (ended_on IS NULL OR (:how = 'annulled' AND how = 'ended'))
"""
"""Annulled keeps the fact and the dates only, also when the match had ended before."""


def end_foreign(tx: Tx, *, signal_id: UUID, kind: MatchKind, peer: Oin, pair_key: str, how: HowEnded, on: date) -> bool:
    """A pair across regions is over: its card is deleted here and now. False when there was none that lived.

    A pair that ended and is then annulled becomes annulled.
    """
    known = foreign_side(tx, signal_id, kind, peer, pair_key)
    if known is None:
        return False
    ending = {"match": str(known), "on": on.isoformat(), "how": how.value}
    return tx.execute(f"{_END} AND match_id = :match", ending).rowcount == 1


def end_of_signal(tx: Tx, signal_id: UUID, how: HowEnded, on: date) -> int:
    """A signal is over: so are its matches, on both sides inside the region. Says how many sides ended."""
    _name_organisations(tx, signal_id)
    ending = {"signal": str(signal_id), "on": on.isoformat(), "how": how.value}
    return tx.execute(f"{_END} AND (signal_id = :signal OR other_signal_id = :signal)", ending).rowcount


def _name_organisations(tx: Tx, signal_id: UUID) -> None:
    """Who it was stays readable for the other side when this signal is destroyed one day."""
    tx.execute(
        "UPDATE match SET organisation = ("
        "SELECT organisation.name FROM signal JOIN professional USING (professional_id)"
        " JOIN location USING (location_id) JOIN organisation USING (organisation_id)"
        " WHERE signal.signal_id = match.other_signal_id)"
        " WHERE ended_on IS NULL AND other_signal_id IS NOT NULL AND (signal_id = ?1 OR other_signal_id = ?1)",
        (str(signal_id),),
    )


def end_with_person(tx: Tx, signal_id: UUID, person: UUID, on: date) -> int:
    """A signal went over to this human, who meets not himself: such pairs end. Says how many sides ended."""
    ending = {"signal": str(signal_id), "person": str(person), "on": on.isoformat(), "how": HowEnded.ENDED.value}
    theirs = (
        "SELECT theirs.signal_id FROM signal AS theirs JOIN professional USING (professional_id)"
        " WHERE person_number = :person"
    )
    return tx.execute(
        f"{_END} AND ((signal_id = :signal AND other_signal_id IN ({theirs}))"
        f" OR (other_signal_id = :signal AND signal_id IN ({theirs})))",
        ending,
    ).rowcount


def end_at_location(tx: Tx, signal_id: UUID, location: UUID, on: date) -> int:
    """Its professional works at this location now, where colleagues do not meet: such pairs end. Says how many."""
    ending = {"signal": str(signal_id), "location": str(location), "on": on.isoformat(), "how": HowEnded.ENDED.value}
    theirs = (
        "SELECT theirs.signal_id FROM signal AS theirs JOIN professional USING (professional_id)"
        " WHERE location_id = :location"
    )
    return tx.execute(
        f"{_END} AND ((signal_id = :signal AND other_signal_id IN ({theirs}))"
        f" OR (other_signal_id = :signal AND signal_id IN ({theirs})))",
        ending,
    ).rowcount


def annul_groundless(tx: Tx, signal_id: UUID, on: date) -> int:
    """Annul the pairs inside the region that share no parent, and no home that may match; says how many sides.

    The one way in which a pair loses its ground here, as the hub annuls the pairs of a record that goes: both regions
    see the same word.
    """
    shared = """
        NOT EXISTS (
            SELECT 1 FROM signal AS own JOIN youth_relation AS ours ON ours.youth_key = own.youth_key
            JOIN youth_relation AS theirs ON (theirs.kind, theirs.relation_key) = (ours.kind, ours.relation_key)
            JOIN signal AS other ON other.youth_key = theirs.youth_key
            WHERE own.signal_id = match.signal_id AND other.signal_id = match.other_signal_id
            AND ours.kind = match.kind
        )
    """
    annulling = {"signal": str(signal_id), "on": on.isoformat(), "how": HowEnded.ANNULLED.value}
    return tx.execute(
        f"{_END} AND ended_on IS NULL AND kind <> 'client' AND other_signal_id IS NOT NULL"
        f" AND (signal_id = :signal OR other_signal_id = :signal) AND {shared}",
        annulling,
    ).rowcount


def annul_possible(tx: Tx, signal_id: UUID, on: date) -> int:
    """A signal got its BSN: it no longer meets others over three attributes. Says how many sides it annulled here."""
    annulling = {"signal": str(signal_id), "on": on.isoformat(), "how": HowEnded.ANNULLED.value}
    return tx.execute(
        f"{_END} AND ended_on IS NULL AND possible = 1 AND other_signal_id IS NOT NULL"
        " AND (signal_id = :signal OR other_signal_id = :signal)",
        annulling,
    ).rowcount


def end_due(tx: Tx, today: date) -> int:
    """End what has reached its date, as the other region's signals do without a word from the hub. Twice: once."""
    cursor = tx.execute(
        "UPDATE match SET card = NULL, match_key = NULL, ended_on = valid_until, how = 'ended'"
        " WHERE ended_on IS NULL AND valid_until <= ?",
        (today.isoformat(),),
    )
    return cursor.rowcount


def count_due(tx: Tx, today: date) -> int:
    """How many living sides a run today would end: those on their date, and those of a signal on its date."""
    row = tx.one(
        """
        WITH due AS (SELECT signal_id FROM signal WHERE state = 'active' AND valid_until <= ?1)
        SELECT count(*) FROM (
            SELECT match_id FROM match WHERE ended_on IS NULL AND valid_until <= ?1
            UNION SELECT match_id FROM due CROSS JOIN match USING (signal_id) WHERE ended_on IS NULL
            UNION SELECT match_id FROM due CROSS JOIN match ON other_signal_id = due.signal_id WHERE ended_on IS NULL)
        """,
        (today.isoformat(),),
    )
    return int(row[0]) if row else 0
