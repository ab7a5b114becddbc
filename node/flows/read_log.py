"""A logbeheerder reads who did what and when (B10): by person, signal, event and day; never about whom a signal is.

1. The right: the role of logbeheerder.
2. The lines, a page at a time.
3. That they were read, by whom and what was asked, is a line itself, before anything is shown.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.days import midnight
from node.domain.professional import PersonNumber
from node.domain.rights import Act, Place
from node.flows import authority
from node.flows.desk import Desk
from node.store import log
from node.store.log import Line

MOST_LINES = 1000
"""Lines in one page."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: all of it must hold. Days are local, ``until`` is exclusive; ``after`` is the last line seen."""

    professional: str | None = None
    """Who did it, or whom it concerned as a colleague: a person or a profile, by reference or id."""
    signal: UUID | None = None
    event: str | None = None
    since: date | None = None
    until: date | None = None
    after: int = 0
    most: int = MOST_LINES


async def read_log(desk: Desk, by: PersonNumber, asked: Asked) -> list[Line]:
    """The lines, in order. The log tells of signals by their random ids, also of those that were destroyed.

    Raises NotAllowed for who is no logbeheerder, and PersonUnknown.
    """

    def look(tx: Tx) -> list[Line]:
        authority.require(tx, desk, by, Act.READ_LOG, Place())
        ids = log.ids_of(tx, authority.person_called(tx, asked.professional)) if asked.professional else set()
        found = log.lines(
            tx,
            after=asked.after,
            most=min(asked.most, MOST_LINES),
            since=midnight(asked.since) if asked.since else None,
            until=midnight(asked.until) if asked.until else None,
            event=asked.event,
            ids=ids or ({str(asked.signal)} if asked.signal else set()),
        )
        if ids and asked.signal:
            return [line for line in found if str(asked.signal) in line.fields.values()]
        return found

    def write_down(tx: Tx, found: list[Line]) -> None:
        about = authority.person_called(tx, asked.professional) if asked.professional else None
        record(
            tx,
            audit.LOG_READ,
            desk.clock(),
            by=str(by),
            professional=str(about) if about else None,
            signal=str(asked.signal) if asked.signal else None,
            what=asked.event,
            lines=len(found),
        )

    found = await desk.db.read(look)
    await desk.db.write(lambda tx: write_down(tx, found))
    return found
