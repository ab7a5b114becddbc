"""Canaries: made-up registrations that two regions agree on without speaking, so that a hub that hides matches shows.

A region's partner of the day and the string both register follow from the regions' shared secret, which the hub and
the pseudonym service do not have. A canary lives a random 1 to 60 days and leaves by its own date.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import date, timedelta

from node.domain.departures import Random, below
from soap_wsdl.vocabulary import Oin

LONGEST_DAYS = 60
"""The longest life of a canary."""


def partners(own: Oin, regions: Iterable[Oin], secret: bytes, day: date) -> tuple[Oin, ...]:
    """Who this region shares a canary with today; the other side finds the same. Empty when it is alone.

    The regions stand in a ring shuffled by HMAC(s, date) and are paired two by two; with an odd number the last one
    joins the first, who then has two partners.
    """
    ring = sorted(set(regions) | {own}, key=lambda oin: _keyed(secret, f"ring|{day.isoformat()}|{oin}"))
    if len(ring) < 2:
        return ()
    pairs = [(ring[at], ring[at + 1]) for at in range(0, len(ring) - 1, 2)]
    if len(ring) % 2:
        pairs.append((ring[-1], ring[0]))
    return tuple(two if one == own else one for one, two in pairs if own in (one, two))


def canary_string(own: Oin, peer: Oin, secret: bytes, day: date) -> str:
    """What both partners register: "C" and HMAC(s, "canary"|date|pair) in lower-case hexadecimal."""
    first, second = sorted((own, peer))
    return "C" + _keyed(secret, f"canary|{day.isoformat()}|{first}|{second}").hex()


def life(day: date, random: Random) -> date:
    """The end of a canary made on ``day``: 1 to 60 days on, each equally likely."""
    return day + timedelta(days=1 + below(LONGEST_DAYS, random))


def overdue(ends_on: date, met: bool, today: date) -> bool:
    """Whether a canary has ended without meeting its twin: an alarm."""
    return not met and today >= ends_on


def _keyed(secret: bytes, text: str) -> bytes:
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()
