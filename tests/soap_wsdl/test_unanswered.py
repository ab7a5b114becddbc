"""When envelopes are opened and signed elsewhere and nobody is there, the caller hears "not now", unsigned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from soap_wsdl.envelopes import Crowded, Envelopes, EnvelopesHere, Gone, Opener, OpeningFailed
from soap_wsdl.vocabulary import HUB, GetStatus
from soap_wsdl.wus.signing import Unsigned
from soap_wsdl.wus.verifying import VerifiedRequest
from tests.soap_wsdl.loopback_tls import HEADERS, TlsFiles, served
from tests.soap_wsdl.parties import Known, Party
from tests.soap_wsdl.test_serving import asked


@dataclass
class Absent:
    """Envelopes that fail with the next error, if there is one, and else work."""

    at_opening: list[Exception]
    at_signing: list[Exception]
    here: list[Envelopes] = field(default_factory=list)

    async def open(self, raw: bytes, now: datetime, connection_oin: str | None, soap_action: str) -> VerifiedRequest:
        """Fail, or open."""
        if self.at_opening:
            raise self.at_opening.pop()
        return await self.here[0].open(raw, now, connection_oin, soap_action)

    async def sign(self, unsigned: Unsigned) -> bytes:
        """Fail, or sign."""
        if self.at_signing:
            raise self.at_signing.pop()
        return await self.here[0].sign(unsigned)

    async def close(self) -> None:
        """End."""
        for envelopes in self.here:
            await envelopes.close()


@pytest.mark.parametrize(
    ("at_opening", "at_signing", "told", "later"),
    [
        ([Gone()], [], ("failed", "Gone", "unknown"), "1"),
        ([Gone(60)], [], ("failed", "Gone", "unknown"), "60"),
        ([Crowded()], [], ("failed", "Crowded", "unknown"), "1"),
        ([OpeningFailed("KeyError")], [], ("failed", "OpeningFailed", "KeyError"), "60"),
        ([], [Gone()], ("cannot-sign", "Gone", "test_unanswered.py"), "1"),
    ],
    ids=["gone behind another", "gone at this one", "crowded", "our mistake", "gone at signing"],
)
async def test_nobody_there_is_not_now(
    files: TlsFiles,
    hub: Party,
    amsterdam: Party,
    trust: Known,
    at_opening: list[Exception],
    at_signing: list[Exception],
    told: tuple[str, str, str],
    later: str,
) -> None:
    """503 with when to come again; the operator is told; the same connection is answered afterwards."""
    absent = Absent(at_opening, at_signing)
    async with served(files, hub, trust, envelopes=absent) as where, where.client() as session:
        absent.here.append(EnvelopesHere(Opener(HUB, where.address, trust)))
        for expected in (503, 200):
            raw = asked(where, amsterdam, GetStatus()).raw
            async with session.post(where.address, data=raw, headers=HEADERS) as answer:
                assert answer.status == expected
                assert answer.headers.get("Retry-After") == (later if expected == 503 else None)
                assert (b"Envelope" in await answer.read()) == (expected == 200)
        name, fields = where.events[0]
        assert (name, fields["kind"], fields["at"].partition(":")[0]) == told
        assert [name for name, _ in where.events][-1] == "answered"
