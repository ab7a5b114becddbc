"""The two doors of a node in one process: messages cross the codec and its schema both ways, as on the wire.

A line can be cut, lose an answer after the commit, or deliver twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

from lxml import etree

from hub_connector.failures import ClockDiffers, NotNow, Refused
from soap_wsdl.codec import decode, encode
from soap_wsdl.serving import Caller, Handler
from soap_wsdl.vocabulary import (
    CollectMatches,
    CollectMatchesResponse,
    CompareRegistrations,
    CompareRegistrationsResponse,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    GetDirectory,
    GetDirectoryResponse,
    GetEpochs,
    GetEpochsResponse,
    GetStatistics,
    GetStatisticsResponse,
    GetStatus,
    GetStatusResponse,
    Oin,
    PublishKeys,
    PublishKeysResponse,
    RegisterSignals,
    RegisterSignalsResponse,
    SendSealedMessage,
    SendSealedMessageResponse,
    WithdrawSignals,
    WithdrawSignalsResponse,
)
from soap_wsdl.wus.faults import WusFault

R = TypeVar("R")


@dataclass
class Trouble:
    """What a line does to the next messages: a test sets it, each message uses it up."""

    cut: int = 0
    """So many messages never arrive."""
    lose_answer: int = 0
    """So many messages are carried out, and the answer is lost after the commit."""
    twice: int = 0
    """So many messages arrive twice."""
    clock_differs: float = 0.0
    """The other side's clock is so many seconds ahead, until it is set back to 0."""
    sent: list[object] = field(default_factory=list)
    """Every message that was carried out, in order."""


class DoorTo:
    """A door to one party in this process, as ``hub_connector.doors`` promises it."""

    def __init__(self, oin: Oin, now: Callable[[], datetime], handlers: Callable[[], Mapping[str, Handler]]) -> None:
        self._oin = oin
        self._now = now
        self._handlers = handlers
        self.trouble = Trouble()

    async def _call(self, message: object, response: type[R]) -> R:
        trouble = self.trouble
        if trouble.clock_differs:
            raise ClockDiffers(trouble.clock_differs)
        if trouble.cut:
            trouble.cut -= 1
            raise NotNow("The line is cut.")
        answer = await self._carry_out(message, response)
        if trouble.twice:
            trouble.twice -= 1
            answer = await self._carry_out(message, response)
        if trouble.lose_answer:
            trouble.lose_answer -= 1
            raise NotNow("The answer was lost.")
        return answer

    async def _carry_out(self, message: object, response: type[R]) -> R:
        name = type(message).__name__
        handler: Handler = self._handlers()[name]
        caller = Caller(self._oin, f"urn:uuid:{uuid4()}", self._now(), lambda: None, 600.0)
        self.trouble.sent.append(message)
        try:
            answer = await handler(caller, _across(message))
        except WusFault as fault:
            if fault.retryable:
                raise NotNow(f"{fault.code}: {fault.omschrijving}", fault.retry_after, fault.code) from None
            raise Refused(fault.code, fault.omschrijving) from None
        assert isinstance(answer, response)
        return _across(answer)


def _across(message: R) -> R:
    """Through the codec and the schema, as on the wire."""
    return decode(etree.fromstring(encode(message)), type(message))


class HubDoorHere(DoorTo):
    """The hub's door."""

    async def register_signals(self, message: RegisterSignals) -> RegisterSignalsResponse:
        return await self._call(message, RegisterSignalsResponse)

    async def withdraw_signals(self, message: WithdrawSignals) -> WithdrawSignalsResponse:
        return await self._call(message, WithdrawSignalsResponse)

    async def collect_matches(self, message: CollectMatches) -> CollectMatchesResponse:
        return await self._call(message, CollectMatchesResponse)

    async def compare_registrations(self, message: CompareRegistrations) -> CompareRegistrationsResponse:
        return await self._call(message, CompareRegistrationsResponse)

    async def send_sealed_message(self, message: SendSealedMessage) -> SendSealedMessageResponse:
        return await self._call(message, SendSealedMessageResponse)

    async def publish_keys(self, message: PublishKeys) -> PublishKeysResponse:
        return await self._call(message, PublishKeysResponse)

    async def get_directory(self, message: GetDirectory) -> GetDirectoryResponse:
        return await self._call(message, GetDirectoryResponse)

    async def get_statistics(self, message: GetStatistics) -> GetStatisticsResponse:
        return await self._call(message, GetStatisticsResponse)

    async def get_status(self, message: GetStatus) -> GetStatusResponse:
        return await self._call(message, GetStatusResponse)


class PseudonymDoorHere(DoorTo):
    """The service's door."""

    async def evaluate_blinded(self, message: EvaluateBlinded) -> EvaluateBlindedResponse:
        return await self._call(message, EvaluateBlindedResponse)

    async def get_epochs(self, message: GetEpochs) -> GetEpochsResponse:
        return await self._call(message, GetEpochsResponse)
