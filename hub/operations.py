"""The hub's operations, one handler each: who may, what the store does, what the sender hears.

``Hub`` is what the server runs (``app.py``) and, as it is, what the rehearsal of the nodes' tests runs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from certs.statements import StatedKeys, StatementRefused
from hub.intake import Intake, take_in
from hub.limits import Bucket, Limits, take
from hub.matching import Schedule
from hub.outside import Pepper
from hub.polls import Polls
from hub.store.protocol import (
    Changed,
    HubStore,
    MixedPurposes,
    NotAdmitted,
    OlderStatement,
    SeenBefore,
    Sender,
    UnknownRecipient,
)
from ledger import WriteFailed
from soap_wsdl.serving import Caller, Handler
from soap_wsdl.vocabulary import (
    MAX_NOTICES,
    CollectMatches,
    CollectMatchesResponse,
    CompareRegistrations,
    CompareRegistrationsResponse,
    Cursor,
    Delivery,
    GetDirectory,
    GetDirectoryResponse,
    GetStatistics,
    GetStatisticsResponse,
    GetStatus,
    GetStatusResponse,
    KeyStatement,
    MailboxPage,
    Oin,
    PublishKeys,
    PublishKeysResponse,
    Range,
    RegisterSignals,
    RegisterSignalsResponse,
    SendSealedMessage,
    SendSealedMessageResponse,
    WithdrawSignals,
    WithdrawSignalsResponse,
)
from soap_wsdl.wus.faults import Code, WusFault

ANSWER_SECONDS = 2.0
"""What a poll leaves of its connection's time to read the mailbox, sign and send."""
RETELL_COST = 50
"""A mailbox written anew costs as many requests."""


