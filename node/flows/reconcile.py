"""Comparing what the hub holds of us with what it acknowledged to us, from the top down, and mending every difference.

1. Nothing is delivered meanwhile.
2. Ranges of record ids whose digests differ are split until the hub shows their leaves.
3. The node is right: what the hub lacks or has otherwise is told again under the next revision; what only the hub has
   is withdrawn as annulled. After a restore of this node that last is the operator's decision: the backup may simply
   be older than the record.
4. What was mended is delivered, and compared once more.
5. The region declares its count and digest; where the hub agrees, its records match again.

What if we stop here? Repairs are wishes in the outbox; the next comparison finds what is left.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from hub_connector.failures import NotNow, Refused
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.records import leaf_state
from node.exchange import Exchange
from node.flows import collect, hearing, pausing
from node.flows.deliver import deliver_now
from node.flows.keys import read_scheme
from node.store import errands, holds, mailbox, outbox, records
from node.store.holds import AlarmKind, Side
from node.store.records import HubRecord, ToldState, Wanted
from soap_wsdl.digests import range_digest, record_digest
from soap_wsdl.vocabulary import (
    MAX_RANGES,
    CompareRegistrations,
    Declaration,
    Ending,
    EpochName,
    GetStatus,
    Leaf,
    LeafState,
    Range,
    RangeDigest,
    Reason,
    Withdrawal,
    WithdrawSignals,
)

EVERYTHING = Range(UUID(int=0), UUID(int=2**128 - 1))
"""All record ids."""
_UNCONFIRMED = timedelta(days=30)
"""How long other regions have to offer their records again to a hub that lost its memory, before we give theirs up."""
_WISHES_WAIT = "Signals wait for their pseudonyms, and some of what only the hub has may be theirs."
_PARTS = 16
_ROUNDS = 3
"""Comparing, mending and comparing again: what still differs then waits for an operator."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record on which hub and node differ. ``ours`` or ``theirs`` is None where one side has nothing."""

    record_id: UUID
    ours: Leaf | None
    theirs: Leaf | None


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What was found and done. ``undecided``: only the hub has these, and this node was restored."""

    differences: tuple[Difference, ...] = ()
    repaired: int = 0
    withdrawn: int = 0
    undecided: tuple[UUID, ...] = ()
    agreed: bool = False
    holding: str | None = None


async def reconcile(exchange: Exchange, *, dry_run: bool = False, withdraw_unknown: bool = False) -> ReconcileReport:
    """Compare, mend, compare again, declare. With ``dry_run`` only list. Twice finds nothing the second time.

    ``withdraw_unknown`` is the operator's word, after a restore of this node, that what only the hub has must go.
    """
    async with exchange.delivering:
        return await reconcile_now(exchange, dry_run=dry_run, withdraw_unknown=withdraw_unknown)


async def reconcile_now(
    exchange: Exchange, *, dry_run: bool = False, withdraw_unknown: bool = False
) -> ReconcileReport:
    """``reconcile`` for a caller that holds ``exchange.delivering``."""
    if hold := await pausing.waits(exchange, Side.HUB):
        return ReconcileReport(holding=hold.reason)
    try:
        return await (_list(exchange) if dry_run else _reconcile(exchange, withdraw_unknown))
    except (NotNow, Refused) as why:
        hold = await pausing.pause_side(exchange, Side.HUB, why)
        return ReconcileReport(holding=hold.reason)


async def _list(exchange: Exchange) -> ReconcileReport:
    differences = await _differences(exchange)
    now = exchange.clock()
    await exchange.db.write(lambda tx: audit_line(tx, events.RECONCILED, now, dryRun=True))
    return ReconcileReport(differences)


async def _reconcile(exchange: Exchange, withdraw_unknown: bool) -> ReconcileReport:
    first: tuple[Difference, ...] = ()
    repaired = withdrawn = 0
    undecided: tuple[UUID, ...] = ()
    # A restored node comes to the record ids that it had: what it can make of its wishes is not unknown to it.
    await deliver_now(exchange)
    for attempt in range(_ROUNDS):
        wishes, _ = await exchange.db.read(outbox.count)
        differences = await _differences(exchange)
        if attempt == 0:
            first = differences
        if not differences:
            break
        restored = (await exchange.db.read(mailbox.read)).node_restored
        mended = await exchange.db.write(lambda tx: [_mend(tx, exchange, each) for each in differences])  # noqa: B023
        unknown = [each for each, done in zip(differences, mended, strict=True) if done is None]
        restored = restored or (bool(unknown) and await _memory_is_older(exchange))
        repaired += sum(done is True for done in mended)
        if restored and unknown and wishes:
            return ReconcileReport(first, repaired, withdrawn, holding=_WISHES_WAIT)
        if restored and not withdraw_unknown:
            undecided = tuple(each.record_id for each in unknown)
        else:
            undecided = ()
            for each in unknown:
                await _withdraw(exchange, each)
                withdrawn += 1
        await deliver_now(exchange)
    agreed = await _declare(exchange)
    await exchange.db.write(lambda tx: _finish(tx, exchange, repaired, withdrawn, agreed, not undecided))
    return ReconcileReport(first, repaired, withdrawn, undecided, agreed)


# --- Comparing ---------------------------------------------------------------------------------------


async def _differences(exchange: Exchange) -> tuple[Difference, ...]:
    as_of = exchange.today()
    over = (await read_scheme(exchange)).over(as_of)
    ours = await exchange.db.read(lambda tx: own_leaves(tx, as_of, over))
    ids = [str(leaf.record_id) for leaf in ours]
    found: list[Difference] = []
    ranges = [EVERYTHING]
    while ranges:
        asked, ranges = ranges[:MAX_RANGES], ranges[MAX_RANGES:]
        answer = await exchange.hub.compare_registrations(CompareRegistrations(as_of, None, tuple(asked)))
        for each in answer.digests:
            mine = ours[bisect_left(ids, str(each.first)) : bisect_right(ids, str(each.last))]
            if each.count == len(mine) and each.digest == range_digest(mine):
                continue
            if len(each.leaves) == each.count:
                found += _between(mine, each.leaves)
            else:
                ranges += _split(each)
    return tuple(found)


def own_leaves(tx: Tx, as_of: date, over: frozenset[EpochName]) -> list[Leaf]:
    """Our records as the hub acknowledged them, in order of their ids, without what epochs that are over held."""
    leaves = []
    for record in records.between(tx, EVERYTHING.first, EVERYTHING.last):
        leaf = _leaf(tx, record, as_of, over)
        if leaf is not None:
            leaves.append(leaf)
    return leaves


def _leaf(tx: Tx, record: HubRecord, as_of: date, over: frozenset[EpochName]) -> Leaf | None:
    told = record.told
    if told is None or told.state is ToldState.GONE:
        return None
    cards = records.cards(tx, record.record_id, told.cards) if told.cards is not None else []
    entries = [(card.epoch, card.digest) for card in cards if card.epoch not in over]
    stands = LeafState(told.state.value)
    state = leaf_state(as_of, stands, told.valid_until, told.archive_until, epochs_left=bool(entries))
    if state is None:
        return None
    digest = record_digest(record.purpose, told.valid_until, told.archive_until, entries)
    return Leaf(record.record_id, told.revision, state, digest)


def _between(ours: Sequence[Leaf], theirs: Sequence[Leaf]) -> list[Difference]:
    mine, hubs = {leaf.record_id: leaf for leaf in ours}, {leaf.record_id: leaf for leaf in theirs}
    return [
        Difference(record_id, mine.get(record_id), hubs.get(record_id))
        for record_id in sorted(mine.keys() | hubs.keys(), key=str)
        if mine.get(record_id) != hubs.get(record_id)
    ]


def _split(whole: RangeDigest) -> list[Range]:
    first, last = whole.first.int, whole.last.int
    step = max(1, (last - first + 1) // _PARTS)
    starts = list(range(first, last + 1, step))[:_PARTS]
    ends = [*(start - 1 for start in starts[1:]), last]
    return [Range(UUID(int=start), UUID(int=end)) for start, end in zip(starts, ends, strict=True)]


# --- Mending -----------------------------------------------------------------------------------------


def _mend(tx: Tx, exchange: Exchange, difference: Difference) -> bool | None:
    """Wish what mends it; True when something was wished, False when delivery settles it, None: only the hub has it."""
    now = exchange.clock()
    record = records.get(tx, difference.record_id)
    if record is None:
        return None
    if errands.of_record(tx, record.record_id):
        return False  # Something is on its way, or was set aside for the operator.
    if difference.theirs is not None:
        records.raise_revision(tx, record.record_id, difference.theirs.revision)
    if record.wanted is Wanted.GONE:
        if difference.theirs is None:
            return False
        outbox.withdraw(tx, record.record_id, record.signal_id, Ending.ANNULLED, None, now)
        return True
    outbox.again(tx, record.record_id, record.signal_id, Reason.AGAIN, now)
    return True


async def _withdraw(exchange: Exchange, difference: Difference) -> None:
    """Take back what only the hub has. Its purpose is not known here, so it shares a message with nothing."""
    assert difference.theirs is not None  # noqa: S101 - only the hub has it
    cursor = (await exchange.db.read(mailbox.read)).cursor
    withdrawal = Withdrawal(difference.record_id, difference.theirs.revision + 1, Ending.ANNULLED)
    response = await exchange.hub.withdraw_signals(WithdrawSignals(exchange.new_id(), cursor, (withdrawal,)))
    cards = await collect.open_cards(exchange, response.mailbox)
    await exchange.db.write(lambda tx: collect.apply(tx, exchange, response.mailbox, cursor, cards))


async def _declare(exchange: Exchange) -> bool:
    as_of = exchange.today()
    over = (await read_scheme(exchange)).over(as_of)
    leaves = await exchange.db.read(lambda tx: own_leaves(tx, as_of, over))
    declaration = Declaration(len(leaves), range_digest(leaves))
    answer = await exchange.hub.compare_registrations(CompareRegistrations(as_of, declaration, ()))
    cursor = (await exchange.db.read(mailbox.read)).cursor
    # Another seed: the hub was restored once more while we compared, and the next collection says so.
    return answer.agreed and (cursor is None or cursor.seed == answer.seed)


async def _memory_is_older(exchange: Exchange) -> bool:
    """Whether the hub had a later acknowledgement from us than we know of: a copy was put back without a word."""
    stands = await exchange.hub.get_status(GetStatus())
    cursor = (await exchange.db.read(mailbox.read)).cursor
    if cursor is not None and (cursor.seed != stands.seed or cursor.number >= stands.acknowledged_number):
        return False
    if cursor is None and not stands.acknowledged_number:
        return False
    await exchange.db.write(lambda tx: mailbox.mark_restored(tx, restored=True))
    return True


def _end_unconfirmed(tx: Tx, exchange: Exchange) -> None:
    """What a hub that lost its memory was not told again by the other region within its time ended unheard.

    Its end came to a hub that did not know the pair. Should that region offer it after all, it is heard as new.
    """
    since = mailbox.read(tx).unconfirmed_since
    if since is None or exchange.today() < since + _UNCONFIRMED:
        return
    for pair in mailbox.not_retold(tx, 0):
        hearing.end_pair(tx, exchange.today(), replace(pair, revision=0), annulled=False)
    mailbox.settle_doubt(tx)


def _finish(tx: Tx, exchange: Exchange, repaired: int, withdrawn: int, agreed: bool, decided: bool) -> None:
    now = exchange.clock()
    if agreed:
        mailbox.ask_comparison(tx, due=False)
        _end_unconfirmed(tx, exchange)
    if agreed and decided:
        if mailbox.read(tx).node_restored or any(ring.kind is AlarmKind.UNKNOWN_RECORD for ring in holds.alarms(tx)):
            # What was told of records before this database had them again was let pass: once more, all that lives.
            mailbox.ask_retelling(tx, wanted=True)
        mailbox.mark_restored(tx, restored=False)
        holds.settle_kind(tx, AlarmKind.UNKNOWN_RECORD, now)
    audit_line(tx, events.RECONCILED, now, repaired=repaired, withdrawn=withdrawn, agreed=agreed)
