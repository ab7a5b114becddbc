"""Messages that arrive twice, late, in another order, or whose answer is lost: each is done once, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from certs.authority import DevPki
from node.domain.days import local_day
from soap_wsdl.vocabulary import (
    CollectMatches,
    Ending,
    Entry,
    EpochName,
    Outcome,
    Purpose,
    Reason,
    Record,
    RecordState,
    Refusal,
    RegisterSignals,
    RegisterSignalsResponse,
    Withdrawal,
    WithdrawSignals,
)
from tests.faults.speaker import Speaker, read
from tests.faults.started import now, town_of
from tests.faults.tap import Tap, Trick
from tests.faults.town import MISTAKE, Town
from tests.faults.waiting import soon
from tests.pki import session_pki

Taps = dict[tuple[str, str], Tap]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The keys of everyone."""
    return session_pki(tmp_path_factory)


@pytest.fixture(scope="module")
def taps(pki: DevPki) -> Iterator[Taps]:
    """A tap between each region and each party, once the exchange is laid out."""
    laid: Taps = {}
    yield laid
    for tap in laid.values():
        tap.stop()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, taps: Taps, pki: DevPki) -> Iterator[Town]:
    """Amsterdam and Haaglanden behind their taps; Utrecht is played by the test."""

    def route(region: str, party: str, port: int) -> int:
        tap = taps[region, party] = Tap(port, pki.files(party), pki.files(region))
        return tap.port

    with town_of(tmp_path_factory, lone=24, siblings=2, absent=["utrecht"], route=route) as made:
        yield made


@pytest.fixture(scope="module")
def utrecht(town: Town) -> Iterator[Speaker]:
    """A region that says what the test says."""
    speaker = Speaker(town.exchange, "utrecht")
    yield speaker
    speaker.stop()


@pytest.fixture
def settled(town: Town) -> Iterator[None]:
    """After the test everybody has met once, and hub and nodes agree."""
    yield
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.require_sound()


@pytest.mark.usefixtures("settled")
def test_a_message_that_arrives_twice_is_done_once(town: Town, taps: Taps) -> None:
    """The second is refused as a replay; the node that only heard the refusal says the same in a new message."""
    for ends, operations in {
        ("amsterdam", "hub"): ("RegisterSignals", "WithdrawSignals", "CollectMatches"),
        ("haaglanden", "hub"): ("RegisterSignals", "CollectMatches"),
        ("amsterdam", "pseudonyms"): ("EvaluateBlinded",),
    }.items():
        for operation in operations:
            taps[ends].play(operation, Trick.TWICE, 2)
    brothers = [child for child in town.children if child.parents]
    for number, child in enumerate([*town.children[:4], *brothers]):
        town.signal("haaglanden", number % 3, child)
        town.signal("amsterdam", number % 3, child)
    town.wait_until_met()
    town.end(town.given[1])
    town.end(town.given[3], MISTAKE)
    town.wait_until_met()

    for operation in ("RegisterSignals", "WithdrawSignals", "CollectMatches"):
        twice = soon(lambda: replayed(taps["amsterdam", "hub"], operation))  # noqa: B023  called at once
        assert all(code == "REPLAY" for code in twice)
    assert set(replayed(taps["amsterdam", "pseudonyms"], "EvaluateBlinded")) == {"REPLAY"}


def replayed(tap: Tap, operation: str) -> list[str | None]:
    """What came back for each message whose very bytes had arrived before; there must be some."""
    arrived = tap.arrived(operation)
    requests = [each.request for each in arrived]
    again = [each.fault for number, each in enumerate(arrived) if each.request in requests[:number]]
    assert again, f"no {operation} arrived twice"
    return again


@pytest.mark.usefixtures("settled")
def test_every_answer_can_be_lost_once(town: Town, taps: Taps) -> None:
    """Whatever was carried out without the node knowing is said again, and stays as it is."""
    for ends, operations in {
        ("amsterdam", "hub"): ("RegisterSignals", "WithdrawSignals", "CollectMatches", "CompareRegistrations"),
        ("haaglanden", "hub"): ("RegisterSignals", "GetDirectory"),
        ("amsterdam", "pseudonyms"): ("EvaluateBlinded",),
        ("haaglanden", "pseudonyms"): ("EvaluateBlinded",),
    }.items():
        for operation in operations:
            taps[ends].play(operation, Trick.LOSE_ANSWER)
    given = []
    for number, child in enumerate(town.children[4:8]):
        given.append(town.signal("amsterdam", number % 3, child))
        town.signal("haaglanden", number % 3, child)
    town.wait_until_met()
    town.end(given[0], MISTAKE)
    town.end(given[1])
    town.wait_until_met()
    town.wait_until_nothing_waits()
    not_now = town.try_command("amsterdam", "reconcile")

    assert not_now.exit_code == 1
    assert "Not now" in not_now.output
    town.wait_until_nothing_waits()


