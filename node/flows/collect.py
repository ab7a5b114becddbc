"""From the mailbox to the screens: read the notices, open the cards, apply everything and move the cursor in one write.

1. Ask for what follows the cursor; with time to wait this is the long poll.
2. Open and verify each card before the write; a key that is not in the directory makes us fetch the directory once.
3. In one transaction: look at the cursor again, apply only numbers above it, move it.

The answer to a delivery brings the same notices and goes through ``apply`` as well: whoever comes second finds the
numbers below the cursor. What if we stop here? Nothing was applied, or everything up to the cursor was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub_connector.failures import NotNow, Refused
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.exchange import Exchange
from node.flows import hear_sealed, hearing, pausing
from node.flows.open_sealed import SealedHeard, SealedUnheard
from node.flows.opening import Answer, open_cards
from node.flows.send_sealed import UNHEARD_WITHIN
from node.store import holds, mailbox, outbox, sealed
from node.store.holds import Side
from node.store.mailbox import Mailbox
from soap_wsdl.vocabulary import (
    MAX_NOTICES,
    CollectMatches,
    Cursor,
    MailboxPage,
    MailboxStatus,
)

__all__ = ["CollectReport", "apply", "collect", "open_cards"]


@dataclass(frozen=True, slots=True)
class CollectReport:
    """What a collection brought. ``holding`` says in one sentence why it stopped early, if it did."""

    applied: int = 0
    new_matches: int = 0
    holding: str | None = None


@dataclass(slots=True)
class Applied:
    """What one page did."""

    notices: int = 0
    new_matches: int = 0
    more: bool = field(default=False)


async def collect(exchange: Exchange, wait_seconds: int = 0) -> CollectReport:
    """Apply all that waits in the mailbox; with ``wait_seconds`` wait that long for the first notice."""
    if hold := await pausing.waits(exchange, Side.HUB):
        return CollectReport(holding=hold.reason)
    applied = new = 0
    more = True
    while more:
        try:
            page = await _collect_page(exchange, wait_seconds)
        except (NotNow, Refused) as why:
            hold = await pausing.pause_side(exchange, Side.HUB, why)
            return CollectReport(applied, new, hold.reason)
        applied, new, more = applied + page.notices, new + page.new_matches, page.more
        wait_seconds = 0
    return CollectReport(applied, new)


async def _collect_page(exchange: Exchange, wait_seconds: int) -> Applied:
    stands = await exchange.db.read(mailbox.read)
    asked = stands.cursor
    retell = stands.retell
    response = await exchange.hub.collect_matches(CollectMatches(asked, MAX_NOTICES, wait_seconds, retell))
    cards = await open_cards(exchange, response.mailbox)

    def change(tx: Tx) -> Applied:
        if retell and mailbox.read(tx).cursor == asked:
            # The mailbox starts anew after this number: what it does not mention again has ended.
            mailbox.retelling(tx, _before(response.mailbox))
        done = apply(tx, exchange, response.mailbox, asked, cards)
        holds.lift(tx, Side.HUB)
        return done

    return await exchange.db.write(change)


def _before(page: MailboxPage) -> int:
    return page.notices[0].number - 1 if page.notices else page.number


def apply(
    tx: Tx, exchange: Exchange, page: MailboxPage, asked: Cursor | None, answers: Mapping[int, Answer]
) -> Applied:
    """Apply one page in the caller's transaction, whatever else was applied since it was asked for.

    A page that does not join on to the cursor of this moment is left alone: the next collection asks again.
    """
    stands = mailbox.read(tx)
    now = exchange.clock()
    if page.status is MailboxStatus.NEW_SEED and stands.cursor == asked and asked is not None:
        _start_anew(tx, exchange, page)
    elif page.status is MailboxStatus.CURSOR_TOO_OLD and stands.cursor == asked:
        mailbox.ask_retelling(tx, wanted=True)
        return Applied(more=True)
    elif page.status is not MailboxStatus.CURRENT or not _joins(stands, page, asked):
        return Applied(more=page.more)
    reached = mailbox.read(tx).cursor
    done = Applied(more=page.more)
    for notice in page.notices:
        if reached is None or notice.number > reached.number:
            done.notices += 1
            answer = answers.get(notice.number)
            if isinstance(answer, SealedHeard | SealedUnheard):
                hear_sealed.hear(tx, exchange, notice, answer)
            else:
                done.new_matches += hearing.hear(tx, exchange, notice, answer)
    if reached is None or page.number > reached.number or reached.seed != page.seed:
        mailbox.move(tx, Cursor(page.seed, page.number), now)
    if stands.retold_from is not None and not page.more:
        for pair in mailbox.not_retold(tx, stands.retold_from):
            hearing.end_pair(tx, exchange.today(), pair, annulled=False)
        mailbox.retelling(tx, None)
    return done


def _joins(stands: Mailbox, page: MailboxPage, asked: Cursor | None) -> bool:
    """Whether nothing lies between our cursor and this page, and it is of the same mailbox."""
    if stands.cursor is None:
        return asked is None
    return page.seed == stands.cursor.seed and (
        asked is None or (asked.seed == stands.cursor.seed and asked.number <= stands.cursor.number)
    )


def _start_anew(tx: Tx, exchange: Exchange, page: MailboxPage) -> None:
    """The hub was restored or lost its memory: everything is offered again, and then compared and declared.

    What ended here lately may have been a match that the hub does not know: the other region hears it from us.
    """
    now = exchange.clock()
    mailbox.move(tx, Cursor(page.seed, _before(page)), now)
    mailbox.doubt_all(tx, exchange.today())
    sealed.note_unheard_since(tx, now - UNHEARD_WITHIN)
    sealed.everything_again(tx)
    mailbox.ask_comparison(tx, due=True)
    mailbox.retelling(tx, None)
    queued = outbox.everything_again(tx, now)
    audit_line(tx, events.MAILBOX_BEGAN_ANEW, now, records=queued)
