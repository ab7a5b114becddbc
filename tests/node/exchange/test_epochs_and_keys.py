"""Pseudonym epochs that overlap and end, the regions' keys and secrets, and cards that are not believed."""

import os
from datetime import date, timedelta
from pathlib import Path

from certs import scheme
from certs.statements import KeyEnding, KeyKind
from node.domain.signal import EndReason
from node.flows.canaries import send_canaries
from node.flows.collect import collect
from node.flows.forgetting import forget
from node.flows.keys import fetch_directory, fetch_epochs, publish_keys, read_scheme, renew_key
from node.flows.reconcile import reconcile
from node.flows.rekey import rekey
from node.store import canaries, directory, holds, outbox
from pseudonym_service.budgets import Limits
from soap_wsdl.vocabulary import EpochName, GetStatus, RegisterSignals
from tests.rehearsal import TODAY, Party, Rehearsal

OLD, NEW = EpochName("2026"), EpochName("2027")


async def two(rehearsal: Rehearsal, **settings: object) -> tuple[Party, Party]:
    """Amsterdam and Haaglanden."""
    return await rehearsal.region("amsterdam", **settings), await rehearsal.region("haaglanden", **settings)


def epochs_of(party: Party) -> list[str]:
    """The epochs of all entries kept."""
    return [row[0] for row in party.rows("SELECT epoch FROM hub_entry ORDER BY epoch")]


def begin_overlap(rehearsal: Rehearsal) -> None:
    """The scheme owner makes an epoch that overlaps the old one, and its first day comes."""
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=31)


async def test_an_overlap_brings_live_and_archived_records_over_and_tells_nobody(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: rekey brings live and archived youth records over, through the same outbox."""
    amsterdam, haaglanden = await two(rehearsal)
    who, other = amsterdam.professional("Visser"), haaglanden.professional("Bakker")
    parents, child = (rehearsal.bsn(), rehearsal.bsn()), rehearsal.bsn()
    ours = await amsterdam.signal(who, amsterdam.person(child, parents=parents))
    theirs = await haaglanden.signal(other, child)
    past = await amsterdam.signal(who, rehearsal.bsn())
    await rehearsal.settle()
    await amsterdam.end(who, past)
    await rehearsal.settle()
    begin_overlap(rehearsal)

    report = await rekey(amsterdam.exchange)
    await rehearsal.settle()
    again = await rekey(amsterdam.exchange)

    assert report.queued == 4
    assert (again.queued, dict(again.behind)) == (0, {OLD: 0, NEW: 0})
    assert epochs_of(amsterdam) == [OLD] * 4 + [NEW] * 4
    status = await amsterdam.hub.get_status(GetStatus())
    assert {(each.epoch, each.live, each.archived) for each in status.epoch_counts} == {(OLD, 3, 1), (NEW, 3, 1)}
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1
    assert (await reconcile(amsterdam.exchange)).agreed


async def test_regions_meet_during_an_overlap_whichever_epoch_they_know(rehearsal: Rehearsal) -> None:
    """One lags with the old epoch, one has both: they meet under the old, and are not told again under the new."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    begin_overlap(rehearsal)
    await rekey(amsterdam.exchange)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    await amsterdam.deliver()
    await haaglanden.collect()
    met = len(amsterdam.matches(ours)), len(haaglanden.matches(theirs))

    await rekey(haaglanden.exchange)
    await rehearsal.settle()

    assert met == (1, 1)
    assert (len(amsterdam.matches(ours)), len(haaglanden.matches(theirs))) == (1, 1)


async def test_an_epoch_that_ends_while_a_region_lags(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: records with only the old epoch wait at the hub, and speak again once derived anew."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child, 24)
    await rehearsal.settle()
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=90)
    await rehearsal.hub.sweep()
    await rekey(amsterdam.exchange)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    await amsterdam.deliver()
    waiting = await haaglanden.hub.get_status(GetStatus())
    apart = len(amsterdam.matches(ours))
    agreed = (await reconcile(haaglanden.exchange)).differences

    report = await rekey(haaglanden.exchange)
    await rehearsal.settle()

    assert sum(each.waiting for each in waiting.epoch_counts) == 1
    assert apart == 0
    assert agreed == ()
    assert report.ended == (OLD,)
    assert epochs_of(haaglanden) == [NEW]
    assert len(amsterdam.living(ours)) == len(haaglanden.living(theirs)) == 1
    assert [row[0] for row in haaglanden.rows("SELECT epoch FROM sealed_secret")] == [NEW]


async def test_what_was_on_its_way_when_its_epoch_ended_is_derived_anew(rehearsal: Rehearsal) -> None:
    """An errand whose every card went with the epoch does not leave as it is."""
    amsterdam = await rehearsal.region("amsterdam")
    amsterdam.hub.trouble.cut = 10**6
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn(), 24)
    await amsterdam.deliver()
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=90)
    amsterdam.hub.trouble.cut = 0

    await rekey(amsterdam.exchange)
    await rehearsal.settle()

    [told] = [each for each in amsterdam.hub.trouble.sent if isinstance(each, RegisterSignals)]
    assert [entry.epoch for entry in told.records[0].entries] == [NEW]
    assert amsterdam.rows("SELECT told_state FROM hub_record") == [("live",)]


