"""A long outbox, as an import leaves it: told while the rest is still derived, each record once, whatever stops it."""

from ledger import Tx
from node.domain.signal import EndReason
from node.flows.derive import derive
from node.store import errands, outbox, records
from node.store.records import Told, ToldState
from pseudonym_service.budgets import Limits
from soap_wsdl.vocabulary import (
    Ending,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    Reason,
    RegisterSignals,
    WithdrawSignals,
)
from tests.rehearsal import Party, Rehearsal

YOUTHS = 14
SMALL = {"wishes_at_once": 4, "records_per_message": 3}


async def imported(rehearsal: Rehearsal, **settings: int) -> Party:
    """Amsterdam with fourteen youths, each with a parent, and nothing told yet."""
    amsterdam = await rehearsal.region("amsterdam", **{**SMALL, **settings})
    who = amsterdam.professional("Visser")
    for _ in range(YOUTHS):
        bsn = amsterdam.person(rehearsal.bsn(), parents=(rehearsal.bsn(),))
        await amsterdam.signal(who, bsn)
    amsterdam.hub.trouble.sent.clear()
    amsterdam.service.trouble.sent.clear()
    return amsterdam


def told(party: Party) -> list[str]:
    """The records told to the hub, in the order of the messages."""
    messages = [each for each in party.hub.trouble.sent if isinstance(each, RegisterSignals)]
    return [str(record.record_id) for message in messages for record in message.records]


def asked(party: Party) -> list[EvaluateBlinded]:
    """The questions to the service."""
    return [each for each in party.service.trouble.sent if isinstance(each, EvaluateBlinded)]


def waits(party: Party) -> int:
    """Wishes and errands that have not been told."""
    return party.db.read_now(lambda tx: outbox.count(tx)[0] + sum(errands.count(tx)))


async def test_full_messages_leave_while_others_are_still_derived(rehearsal: Rehearsal) -> None:
    """An import of hours must not keep its first match until its last signal has been derived."""
    amsterdam = await imported(rehearsal)
    order: list[object] = []
    amsterdam.hub.trouble.sent = order
    amsterdam.service.trouble.sent = order

    await amsterdam.deliver()

    kinds = [type(each).__name__ for each in order]
    assert kinds.index("RegisterSignals") < len(kinds) - 1 - kinds[::-1].index("EvaluateBlinded")
    sizes = [len(each.records) for each in order if isinstance(each, RegisterSignals)]
    assert sizes == [3, 3, 3, 3, 2]


async def test_every_record_is_told_once(rehearsal: Rehearsal) -> None:
    """Youths and parents together, over as many messages as it takes."""
    amsterdam = await imported(rehearsal)

    report = await amsterdam.deliver()
    await rehearsal.settle()

    assert report.derived == YOUTHS
    assert len(told(amsterdam)) == len(set(told(amsterdam))) == 2 * YOUTHS
    assert sum(len(question.blinded) for question in asked(amsterdam)) == 2 * YOUTHS
    assert waits(amsterdam) == 0


async def test_a_hub_that_is_away_does_not_stop_the_deriving(rehearsal: Rehearsal) -> None:
    """What is derived meanwhile leaves when the hub is there again; the batch without an answer goes first."""
    amsterdam = await imported(rehearsal)
    amsterdam.hub.trouble.lose_answer = 1

    held = await amsterdam.deliver()
    rehearsal.later(minutes=5)
    await amsterdam.deliver()
    await rehearsal.settle()

    assert held.derived == YOUTHS
    assert held.holding == "The answer was lost."
    assert told(amsterdam)[:3] == told(amsterdam)[3:6]
    assert len(set(told(amsterdam))) == 2 * YOUTHS
    assert waits(amsterdam) == 0