class Hub:
    """The national hub, blind: it peppers each tag as it comes in and forgets it.

    ``schedule`` gives the epochs as the signed file has them now; ``verify_statement`` believes a region's key
    statement or raises ``StatementRefused``; ``elapsed`` counts seconds for the limits, in any steady clock.
    """

    def __init__(
        self,
        store: HubStore,
        pepper: Pepper,
        schedule: Callable[[], Schedule],
        verify_statement: Callable[[KeyStatement, datetime], StatedKeys],
        *,
        limits: Limits | None = None,
        version: str = "0",
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._pepper = pepper
        self._schedule = schedule
        self._verify_statement = verify_statement
        self._limits = limits or Limits()
        self._version = version
        self._elapsed = elapsed
        self._requests: dict[Oin, Bucket] = {}
        self._records: dict[Oin, Bucket] = {}
        self._bytes: dict[Oin, Bucket] = {}
        self._polls = Polls()

    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each operation of the contract, by its name."""
        handlers: dict[str, Callable[[Caller, Any], Any]] = {
            "RegisterSignals": self.register_signals,
            "WithdrawSignals": self.withdraw_signals,
            "CollectMatches": self.collect_matches,
            "CompareRegistrations": self.compare_registrations,
            "SendSealedMessage": self.send_sealed_message,
            "PublishKeys": self.publish_keys,
            "GetDirectory": self.get_directory,
            "GetStatistics": self.get_statistics,
            "GetStatus": self.get_status,
        }
        return {name: _translated(handler) for name, handler in handlers.items()}

    def stop(self) -> None:
        """Answer every open poll at once, empty or not, so that the server can stop."""
        self._polls.stop()

    def open_polls(self, oin: Oin) -> int:
        """How many polls of a region are not answered yet."""
        return self._polls.open_by(oin)

    async def register_signals(self, caller: Caller, request: RegisterSignals | Intake) -> RegisterSignalsResponse:
        """Register, change or offer again; the answer brings the mailbox too.

        A server has the tags peppered where it opens the envelope (``envelopes.py``); else that is done here.
        """
        taken = request if isinstance(request, Intake) else take_in(request, self._pepper)
        self._admit(caller, records=len(taken.offers))
        changed = await self._store.register(
            _sender(caller), taken.batch_id, taken.cursor, taken.offers, self._schedule()
        )
        return RegisterSignalsResponse(self._told(changed), changed.outcomes)

    async def withdraw_signals(self, caller: Caller, request: WithdrawSignals) -> WithdrawSignalsResponse:
        """End records; the answer brings the mailbox too."""
        self._admit(caller, records=len(request.withdrawals))
        changed = await self._store.withdraw(
            _sender(caller), request.batch_id, request.cursor, request.withdrawals, self._schedule()
        )
        return WithdrawSignalsResponse(self._told(changed), changed.outcomes)

    async def collect_matches(self, caller: Caller, request: CollectMatches) -> CollectMatchesResponse:
        """The mailbox from the cursor on, at once when there is something, else when something came or time is up.

        The newest poll of a region wins: an older one is answered empty at once. The caller's certificate is looked
        at again just before the answer.
        """
        oin = Oin(caller.oin)
        self._admit(caller, requests=RETELL_COST if request.retell else 1)
        at_most = max(1, min(request.max_notices, MAX_NOTICES))
        wait = min(float(request.wait_seconds), caller.seconds_left - ANSWER_SECONDS)
        if wait > 0 and self._polls.open_by(oin) >= self._limits.open_polls:
            raise WusFault(Code.LIMIT, retry_after=1)
        if self._polls.open_in_all >= self._limits.open_polls_in_all:
            wait = 0
        if wait <= 0:
            page = await self._collect(caller, request, at_most)
        else:
            with self._polls.poll(oin) as poll:
                page = await self._collect(caller, request, at_most)
                if not page.notices and page.status.value == "current":
                    await poll.wait(wait)
                    if not poll.superseded:
                        page = await self._store.look(oin, Cursor(page.seed, page.number), at_most, self._schedule())
        caller.check_again()
        return CollectMatchesResponse(page)

    async def compare_registrations(
        self, caller: Caller, request: CompareRegistrations
    ) -> CompareRegistrationsResponse:
        """Digests over ranges; a declaration that agrees ends the silence of the region's old records."""
        self._admit(caller, requests=1 + len(request.ranges) // 16)
        if not _ascending(request.ranges):
            raise WusFault(Code.SCHEMA)
        compared = await self._store.compare(_sender(caller), request)
        self._polls.wake(compared.told)
        return compared.response

    async def send_sealed_message(self, caller: Caller, request: SendSealedMessage) -> SendSealedMessageResponse:
        """Put a closed message in another region's mailbox and wake its poll. Fault ONTVANGER for a recipient that
        does not take part; out of sequence is an outcome, with the sequence expected.
        """
        self._admit(caller)
        response = await self._store.send(_sender(caller), request.recipient, request.message)
        if response.delivery is Delivery.ACCEPTED:
            self._polls.wake(frozenset({request.recipient}))
        return response

    async def publish_keys(self, caller: Caller, request: PublishKeys) -> PublishKeysResponse:
        """A region's own key statement for the directory, signed by itself, never older than the one kept."""
        self._admit(caller)
        try:
            stated = self._verify_statement(request.key_statement, caller.received_at)
        except StatementRefused:
            raise WusFault(Code.STATEMENT) from None
        if stated.oin != caller.oin:
            raise WusFault(Code.STATEMENT)
        return PublishKeysResponse(await self._store.publish(_sender(caller), request.key_statement, stated.serial))

    async def get_directory(self, caller: Caller, request: GetDirectory) -> GetDirectoryResponse:
        """Who takes part, and their keys."""
        self._admit(caller)
        return await self._store.directory(_sender(caller))

    async def get_statistics(self, caller: Caller, request: GetStatistics) -> GetStatisticsResponse:
        """Pairs per month and pair of regions, without the small ones."""
        self._admit(caller, requests=5)
        return await self._store.statistics(_sender(caller), request)

    async def get_status(self, caller: Caller, request: GetStatus) -> GetStatusResponse:
        """How the hub is, and how this region stands at it."""
        self._admit(caller)
        return await self._store.status(_sender(caller), self._version, self._schedule())

    async def _collect(self, caller: Caller, request: CollectMatches, at_most: int) -> MailboxPage:
        collected = await self._store.collect(
            _sender(caller), request.cursor, at_most, retell=request.retell, schedule=self._schedule()
        )
        return collected.mailbox

    def _admit(self, caller: Caller, *, requests: int = 1, records: int = 0) -> None:
        """Charge the region's buckets; raises the fault LIMIET. Whether it is admitted at all, the store says."""
        oin, now, limits = Oin(caller.oin), self._elapsed(), self._limits
        for buckets, amount, per_second, burst in (
            (self._requests, requests, limits.requests_per_second, limits.requests_burst),
            (self._records, records, limits.records_per_second, limits.records_burst),
            (self._bytes, caller.size, limits.bytes_per_second, limits.bytes_burst),
        ):
            buckets[oin], wait = take(buckets.get(oin), amount, now, per_second, burst)
            if wait:
                raise WusFault(Code.LIMIT, retry_after=wait)

    def _told(self, changed: Changed) -> MailboxPage:
        self._polls.wake(changed.told)
        return changed.mailbox


def _sender(caller: Caller) -> Sender:
    return Sender(Oin(caller.oin), caller.message_id, caller.received_at)


def _ascending(ranges: Sequence[Range]) -> bool:
    """Ranges in order and without overlap: nobody makes the hub walk the same records twice."""
    ends = [bound.bytes for asked in ranges for bound in (asked.first, asked.last)]
    return all(first <= second if at % 2 == 0 else first < second for at, (first, second) in enumerate(pairwise(ends)))


def _translated(handler: Callable[[Caller, Any], Any]) -> Handler:
    """The store's words become the profile's faults here, and nowhere else."""

    async def translated(caller: Caller, message: Any) -> Any:
        try:
            return await handler(caller, message)
        except SeenBefore:
            raise WusFault(Code.REPLAY) from None
        except NotAdmitted:
            raise WusFault(Code.NOT_AUTHORISED) from None
        except MixedPurposes:
            raise WusFault(Code.MIXED) from None
        except UnknownRecipient:
            raise WusFault(Code.RECIPIENT) from None
        except OlderStatement:
            raise WusFault(Code.SERIAL) from None
        except (WriteFailed, OSError):
            # The database or the ledger of deletions could not be written: nothing was kept.
            raise WusFault(Code.NOT_AVAILABLE) from None

    return translated
