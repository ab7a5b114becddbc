"""A youth without a BSN in the search for leaks: who it is, what is done with it, and what must then be nowhere."""

from collections.abc import Iterable

import pytest

from certs.keyring import RegionSecret
from hub_connector.inputs import vsn, youth
from hub_connector.pseudonyms import keyed_input
from node.domain.bsn import passes_elfproef
from node.door_client import DoorRefused
from tests.faults.town import Town, worker
from tests.faults.waiting import soon
from tests.leaks import Search

SURNAME, SPELLED, BORN, SEX = (
    "ZONDERLINGSMA",
    ("Zönderlingsma", "van der Zonderlingsma", "ZONDERLINGSMA"),
    "2013-04-05",
    "V",
)
"""A youth without a BSN, as each region writes the surname."""
LATER, CONFIRMED_BY = next(str(n) for n in range(999977000, 10**9) if passes_elfproef(str(n))), "Wachtmeesterlijk"
"""The BSN that this youth gets later and no register knows, and the surname with which it was confirmed."""


def look_for_youth_without_bsn(search: Search, secrets: Iterable[RegionSecret]) -> None:
    """The three attributes, the number that came later, what confirmed it, and what goes into the OPRF of them."""
    search.number("the BSN that came later", LATER)
    search.text("what confirmed it", CONFIRMED_BY)
    for spelled in (SURNAME, SPELLED[0], BORN, vsn(SURNAME, BORN, SEX).reveal()):
        search.text("a youth without a BSN", spelled)
    for secret in secrets:
        search.key("x of the youth without a BSN", keyed_input(secret, vsn(SURNAME, BORN, SEX)))
        search.key("x of the same with a BSN", keyed_input(secret, youth(LATER)))


def play_without_bsn(town: Town) -> None:
    """A possible match in each region; one signal gets a BSN, after one that is of somebody else, and one ends."""
    doors = [town.door(region, worker(region, town.workers)) for region in town.regions]
    made = [
        str(door.register_without_bsn(surname, BORN, SEX)["id"]) for door, surname in zip(doors, SPELLED, strict=True)
    ]

    def met() -> None:
        for door in doors:
            assert [match["mogelijk"] for match in door.matches()] == [True] * (len(doors) - 1)

    soon(met)
    with pytest.raises(DoorRefused):
        doors[0].give_bsn(made[0], town.children[0].bsn, BORN, SURNAME)
    doors[0].give_bsn(made[0], LATER, BORN, CONFIRMED_BY)
    doors[1].end(made[1])

    def lapsed() -> None:
        assert {match["status"] for match in doors[2].matches()} == {"vervallen", "geëindigd"}

    soon(lapsed)
