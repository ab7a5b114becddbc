"""A region whose certificates are revoked is out: on the poll it has open, on connections it kept, and on new ones."""

from collections.abc import Iterator

import pytest

from tests.faults.started import now, town_of
from tests.faults.town import Town
from tests.faults.waiting import soon

pytestmark = pytest.mark.xdist_group("revoked")

A_MINUTE = 60.0
"""Issue 2, section 3: a revoked region is out within a minute, also on an open or resumed connection."""


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Three regions that run; revocations stay in this exchange's own copy of the PKI."""
    with town_of(tmp_path_factory, workers=1, lone=3) as made:
        yield made


def test_a_revoked_region_is_out_within_a_minute_even_on_an_open_poll(town: Town) -> None:
    """Its node polls at the hub all the while, hears nothing more, and gets nothing more across; others go on."""
    theirs = town.signal("utrecht", 0, town.children[0])
    ours = town.signal("haaglanden", 0, town.children[0])
    # Amsterdam meets Utrecht too, before: after a revocation it believes only the key statement that it knows already.
    town.signal("utrecht", 0, town.children[2])
    town.signal("amsterdam", 0, town.children[2])
    town.wait_until_met()
    town.wait_until_nothing_waits()
    assert refusals(town) == 0

    town.exchange.places.pki.revoke("utrecht", now())

    soon(lambda: require_out(town), A_MINUTE)
    late = town.signal("amsterdam", 0, town.children[0])
    unheard = town.signal("utrecht", 0, town.children[1])
    town.signal("amsterdam", 0, town.children[1])
    town.signal("haaglanden", 0, town.children[1])

    def others_met() -> None:
        seen = [match["regio"] for match in town.door("haaglanden", ours.who).show(ours.id)["matches"]]
        assert sorted(seen) == ["Amsterdam", "Utrecht"]
        assert len(town.door("amsterdam", late.who).matches()) == 4

    soon(others_met)
    mine = town.door("utrecht", theirs.who)
    assert [match["regio"] for match in mine.show(theirs.id)["matches"]] == ["Haaglanden"]
    assert mine.show(unheard.id)["matches"] == []
    assert town.exchange.door("utrecht").status()["wacht"]["hub"] is not None


def refusals(town: Town) -> int:
    """How often the hub turned somebody away, by its log."""
    return town.exchange.log("hub").read_text().count("certificate")


def require_out(town: Town) -> None:
    """The node of the revoked region has noticed that the hub no longer speaks with it."""
    town.exchange.processes.look()
    assert town.exchange.door("utrecht").status()["wacht"]["hub"] is not None, "the hub still answers Utrecht"
