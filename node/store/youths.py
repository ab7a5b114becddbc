"""Whom signals are about: sealed, found by blind index, gone with the last signal."""

from collections.abc import Iterable
from datetime import date

from ledger import Tx
from node.domain.bsn import Bsn
from node.domain.matching import MatchKind, Relation
from node.domain.person import Vsn, Youth
from node.domain.signal import YouthKey
from node.store import homes
from node.store.people import from_json, to_json
from node.store.vault import Vault


def key_of(vault: Vault, bsn: Bsn) -> YouthKey:
    """The blind index under which signals about this youth are found."""
    return YouthKey(vault.blind("youth", bsn.reveal()))


def key_without_bsn(vault: Vault, vsn: Vsn) -> YouthKey:
    """The blind index of a youth without a BSN: in a space of its own, so that it meets no BSN."""
    return YouthKey(vault.blind("vsn", vsn.key))


def key(vault: Vault, youth: Youth) -> YouthKey:
    """The blind index of this youth, in whichever way it is named."""
    if youth.bsn is not None:
        return key_of(vault, youth.bsn)
    assert youth.vsn is not None  # noqa: S101 - a youth is named in one of two ways
    return key_without_bsn(vault, youth.vsn)


def relations_of(vault: Vault, youth: Youth) -> frozenset[Relation]:
    """Parents and address of a youth as blind indexes, whether or not the address is one that never matches."""
    found = {Relation(MatchKind.FAMILY, vault.blind("parent", parent.reveal())) for parent in youth.parents}
    if youth.address is not None:
        found.add(Relation(MatchKind.ADDRESS, homes.ground(vault, youth.address)))
    return frozenset(found)


def put(tx: Tx, vault: Vault, youth: Youth) -> YouthKey:
    """Keep what is known about this youth. A person that was known is not forgotten when the register is away."""
    own = key(vault, youth)
    if youth.person is None and tx.one("SELECT 1 FROM youth WHERE youth_key = ?", (own,)):
        return own
    sealed = vault.seal("youth", own.hex(), to_json(youth))
    tx.execute(
        "INSERT INTO youth (youth_key, sealed, person_known, without_bsn) VALUES (?, ?, ?, ?) ON CONFLICT (youth_key)"
        " DO UPDATE SET sealed = excluded.sealed, person_known = excluded.person_known",
        (own, sealed, youth.person is not None, youth.bsn is None),
    )
    homes.lives(tx, own, homes.ways(vault, youth.address) if youth.address is not None else frozenset())
    relate(tx, vault, own, youth)
    return own


def relate(tx: Tx, vault: Vault, key: YouthKey, youth: Youth) -> None:
    """Keep on what grounds this youth meets others: parents, and the home unless it is one that never matches."""
    tx.execute("DELETE FROM youth_relation WHERE youth_key = ?", (key,))
    alone = homes.never_matches(tx, key)
    tx.many(
        "INSERT INTO youth_relation (youth_key, kind, relation_key) VALUES (?, ?, ?)",
        [
            (key, relation.kind.value, relation.key)
            for relation in relations_of(vault, youth)
            if not (alone and relation.kind is MatchKind.ADDRESS)
        ],
    )


def get(tx: Tx, vault: Vault, key: YouthKey) -> Youth:
    """The youth behind a blind index; raises LookupError when there is no signal about this youth any more."""
    row = tx.one("SELECT sealed FROM youth WHERE youth_key = ?", (key,))
    if row is None:
        raise LookupError("no such youth")
    return from_json(vault.open("youth", key.hex(), row["sealed"]))


def relations(tx: Tx, keys: Iterable[YouthKey]) -> dict[YouthKey, frozenset[Relation]]:
    """The relations of these youths, as kept."""
    return {
        key: frozenset(
            Relation(MatchKind(row["kind"]), row["relation_key"])
            for row in tx.all("SELECT kind, relation_key FROM youth_relation WHERE youth_key = ?", (key,))
        )
        for key in set(keys)
    }


def without_bsn(tx: Tx, key: YouthKey) -> bool:
    """Whether this youth is named without a BSN."""
    row = tx.one("SELECT without_bsn FROM youth WHERE youth_key = ?", (key,))
    return bool(row and row["without_bsn"])


def unknown(tx: Tx, limit: int) -> list[YouthKey]:
    """Youths whose person data still have to follow, the longest unasked first; of a youth without a BSN none will."""
    rows = tx.all(
        "SELECT youth_key FROM youth WHERE person_known = 0 AND without_bsn = 0 ORDER BY asked_on, youth_key LIMIT ?",
        (limit,),
    )
    return [YouthKey(row["youth_key"]) for row in rows]


def to_ask(tx: Tx, today: date, limit: int) -> list[YouthKey]:
    """Youths whose person is known and was not asked about today, the longest unasked first."""
    rows = tx.all(
        "SELECT youth_key FROM youth WHERE person_known = 1 AND asked_on < ? ORDER BY asked_on, youth_key LIMIT ?",
        (today.isoformat(), limit),
    )
    return [YouthKey(row["youth_key"]) for row in rows]


def was_asked(tx: Tx, key: YouthKey, today: date) -> None:
    """The register was asked about this youth today, whatever it knew."""
    tx.execute("UPDATE youth SET asked_on = ? WHERE youth_key = ?", (today.isoformat(), key))


def forget_if_unused(tx: Tx, key: YouthKey) -> None:
    """Destroy what is known about a youth that no signal is about any more, active or archived."""
    tx.execute(
        "DELETE FROM youth WHERE youth_key = ?1 AND NOT EXISTS (SELECT 1 FROM signal WHERE youth_key = ?1)", (key,)
    )
