"""A colleague stands in during an absence: sees, extends and ends the signals under their own name (P26).

Each way is one write: the right, the arrangement, the audit line. The log says of each act on whose behalf it was.
"""

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.errors import AlreadyHolds, FieldNotFit, NotAColleague, NothingToEnd, SubstituteNotDesignated
from node.domain.period import Period
from node.domain.professional import PersonNumber
from node.domain.rights import Act
from node.flows import authority
from node.flows.capacity import standing_of
from node.flows.desk import Desk
from node.store import designations, professionals


async def arrange_substitute(desk: Desk, by: PersonNumber, absent: str, substitute: str, period: Period) -> int:
    """The substitute stands in for that period, which has an end; says under which number.

    Raises PersonUnknown, NotAllowed, NotAColleague, SubstituteNotDesignated, FieldNotFit without an end, AlreadyHolds
    for the same two.
    """

    def change(tx: Tx) -> int:
        away, here = (authority.profile_called(tx, said) for said in (absent, substitute))
        authority.require(tx, desk, by, Act.SUBSTITUTE, authority.place_of(away))
        if here not in professionals.colleagues(tx, away) or away.left_on is not None:
            raise NotAColleague
        if period.ends is None:
            raise FieldNotFit("end", "an absence has one")
        if not standing_of(tx, here, max(period.starts, desk.today())).designated:
            raise SubstituteNotDesignated
        if any(
            (known.absent, known.substitute) == (away.id, here.id) and known.period.meets(period)
            for known in designations.substitutions(tx, away.id)
        ):
            raise AlreadyHolds
        number = designations.stand_in(tx, away.id, here.id, period)
        record(
            tx,
            audit.SUBSTITUTE_ARRANGED,
            desk.clock(),
            by=str(by),
            absent=str(away.id),
            substitute=str(here.id),
            starts=period.starts.isoformat(),
            ends=period.ends.isoformat(),
        )
        return number

    return await desk.db.write(change)


async def end_substitute(desk: Desk, by: PersonNumber, absent: str, number: int) -> None:
    """The colleague stands in no more from today. Raises PersonUnknown, NotAllowed, NothingToEnd."""

    def change(tx: Tx) -> None:
        away = authority.profile_called(tx, absent)
        authority.require(tx, desk, by, Act.SUBSTITUTE, authority.place_of(away))
        today = desk.today()
        for known in designations.substitutions(tx, away.id):
            running = known.period.ends is not None and today < known.period.ends
            if known.number == number and known.absent == away.id and running:
                designations.end_substitution(tx, number, known.period, today)
                record(
                    tx,
                    audit.SUBSTITUTE_ENDED,
                    desk.clock(),
                    by=str(by),
                    absent=str(away.id),
                    substitute=str(known.substitute),
                    ends=today.isoformat(),
                )
                return
        raise NothingToEnd

    await desk.db.write(change)
