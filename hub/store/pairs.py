"""Pairs (record, record): who met, told once to both sides, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.matching import PairKind, meets, will_speak
from hub.store import mailbox, records, unheard
from hub.store.mailbox import Line
from hub.store.records import marks, text
from ledger import Tx
from soap_wsdl.vocabulary import Ending, NoticeKind, Purpose, Reason


@dataclass(frozen=True, slots=True)
class Mine:
    """A record of the sender that is live now. ``reason`` is set where this message made it so."""

    number: int
    purpose: Purpose
    reason: Reason | None
    tags: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair row with the regions of its halves."""

    pair: int
    first: int
    second: int
    kind: PairKind
    ended: bool
    first_region: int
    second_region: int

    def other(self, number: int) -> tuple[int, int]:
        """The other half: its record and region."""
        return (self.second, self.second_region) if number == self.first else (self.first, self.first_region)


def of_records(tx: Tx, numbers: Sequence[int]) -> list[Pair]:
    """Every pair kept of these records, ended ones too, in order."""
    if not numbers:
        return []
    question = (
        "SELECT p.pair, p.first, p.second, p.kind, p.ended_on, f.region AS first_region, s.region AS second_region"
        " FROM pair p JOIN record f ON f.record = p.first JOIN record s ON s.record = p.second WHERE p."
    )
    found = {
        row["pair"]: Pair(
            row["pair"],
            row["first"],
            row["second"],
            PairKind(row["kind"]),
            row["ended_on"] is not None,
            row["first_region"],
            row["second_region"],
        )
        for side in ("first", "second")
        for row in tx.all(f"{question}{side} IN ({marks(numbers)})", numbers)
    }
    return [found[pair] for pair in sorted(found)]


def meet(tx: Tx, region: int, mine: Sequence[Mine], had: Sequence[int], today: date) -> list[Line]:
    """Find the others of records that are live now, make the pairs, and return what both sides are to be told.

    ``had`` are the records among them that may have pairs already: an existing pair is told again only if it ended.
    """
    by_tag: dict[tuple[bytes, str], list[Mine]] = {}
    for record in mine:
        for tag in record.tags:
            by_tag.setdefault(tag, []).append(record)
    candidates: dict[tuple[int, int, PairKind], tuple[int, int, int, Purpose]] = {}
    later: list[tuple[int, int]] = []
    for held_tag, epoch, other in records.others(tx, region, [tag for tag, _ in by_tag]):
        for record in by_tag.get((held_tag, epoch), ()):
            kind = meets(record.purpose, record.reason, other, today)
            if kind is None:
                if will_speak(record.purpose, record.reason, other, today):
                    later.append((other.number, record.number))
                continue
            halves = (other.number, record.number)
            first, second = sorted(halves) if kind is PairKind.LIVING else halves
            candidates[first, second, kind] = (record.number, other.number, other.region, record.purpose)
    if later:
        unheard.note(tx, later)
    if not candidates:
        return []
    existing = {(pair.first, pair.second, pair.kind): pair for pair in of_records(tx, had)}
    made = [key for key in sorted(candidates, key=_order) if key not in existing]
    revived = [
        key
        for key in sorted(candidates, key=_order)
        if key in existing and existing[key].ended and key[2] is PairKind.LIVING
    ]
    numbers = dict(zip(made, records.next_numbers(tx, "pair", len(made)), strict=True)) if made else {}
    tx.many(
        "INSERT INTO pair (pair, first, second, kind) VALUES (?, ?, ?, ?)",
        [(numbers[key], key[0], key[1], key[2].value) for key in made],
    )
    tx.many("UPDATE pair SET ended_on = NULL WHERE pair = ?", [(existing[key].pair,) for key in revived])
    _count(tx, region, [candidates[key] for key in made if key[2] is PairKind.LIVING], today)
    lines: list[Line] = []
    for key in (*made, *revived):
        own, peer, peer_region, _ = candidates[key]
        pair = numbers[key] if key in numbers else existing[key].pair
        living = key[2] is PairKind.LIVING
        here, there = (
            (NoticeKind.MATCH, NoticeKind.MATCH) if living else (NoticeKind.ARCHIVE_NOTICE, NoticeKind.ARCHIVE_TOLD)
        )
        lines.append(Line(region, here, pair=pair, own=own, peer=peer))
        lines.append(Line(peer_region, there, pair=pair, own=peer, peer=own))
    return lines


