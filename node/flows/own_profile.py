"""What a professional sees of the own profile: contact data, standing, roles, substitutes; and the colleagues."""

from dataclasses import dataclass
from uuid import UUID

from ledger import Tx
from node.domain.errors import NotHereAnyMore
from node.domain.organisation import Standing
from node.domain.professional import Professional
from node.domain.rights import Held
from node.flows import authority
from node.flows.capacity import standing_of
from node.flows.desk import Desk
from node.flows.use_bsn import may_give
from node.store import designations, professionals
from node.store.designations import Substitution


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """A profile as its owner sees it. ``others`` are profiles of the same human at other places."""

    professional: Professional
    team: str | None
    standing: Standing
    roles: tuple[Held, ...]
    substitutions: tuple[tuple[Substitution, str], ...]
    """Those that last, each with the name of the other one."""
    others: tuple[Professional, ...]
    may_use_bsn: bool


async def own_profile(desk: Desk, who: UUID) -> OwnProfile:
    """The profile as it is today. Raises ProfessionalUnknown."""

    def look(tx: Tx) -> OwnProfile:
        me, today = professionals.get(tx, who), desk.today()
        lasting = [
            known
            for known in designations.substitutions(tx, me.id)
            if known.period.ends is None or today < known.period.ends
        ]
        return OwnProfile(
            me,
            professionals.team_of(tx, me.id),
            standing_of(tx, me, today),
            tuple(authority.roles_of(tx, me.person, desk)),
            tuple((known, _other(tx, known, me)) for known in lasting),
            tuple(other for other in professionals.of_person(tx, me.person) if other.id != me.id),
            may_give(tx, me),
        )

    return await desk.db.read(look)


async def colleagues(desk: Desk, who: UUID) -> list[tuple[Professional, bool]]:
    """Everyone else of the organisation, and whether they may take over a signal today.

    Raises ProfessionalUnknown, and NotHereAnyMore for a profile that left.
    """

    def look(tx: Tx) -> list[tuple[Professional, bool]]:
        me, today = professionals.get(tx, who), desk.today()
        if me.left_on is not None:
            raise NotHereAnyMore
        found = []
        for other in professionals.colleagues(tx, me):
            standing = standing_of(tx, other, today)
            found.append((other, standing.designated and bool(standing.agreements)))
        return found

    return await desk.db.read(look)


def _other(tx: Tx, known: Substitution, me: Professional) -> str:
    other = known.substitute if known.absent == me.id else known.absent
    return professionals.get(tx, other).contact.name
