"""What a professional sees: own active signals, and who else is involved with those youths. There is no search.

Matches show only through an active signal of one's own. Seeing a match is written in the log, with who saw it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import rights
from node.domain.confirming import Stand
from node.domain.days import local_day
from node.domain.matching import Match
from node.domain.organisation import responsible
from node.domain.professional import Professional
from node.domain.rights import Act
from node.domain.signal import Signal
from node.flows.capacity import absent_name, acts_for, capacity
from node.flows.desk import Desk
from node.flows.end_signal import require_active
from node.store import confirmations, matches, moves, organisations, professionals, signals, youths
from node.store.moves import MoveTold


@dataclass(frozen=True, slots=True)
class Seen:
    """A signal of one's own with its matches. ``youth`` is the name of the youth as the register has it, or None; the
    surname that was given for a youth ``without_bsn``. Where the register turned out to know somebody else than was
    described, or nobody described anybody (``confirmed``), nothing of that person is told.

    ``on_behalf_of`` is the name of the absent colleague whose signal it is, for a substitute.
    ``moved`` is set when the youth moved after this signal was made (Jeugdwet 7.1.2.3(1)g); it never tells an address.
    ``responsible`` is the gemeente whose college answers for the signal, and to which youth and parents turn (Jeugdwet
    7.1.2.2(3)); with a secret address the one that would answer wherever the youth lives, so that nothing is told.
    """

    signal: Signal
    youth: str | None
    matches: list[Match]
    on_behalf_of: str | None = None
    moved: MoveTold | None = None
    responsible: str | None = None
    without_bsn: bool = False
    confirmed: Stand = Stand.CONFIRMED


async def own_signals(desk: Desk, who: UUID) -> list[Seen]:
    """The active signals of this professional, newest first, with their matches; then those of absent colleagues for
    whom this professional stands in today. Raises ProfessionalUnknown.
    """

    def look(tx: Tx) -> list[Seen]:
        professional = professionals.get(tx, who)
        today = desk.today()
        return [
            _seen(tx, desk, signal, professional)
            for whose in acts_for(tx, professional, today)
            for signal in signals.of_professional(tx, whose, today)
        ]

    return await _seen_and_logged(desk, who, look)


async def own_signal(desk: Desk, who: UUID, signal_id: UUID) -> Seen:
    """One signal of one's own with its matches. Raises ProfessionalUnknown, SignalUnknown, SignalOver."""

    def look(tx: Tx) -> list[Seen]:
        professional = professionals.get(tx, who)
        acting = capacity(tx, professional, desk.today())
        rights.require(professional, Act.READ, signals.get(tx, signal_id), acting)
        return [_seen(tx, desk, require_active(tx, desk, signal_id), professional)]

    return (await _seen_and_logged(desk, who, look))[0]


async def _seen_and_logged(desk: Desk, who: UUID, look: Callable[[Tx], list[Seen]]) -> list[Seen]:
    """Read, then log each signal whose matches were shown: nothing is shown that could not be logged."""
    seen = await desk.db.read(look)
    shown = [one for one in seen if one.matches]

    def log(tx: Tx) -> None:
        for one in shown:
            record(
                tx,
                audit.MATCHES_READ,
                desk.clock(),
                by=str(who),
                onBehalfOf=str(one.signal.professional) if one.on_behalf_of else None,
                signal=str(one.signal.id),
                matches=len(one.matches),
            )

    if shown:
        await desk.db.write(log)
    return seen


def _seen(tx: Tx, desk: Desk, signal: Signal, reader: Professional) -> Seen:
    youth = youths.get(tx, desk.vault, signal.youth)
    today = desk.today()
    found = [match.seen_on(today) for match in matches.of_signal(tx, desk.vault, signal.id, desk.region)]
    absent = absent_name(tx, reader, signal)
    moved = moves.told_of(tx, signal.id)
    secret = youth.person is not None and youth.person.address_secret
    if moved is not None and secret:
        # Secret by now: where to is not told any more.
        moved = replace(moved, gemeente=None)
    confirmed = confirmations.stand(tx, signal.id)
    if confirmed.hides:
        # Nothing of whoever has that number is told: neither the name, nor where they live or lived.
        return Seen(signal, None, found, absent, confirmed=confirmed)
    # With a secret address the one that answers whoever lives where: what stands out would tell that it is secret.
    answers = _wherever_home_is(tx, signal) if secret else signal.responsible
    return Seen(signal, youth.name, found, absent, moved, answers, youth.bsn is None, confirmed)


def _wherever_home_is(tx: Tx, signal: Signal) -> str | None:
    place, day = professionals.get(tx, signal.professional).organisation, local_day(signal.made_at)
    in_force = [known for known in organisations.agreements_of(tx, place) if known.in_force(day)]
    return responsible(None, in_force, day)
