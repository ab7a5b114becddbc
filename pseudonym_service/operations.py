"""The operations of the pseudonym service: evaluate blinded elements with a proof, and hand out the epoch file.

The order of EvaluateBlinded: is the region listed, is it its turn, is the epoch in force and the purpose in it, are
these elements, is there budget; and only then the key is used. Nothing here ever logs an element.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import TypeVar

import structlog

from certs.keyring import EpochUnknown
from certs.oprf import VOPRF, ElementRefused, SecretKey
from certs.ristretto import require_element
from ledger import Database, Tx, WriteFailed, record
from pseudonym_service import audit, store
from pseudonym_service.budgets import LOCAL, Limits
from pseudonym_service.bundle import Bundle, BundleMissing, Change
from pseudonym_service.counting import Decision, Verdict, decide
from pseudonym_service.keys import KeyMissing, SecretKeys
from pseudonym_service.pacing import Pacing, TooFast
from soap_wsdl.serving import Caller, Handler
from soap_wsdl.vocabulary import (
    MAX_ELEMENTS,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    GetEpochs,
    GetEpochsResponse,
    Oin,
)
from soap_wsdl.wus.faults import Code, WusFault

T = TypeVar("T")

log = structlog.get_logger("pseudonym_service")


class PseudonymService:
    """What regions may ask. ``handlers`` gives the operations by name, for the SOAP door or a rehearsal."""

    def __init__(
        self,
        db: Database,
        keys: SecretKeys,
        bundle: Bundle,
        regions: Mapping[Oin, Limits],
        pacing: Pacing,
        pool: ThreadPoolExecutor,
        clock: Callable[[], datetime],
        elapsed: Callable[[], float],
        random: Callable[[int], bytes],
    ) -> None:
        self._db = db
        self._keys = keys
        self._bundle = bundle
        self._regions = regions
        self._pacing = pacing
        self._pool = pool
        self._clock = clock
        self._elapsed = elapsed
        self._random = random

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by name."""
        return {"EvaluateBlinded": self.evaluate_blinded, "GetEpochs": self.get_epochs}

    async def evaluate_blinded(self, caller: Caller, message: EvaluateBlinded) -> EvaluateBlindedResponse:
        """The evaluated elements, one proof over the batch, and what is left of the budget.

        Raises a WusFault that says why not. A batch that came before is evaluated again and not counted again.
        """
        oin = Oin(caller.oin)
        limits = self._listed(oin)
        with self._turn(oin):
            if not 1 <= len(message.blinded) <= MAX_ELEMENTS:
                raise WusFault(Code.SCHEMA)
            key = self._key_for(message)
            await self._in_thread(lambda: _require_elements(message))
            decision = await self._decided(caller, message, limits)
            evaluation = await self._in_thread(lambda: VOPRF.evaluate(key, message.blinded, self._random))
        return EvaluateBlindedResponse(evaluation.proof, decision.left, evaluation.evaluated)

    async def get_epochs(self, caller: Caller, message: GetEpochs) -> GetEpochsResponse:
        """The signed epoch file and what was sealed for this region."""
        oin = Oin(caller.oin)
        self._listed(oin)
        with self._turn(oin):
            try:
                file = self._bundle.look(self.bundle_changed)
            except BundleMissing:
                raise WusFault(Code.NOT_AVAILABLE) from None
            sealed = await asyncio.to_thread(self._bundle.sealed_for, oin)
            now = self._clock()

            def given(tx: Tx) -> bool:
                if not store.note_message(tx, oin, caller.message_id, now):
                    return False
                record(tx, audit.EPOCHS_GIVEN, now, region=oin, serial=file.serial, secrets=len(sealed))
                return True

            if not await self._written(given):
                raise WusFault(Code.REPLAY)
        return GetEpochsResponse(file.signed, sealed)

    def bundle_changed(self, change: Change) -> None:
        """Note in log and audit that another epoch file took effect, or was refused."""
        now = self._clock()
        if change.accepted is not None:
            serial = change.accepted.serial
            log.info("epoch-file-accepted", serial=serial)

            def accepted(tx: Tx) -> None:
                store.put_epoch_serial(tx, serial)
                record(tx, audit.EPOCH_FILE_ACCEPTED, now, serial=serial)

            self._db.write_now(accepted)
        elif change.refused is not None:
            why = change.refused
            log.error("epoch-file-refused", why=why)
            self._db.write_now(lambda tx: record(tx, audit.EPOCH_FILE_REFUSED, now, why=why))

    def _listed(self, oin: Oin) -> Limits:
        limits = self._regions.get(oin)
        if limits is None:
            raise WusFault(Code.NOT_AUTHORISED)
        return limits

    @contextmanager
    def _turn(self, oin: Oin) -> Iterator[None]:
        with ExitStack() as held:
            try:
                held.enter_context(self._pacing.turn(oin, self._elapsed()))
            except TooFast as stop:
                raise WusFault(Code.LIMIT, retry_after=stop.retry_after) from None
            yield

    def _key_for(self, message: EvaluateBlinded) -> SecretKey:
        """The key of this epoch and purpose, if the signed file says that the epoch is in force today."""
        try:
            file = self._bundle.look(self.bundle_changed)
            epoch = file.epoch(message.epoch)
            today = self._clock().astimezone(LOCAL).date()
            if today >= epoch.ends:
                raise WusFault(Code.EPOCH_OVER)
            if today < epoch.begins:
                raise WusFault(Code.EPOCH_UNKNOWN)
            return self._keys.key(epoch, message.purpose.value)
        except BundleMissing:
            raise WusFault(Code.NOT_AVAILABLE) from None
        except EpochUnknown:
            raise WusFault(Code.EPOCH_UNKNOWN) from None
        except KeyMissing as missing:
            log.critical("epoch-key-unusable", epoch=message.epoch, why=str(missing))
            raise WusFault(Code.NOT_AVAILABLE) from None

    async def _decided(self, caller: Caller, message: EvaluateBlinded, limits: Limits) -> Decision:
        oin, now = Oin(caller.oin), self._clock()
        decision = await self._written(lambda tx: decide(tx, oin, caller.message_id, message, limits, now))
        for alarm in decision.alarms:
            log.warning(
                "alarm", region=oin, kind=alarm.kind.value, period=alarm.period, used=alarm.used, limit=alarm.limit
            )
        if decision.verdict is Verdict.REPLAYED:
            raise WusFault(Code.REPLAY)
        if decision.verdict is Verdict.DIFFERS:
            raise WusFault(Code.BATCH)
        if decision.verdict is Verdict.SPENT:
            raise WusFault(Code.BUDGET, retry_after=decision.retry_after)
        return decision

    async def _written(self, change: Callable[[Tx], T]) -> T:
        try:
            return await self._db.write(change)
        except WriteFailed:
            log.critical("database-does-not-take-changes")
            raise WusFault(Code.NOT_AVAILABLE) from None

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)


def _require_elements(message: EvaluateBlinded) -> None:
    try:
        for element in message.blinded:
            require_element(element)
    except ElementRefused:
        raise WusFault(Code.ELEMENT) from None
