"""Canaries: today's made-up registrations with today's partners, and an alarm for one that ended without meeting.

They run through the same outbox as any youth record, and are kept out of screens, mails, regie and figures.
What if we stop here? A canary is noted together with its record and wish, or not at all; the day is tried again.
"""

from ledger import Tx
from node.domain.canaries import canary_string, life, overdue, partners
from node.exchange import Exchange
from node.flows.keys import active_regions, directory_of, scheme_of
from node.flows.subjects import canary_subject, seal_input
from node.store import canaries, holds, outbox, records
from node.store.canaries import Canary
from node.store.holds import AlarmKind
from node.store.records import HubRecord, Wanted
from soap_wsdl.vocabulary import Purpose, Reason


async def send_canaries(exchange: Exchange) -> int:
    """Send today's canaries, once; look after those that ended. Returns how many were sent."""
    return await exchange.db.write(lambda tx: _change(tx, exchange))


def _change(tx: Tx, exchange: Exchange) -> int:
    today, now = exchange.today(), exchange.clock()
    for lost in canaries.alone(tx, today):
        if overdue(lost.ends_on, False, today):
            about = (
                f"The canary of {lost.day} did not meet its twin: is the hub hiding matches, or was the region away?"
            )
            holds.ring(tx, AlarmKind.CANARY_ALONE, about, lost.peer, now)
            canaries.alarmed(tx, lost.record_id, now)
    scheme = scheme_of(tx, exchange)
    usable = scheme.usable(today)
    if not exchange.settings.canaries or not usable:
        return 0
    # Both partners must take the same secret: the oldest epoch in force is the one that both surely have.
    secret = scheme.secrets[usable[0]].reveal()
    sent = 0
    for peer in partners(exchange.own, active_regions(directory_of(tx)), secret, today):
        if peer in canaries.peers_of(tx, today):
            continue
        record_id = exchange.new_id()
        subject = canary_subject(exchange, canary_string(exchange.own, peer, secret, today))
        ends_on = life(today, exchange.random)
        records.put(
            tx,
            HubRecord(
                record_id,
                None,
                Purpose.YOUTH,
                subject.key,
                seal_input(exchange, record_id, subject),
                None,
                Wanted.LIVE,
                ends_on,
                None,
                0,
                now,
            ),
        )
        canaries.put(tx, Canary(record_id, today, peer, ends_on))
        outbox.again(tx, record_id, None, Reason.NEW, now)
        sent += 1
    return sent
