"""Which signals of one region belong together: the same youth, or another youth with a parent or home in common.

Pure. Matches across regions are made by the hub; it never tells a pair of one region, so no match is told twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import NewType
from uuid import UUID

from node.domain.marks import NOTHING_SAID, Marks
from node.domain.professional import Contact, LocationId, PersonNumber
from node.domain.signal import SignalId, YouthKey
from soap_wsdl.vocabulary import Oin

MatchId = NewType("MatchId", UUID)


class MatchKind(Enum):
    """On what ground two signals meet: Jeugdwet 7.1.2.3(1) c, e and d."""

    CLIENT = "client"
    FAMILY = "family"
    ADDRESS = "address"


class HowEnded(Enum):
    """Ended: a signal is over. Annulled: a signal was a mistake or was removed at request, or nothing is shared.

    The latter goes for a parent who is none, and for a home that another lives at now or that never matches.
    """

    ENDED = "ended"
    ANNULLED = "annulled"


@dataclass(frozen=True, slots=True)
class Relation:
    """A parent or an address of a youth as a blind index. ``kind`` is FAMILY or ADDRESS."""

    kind: MatchKind
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Party:
    """An active signal and what decides with whom it meets."""

    signal: SignalId
    youth: YouthKey = field(repr=False)
    person: PersonNumber
    location: LocationId
    valid_until: date
    relations: frozenset[Relation] = frozenset()
    without_bsn: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a region has switched on."""

    same_location: bool = False
    family: bool = True
    address: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """A pair that should be told to both. ``shared`` is the smallest blind index that both have, for a match key.

    ``possible``: both are about a youth without a BSN, by three attributes that two children may share.
    """

    kind: MatchKind
    own: SignalId
    other: SignalId
    valid_until: date
    shared: bytes | None = field(default=None, repr=False)
    possible: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One side of a match, as the professional of ``signal`` may see it.

    ``contact`` is gone once the match has ended; an annulled one keeps the fact and its dates only. ``since`` is the
    day the other signal was made, to the month for a family match. The other youth is never named; the two parties
    of a family match can name it to each other by ``match_key``. ``own`` is what this side says of the match,
    ``theirs`` what the other side says, in another region as far as it was heard.
    ``possible``: over surname, birth date and sex alone, so that the two may be about two children.
    """

    id: MatchId
    signal: SignalId
    kind: MatchKind
    peer: Oin | None
    region: str | None
    organisation: str | None
    contact: Contact | None
    since: str | None
    match_key: str | None
    valid_until: date
    told_at: datetime
    ended_on: date | None = None
    how: HowEnded | None = None
    own: Marks = NOTHING_SAID
    theirs: Marks = NOTHING_SAID
    possible: bool = False

    def seen_on(self, today: date) -> "Match":
        """As it may be shown today: past its date it has ended, whether or not the nightly run came by."""
        if self.ended_on is not None or today < self.valid_until:
            return self
        return replace(self, contact=None, since=None, match_key=None, ended_on=self.valid_until, how=HowEnded.ENDED)


def meetings(new: Party, others: Iterable[Party], rules: Rules) -> list[Meeting]:
    """Every pair that ``new`` makes with the others; at most one for each other signal, on the strongest ground."""
    found = []
    for other in others:
        if other.signal == new.signal or other.person == new.person:
            continue
        if other.location == new.location and not rules.same_location:
            continue
        until = min(new.valid_until, other.valid_until)
        if other.youth == new.youth:
            found.append(Meeting(MatchKind.CLIENT, new.signal, other.signal, until, possible=new.without_bsn))
            continue
        for kind, switched_on in ((MatchKind.FAMILY, rules.family), (MatchKind.ADDRESS, rules.address)):
            shared = {r.key for r in new.relations & other.relations if r.kind is kind}
            if switched_on and shared:
                found.append(Meeting(kind, new.signal, other.signal, until, min(shared)))
                break
    return found
