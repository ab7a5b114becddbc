"""Persons inside a seal: everything comes back, and so does what an earlier version wrote."""

import json

import pytest

from node.domain.brp import Abroad, Address, BrpDate, Location, Residence, Sex, Suspension, SuspensionReason
from node.domain.person import BirthDate, Person, Youth
from node.store.people import from_json, to_json
from tests.region import made_up_bsn

YOUTH, MOTHER = made_up_bsn(0), made_up_bsn(1)


@pytest.mark.parametrize(
    "residence",
    [
        None,
        Abroad(),
        Location("Woonboot Zeeparel", lives_there=False),
        Address("1011AB", 5, "a", "2", "0363200000000001", lives_there=False),
    ],
)
@pytest.mark.parametrize("died", [None, BrpDate(), BrpDate(2025), BrpDate(2025, 3), BrpDate(2025, 3, 9)])
def test_everything_that_the_brp_tells_comes_back(residence: Residence | None, died: BrpDate | None) -> None:
    """Each shape of residence and of a date of death."""
    stopped = Suspension(SuspensionReason.EMIGRATION, BrpDate(2024))
    person = Person(
        YOUTH,
        "Noor",
        BirthDate(2010, 5),
        (MOTHER,),
        residence,
        True,
        died,
        "Jansen",
        Sex.FEMALE,
        "0363",
        stopped,
        1,
        died,
    )

    assert from_json(to_json(Youth(YOUTH, person))) == Youth(YOUTH, person)


def test_what_an_earlier_version_sealed_is_read() -> None:
    """A database that was upgraded holds persons without the newer fields."""
    written = {
        "bsn": YOUTH.reveal(),
        "person": {
            "name": "Noor",
            "born": "2010-05-01",
            "parents": [MOTHER.reveal()],
            "address": {"postcode": "1011AB", "number": 5, "letter": "", "addition": "", "bag_id": None},
            "secret": False,
            "died": "2025-03-09",
        },
    }
    read = from_json(json.dumps(written).encode()).person

    assert read == Person(
        YOUTH, "Noor", BirthDate(2010, 5, 1), (MOTHER,), Address("1011AB", 5), False, BrpDate(2025, 3, 9)
    )