def _order(key: tuple[int, int, PairKind]) -> tuple[int, int, str]:
    return key[0], key[1], key[2].value


def _count(tx: Tx, region: int, made: Sequence[tuple[int, int, int, Purpose]], today: date) -> None:
    """Registered pairs per month and pair of regions, kept apart because pairs themselves are forgotten."""
    counts: dict[tuple[int, int, str], int] = {}
    for _, _, other, purpose in made:
        key = (min(region, other), max(region, other), purpose.value)
        counts[key] = counts.get(key, 0) + 1
    tx.many(
        "INSERT INTO pair_count (month, region, other_region, purpose, pairs) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (month, region, other_region, purpose) DO UPDATE SET pairs = pair_count.pairs + excluded.pairs",
        [(today.isoformat()[:7], *key, counts[key]) for key in sorted(counts)],
    )


def tell_updates(pairs: Sequence[Pair], changed: frozenset[int]) -> list[Line]:
    """Tell the peers of living pairs that there is a newer card."""
    lines = []
    for pair in pairs:
        for number in (pair.first, pair.second):
            if number in changed and pair.kind is PairKind.LIVING and not pair.ended:
                peer, region = pair.other(number)
                lines.append(Line(region, NoticeKind.CARD_UPDATED, pair=pair.pair, own=peer, peer=number))
    return lines


def end(tx: Tx, pairs: Sequence[Pair], how: Mapping[int, Ending | None], today: date) -> list[Line]:
    """End the pairs of records that stopped being live; ``how`` by record number, None for a quiet end by its date.

    The peer of a living pair hears it, unless it ended by its date: it keeps that date itself. Annulled is told of
    pairs that ended before as well, and to whoever got the archive notice. A record's own region knows already.
    """
    lines: list[Line] = []
    ended: list[int] = []
    for pair in pairs:
        for number in (pair.first, pair.second):
            if number not in how:
                continue
            peer, region = pair.other(number)
            living = pair.kind is PairKind.LIVING
            if how[number] is Ending.ANNULLED and (living or number == pair.first):
                lines.append(Line(region, NoticeKind.MATCH_ANNULLED, pair=pair.pair, own=peer, peer=number))
            elif how[number] is Ending.ENDED and living and not pair.ended:
                lines.append(Line(region, NoticeKind.MATCH_ENDED, pair=pair.pair, own=peer, peer=number))
            if not pair.ended:
                ended.append(pair.pair)
    tx.many("UPDATE pair SET ended_on = ? WHERE pair = ?", [(text(today), pair) for pair in sorted(set(ended))])
    return lines


def make_ended(tx: Tx, record: int, peer: int, peer_region: int, how: Ending, today: date) -> None:
    """Note a pair that only the ledger of deletions knows, and tell its end to the peer: nothing if it is known."""
    first, second = min(record, peer), max(record, peer)
    if tx.one("SELECT pair FROM pair WHERE first = ? AND second = ? AND kind = 'living'", (first, second)) is not None:
        return
    (pair,) = records.next_numbers(tx, "pair", 1)
    tx.execute(
        "INSERT INTO pair (pair, first, second, kind, ended_on) VALUES (?, ?, ?, 'living', ?)",
        (pair, first, second, text(today)),
    )
    kind = NoticeKind.MATCH_ENDED if how is Ending.ENDED else NoticeKind.MATCH_ANNULLED
    mailbox.tell(tx, [Line(peer_region, kind, pair=pair, own=peer, peer=record)], today)
