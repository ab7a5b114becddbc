"""The local register of persons, and how a person is written inside a seal."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from ledger import Tx
from node.domain.bsn import Bsn
from node.domain.person import Address, BirthDate, Person, Youth
from node.store.vault import Vault


def to_json(youth: Youth) -> bytes:
    """The bytes to seal: the number, and what is known about the person. The only text in which numbers stand."""
    written: dict[str, Any] = {"bsn": youth.bsn.reveal()}
    if (person := youth.person) is not None:
        written["person"] = {
            "name": person.name,
            "born": person.birth_date.write() if person.birth_date else None,
            "parents": [parent.reveal() for parent in person.parents],
            "address": _address(person.address) if person.address else None,
            "secret": person.address_secret,
            "died": person.died_on.isoformat() if person.died_on else None,
        }
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(sealed: bytes) -> Youth:
    """What ``to_json`` wrote."""
    written = json.loads(sealed)
    bsn = Bsn(written["bsn"])
    known = written.get("person")
    if known is None:
        return Youth(bsn, None)
    return Youth(
        bsn,
        Person(
            bsn,
            known["name"],
            BirthDate.parse(known["born"]) if known["born"] else None,
            tuple(Bsn(parent) for parent in known["parents"]),
            Address(**known["address"]) if known["address"] else None,
            known["secret"],
            date.fromisoformat(known["died"]) if known["died"] else None,
        ),
    )


def find(tx: Tx, vault: Vault, bsn: Bsn) -> Person | None:
    """The person with this number in the local register."""
    key = vault.blind("person", bsn.reveal())
    row = tx.one("SELECT sealed FROM register_person WHERE person_key = ?", (key,))
    return from_json(vault.open("register_person", key.hex(), row["sealed"])).person if row else None


def put(tx: Tx, vault: Vault, people: Iterable[Person]) -> int:
    """Keep these persons, each in place of what was known before; says how many."""
    count = 0
    for person in people:
        key = vault.blind("person", person.bsn.reveal())
        sealed = vault.seal("register_person", key.hex(), to_json(Youth(person.bsn, person)))
        tx.execute(
            "INSERT INTO register_person (person_key, sealed) VALUES (?, ?)"
            " ON CONFLICT (person_key) DO UPDATE SET sealed = excluded.sealed",
            (key, sealed),
        )
        count += 1
    return count


def count(tx: Tx) -> int:
    """How many persons the local register has."""
    row = tx.one("SELECT count(*) FROM register_person")
    return int(row[0]) if row else 0


def _address(address: Address) -> dict[str, Any]:
    return {
        "postcode": address.postcode,
        "number": address.number,
        "letter": address.letter,
        "addition": address.addition,
        "bag_id": address.bag_id,
    }
