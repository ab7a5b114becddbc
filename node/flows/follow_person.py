"""The register tells something new about a youth: every signal, match and record about them follows, in one write.

1. Death or the 23rd birthday destroys every signal about the youth, active or archived; nothing else happens then.
2. The youth is kept as known now. A move is told: to the reporters, and where the gemeente is another one to its
   regievoerder as well (``flows.report_move``).
3. Each signal gets its dates by the birth date as it is now.
4. Matches whose parent or home is no longer shared are annulled, on both sides inside the region, on our side of those
   with other regions, cards included; new ones are told.
5. What a professional said of the youth when the register could not tell is compared with it now.
6. The hub hears through the outbox what it must: records of parents and homes that came or went, and dates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain import mutations
from node.domain.mutations import Change
from node.domain.person import Person, Youth
from node.domain.signal import Signal, State, YouthKey
from node.flows.close import close
from node.flows.desk import Desk
from node.flows.hearing import annul_pairs_of
from node.flows.meet import meet
from node.flows.report_move import report_move
from node.flows.subjects import lost_keys
from node.store import confirmations, match_endings, matches, moves, outbox, records, signals, youths
from node.store.moves import MoveTold


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed: whether anything had changed; signals about the youth, pairs told, sides of matches annulled."""

    changed: bool = False
    signals: int = 0
    told: int = 0
    annulled: int = 0


def follow(tx: Tx, desk: Desk, key: YouthKey, person: Person) -> Followed:
    """Bring everything about this youth to what the register tells now, in the caller's transaction.

    Twice does nothing more. Nothing is logged about a youth of whom nothing was known before: the caller does.
    """
    about = signals.about(tx, key)
    if not about:
        return Followed()
    before = youths.get(tx, desk.vault, key).person
    found = mutations.changes(before, person) if before is not None else frozenset(Change)
    if not found:
        return Followed(False, len(about))
    verdict = mutations.destroyed(person, desk.today(), desk.terms)
    if verdict is not None:
        for signal in about:
            close(tx, desk, signal, verdict, desk.today(), desk.clock())
            reason = verdict.reason and verdict.reason.value
            record(
                tx, audit.SIGNAL_DESTROYED, desk.clock(), signal=str(signal.id), reason=reason, article=verdict.article
            )
        return Followed(True, len(about))
    youths.put(tx, desk.vault, Youth(person.bsn, person))
    for signal in about:
        _compare(tx, desk, signal, person)
    if before is not None and mutations.moved(found):
        _tell_move(tx, desk, person, about, found, mutations.moved_on(before, person, desk.today()))
    told = annulled = 0
    for signal in about:
        new, gone = _bring_up_to_date(tx, desk, signal, person, found)
        if before is not None and mutations.regroups(found):
            gone += _annul_elsewhere(tx, desk, signal, lost_keys(desk.vault, before, person))
        told, annulled = told + new, annulled + gone
        if before is not None:
            kinds = sorted(change.value for change in found)
            record(
                tx,
                audit.YOUTH_CHANGED,
                desk.clock(),
                signal=str(signal.id),
                changes=" ".join(kinds),
                matches=new,
                matchesEnded=gone,
            )
    return Followed(True, len(about), told, annulled)


def _compare(tx: Tx, desk: Desk, signal: Signal, person: Person) -> None:
    """The professional sees on the signal that it did not agree; nothing is undone without them."""
    said = confirmations.waiting(tx, desk.vault, signal.id)
    if said is not None:
        agrees = said.agrees(person)
        confirmations.compared(tx, signal.id, agrees=agrees)
        record(tx, audit.SIGNAL_COMPARED, desk.clock(), signal=str(signal.id), agrees=agrees)


def _tell_move(tx: Tx, desk: Desk, person: Person, about: Sequence[Signal], found: frozenset[Change], on: date) -> None:
    """To another gemeente: its regievoerder and the reporters hear it. Any other move: the reporters."""
    if Change.MOVE in found and person.gemeente is not None:
        owner = desk.gemeenten.owner(person.gemeente)
        report_move(tx, desk, person.bsn, person.gemeente, owner, on, secret=person.address_secret)
        return
    gemeente = None if Change.EMIGRATION in found else person.shown_gemeente
    for signal in about:
        if signal.state is State.ACTIVE and signal.valid_until > desk.today():
            moves.tell_reporter(tx, signal.id, MoveTold(gemeente, on), desk.clock())


def _bring_up_to_date(tx: Tx, desk: Desk, signal: Signal, person: Person, found: frozenset[Change]) -> tuple[int, int]:
    now, today = desk.clock(), desk.today()
    dated = mutations.with_dates(signal, person.adult_on, desk.terms)
    if dated != signal:
        signals.put(tx, dated)
    if signal.state is State.ARCHIVED:
        if dated != signal:
            outbox.change(tx, signal.id, now)
        return 0, 0
    if dated != signal:
        matches.move_end(tx, signal.id)
    if dated != signal or mutations.tells_hub(found, address=desk.rules.address):
        outbox.change(tx, signal.id, now)
    if not mutations.regroups(found):
        return 0, 0
    annulled = match_endings.annul_groundless(tx, signal.id, today)
    return meet(tx, desk, dated) if today < dated.valid_until else 0, annulled


def _annul_elsewhere(tx: Tx, desk: Desk, signal: Signal, lost: set[bytes]) -> int:
    """Our side of pairs with other regions by a parent or home that is lost; theirs hear it from the hub."""
    over = [record.record_id for record in records.of_signal(tx, signal.id) if record.subject in lost]
    return annul_pairs_of(tx, desk.today(), over)
