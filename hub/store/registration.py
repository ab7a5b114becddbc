"""Registering and withdrawing in one transaction: hold the tags, put the records, find the others, tell both sides."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from hub.matching import (
    Known,
    Offer,
    Schedule,
    Standing,
    Verdict,
    mixes_family_and_youth,
    weigh_offer,
    weigh_withdrawal,
)
from hub.store import mailbox, pairs, records, unheard
from hub.store.mailbox import Line
from hub.store.pairs import Mine
from hub.store.protocol import Deletion, MixedPurposes
from ledger import Tx
from soap_wsdl.vocabulary import Ending, Oin, Outcome, Reason, RecordOutcome, Refusal, Withdrawal

T = TypeVar("T", Offer, Withdrawal)

BATCH_SECONDS = 48 * 3600
"""How long the outcomes of a batch are kept."""

_LETTERS = {
    Outcome.REGISTERED: "r",
    Outcome.UPDATED: "u",
    Outcome.WITHDRAWN: "w",
    Outcome.UNCHANGED: "n",
}
_OUTCOMES = {letter: outcome for outcome, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Done:
    """Outcomes in order, and the regions that got notices."""

    outcomes: tuple[RecordOutcome, ...]
    told: frozenset[int] = frozenset()


def register(tx: Tx, region: int, offers: Sequence[Offer], schedule: Schedule, today: date) -> Done:
    """Weigh each record, put what is accepted, and tell whom it meets."""
    if mixes_family_and_youth(offer.purpose for offer in offers):
        raise MixedPurposes
    outcomes: list[RecordOutcome] = []
    lines: list[Line] = []
    for run in _without_doubles(offers):
        here, notices = _register_run(tx, region, run, schedule, today)
        outcomes.extend(here)
        lines.extend(notices)
    return Done(tuple(outcomes), mailbox.tell(tx, lines, today))


def _register_run(
    tx: Tx, region: int, offers: Sequence[Offer], schedule: Schedule, today: date
) -> tuple[list[RecordOutcome], list[Line]]:
    known = records.known(tx, region, [offer.record_id for offer in offers])
    outcomes: list[RecordOutcome] = []
    fresh: list[tuple[Offer, Verdict]] = []
    changed: list[tuple[Known, Offer, Verdict]] = []
    confirmed: list[tuple[Known, Offer]] = []
    for offer in offers:
        before = known.get(offer.record_id)
        verdict = weigh_offer(offer, before, schedule, today)
        outcomes.append(RecordOutcome(offer.record_id, verdict.outcome, verdict.refusal, verdict.hub_revision or None))
        if verdict.outcome is Outcome.REGISTERED:
            fresh.append((offer, verdict))
        elif verdict.outcome is Outcome.UPDATED and before is not None:
            changed.append((before, offer, verdict))
        elif verdict.outcome is Outcome.UNCHANGED and before is not None and before.old:
            confirmed.append((before, offer))

    mine: list[Mine] = []
    lines: list[Line] = []
    if fresh:
        numbers = records.insert(tx, region, fresh)
        mine.extend(
            _mine(number, offer, offer.reason)
            for number, (offer, verdict) in zip(numbers, fresh, strict=True)
            if verdict.standing is Standing.LIVE
        )
    if changed:
        records.update(tx, changed)
        lines.extend(_tell_changes(tx, changed, today))
        for before, offer, verdict in changed:
            if verdict.standing is Standing.LIVE:
                speaks = before.standing is not Standing.LIVE or before.valid_until <= today
                mine.append(_mine(before.number, offer, offer.reason if speaks else None))
    if confirmed:
        tx.many("UPDATE record SET old = 0 WHERE record = ?", [(before.number,) for before, _ in confirmed])
        mine.extend(
            _mine(before.number, offer, None)
            for before, offer in confirmed
            if before.standing is Standing.LIVE and before.valid_until > today and before.ending is None
        )
    had = [before.number for before, _, _ in changed] + [before.number for before, _ in confirmed]
    lines.extend(pairs.meet(tx, region, mine, had, today))
    no_longer_old = [before.number for before, _, _ in changed if before.old] + [
        before.number for before, _ in confirmed
    ]
    lines.extend(unheard.speak(tx, no_longer_old, today))
    return outcomes, lines


def _mine(number: int, offer: Offer, reason: Reason | None) -> Mine:
    return Mine(number, offer.purpose, reason, tuple((entry.held_tag, entry.epoch) for entry in offer.entries))


def _tell_changes(tx: Tx, changed: Sequence[tuple[Known, Offer, Verdict]], today: date) -> list[Line]:
    """A change is told to the peers of living pairs; a record that stopped being live ends them."""
    had = pairs.of_records(tx, [before.number for before, _, _ in changed])
    if not had:
        return []
    updated: set[int] = set()
    stopped: dict[int, Ending | None] = {}
    for before, offer, verdict in changed:
        if before.valid_until <= today:
            # It ended on its date, at the nodes too, though no sweep came yet: what it meets now, it meets anew.
            stopped[before.number] = None
        elif verdict.standing is not Standing.LIVE:
            stopped[before.number] = Ending.ENDED
        elif offer.reason is not Reason.AGAIN or offer.valid_until != before.valid_until or before.old:
            # Old: the notice of this very revision may have been lost with the memory that was restored.
            updated.add(before.number)
    return pairs.tell_updates(had, frozenset(updated)) + pairs.end(tx, had, stopped, today)


def withdraw(
    tx: Tx, oin: Oin, region: int, withdrawals: Sequence[Withdrawal], today: date
) -> tuple[Done, tuple[Deletion, ...]]:
    """Withdraw each record, tell the peers; also what the ledger of deletions must hold before this is durable."""
    outcomes: list[RecordOutcome] = []
    lines: list[Line] = []
    deletions: list[Deletion] = []
    everything = records.known(tx, region, list({withdrawal.record_id for withdrawal in withdrawals}))
    if mixes_family_and_youth(record.purpose for record in everything.values() if record.purpose):
        raise MixedPurposes
    for run in _without_doubles(withdrawals):
        known = records.known(tx, region, [withdrawal.record_id for withdrawal in run])
        for withdrawal in run:
            before = known.get(withdrawal.record_id)
            verdict = weigh_withdrawal(withdrawal, before, today)
            outcomes.append(
                RecordOutcome(withdrawal.record_id, verdict.outcome, verdict.refusal, verdict.hub_revision or None)
            )
            if verdict.outcome is Outcome.WITHDRAWN:
                here = _withdraw_one(tx, region, withdrawal, before, verdict, today)
                lines.extend(here)
                if before is not None and before.old:
                    lines.extend(unheard.speak(tx, [before.number], today))
                keep = _keep(tx, region, withdrawal.record_id)
                deletions.append(Deletion(oin, withdrawal, _peers(tx, here), keep))
    return Done(tuple(outcomes), mailbox.tell(tx, lines, today)), tuple(deletions)


def _withdraw_one(
    tx: Tx, region: int, withdrawal: Withdrawal, before: Known | None, verdict: Verdict, today: date
) -> list[Line]:
    how, until = withdrawal.ending, verdict.archive_until
    if before is None:
        records.insert_tombstone(tx, region, withdrawal.record_id, withdrawal.revision, how, until, today)
        return []
    had = pairs.of_records(tx, [before.number])
    records.withdraw(tx, before, withdrawal.revision, verdict, how, today)
    return pairs.end(tx, had, {before.number: how}, today)


def _peers(tx: Tx, lines: Sequence[Line]) -> tuple[tuple[Oin, UUID], ...]:
    """Who is told of the end."""
    question = "SELECT g.oin, r.record_id FROM record r JOIN region g ON g.region = r.region WHERE r.record = ?"
    found = [tx.one(question, (line.own,)) for line in lines]
    return tuple((Oin(row["oin"]), UUID(bytes=row["record_id"])) for row in found if row is not None)


def _keep(tx: Tx, region: int, record_id: UUID) -> str:
    """Until when a restored backup might bring this record back: past every date that it has."""
    row = tx.one(
        "SELECT keep_until, valid_until, archive_until FROM record WHERE region = ? AND record_id = ?",
        (region, record_id.bytes),
    )
    return max(filter(None, row), default="") if row is not None else ""


def replay(tx: Tx, deletions: Sequence[Deletion], today: date) -> int:
    """Apply the ledger of deletions to a restored database, and tell the ends that it forgot. Twice does nothing.

    Every region is told: a peer may have missed the notice that was lost with the memory.
    """
    applied = 0
    for deletion in deletions:
        region = _region(tx, deletion.oin)
        if region is None:
            continue
        done, _ = withdraw(tx, deletion.oin, region, [deletion.withdrawal], today)
        applied += done.outcomes[0].outcome is Outcome.WITHDRAWN
        record = records.known(tx, region, [deletion.withdrawal.record_id])[deletion.withdrawal.record_id]
        for oin, record_id in deletion.peers:
            there = _region(tx, oin)
            if there is None:
                continue
            peer = records.known(tx, there, [record_id]).get(record_id)
            number = peer.number if peer else records.insert_tombstone(tx, there, record_id, 0, None, None, today)
            pairs.make_ended(tx, record.number, number, there, deletion.withdrawal.ending, today)
    return applied


def _region(tx: Tx, oin: Oin) -> int | None:
    row = tx.one("SELECT region FROM region WHERE oin = ?", (oin,))
    return int(row["region"]) if row else None


def _without_doubles(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in runs in which no record id comes twice: a second mention sees what the first did."""
    if len({item.record_id for item in items}) == len(items):
        yield items
        return
    run: list[T] = []
    ids: set[UUID] = set()
    for item in items:
        if item.record_id in ids:
            yield run
            run, ids = [], set()
        run.append(item)
        ids.add(item.record_id)
    yield run


