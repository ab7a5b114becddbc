"""What every store of the hub must keep, whatever database it stands on: the promises of ``HubStore``, one by one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub.matching import HeldEntry, Offer
from hub.outside import Outside
from hub.store import regions
from hub.store.protocol import HubStore, MixedPurposes, NotAdmitted, SeenBefore, Sender, UnknownRecipient
from hub.store.sqlite import begin, open_database, store_on
from soap_wsdl.digests import entry_digest
from soap_wsdl.vocabulary import (
    CompareRegistrations,
    Cursor,
    Delivery,
    Ending,
    NoticeKind,
    Oin,
    Outcome,
    Purpose,
    Record,
    SealedMessage,
    SendSealedMessageResponse,
    Withdrawal,
)
from tests.hub.world import EVERYTHING, NOW, SCHEDULE, fresh_id, signal

AMSTERDAM, HAAGLANDEN = Oin("00000099000000000101"), Oin("00000099000000000102")


@dataclass
class Kept:
    """A store under test, and how to open it a second time."""

    store: HubStore
    reopen: Callable[[], HubStore]


@pytest.fixture(params=["sqlite"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    """A fresh store of each kind, with two regions."""
    outside = Outside.make(tmp_path / "outside")
    databases = [open_database(tmp_path / "hub.db", migrate=True)]
    begin(databases[0], outside, NOW, fresh_id(), "test")
    for oin in (AMSTERDAM, HAAGLANDEN):
        databases[0].write_now(lambda tx, oin=oin: regions.add(tx, oin, oin))  # type: ignore[misc]

    def reopen() -> HubStore:
        databases[-1].close()
        databases.append(open_database(tmp_path / "hub.db"))
        return store_on(databases[-1], outside)

    yield Kept(store_on(databases[0], outside), reopen)
    databases[-1].close()


def sender(oin: Oin = AMSTERDAM) -> Sender:
    """A message of a region, under a new id."""
    return Sender(oin, f"urn:uuid:{fresh_id()}", NOW)


def offer(record: Record) -> Offer:
    """As the hub hands it over; the pepper is left out."""
    return Offer.of(record, tuple(HeldEntry(e.epoch, e.tag[:16], entry_digest(e), e.card) for e in record.entries))


def sealed(sequence: int) -> SealedMessage:
    """A message from region to region; to the hub just bytes."""
    return SealedMessage(fresh_id(), sequence, "sealing-1", b"closed" * 10)


class TestHubStore:
    """A second store passes this class as it is."""

    async def test_what_is_returned_is_durable(self, kept: Kept) -> None:
        """Another opening of the store has it."""
        record = signal("child")
        await kept.store.register(sender(), fresh_id(), None, [offer(record)], SCHEDULE)

        store = kept.reopen()
        changed = await store.register(sender(), fresh_id(), None, [offer(record)], SCHEDULE)
        assert changed.outcomes[0].outcome is Outcome.UNCHANGED

    async def test_two_methods_at_once_are_as_one_after_the_other(self, kept: Kept) -> None:
        """Two regions, thirty children, all at once, doubled: every pair once on each side."""
        records = [(oin, signal(f"child {n}")) for n in range(30) for oin in (AMSTERDAM, HAAGLANDEN)]

        await asyncio.gather(
            *(
                kept.store.register(sender(oin), fresh_id(), None, [offer(record)], SCHEDULE)
                for oin, record in records * 2
            )
        )

        for oin in (AMSTERDAM, HAAGLANDEN):
            page = (await kept.store.collect(sender(oin), None, 200, retell=False, schedule=SCHEDULE)).mailbox
            assert [notice.kind for notice in page.notices] == [NoticeKind.MATCH] * 30
            assert [notice.number for notice in page.notices] == list(range(1, 31))
            assert len({(notice.own_record_id, notice.peer_record_id) for notice in page.notices}) == 30

    async def test_regions_that_tell_each_other_at_once_do_not_lock_crosswise(self, kept: Kept) -> None:
        """Batches in opposite orders, from both sides, with withdrawals in between: all are answered."""
        ours = [signal(f"child {n}") for n in range(20)]
        theirs = [signal(f"child {n}") for n in reversed(range(20))]
        await asyncio.gather(
            *(
                kept.store.register(sender(oin), fresh_id(), None, [offer(r) for r in part], SCHEDULE)
                for start in range(0, 20, 5)
                for oin, part in ((AMSTERDAM, ours[start : start + 5]), (HAAGLANDEN, theirs[start : start + 5]))
            )
        )
        answers = await asyncio.gather(
            *(
                kept.store.withdraw(sender(oin), fresh_id(), None, [Withdrawal(r.record_id, 2, Ending.ENDED)], SCHEDULE)
                for r_ours, r_theirs in zip(ours, theirs, strict=True)
                for oin, r in ((AMSTERDAM, r_ours), (HAAGLANDEN, r_theirs))
            )
        )

        assert {answer.outcomes[0].outcome for answer in answers} == {Outcome.WITHDRAWN}

    async def test_a_message_id_counts_once_per_region(self, kept: Kept) -> None:
        """Of twenty at once, one; for another region it is another message."""
        once = sender()
        answers = await asyncio.gather(*(kept.store.directory(once) for _ in range(20)), return_exceptions=True)

        assert sum(isinstance(answer, SeenBefore) for answer in answers) == 19
        await kept.store.directory(replace(once, oin=HAAGLANDEN))

    async def test_an_unknown_sender_is_not_admitted(self, kept: Kept) -> None:
        """By no method."""
        stranger = Oin("00000099000000009999")
        calls = (
            kept.store.register(sender(stranger), fresh_id(), None, [offer(signal("a"))], SCHEDULE),
            kept.store.withdraw(sender(stranger), fresh_id(), None, [], SCHEDULE),
            kept.store.collect(sender(stranger), None, 1, retell=False, schedule=SCHEDULE),
            kept.store.look(stranger, Cursor(UUID(int=1), 0), 1, SCHEDULE),
            kept.store.compare(sender(stranger), CompareRegistrations(NOW.date(), None)),
            kept.store.send(sender(stranger), HAAGLANDEN, sealed(1)),
            kept.store.directory(sender(stranger)),
            kept.store.status(sender(stranger), "test", SCHEDULE),
        )

        for call in calls:
            with pytest.raises(NotAdmitted):
                await call

    async def test_a_refused_message_may_be_sent_again(self, kept: Kept) -> None:
        """Whatever is raised, nothing was kept: not even that the message was seen."""
        mixed = [offer(signal("a")), offer(signal("b", purpose=Purpose.PARENT))]
        once = sender()
        for _ in range(2):
            with pytest.raises(MixedPurposes):
                await kept.store.register(once, fresh_id(), None, mixed, SCHEDULE)

    async def test_a_sealed_message_is_in_effect_once_and_in_sequence(self, kept: Kept) -> None:
        """Twenty at once under one id are one; what is out of sequence is not kept; another opening has it."""
        message = sealed(1)
        answers = await asyncio.gather(*(kept.store.send(sender(), HAAGLANDEN, message) for _ in range(20)))
        early = await kept.store.send(sender(), HAAGLANDEN, sealed(3))
        with pytest.raises(UnknownRecipient):
            await kept.store.send(sender(), Oin("00000099000000009999"), sealed(1))

        store = kept.reopen()
        page = (await store.collect(sender(HAAGLANDEN), None, 200, retell=False, schedule=SCHEDULE)).mailbox

        assert sorted(answer.delivery.value for answer in answers) == ["accepted", *["unchanged"] * 19]
        assert early == SendSealedMessageResponse(Delivery.REFUSED, 2)
        assert [notice.sealed_message for notice in page.notices] == [message]

    async def test_a_comparison_is_of_one_state(self, kept: Kept) -> None:
        """Ranges side by side add up to the whole, while others write."""
        await kept.store.register(sender(), fresh_id(), None, [offer(signal(f"c{n}")) for n in range(40)], SCHEDULE)
        request = CompareRegistrations(NOW.date(), None, (EVERYTHING,))

        writing = asyncio.gather(
            *(kept.store.register(sender(), fresh_id(), None, [offer(signal(f"d{n}"))], SCHEDULE) for n in range(10))
        )
        compared = await asyncio.gather(*(kept.store.compare(sender(), request) for _ in range(5)))
        await writing

        for answer in compared:
            (found,) = answer.response.digests
            assert len(found.leaves) == found.count >= 40

    async def test_the_sweep_finishes_what_a_stopped_one_left(self, kept: Kept) -> None:
        """In many short transactions; twice does nothing."""
        soon = NOW.date() + timedelta(days=2)
        records = [offer(signal(f"c{n}", valid_until=soon)) for n in range(30)]
        await kept.store.register(sender(), fresh_id(), None, records, SCHEDULE)

        first = await kept.store.sweep(NOW + timedelta(days=2), SCHEDULE)
        second = await kept.store.sweep(NOW + timedelta(days=2), SCHEDULE)

        assert (first.archived, second.archived) == (30, 0)


async def test_a_withdrawal_that_cannot_be_put_in_the_ledger_is_not_done(tmp_path: Path) -> None:
    """The deletion stands outside before it is durable inside: a full disk there refuses it here."""
    outside = Outside.make(tmp_path / "outside")
    database = open_database(tmp_path / "hub.db", migrate=True)
    begin(database, outside, NOW, fresh_id(), "test")
    database.write_now(lambda tx: regions.add(tx, AMSTERDAM, "Amsterdam"))
    store, record = store_on(database, outside), signal("child")
    await store.register(sender(), fresh_id(), None, [offer(record)], SCHEDULE)
    ledger = tmp_path / "outside" / "deletions.jsonl"
    ledger.mkdir()

    with pytest.raises(OSError):  # noqa: PT011
        await store.withdraw(sender(), fresh_id(), None, [Withdrawal(record.record_id, 2, Ending.ANNULLED)], SCHEDULE)
    again = await store.register(sender(), fresh_id(), None, [offer(record)], SCHEDULE)

    assert again.outcomes[0].outcome is Outcome.UNCHANGED
    database.close()