async def test_a_node_that_slept_through_the_end_of_an_epoch_is_told_so_and_mends(rehearsal: Rehearsal) -> None:
    """ "Epoch over" is retryable after deriving anew: nothing is set aside."""
    amsterdam = await rehearsal.region("amsterdam")
    amsterdam.hub.trouble.cut = 10**6
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn(), 24)
    await amsterdam.deliver()
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=90)
    amsterdam.hub.trouble.cut = 0

    first = await amsterdam.deliver()
    rehearsal.later(minutes=20)
    await rehearsal.settle()

    assert first.set_aside == 0
    assert amsterdam.rows("SELECT told_state FROM hub_record") == [("live",)]
    assert OLD not in {
        entry.epoch
        for each in amsterdam.hub.trouble.sent[-1:]
        if isinstance(each, RegisterSignals)
        for record in each.records
        for entry in record.entries
    }


async def test_rekey_keeps_to_the_budget_and_lets_new_signals_go_first(rehearsal: Rehearsal) -> None:
    """No storm: what waits, waits in the outbox until the service has room."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    for _ in range(6):
        await amsterdam.signal(who, rehearsal.bsn())
    await rehearsal.settle()
    begin_overlap(rehearsal)
    rehearsal.service.list_region(amsterdam.oin, Limits(4, 100))
    report = await rekey(amsterdam.exchange)
    await amsterdam.signal(who, rehearsal.bsn())

    await amsterdam.deliver()
    left = len(amsterdam.db.read_now(outbox.every))
    new = amsterdam.rows("SELECT count(*) FROM hub_record WHERE told_state IS NULL")
    quiet = await rekey(amsterdam.exchange)
    rehearsal.later(days=2)
    await rehearsal.settle()

    assert report.queued == 6
    assert left == 4
    assert new == [(0,)]
    assert quiet.queued == 0
    assert quiet.holding is not None
    assert dict((await rekey(amsterdam.exchange)).behind)[NEW] == 0


async def test_a_wrong_secret_derives_nothing_and_says_so(rehearsal: Rehearsal) -> None:
    """Protocol 1.2: it would otherwise only show as matches that never come."""
    amsterdam = await rehearsal.region("amsterdam")
    file = rehearsal.bundle / "sealed" / f"{amsterdam.oin}.json"
    [right] = scheme.read_sealed_secrets(file.read_bytes())
    stranger = Path(str(rehearsal.directory / "stranger"))
    scheme.init(stranger, os.urandom)
    scheme.set_epoch(
        stranger,
        "2026",
        begins=date(2026, 1, 1),
        ends=date(2027, 2, 1),
        now=rehearsal.moment,
        random=os.urandom,
        keys=rehearsal.service.new_keys("other"),
        service="https://127.0.0.1/",
    )
    rehearsal.scheme_directory, mine = stranger, rehearsal.scheme_directory
    rehearsal.bundle, ours = rehearsal.directory / "other", rehearsal.bundle
    rehearsal.admit(amsterdam)
    wrong = (rehearsal.bundle / "sealed" / f"{amsterdam.oin}.json").read_bytes()
    rehearsal.scheme_directory, rehearsal.bundle = mine, ours
    amsterdam.db.write_now(lambda tx: directory.drop_secrets(tx, [OLD]))
    file.write_bytes(wrong)

    believed = await fetch_epochs(amsterdam.exchange)
    await amsterdam.signal(amsterdam.professional("Visser"), rehearsal.bsn())
    report = await amsterdam.deliver()
    alarms = amsterdam.alarms()
    file.write_bytes(scheme.write_sealed_secrets(amsterdam.oin, [right]))
    await fetch_epochs(amsterdam.exchange)
    rehearsal.later(hours=2)

    assert believed.usable(TODAY) == ()
    assert (report.derived, alarms) == (0, ["wrongSecret"])
    assert (await amsterdam.deliver()).sent == 1
    assert amsterdam.alarms() == []


async def test_a_wrong_secret_never_takes_the_place_of_the_right_one(rehearsal: Rehearsal) -> None:
    """What fitted before is kept."""
    amsterdam = await rehearsal.region("amsterdam")
    file = rehearsal.bundle / "sealed" / f"{amsterdam.oin}.json"
    [right] = scheme.read_sealed_secrets(file.read_bytes())
    broken = scheme.SealedFor(right.epoch, right.key_id, right.sealed[:-1] + bytes([right.sealed[-1] ^ 1]))
    file.write_bytes(scheme.write_sealed_secrets(amsterdam.oin, [broken]))

    await fetch_epochs(amsterdam.exchange)

    assert (await read_scheme(amsterdam.exchange)).usable(TODAY) == (OLD,)
    assert amsterdam.alarms() == []


async def test_a_new_card_key_is_fetched_when_a_card_needs_it(rehearsal: Rehearsal) -> None:
    """Protocol 1.3: a key id that is not known makes the node fetch the directory, then the card is believed."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    rehearsal.later(hours=1)
    renew_key(amsterdam.exchange, KeyKind.CARD, KeyEnding.ROTATED)
    serial = await publish_keys(amsterdam.exchange)
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    await rehearsal.settle()

    assert serial == 2
    assert await publish_keys(amsterdam.exchange) is None
    assert len(amsterdam.matches(ours)) == len(haaglanden.matches(theirs)) == 1
    assert haaglanden.alarms() == []