# --- Batches -----------------------------------------------------------------------------------------


def digest_of_offers(offers: Iterable[Offer]) -> bytes:
    """What makes two registrations the same batch."""
    running = hashlib.sha256(b"register")
    for offer in offers:
        running.update(
            offer.record_id.bytes + offer.digest + f"{offer.revision}|{offer.state.value}|{offer.reason.value}".encode()
        )
    return running.digest()


def digest_of_withdrawals(withdrawals: Iterable[Withdrawal]) -> bytes:
    """What makes two withdrawals the same batch."""
    running = hashlib.sha256(b"withdraw")
    for w in withdrawals:
        running.update(w.record_id.bytes + f"{w.revision}|{w.ending.value}|{w.archive_until}".encode())
    return running.digest()


def recall(
    tx: Tx, region: int, batch_id: UUID, digest: bytes, ids: Sequence[UUID], at: int
) -> tuple[RecordOutcome, ...] | None:
    """The outcomes that this very batch got within 48 hours, or None. Other content under its id is another batch."""
    row = tx.one(
        "SELECT outcomes FROM batch WHERE region = ? AND batch_id = ? AND digest = ? AND at > ?",
        (region, batch_id.bytes, digest, at - BATCH_SECONDS),
    )
    if row is None:
        return None
    return tuple(
        RecordOutcome(id, _OUTCOMES[kept])
        if isinstance(kept, str)
        else RecordOutcome(id, Outcome.REFUSED, Refusal(kept[0]), kept[1])
        for id, kept in zip(ids, json.loads(row["outcomes"]), strict=True)
    )


def remember(tx: Tx, region: int, batch_id: UUID, digest: bytes, outcomes: Sequence[RecordOutcome], at: int) -> None:
    """Keep the outcomes of a batch."""
    kept = [[o.refusal.value, o.hub_revision] if o.refusal else _LETTERS[o.outcome] for o in outcomes]
    tx.execute(
        "INSERT INTO batch (region, batch_id, digest, outcomes, at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (region, batch_id) DO UPDATE SET digest = excluded.digest, outcomes = excluded.outcomes,"
        " at = excluded.at",
        (region, batch_id.bytes, digest, json.dumps(kept, separators=(",", ":")), at),
    )
