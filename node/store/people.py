"""The local register of persons, and how a person is written inside a seal."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ledger import Tx
from node.domain.brp import Abroad, Address, BrpDate, Location, Residence, Sex, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.description import Description, key_of
from node.domain.person import BirthDate, Person, Vsn, Youth
from node.store import tally
from node.store.vault import Vault


def to_json(youth: Youth) -> bytes:
    """The bytes to seal: the number, and what is known about the person. The only text in which numbers stand."""
    written: dict[str, Any] = {}
    if youth.bsn is not None:
        written["bsn"] = youth.bsn.reveal()
    if youth.vsn is not None:
        written["vsn"] = [youth.vsn.surname, youth.vsn.born.write(), youth.vsn.sex.value]
    if (person := youth.person) is not None:
        stopped = person.suspension
        written["person"] = {
            "name": person.name,
            "born": person.birth_date.write() if person.birth_date else None,
            "parents": [parent.reveal() for parent in person.parents],
            "address": _residence(person.address),
            "secret": person.address_secret,
            "died": person.died_on.write() if person.died_on else None,
            "surname": person.surname,
            "sex": person.sex.value,
            "gemeente": person.gemeente,
            "stopped": [stopped.reason.value, stopped.since.write()] if stopped else None,
            "other_parents": person.other_parents,
            "since": person.lives_since.write() if person.lives_since else None,
        }
    return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()


def from_json(sealed: bytes) -> Youth:
    """What ``to_json`` wrote, also before it knew surname, sex, gemeente, suspension and the newer shapes of a home."""
    written = json.loads(sealed)
    if "vsn" in written:
        surname, born, sex = written["vsn"]
        return Youth(None, None, Vsn(surname, BirthDate.parse(born), Sex(sex)))
    bsn = Bsn(written["bsn"])
    known = written.get("person")
    if known is None:
        return Youth(bsn, None)
    stopped = known.get("stopped")
    return Youth(
        bsn,
        Person(
            bsn,
            known["name"],
            BirthDate.parse(known["born"]) if known["born"] else None,
            tuple(Bsn(parent) for parent in known["parents"]),
            _read_residence(known["address"]),
            known["secret"],
            BrpDate.parse(known["died"]) if known["died"] else None,
            known.get("surname", ""),
            Sex(known.get("sex", Sex.UNKNOWN.value)),
            known.get("gemeente"),
            Suspension(SuspensionReason(stopped[0]), BrpDate.parse(stopped[1])) if stopped else None,
            known.get("other_parents", 0),
            BrpDate.parse(since) if (since := known.get("since")) else None,
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
        tx.execute("DELETE FROM register_name WHERE person_key = ?", (key,))
        if (name := key_of(person)) is not None:
            tx.execute(
                "INSERT INTO register_name (name_key, person_key) VALUES (?, ?)",
                (vault.blind("person name", name), key),
            )
        count += 1
    return count


def described(tx: Tx, vault: Vault, wanted: Description) -> list[Person]:
    """Persons of the local register under the blind index of a description. Nobody else's data are opened."""
    rows = tx.all(
        "SELECT person_key, sealed FROM register_name JOIN register_person USING (person_key) WHERE name_key = ?",
        (vault.blind("person name", wanted.key),),
    )
    opened = [from_json(vault.open("register_person", row["person_key"].hex(), row["sealed"])) for row in rows]
    return [youth.person for youth in opened if youth.person is not None]


def count(tx: Tx) -> int:
    """How many persons the local register has."""
    return tally.counted(tx, "person").get("", 0)


def _residence(residence: Residence | None) -> dict[str, Any] | None:
    match residence:
        case Address():
            return asdict(residence)
        case Location():
            return {"location": asdict(residence)}
        case Abroad():
            return {"abroad": True}
        case _:
            return None


def _read_residence(written: dict[str, Any] | None) -> Residence | None:
    if written is None:
        return None
    if "location" in written:
        return Location(**written["location"])
    return Abroad() if "abroad" in written else Address(**written)
