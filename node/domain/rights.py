"""Who may do what on what: one table of roles and acts, and the rules about holding roles.

Pure. A professional acts on own signals, and on those of a colleague for whom they stand in; every other right comes
with a role that was granted for a place: a location, an organisation, a gemeente, or the region as a whole.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from node.domain.errors import (
    NoAgreement,
    NotAllowed,
    NotDesignated,
    NotHereAnyMore,
    RolesClash,
    SignalUnknown,
    TwoPeopleNeeded,
)
from node.domain.organisation import Standing
from node.domain.professional import PersonNumber, Professional
from node.domain.signal import ProfessionalId, Signal


class Role(Enum):
    """What somebody is in this region. One person may be several, within ``require_no_clash``."""

    PROFESSIONAL = "professional"
    LOCATIEBEHEERDER = "locatiebeheerder"
    INSTELLINGSCOORDINATOR = "instellingscoördinator"
    ACCOUNTHOUDER = "accounthouder"
    MATCHREGISSEUR = "matchregisseur"
    COORDINATOR = "coördinator"
    REGIOBEHEERDER = "regiobeheerder"
    LOGBEHEERDER = "logbeheerder"
    PRIVACY_OFFICER = "privacy officer"


class Act(Enum):
    """What can be done."""

    SIGNAL = "signal"
    """Signal a youth: P1."""
    READ = "read"
    """See a signal with its youth and its matches: P12."""
    GIVE_BSN = "give the BSN"
    """Of a youth who was signalled without one, or confirm who it is: P4, P2."""
    EXTEND = "extend"
    RENEW = "renew"
    END = "end"
    MARK = "mark a match"
    """Say of a match that there was contact, or that it was settled who does what: P21."""
    INFORM = "record who was told"
    """Of a signal, or that telling waits: P11."""
    READ_MOVES = "read moves"
    """Of youths who came to live in a gemeente: Jeugdwet 7.1.2.3(1)g, G9."""
    LIST_SIGNALS = "list signals"
    """See who has signals and until when, never about whom: O5."""
    CHANGE_CONTACT = "change contact data"
    """O3."""
    DESIGNATE = "designate"
    """Designate somebody to signal, or end that: O2."""
    SUBSTITUTE = "arrange a substitute"
    """P26."""
    DEPART = "let somebody leave"
    """With transfer or end of each signal: O4."""
    RENAME = "rename"
    """An organisation, a location, a team: O8."""
    AGREE = "keep agreements"
    """Between organisations and a gemeente: G1, G2."""
    GRANT_ROLE = "grant a role"
    """Ask for it or confirm it, and end it: ``MAY_GRANT`` says which."""
    FOLLOW_MATCHES = "follow matches"
    """See whether those who matched reached each other: Jeugdwet 7.1.3.2. Later: see ``LATER``."""
    HANDLE_REQUEST = "handle a request"
    """Of a youth or parent, under AVG 16, 17 or 21: carry out a removal, G6. The case around it comes later, G4."""
    COUNT = "see figures"
    """G3, O9. Later: see ``LATER``."""
    RUN_NODE = "run the node"
    """Bringing signals in from a file, and looking at that. Lists, jobs and backups are done at the command line, which
    asks nobody: whoever has the account on the machine under which the node runs can do them. The role says to whom a
    region gives that account."""
    READ_LOG = "read the log"
    """Who did what, and when; never about whom a signal is: B10."""


LATER = frozenset({Act.FOLLOW_MATCHES, Act.COUNT})
"""Acts that nothing in the program does yet: who will have them stands in the table, and gives nothing today."""


class Scope(Enum):
    """On what a right bears."""

    OWN = "own"
    MATCH = "match"
    LOCATION = "location"
    ORGANISATION = "organisation"
    GEMEENTE = "gemeente"
    REGION = "region"


_AT_A_LOCATION = (Act.LIST_SIGNALS, Act.CHANGE_CONTACT, Act.DESIGNATE, Act.SUBSTITUTE, Act.DEPART, Act.COUNT)

RIGHTS: Mapping[Role, Mapping[Act, Scope]] = {
    Role.PROFESSIONAL: dict.fromkeys(
        (
            Act.SIGNAL,
            Act.READ,
            Act.GIVE_BSN,
            Act.EXTEND,
            Act.RENEW,
            Act.END,
            Act.MARK,
            Act.INFORM,
            Act.CHANGE_CONTACT,
            Act.SUBSTITUTE,
        ),
        Scope.OWN,
    ),
    Role.LOCATIEBEHEERDER: dict.fromkeys(_AT_A_LOCATION, Scope.LOCATION),
    Role.INSTELLINGSCOORDINATOR: dict.fromkeys((*_AT_A_LOCATION, Act.RENAME, Act.GRANT_ROLE), Scope.ORGANISATION),
    Role.ACCOUNTHOUDER: dict.fromkeys((Act.AGREE, Act.GRANT_ROLE, Act.COUNT), Scope.GEMEENTE),
    Role.MATCHREGISSEUR: {Act.FOLLOW_MATCHES: Scope.MATCH},
    Role.COORDINATOR: dict.fromkeys((Act.FOLLOW_MATCHES, Act.READ_MOVES), Scope.GEMEENTE),
    Role.REGIOBEHEERDER: dict.fromkeys((Act.RENAME, Act.GRANT_ROLE, Act.COUNT, Act.RUN_NODE), Scope.REGION),
    Role.LOGBEHEERDER: {Act.READ_LOG: Scope.REGION},
    Role.PRIVACY_OFFICER: {Act.HANDLE_REQUEST: Scope.GEMEENTE},
}
"""The table: each role, what it may do, and on what. What does not stand here is not allowed."""

RUNNING = frozenset({Act.RUN_NODE})
CONTENTS = frozenset(
    {
        Act.SIGNAL,
        Act.READ,
        Act.GIVE_BSN,
        Act.EXTEND,
        Act.RENEW,
        Act.END,
        Act.MARK,
        Act.INFORM,
        Act.READ_MOVES,
        Act.FOLLOW_MATCHES,
        Act.HANDLE_REQUEST,
    }
)
"""Acts that show about whom signals are, or who met over somebody. Nobody has these and ``RUNNING`` together: B2."""

PLACE: Mapping[Role, Scope] = {
    Role.LOCATIEBEHEERDER: Scope.LOCATION,
    Role.INSTELLINGSCOORDINATOR: Scope.ORGANISATION,
    Role.ACCOUNTHOUDER: Scope.GEMEENTE,
    Role.COORDINATOR: Scope.GEMEENTE,
    Role.REGIOBEHEERDER: Scope.REGION,
    Role.LOGBEHEERDER: Scope.REGION,
    Role.PRIVACY_OFFICER: Scope.GEMEENTE,
}
"""The roles that are granted, and for what kind of place. The others come with a profile, or with a match."""

MAY_GRANT: Mapping[Role, frozenset[Role]] = {
    Role.REGIOBEHEERDER: frozenset(PLACE),
    Role.INSTELLINGSCOORDINATOR: frozenset({Role.LOCATIEBEHEERDER}),
    Role.ACCOUNTHOUDER: frozenset({Role.COORDINATOR}),
}
"""Which roles a role may ask for, confirm and end, within its place."""

ENDS_BY_TWO = frozenset({Role.REGIOBEHEERDER})
"""Roles that take two people to end, as to grant: else one of two could end the other's, and find the way in of
``FEWEST_REGIOBEHEERDERS`` open."""

CONFIRMS_AN_END = frozenset({Role.REGIOBEHEERDER, Role.LOGBEHEERDER})
"""Who confirms that such a role ends, besides its holder: also somebody who does not run the node, so that one of two
can be let go who is not there any more."""

FEWEST_REGIOBEHEERDERS = 2
"""With fewer, whoever works at the node's command line names regiobeheerders: else two could never be found."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds today. ``place`` is an id or a code; empty for the region."""

    role: Role
    place: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What an act bears on: whose it is, and where that one works."""

    person: PersonNumber | None = None
    location: str | None = None
    organisation: str | None = None
    gemeenten: frozenset[str] = field(default_factory=frozenset)
    match: str | None = None


def allows(me: PersonNumber, held: Iterable[Held], act: Act, place: Place, *, granting: Role | None = None) -> bool:
    """Whether somebody who holds these roles may do this there. ``granting`` belongs to GRANT_ROLE."""
    return any(
        _covers(me, one, RIGHTS[one.role].get(act), place)
        and (granting is None or granting in MAY_GRANT.get(one.role, ()))
        for one in held
    )


def _covers(me: PersonNumber, held: Held, scope: Scope | None, place: Place) -> bool:
    match scope:
        case None:
            return False
        case Scope.OWN:
            return place.person == me
        case Scope.MATCH:
            return bool(held.place) and held.place == place.match
        case Scope.LOCATION:
            return bool(held.place) and held.place == place.location
        case Scope.ORGANISATION:
            return bool(held.place) and held.place == place.organisation
        case Scope.GEMEENTE:
            return held.place in place.gemeenten
        case Scope.REGION:
            return True


def require_no_clash(roles: Collection[Role]) -> None:
    """Raises RolesClash when one person with these roles would both run the node and see contents."""
    acts = {act for role in roles for act in RIGHTS[role]}
    if acts & RUNNING and acts & CONTENTS:
        raise RolesClash


def require_two_people(asked_by: PersonNumber, confirmed_by: PersonNumber | None, receiver: PersonNumber) -> None:
    """Raises TwoPeopleNeeded unless two people grant a role to a third. ``confirmed_by`` is None while asking."""
    if asked_by == receiver or confirmed_by in (asked_by, receiver):
        raise TwoPeopleNeeded


def ends_now(
    role: Role, holder: PersonNumber, asked_by: PersonNumber | None, by: PersonNumber, held: Iterable[Held]
) -> bool:
    """Whether a held role ends when ``by``, who holds these roles, says so; False: a second person must say so too.

    ``asked_by`` said so before. Whether ``by`` may say so at all is asked before.
    """
    if role not in ENDS_BY_TWO:
        return True
    confirms = by == holder or any(one.role in CONFIRMS_AN_END for one in held)
    return asked_by not in (None, by) and confirms


@dataclass(frozen=True, slots=True)
class Capacity:
    """In what capacity a professional acts today: on what standing, and for which absent colleagues."""

    standing: Standing
    stands_in_for: frozenset[ProfessionalId] = frozenset()

    @property
    def acts_for(self) -> frozenset[ProfessionalId]:
        """The absent colleagues for whom this one may act: none without a designation of one's own."""
        return self.stands_in_for if self.standing.designated else frozenset()


