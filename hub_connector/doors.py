"""The two doors out of a node, as protocols: the hub and the pseudonym service, an async method for each operation.

Every method takes the message of the vocabulary and returns its response, verified. It raises ``NotNow`` when the
outcome is unknown or the other side is not ready, ``ClockDiffers`` (a NotNow) when the clocks disagree, and
``Refused`` when a verified fault says no for good. Every operation may be repeated after NotNow: as the same message
object, with the same batch id, record ids and revisions; the connector makes a new signed message of it.
"""

from typing import Protocol

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
    PublishKeys,
    PublishKeysResponse,
    RegisterSignals,
    RegisterSignalsResponse,
    SendSealedMessage,
    SendSealedMessageResponse,
    WithdrawSignals,
    WithdrawSignalsResponse,
)


class HubDoor(Protocol):
    """What a node may ask of the hub."""

    async def register_signals(self, message: RegisterSignals) -> RegisterSignalsResponse:
        """Register, change or offer again; the answer brings the mailbox from the cursor on."""
        ...

    async def withdraw_signals(self, message: WithdrawSignals) -> WithdrawSignalsResponse:
        """Withdraw records; the answer brings the mailbox from the cursor on."""
        ...

    async def collect_matches(self, message: CollectMatches) -> CollectMatchesResponse:
        """The mailbox from the cursor on; with ``wait_seconds`` this is the long poll."""
        ...

    async def compare_registrations(self, message: CompareRegistrations) -> CompareRegistrationsResponse:
        """Digests over ranges of this region's records."""
        ...

    async def send_sealed_message(self, message: SendSealedMessage) -> SendSealedMessageResponse:
        """A sealed message for another region's mailbox."""
        ...

    async def publish_keys(self, message: PublishKeys) -> PublishKeysResponse:
        """This region's own key statement, for the directory."""
        ...

    async def get_directory(self, message: GetDirectory) -> GetDirectoryResponse:
        """Who takes part, and their keys; still to be verified against the signing trust."""
        ...

    async def get_statistics(self, message: GetStatistics) -> GetStatisticsResponse:
        """Registered pairs per pair of regions and month."""
        ...

    async def get_status(self, message: GetStatus) -> GetStatusResponse:
        """How the hub is, and how this region stands at it."""
        ...


class PseudonymDoor(Protocol):
    """What a node may ask of the pseudonym service."""

    async def evaluate_blinded(self, message: EvaluateBlinded) -> EvaluateBlindedResponse:
        """Evaluated elements with one proof, still to be verified under the pinned key."""
        ...

    async def get_epochs(self, message: GetEpochs) -> GetEpochsResponse:
        """The signed epoch file and this region's sealed secrets, both still to be verified."""
        ...
