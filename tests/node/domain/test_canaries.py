"""Canaries: both partners find each other and the same string, nobody else can."""

from datetime import date, timedelta

import pytest

from node.domain.canaries import canary_string, life, overdue, partners
from soap_wsdl.vocabulary import Oin
from tests.draws import Draws

TODAY = date(2026, 11, 24)
SECRET = bytes(range(32))
REGIONS = [Oin(f"000000990000000001{number:02d}") for number in range(1, 8)]


@pytest.mark.parametrize("size", range(2, 8))
def test_partners_find_each_other(size: int) -> None:
    """Every region has a partner, and is its partner's partner."""
    regions = REGIONS[:size]
    for region in regions:
        peers = partners(region, regions, SECRET, TODAY)
        assert 1 <= len(peers) <= 2
        assert region not in peers
        for peer in peers:
            assert region in partners(peer, regions, SECRET, TODAY)
            assert canary_string(region, peer, SECRET, TODAY) == canary_string(peer, region, SECRET, TODAY)


def test_a_region_alone_has_no_partner() -> None:
    """Nothing to register."""
    assert partners(REGIONS[0], REGIONS[:1], SECRET, TODAY) == ()


def test_partners_change_from_day_to_day() -> None:
    """Over a month a region meets every other."""
    met = {peer for day in range(60) for peer in partners(REGIONS[0], REGIONS[:4], SECRET, TODAY + timedelta(days=day))}
    assert met == set(REGIONS[1:4])


def test_the_string_follows_from_secret_date_and_pair() -> None:
    """Another secret, day or pair gives another string; its shape is no BSN's."""
    one = canary_string(REGIONS[0], REGIONS[1], SECRET, TODAY)
    others = {
        canary_string(REGIONS[0], REGIONS[1], bytes(32), TODAY),
        canary_string(REGIONS[0], REGIONS[1], SECRET, TODAY + timedelta(days=1)),
        canary_string(REGIONS[0], REGIONS[2], SECRET, TODAY),
    }

    assert one.startswith("C")
    assert len(one) == 65
    assert one not in others
    assert len(others) == 3


def test_a_canary_lives_one_to_sixty_days() -> None:
    """Protocol 1.5."""
    source = Draws(1)
    ends = {life(TODAY, source) for _ in range(2000)}
    assert ends == {TODAY + timedelta(days=days) for days in range(1, 61)}


def test_a_canary_that_ends_alone_is_overdue() -> None:
    """Only once it has ended, and only when it did not meet."""
    assert overdue(TODAY, False, TODAY)
    assert not overdue(TODAY, True, TODAY)
    assert not overdue(TODAY + timedelta(days=1), False, TODAY)
