"""Signing and locking the cards of a long run in a process of its own.

The other process gets what the cards say, the keys of their locks and the region's card key, over a pipe that nobody
else can read. It keeps none of it.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Protocol

from certs.apart import OtherProcess, cut, serve
from certs.oprf import Random
from certs.region_keys import CardSigningKey
from hub_connector.cards import WrittenCard, lock_card
from hub_connector.pseudonyms import CardKey
from soap_wsdl.vocabulary import SEALED_CARD_SIZE

_LENGTHS = 4
"""Bytes that say how long a card's two texts are, two each."""


class Locker(Protocol):
    """Who signs and locks cards."""

    def lock(self, written: Sequence[WrittenCard], signing: CardSigningKey) -> list[bytes]:
        """The sealed cards, in order."""
        ...


class Here:
    """A ``Locker`` in this process."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def lock(self, written: Sequence[WrittenCard], signing: CardSigningKey) -> list[bytes]:
        """As ``lock_card`` does it."""
        return [lock_card(each, signing, self._random) for each in written]


class Apart:
    """A ``Locker`` in another process, started when it is first asked. Close it when done.

    When the other process cannot be started or is gone, and once this is closed, the same is done here.
    """

    def __init__(self, here: Locker) -> None:
        self._other = OtherProcess("hub_connector.cards_apart")
        self._here = here

    @property
    def pid(self) -> int | None:
        """The number of the other process, while there is one."""
        return self._other.pid

    def close(self) -> None:
        """End the other process. Twice does nothing."""
        self._other.close()

    def lock(self, written: Sequence[WrittenCard], signing: CardSigningKey) -> list[bytes]:
        """As ``Locker.lock``."""
        told = [signing.reveal()]
        for each in written:
            lengths = len(each.bound).to_bytes(2, "big") + len(each.payload).to_bytes(2, "big")
            told += [each.card_key.reveal(), lengths, each.bound, each.payload]
        answer = self._other.ask(told)
        if answer is None or len(answer) != len(written) * SEALED_CARD_SIZE:
            return self._here.lock(written, signing)
        return cut(answer, SEALED_CARD_SIZE)


def _told(cards: bytes) -> Iterator[WrittenCard]:
    at = 0
    while at < len(cards):
        start = at + CardKey.SIZE + _LENGTHS
        key, bound, payload = cards[at : at + CardKey.SIZE], cards[start - 4 : start - 2], cards[start - 2 : start]
        middle = start + int.from_bytes(bound, "big")
        at = middle + int.from_bytes(payload, "big")
        yield WrittenCard(cards[middle:at], cards[start:middle], CardKey(key))


def _answer(asked: bytes) -> bytes:
    signing = CardSigningKey(asked[: CardSigningKey.SIZE])
    return b"".join(lock_card(each, signing, os.urandom) for each in _told(asked[CardSigningKey.SIZE :]))


if __name__ == "__main__":
    serve(_answer)