@pytest.mark.usefixtures("settled")
def test_a_registration_that_arrives_after_its_withdrawal_changes_nothing(town: Town, taps: Taps) -> None:
    """Held up on its way while its resend was done, and then a mistake: the late one revives nothing."""
    tap, child = taps["amsterdam", "hub"], town.children[8]
    theirs = town.signal("haaglanden", 0, child)
    tap.play("RegisterSignals", Trick.HOLD)
    ours = town.signal("amsterdam", 0, child)
    town.wait_until_met()
    town.end(ours, MISTAKE)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    before = memory(town)

    [late] = tap.release()

    assert late.fault is None
    assert memory(town) == before
    [match] = town.door("haaglanden", theirs.who).show(theirs.id)["matches"]
    assert (match["status"], match["contact"]) == ("vervallen", None)


@pytest.mark.usefixtures("settled")
def test_a_withdrawal_that_overtakes_its_registration_buries_it(town: Town, taps: Taps, utrecht: Speaker) -> None:
    """The hub never heard of the record; when its registration comes after all, the youth is not found by it."""
    ours = town.signal("amsterdam", 1, town.children[9])
    town.wait_until_nothing_waits()
    record = like(taps["amsterdam", "hub"])
    withdrawn = utrecht.ask(WithdrawSignals(uuid4(), None, (Withdrawal(record.record_id, 2, Ending.ANNULLED),)))
    late = utrecht.ask(RegisterSignals(uuid4(), None, (record,)))
    higher = utrecht.ask(RegisterSignals(uuid4(), None, (replace(record, revision=3),)))

    assert withdrawn.outcomes[0].outcome is Outcome.WITHDRAWN
    assert {late.outcomes[0].refusal, higher.outcomes[0].refusal} == {Refusal.WITHDRAWN}
    assert town.door("amsterdam", ours.who).show(ours.id)["matches"] == []


def test_the_same_bytes_twice_are_a_replay_and_a_resend_changes_nothing(town: Town, utrecht: Speaker) -> None:
    """Protocol 2.1: a resend is a new message with the same batch, records and revisions."""
    message = RegisterSignals(uuid4(), None, (unmet(),))
    raw = utrecht.sign(message)
    first = utrecht.post(raw)
    before = memory(town)

    second, resent, anew = utrecht.post(raw), utrecht.ask(message), utrecht.ask(replace(message, batch_id=uuid4()))

    assert read(first.answer, RegisterSignalsResponse).outcomes[0].outcome is Outcome.REGISTERED
    assert second.fault == "REPLAY"
    assert resent.outcomes[0].outcome is Outcome.REGISTERED
    assert anew.outcomes[0].outcome is Outcome.UNCHANGED
    assert memory(town) == before


def test_revisions_that_arrive_in_another_order_leave_the_newest(town: Town, utrecht: Speaker) -> None:
    """A change, then what was before it, then its ending, and the change once more."""
    record = unmet()
    changed = replace(record, revision=2, valid_until=record.valid_until - timedelta(days=30), reason=Reason.CHANGE)
    ending = WithdrawSignals(uuid4(), None, (Withdrawal(record.record_id, 3, Ending.ANNULLED),))
    said = [
        utrecht.ask(message).outcomes[0]
        for message in (
            RegisterSignals(uuid4(), None, (changed,)),
            RegisterSignals(uuid4(), None, (record,)),
            ending,
            RegisterSignals(uuid4(), None, (changed,)),
        )
    ]

    assert [each.outcome for each in said] == [
        Outcome.REGISTERED, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.REFUSED,
    ]  # fmt: skip
    assert said[1].refusal is Refusal.OLDER_REVISION
    assert said[3].refusal is Refusal.WITHDRAWN
    assert utrecht.ask(CollectMatches(None, 10, 0, retell=False)).mailbox.notices == ()


def like(tap: Tap) -> Record:
    """A record of Utrecht about the youth that this region registered last; its card opens for nobody."""
    theirs: Record
    [theirs] = read(tap.arrived("RegisterSignals")[-1].request, RegisterSignals).records
    entries = tuple(replace(each, card=bytes([1]) * len(each.card)) for each in theirs.entries)
    return replace(theirs, record_id=uuid4(), revision=1, reason=Reason.NEW, entries=entries)


def unmet() -> Record:
    """A record about a youth whom nobody else knows."""
    today: date = local_day(now())
    epoch = EpochName(str(today.year))
    return Record(
        uuid4(),
        Purpose.YOUTH,
        RecordState.LIVE,
        1,
        today + timedelta(days=300),
        None,
        Reason.NEW,
        (Entry(epoch, uuid4().bytes * 2, bytes([1]) * 1069),),
    )


def memory(town: Town) -> list[Any]:
    """All that the hub holds about records, pairs and notices."""
    return [
        town.rows("hub", f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608  names of our own
        for table in ("record", "entry", "pair", "notice")
    ]
