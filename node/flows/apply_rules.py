"""A region switched a rule of matching: what is there already follows, here and at the hub (Jeugdwet 7.1.2.3(1)c-e).

1. The rules as they were last applied are remembered; when others hold, what was switched is noted first.
2. In chunks, one write for each, every active signal: pairs that the rules allow no more are annulled, on both sides
   inside the region and on our side of those with other regions; pairs that they allow are told; the hub hears
   through the outbox which records of parents and homes come or go; the audit line.
3. When all signals were looked at, the rules count as applied.

What if we stop here? How far it came is in the same write as the chunk; the next run goes on there. Twice does
nothing more. Switched back half-way, it begins anew with all that was touched.
"""

from dataclasses import dataclass, replace

from ledger import Tx
from ledger.audit import record
from node import audit
from node.domain.matching import MatchKind, Rules
from node.domain.signal import Signal
from node.flows.desk import Desk
from node.flows.hearing import annul_pairs_of
from node.flows.meet import meet
from node.store import outbox, records, rules, signals, youths
from node.store.rules import EVERYTHING, Applied
from soap_wsdl.vocabulary import Purpose

AT_ONCE = 100
"""Signals in one transaction."""
_PURPOSES = {MatchKind.FAMILY: Purpose.PARENT, MatchKind.ADDRESS: Purpose.ADDRESS}


@dataclass(frozen=True, slots=True)
class RulesApplied:
    """What a run did: signals looked at, sides of matches annulled, pairs told, signals of which the hub hears."""

    signals: int = 0
    annulled: int = 0
    told: int = 0
    offered: int = 0


async def apply_rules(desk: Desk) -> RulesApplied:
    """Bring all that is there under the rules of this desk."""
    done = RulesApplied()
    if await desk.db.read(lambda tx: rules_hold(tx, desk)):
        return done
    await desk.db.write(lambda tx: _begin(tx, desk))
    while (one := await desk.db.write(lambda tx: _next(tx, desk))) is not None:
        done = RulesApplied(
            done.signals + one.signals,
            done.annulled + one.annulled,
            done.told + one.told,
            done.offered + one.offered,
        )
    if done.offered:
        desk.nudge()
    return done


def rules_hold(tx: Tx, desk: Desk) -> bool:
    """Whether the rules of this desk hold for everything that is there."""
    stands = rules.read(tx)
    return stands is not None and stands.rules == desk.rules and stands.reached is None


def _begin(tx: Tx, desk: Desk) -> None:
    stands = rules.read(tx)
    if stands is not None and stands.rules == desk.rules:
        return  # A run that was cut off: it goes on where it was.
    touched = EVERYTHING
    if stands is not None:
        before = stands.touched if stands.reached is not None else Rules(family=False)
        touched = Rules(
            same_location=before.same_location or stands.rules.same_location != desk.rules.same_location,
            family=before.family or stands.rules.family != desk.rules.family,
            address=before.address or stands.rules.address != desk.rules.address,
        )
    rules.put(tx, Applied(desk.rules, touched, ""))


def _next(tx: Tx, desk: Desk) -> RulesApplied | None:
    """The next signals; None when there are none left, and then the rules count as applied."""
    stands = rules.read(tx)
    if stands is None or stands.reached is None or stands.rules != desk.rules:
        return None
    found = rules.next_signals(tx, stands.reached, AT_ONCE)
    if not found:
        rules.put(tx, replace(stands, reached=None))
        return None
    annulled = told = offered = 0
    for signal_id in found:
        signal = signals.get(tx, signal_id)
        if signal.valid_until <= desk.today():
            continue
        annulled += _annul(tx, desk, signal, stands.touched)
        told += meet(tx, desk, signal)
        offered += _offer(tx, desk, signal, stands.touched)
    rules.put(tx, replace(stands, reached=str(found[-1])))
    done = RulesApplied(len(found), annulled, told, offered)
    if annulled or told or offered:
        record(
            tx,
            audit.RULES_APPLIED,
            desk.clock(),
            familyOn=desk.rules.family,
            homeOn=desk.rules.address,
            sameLocationOn=desk.rules.same_location,
            signals=done.signals,
            matches=told,
            matchesEnded=annulled,
        )
    return done


def _annul(tx: Tx, desk: Desk, signal: Signal, touched: Rules) -> int:
    allowed = {MatchKind.FAMILY: desk.rules.family, MatchKind.ADDRESS: desk.rules.address}
    off = [kind for kind, is_on in allowed.items() if not is_on]
    annulled = rules.annul_kinds(tx, signal.id, off, desk.today())
    if touched.same_location and not desk.rules.same_location:
        annulled += rules.annul_colleagues(tx, signal.id, desk.today())
    purposes = {_PURPOSES[kind] for kind in off}
    over = [one.record_id for one in records.of_signal(tx, signal.id) if one.purpose in purposes]
    return annulled + annul_pairs_of(tx, desk.today(), over)


def _offer(tx: Tx, desk: Desk, signal: Signal, touched: Rules) -> bool:
    """The hub hears of parents and homes, where the youth has any of the kind that was switched."""
    switched = {MatchKind.FAMILY: touched.family, MatchKind.ADDRESS: touched.address}
    grounds = {relation.kind for relation in youths.relations(tx, [signal.youth])[signal.youth]}
    if not any(switched[kind] for kind in grounds):
        return False
    return outbox.change_unless_waiting(tx, signal.id, desk.clock())