_NEEDS_STANDING = frozenset({Act.SIGNAL, Act.GIVE_BSN, Act.EXTEND, Act.RENEW})
"""Jeugdwet 7.1.1.2: only a designated professional signals. Ending and reading one's own remain possible."""


def require(who: Professional, act: Act, signal: Signal | None = None, capacity: Capacity | None = None) -> None:
    """What a professional may do with a signal. Without ``capacity``: reading and ending what is one's own.

    Raises NotHereAnyMore for a profile that left, SignalUnknown for another's signal (that it exists is not told),
    NotDesignated or NoAgreement for who may not signal or extend today, or stands in without a designation, and
    NotAllowed for what is no act of a professional.

    Whoever acts on another's signal needs a designation for every act: a substitute is a meldingsbevoegde, or nobody
    (Jeugdwet 7.1.1.2(1)c). Agreements are those of the organisation, which the absent colleague has or has not too.
    """
    if act not in RIGHTS[Role.PROFESSIONAL]:
        raise NotAllowed
    if who.left_on is not None:
        raise NotHereAnyMore
    if signal is not None and signal.professional != who.id:
        if capacity is None or signal.professional not in capacity.stands_in_for:
            raise SignalUnknown
        if signal.professional not in capacity.acts_for:
            raise NotDesignated
    if act in _NEEDS_STANDING and (capacity is None or not capacity.standing.designated):
        raise NotDesignated
    if act in _NEEDS_STANDING and (capacity is None or not capacity.standing.agreements):
        raise NoAgreement
