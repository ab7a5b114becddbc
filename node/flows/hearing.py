"""What one notice of the mailbox does: a match told once, a card changed, an ending, an archive that spoke.

Its card was opened before the write (``flows.opening``). A notice that is already known, or about a peer record that
ended at that revision, changes nothing.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hub_connector.cards import Card
from hub_connector.pseudonyms import MatchKey
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.domain.days import local_day, years_after
from node.domain.matching import HowEnded, MatchKind
from node.domain.professional import Contact, Domain
from node.domain.records import smaller_key
from node.domain.retention import ARCHIVE_YEARS
from node.exchange import Exchange
from node.flows.opening import WITH_CARD, CardAnswer, Heard, Unheard
from node.store import archive_heard, canaries, holds, mailbox, marks, match_endings, matches, records, signals
from node.store.holds import AlarmKind
from node.store.mailbox import ArchiveNotice, ForeignPair, PairId, PairKind, PairStatus
from node.store.matches import ForeignCard
from node.store.records import HubRecord, Wanted
from soap_wsdl.vocabulary import Notice, NoticeKind, Purpose

TIME_TO_UNDO = timedelta(minutes=15)
"""A signal can be undone within this time; until then its archive notices are not shown."""
KEEP_ARCHIVE_CARD = timedelta(days=30)
"""How long the card of an archive notice waits to be fetched."""
_KINDS = {
    Purpose.YOUTH: MatchKind.CLIENT,
    Purpose.VSN: MatchKind.CLIENT,
    Purpose.PARENT: MatchKind.FAMILY,
    Purpose.ADDRESS: MatchKind.ADDRESS,
}


# --- Within the write --------------------------------------------------------------------------------


def hear(tx: Tx, exchange: Exchange, notice: Notice, answer: CardAnswer | None) -> int:
    """Apply one notice; returns how many matches became new by it: 0 or 1."""
    if notice.own_record_id is None or notice.peer_record_id is None:
        return 0  # A sealed message that took effect before.
    own = records.get(tx, notice.own_record_id)
    if own is None:
        if notice.kind in WITH_CARD:
            about = "The hub tells of records that this database does not have: was it restored? Run reconcile."
            holds.ring(tx, AlarmKind.UNKNOWN_RECORD, about, None, exchange.clock())
        return 0
    if answer is None or isinstance(answer, Unheard):
        # A retelling that mentions a pair whose card we cannot open still says that it lives.
        known = mailbox.pair(tx, _id(notice, PairKind.MATCH)) if notice.kind in WITH_CARD else None
        if known is not None:
            mailbox.put_pair(tx, replace(known, heard=max(known.heard, notice.number)))
    if isinstance(answer, Unheard):
        about = f"{answer.about} It came for record {own.record_id}, notice {notice.number}."
        now = exchange.clock()
        if holds.ring(tx, AlarmKind.CARD_REFUSED, about, notice.peer, now):
            audit_line(tx, events.CARD_REFUSED, now, peer=notice.peer, record=str(own.record_id))
        return 0
    match notice.kind:
        case NoticeKind.MATCH | NoticeKind.CARD_UPDATED if answer is not None:
            return _hear_match(tx, exchange, notice, own, answer)
        case NoticeKind.MATCH_ENDED:
            _hear_ending(tx, exchange, notice, own, annulled=False)
        case NoticeKind.MATCH_ANNULLED:
            _hear_ending(tx, exchange, notice, own, annulled=True)
        case NoticeKind.ARCHIVE_NOTICE if answer is not None:
            _hear_archive(tx, exchange, notice, own, answer)
        case NoticeKind.ARCHIVE_TOLD:
            _hear_told(tx, exchange, notice, own)
    return 0


def _id(notice: Notice, kind: PairKind) -> PairId:
    assert notice.own_record_id is not None and notice.peer_record_id is not None  # noqa: S101, PT018
    return PairId(notice.own_record_id, notice.peer, notice.peer_record_id, kind)


def _hear_match(tx: Tx, exchange: Exchange, notice: Notice, own: HubRecord, heard: Heard) -> int:
    id, today, revision = _id(notice, PairKind.MATCH), exchange.today(), notice.revision or 0
    known = mailbox.pair(tx, id)
    if known is not None and revision <= known.revision:
        # Heard before, or ended at this revision: a retelling, a late answer, a notice read twice.
        mailbox.put_pair(tx, replace(known, heard=max(known.heard, notice.number)))
        return 0
    over = own.wanted is not Wanted.LIVE or heard.card.ends <= today
    status = PairStatus.ENDED if over else PairStatus.LIVING
    family = heard.card.family
    pair = ForeignPair(
        id,
        own.signal_id,
        family.reference.hex() if family is not None else str(id.peer_record_id),
        status,
        not heard.hidden,
        revision,
        heard.match_key and exchange.vault.seal("foreign_pair", _row(id), heard.match_key),
        heard.card.ends,
        known.told_at if known is not None else exchange.clock(),
        notice.number,
    )
    mailbox.put_pair(tx, pair)
    if own.signal_id is None:
        canaries.meet(tx, own.record_id, exchange.clock())
        return 0
    if heard.hidden or status is not PairStatus.LIVING:
        return 0
    possible = own.purpose is Purpose.VSN
    return int(_show(tx, exchange, pair, _kind(tx, pair, own), heard.card, possible=possible))


def _show(tx: Tx, exchange: Exchange, pair: ForeignPair, kind: MatchKind, card: Card, *, possible: bool) -> bool:
    """Put the pair on the screen, joined with others of the same two signals; true when the match is new there."""
    assert pair.signal_id is not None  # noqa: S101 - a canary is never shown
    together = [each for each in mailbox.joined(tx, pair.signal_id, pair.id.peer, pair.pair_key) if each.shown]
    living = [each for each in together if each.status is PairStatus.LIVING]
    keys = [
        exchange.vault.open("foreign_pair", _row(each.id), each.match_key)
        for each in living
        if each.match_key is not None
    ]
    key = smaller_key(keys)
    new = matches.tell_foreign(
        tx,
        exchange.vault,
        signal_id=pair.signal_id,
        kind=kind,
        peer=pair.id.peer,
        pair_key=pair.pair_key,
        card=_foreign_card(card),
        match_key=MatchKey(key).word() if key is not None else None,
        valid_until=card.ends,
        at=exchange.clock(),
        possible=possible,
    )
    if new:
        audit_line(
            tx,
            events.MATCH_HEARD,
            exchange.clock(),
            signal=str(pair.signal_id),
            peer=pair.id.peer,
            kind="possible" if possible else kind.value,
        )
    return new


def _foreign_card(card: Card) -> ForeignCard:
    contact = Contact(
        card.organisation,
        Domain(card.domain),
        card.kind,
        card.location,
        card.function,
        card.name,
        card.phone,
        card.email,
    )
    since = local_day(card.since).isoformat()
    return ForeignCard(card.region, contact, since[:7] if card.family is not None else since)


def _kind(tx: Tx, pair: ForeignPair, own: HubRecord) -> MatchKind:
    """On what ground the two meet. Brothers and sisters at one address are one match, told as what came first."""
    if own.purpose in (Purpose.PARENT, Purpose.ADDRESS) and pair.signal_id is not None:
        for each in mailbox.joined(tx, pair.signal_id, pair.id.peer, pair.pair_key):
            first = records.get(tx, each.id.own_record_id)
            if first is not None and each.shown and each.told_at < pair.told_at:
                return _KINDS[first.purpose]
    return _KINDS[own.purpose]


def _hear_ending(tx: Tx, exchange: Exchange, notice: Notice, own: HubRecord, *, annulled: bool) -> None:
    id, revision = _id(notice, PairKind.MATCH), notice.revision or 0
    if annulled:
        mailbox.empty_archive_notice(tx, id)
        archive_heard.forget_record(tx, id.peer, id.peer_record_id)
    known = mailbox.pair(tx, id)
    if known is None:
        # The end came without its beginning: what tells the beginning later is older and changes nothing.
        status = PairStatus.ANNULLED if annulled else PairStatus.ENDED
        until, now = notice.valid_until or exchange.today(), exchange.clock()
        mailbox.put_pair(
            tx, ForeignPair(id, own.signal_id, "", status, False, revision, None, until, now, notice.number)
        )
        return
    known = replace(known, revision=max(known.revision, revision), heard=notice.number)
    mailbox.put_pair(tx, known)
    if known.status is PairStatus.LIVING or (annulled and known.status is PairStatus.ENDED):
        end_pair(tx, exchange.today(), known, annulled=annulled)


def end_pair(tx: Tx, today: date, pair: ForeignPair, *, annulled: bool) -> None:
    """A pair is over. A match that rests on several pairs ends with the last; its card goes in the same write."""
    status = PairStatus.ANNULLED if annulled else PairStatus.ENDED
    mailbox.put_pair(tx, replace(pair, status=status, match_key=None))
    if annulled:
        marks.forget_peer(tx, pair.id)
    if pair.signal_id is None or not pair.shown:
        return
    together = mailbox.joined(tx, pair.signal_id, pair.id.peer, pair.pair_key)
    if any(each.shown and each.status is PairStatus.LIVING and each.id != pair.id for each in together):
        return
    how = HowEnded.ANNULLED if annulled else HowEnded.ENDED
    for kind in MatchKind:
        # Which ground it was told on was settled by whichever pair came first.
        match_endings.end_foreign(
            tx,
            signal_id=pair.signal_id,
            kind=kind,
            peer=pair.id.peer,
            pair_key=pair.pair_key,
            how=how,
            on=today,
        )


def annul_pairs_of(tx: Tx, today: date, record_ids: Iterable[UUID]) -> int:
    """Our records have lost their ground: their living pairs are annulled here, as the peers hear from the hub.

    Returns how many of them were shown.
    """
    living = [
        pair
        for pair in mailbox.pairs_of(tx, record_ids)
        if pair.status is PairStatus.LIVING and pair.id.kind is PairKind.MATCH
    ]
    for pair in living:
        end_pair(tx, today, pair, annulled=True)
    return sum(pair.shown for pair in living)


def _hear_archive(tx: Tx, exchange: Exchange, notice: Notice, own: HubRecord, heard: Heard) -> None:
    """Shown once the time to undo is over; the signal's end takes it away, fetching or 30 days take its card.

    Never twice to one human: whoever signals anew hears of what is new since.
    """
    if own.signal_id is None or own.wanted is not Wanted.LIVE or notice.card is None:
        return
    id, now = _id(notice, PairKind.ARCHIVE), exchange.clock()
    if mailbox.pair(tx, id) is not None:
        return
    # Undoing counts from when the signal was made, and not from when its record was: the hub may have been away.
    signal = signals.find(tx, own.signal_id)
    show_from = (signal.made_at if signal is not None else own.made_at) + TIME_TO_UNDO
    until = years_after(exchange.today(), ARCHIVE_YEARS)
    shown = not heard.hidden and archive_heard.tell_record(
        tx, own.signal_id, id.peer, id.peer_record_id, show_from, until
    )
    mailbox.put_pair(
        tx,
        ForeignPair(
            id,
            own.signal_id,
            str(id.peer_record_id),
            PairStatus.LIVING,
            shown,
            notice.revision or 0,
            None,
            (now + KEEP_ARCHIVE_CARD).date(),
            now,
            notice.number,
        ),
    )
    if not shown:
        return
    card = exchange.vault.seal("archive_notice", _row(id), _archive_text(heard.card))
    mailbox.put_archive_notice(
        tx,
        ArchiveNotice(
            id.own_record_id,
            id.peer,
            id.peer_record_id,
            own.signal_id,
            card,
            show_from,
            now + KEEP_ARCHIVE_CARD,
            None,
        ),
    )


def _hear_told(tx: Tx, exchange: Exchange, notice: Notice, own: HubRecord) -> None:
    """Our archived record spoke to another region: a line in the log, for the data subject, shown to nobody."""
    id = _id(notice, PairKind.ARCHIVE)
    if mailbox.pair(tx, id) is not None or own.signal_id is None:
        return
    now = exchange.clock()
    until = own.archive_until or exchange.today()
    mailbox.put_pair(
        tx,
        ForeignPair(
            id,
            own.signal_id,
            str(id.peer_record_id),
            PairStatus.LIVING,
            False,
            notice.revision or 0,
            None,
            until,
            now,
            notice.number,
        ),
    )
    audit_line(tx, events.ARCHIVE_TOLD, now, signal=str(own.signal_id), peer=notice.peer)


def _archive_text(card: Card) -> bytes:
    told = {
        "region": card.region,
        "organisation": card.organisation,
        "location": card.location,
        "function": card.function,
        "name": card.name,
        "phone": card.phone,
        "email": card.email,
        "ended": card.ends.isoformat(),
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _row(id: PairId) -> str:
    return mailbox.row_of(id.own_record_id, id.peer, id.peer_record_id)
