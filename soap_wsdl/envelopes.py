"""Opening a request's envelope and signing an answer's: most of the processor time of both, and no state at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from soap_wsdl.vocabulary import Contract
from soap_wsdl.wus.signing import Unsigned
from soap_wsdl.wus.verifying import Trust, VerifiedRequest, verify_request

LARGE_BODY = 64 * 1024
"""Above this, verifying takes milliseconds and moves to a thread; below it, the hop would cost more than it saves."""


class Unanswered(Exception):
    """Nothing is known of this envelope: the caller hears "not now", unsigned, and to come back so much later."""

    def __init__(self, retry_after: int, text: str = "") -> None:
        super().__init__(text)
        self.retry_after = retry_after
        """Seconds."""


class Gone(Unanswered):
    """The process that had it ended before it answered, or there is none."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(retry_after)


class Crowded(Unanswered):
    """Too much of this sender waits already."""

    def __init__(self) -> None:
        super().__init__(1)


class OpeningFailed(Unanswered):
    """A mistake of ours, which the same envelope meets again. Says the kind of error and nothing of the envelope."""

    def __init__(self, kind: str) -> None:
        super().__init__(60, kind)


class Envelopes(Protocol):
    """Where the envelopes of a served contract are opened and signed."""

    async def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """``verify_request`` under this contract and address. Raises RequestRefused and Unanswered."""
        ...

    async def sign(self, unsigned: Unsigned) -> bytes:
        """The signature value of an answer. Raises Unanswered."""
        ...

    async def close(self) -> None:
        """Nothing is asked any more. Twice does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Opener:
    """How requests are opened: whose contract, at which address, whom we believe, and what follows at once.

    ``prepare`` makes of a message what its operation goes on with, where that needs no state either.
    """

    contract: Contract
    to: str
    trust: Trust
    prepare: Callable[[Any], Any] | None = None

    def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """``verify_request``. Raises RequestRefused."""
        verified = verify_request(
            raw,
            contract=self.contract,
            to=self.to,
            now=now,
            trust=self.trust,
            connection_oin=connection_oin,
            soap_action=soap_action,
        )
        return replace(verified, message=self.prepare(verified.message)) if self.prepare is not None else verified


class EnvelopesHere:
    """In this process: what takes long, in threads."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="wus")

    async def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """See ``Envelopes.open``."""
        if len(raw) <= LARGE_BODY:
            return self._opener.open(raw, now, connection_oin, soap_action)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._opener.open, raw, now, connection_oin, soap_action
        )

    async def sign(self, unsigned: Unsigned) -> bytes:
        """See ``Envelopes.sign``. Only the RSA operation is in a thread: all else there would take turns with us."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, unsigned.signature)

    async def close(self) -> None:
        """End the threads; nothing waits for them any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
