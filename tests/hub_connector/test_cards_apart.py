"""Signing and locking in a process of its own: cards for the same readers, and nothing lost when it is gone."""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from certs.region_keys import RegionKey, RegionKeys
from certs.statements import KeyKind, StatedKeys
from hub_connector.cards import Card, CardPlace, WrittenCard, open_card, write_card
from hub_connector.cards_apart import Apart, Here
from hub_connector.directory import Directory, Member
from hub_connector.pseudonyms import CardKey, Tag
from soap_wsdl.vocabulary import EpochName, Oin, Purpose, RegionStatus
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
AMSTERDAM = Oin("00000099000000000101")
CARD = Card("", "", "", "", "", "", "", "", "Amsterdam", bytes(16), NOW, date(2028, 5, 4), UUID(int=9))
PLACES = [
    CardPlace(EpochName("2026"), Purpose.YOUTH, AMSTERDAM, UUID(int=at), at, date(2028, 5, 4), Tag(bytes([at]) * 32))
    for at in range(1, 13)
]
KEYS = [CardKey(bytes([100 + at]) * 32) for at in range(12)]
CARDS = [replace(CARD, organisation="x" * at, name="É" * at) for at in range(12)]


@pytest.fixture
def signing(tmp_path: Path) -> RegionKey:
    """Amsterdam's card key."""
    return RegionKeys(tmp_path / "amsterdam").new(KeyKind.CARD, NOW - timedelta(days=1), Draws(4))


@pytest.fixture
def apart() -> Iterator[Apart]:
    """The other process."""
    opened = Apart(Here(Draws(5)))
    yield opened
    opened.close()


def written(signing: RegionKey) -> list[WrittenCard]:
    """Twelve cards of different lengths, each with its own place and key."""
    each = zip(CARDS, PLACES, KEYS, strict=True)
    return [write_card(card, place, key, signing, NOW) for card, place, key in each]


def opened(signing: RegionKey, sealed: list[bytes]) -> list[Card]:
    """What their readers see."""
    member = Member(AMSTERDAM, "Amsterdam", RegionStatus.ACTIVE, None, StatedKeys(AMSTERDAM, 1, NOW, (signing.stated,)))
    directory = Directory.of([member])
    each = zip(sealed, PLACES, KEYS, strict=True)
    return [open_card(content, place, key, directory).card for content, place, key in each]


def test_its_cards_open_and_verify_each_in_its_place(signing: RegionKey, apart: Apart) -> None:
    """In the order in which they were given, each locked anew."""
    sealed = apart.lock(written(signing), signing.card_key)

    assert opened(signing, sealed) == CARDS
    assert apart.pid is not None
    assert not set(sealed) & set(apart.lock(written(signing), signing.card_key))


def test_no_cards_are_none(signing: RegionKey, apart: Apart) -> None:
    """A page that only ends signals has no card."""
    assert apart.lock([], signing.card_key) == []


def test_when_it_is_gone_they_are_locked_here(signing: RegionKey, apart: Apart) -> None:
    """A process that was killed, for its memory or by hand, costs time and no card."""
    apart.lock(written(signing), signing.card_key)
    assert apart.pid is not None

    os.kill(apart.pid, signal.SIGKILL)
    sealed = apart.lock(written(signing), signing.card_key)

    assert opened(signing, sealed) == CARDS
    assert apart.pid is None


def test_once_closed_they_are_locked_here(signing: RegionKey, apart: Apart) -> None:
    """A run that ends while a page is still sealed loses nothing."""
    apart.close()

    assert opened(signing, apart.lock(written(signing), signing.card_key)) == CARDS