async def test_a_card_under_a_compromised_key_is_an_alarm_and_no_match(rehearsal: Rehearsal) -> None:
    """Never a silent drop."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    ours = await amsterdam.signal(amsterdam.professional("Visser"), child)
    await amsterdam.deliver()
    renew_key(amsterdam.exchange, KeyKind.CARD, KeyEnding.COMPROMISED)
    await publish_keys(amsterdam.exchange)
    await fetch_directory(haaglanden.exchange)
    await haaglanden.collect()
    refused = haaglanden.alarms()

    amsterdam.db.write_now(lambda tx: outbox.everything_changed(tx, amsterdam.now()))
    await rehearsal.settle()

    assert refused == ["cardRefused"]
    assert len(haaglanden.living(theirs)) == len(amsterdam.living(ours)) == 1


async def test_a_card_that_was_changed_on_its_way_is_an_alarm(rehearsal: Rehearsal) -> None:
    """A hub that swaps cards is seen."""
    amsterdam, haaglanden = await two(rehearsal)
    child = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await haaglanden.deliver()
    await amsterdam.signal(amsterdam.professional("Visser"), child)
    await amsterdam.deliver()
    rehearsal.hub.db.write_now(lambda tx: tx.execute("UPDATE entry SET card = zeroblob(1069)"))

    await collect(haaglanden.exchange)

    assert haaglanden.alarms() == ["cardRefused"]
    assert haaglanden.matches(theirs) == []
    assert haaglanden.rows("SELECT event FROM audit WHERE event = 'card.refused'") == [("card.refused",)]


async def test_canaries_meet_and_are_seen_by_nobody(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: through the same code up to the store, out of screens and figures."""
    parties = await two(rehearsal, canaries=True)
    sent = [await send_canaries(party.exchange) for party in parties]
    again = [await send_canaries(party.exchange) for party in parties]
    await rehearsal.settle()

    assert (sent, again) == ([1, 1], [0, 0])
    for party in parties:
        assert party.db.read_now(canaries.count) == (0, 1)
        assert party.rows("SELECT 1 FROM match") == []
        assert party.rows("SELECT shown, signal_id FROM foreign_pair") == [(0, None)]
        assert party.alarms() == []


async def test_a_canary_that_does_not_meet_raises_an_alarm(rehearsal: Rehearsal) -> None:
    """A hub that suppresses matches is otherwise invisible."""
    amsterdam, haaglanden = await two(rehearsal, canaries=True)
    await send_canaries(amsterdam.exchange)
    await rehearsal.settle()
    rehearsal.moment += timedelta(days=61)

    await send_canaries(amsterdam.exchange)
    await send_canaries(amsterdam.exchange)

    [alarm] = amsterdam.db.read_now(holds.alarms)
    assert (alarm.kind, alarm.peer) == (holds.AlarmKind.CANARY_ALONE, haaglanden.oin)
    await forget(amsterdam.exchange)
    assert amsterdam.rows("SELECT count(*) FROM hub_entry JOIN canary USING (record_id) WHERE day = '2026-11-24'") == [
        (0,)
    ]


async def test_what_is_over_is_forgotten(rehearsal: Rehearsal) -> None:
    """Keys with the record's own date, ids and pairs sixty days later."""
    amsterdam, haaglanden = await two(rehearsal)
    who, child = amsterdam.professional("Visser"), rehearsal.bsn()
    ours = await amsterdam.signal(who, child)
    await haaglanden.signal(haaglanden.professional("Bakker"), child)
    await rehearsal.settle()
    await amsterdam.end(who, ours, EndReason.ONTERECHT)
    await rehearsal.settle()
    kept = amsterdam.rows("SELECT count(*) FROM hub_entry")
    rehearsal.moment += timedelta(days=800)

    await forget(amsterdam.exchange)

    assert kept == [(0,)]
    assert amsterdam.rows("SELECT 1 FROM hub_record") == []
    assert amsterdam.rows("SELECT 1 FROM foreign_pair") == []