async def test_what_a_budget_still_allows_is_told(rehearsal: Rehearsal) -> None:
    """Pages that were answered are kept and told; the others wait for room, and nothing is asked twice."""
    amsterdam = await imported(rehearsal)
    rehearsal.service.list_region(amsterdam.oin, Limits(17, 1000))

    first = await amsterdam.deliver()
    rehearsal.service.list_region(amsterdam.oin, Limits(1000, 1000))
    rehearsal.later(hours=2)
    await amsterdam.deliver()
    await rehearsal.settle()

    assert 6 <= first.derived <= 8
    assert len(told(amsterdam)) == len(set(told(amsterdam))) == 2 * YOUTHS


async def test_a_node_that_stops_half_way_goes_on_where_it_was(rehearsal: Rehearsal) -> None:
    """A question that was counted and never kept is asked again as the same batch: it costs no budget."""
    amsterdam = await imported(rehearsal)
    amsterdam.service.trouble.lose_answer = 2

    await amsterdam.deliver()
    amsterdam.close()
    amsterdam.start()
    rehearsal.later(minutes=5)
    await amsterdam.deliver()
    await rehearsal.settle()

    once = {question.batch_id: question for question in asked(amsterdam)}
    assert len(asked(amsterdam)) > len(once)
    assert sum(len(question.blinded) for question in once.values()) == 2 * YOUTHS
    assert len(set(told(amsterdam))) == 2 * YOUTHS


async def test_an_answer_that_comes_while_an_ending_is_laid_out_is_not_forgotten(rehearsal: Rehearsal) -> None:
    """A record that the hub has just taken is taken back there too, never written off as one it never heard of."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    mistake = await amsterdam.signal(who, rehearsal.bsn())
    amsterdam.hub.trouble.lose_answer = 1
    await amsterdam.deliver()
    await amsterdam.end(who, mistake, EndReason.ONTERECHT)
    await amsterdam.signal(who, rehearsal.bsn())
    evaluate = amsterdam.service.evaluate_blinded

    def heard(tx: Tx) -> None:
        (batch,) = errands.open_batches(tx)
        (errand,) = errands.in_batch(tx, batch.batch_id)
        dates = errand.valid_until, errand.archive_until
        told = Told(errand.revision, ToldState.LIVE, *dates, errand.revision)
        records.tell_registered(tx, {errand.record_id: told})
        errands.drop(tx, errand.record_id, errand.revision)
        errands.close_batch(tx, batch.batch_id)

    async def meanwhile(message: EvaluateBlinded) -> EvaluateBlindedResponse:
        await amsterdam.db.write(heard)
        amsterdam.service.evaluate_blinded = evaluate  # type: ignore[method-assign]
        return await evaluate(message)

    amsterdam.service.evaluate_blinded = meanwhile  # type: ignore[method-assign]
    rehearsal.later(minutes=5)
    await amsterdam.deliver()
    await amsterdam.deliver()

    withdrawn = [each for each in amsterdam.hub.trouble.sent if isinstance(each, WithdrawSignals)]
    assert [each.withdrawals[0].ending for each in withdrawn] == [Ending.ANNULLED]
    assert waits(amsterdam) == 0


async def test_who_signals_while_everything_is_told_again_does_not_wait_for_its_end(rehearsal: Rehearsal) -> None:
    """After a hub lost its memory a large region tells for minutes; a new match must not wait for that."""
    amsterdam = await imported(rehearsal)
    await amsterdam.deliver()
    await rehearsal.settle()
    signal = await amsterdam.signal(amsterdam.professional("Bakker"), rehearsal.bsn())
    now = amsterdam.exchange.clock()

    def everything_again(tx: Tx) -> None:
        tx.execute("DELETE FROM outbox")
        outbox.everything_again(tx, now)

    amsterdam.db.write_now(everything_again)
    meanwhile = [lambda: amsterdam.db.write_now(lambda tx: outbox.offer(tx, signal.id, Reason.NEW, now))]
    await derive(amsterdam.exchange, lambda: meanwhile.pop()() if meanwhile else None)

    made = [row[0] for row in amsterdam.rows("SELECT record_id FROM errand ORDER BY rowid")]
    [record] = amsterdam.db.read_now(lambda tx: records.of_signal(tx, signal.id))
    assert len(made) == 2 * YOUTHS + 1
    assert made.index(str(record.record_id)) < YOUTHS
