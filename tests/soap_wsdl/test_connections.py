"""Connections that nobody uses: how long the server keeps them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

import pytest
import uvloop

from soap_wsdl import serving
from tests.soap_wsdl.loopback_tls import TlsFiles, served
from tests.soap_wsdl.parties import Known, Party


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "], ids=["nothing", "half a head"])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_connection_on_which_nothing_is_asked_ends_too(
    files: TlsFiles,
    hub: Party,
    trust: Known,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[[Coroutine[None, None, None]], None],
    sent: bytes,
) -> None:
    """Its age counts from the handshake, on either loop: nobody keeps connections open by not finishing a request."""
    monkeypatch.setattr(serving, "MAX_CONNECTION_SECONDS", 0.3)

    async def ask_nothing() -> None:
        async with served(files, hub, trust) as where:
            reader, writer = await asyncio.open_connection("127.0.0.1", where.port, ssl=files.client())
            writer.write(sent)
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 20) == b""
            writer.close()

    run(ask_nothing())
