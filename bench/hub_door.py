"""A hub process with real certificates for the benches, requests signed beforehand, and a client that sends them.

Beside it a bare process: the same TLS, parsing, schema and answer, without signatures and without a database.
"""

import asyncio
import json
import re
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.hub_world import EPOCH, REGIONS, SCHEDULE, HubBench
from bench.measuring import Round, family, processor_seconds
from certs.authority import Party, dev_pki
from certs.identity import IdentityFile
from certs.keyring import PURPOSES, Epoch, RegionSecret, sign_epoch_file
from certs.ristretto import multiply_base
from certs.tls import client_context
from certs.trust import TrustStore, Use
from soap_wsdl.codec import encode
from soap_wsdl.vocabulary import HUB, Cursor, RegisterSignals
from soap_wsdl.wus.signing import sign_request

PARTIES = (
    Party("hub", "00000099000000000001", serves=True),
    *(Party(f"region{place}", oin) for place, oin in enumerate(REGIONS)),
)
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n", re.IGNORECASE)
_MAILBOX = re.compile(rb"seed>([0-9a-f-]{36})</[a-z:]*seed><[a-z:]*number>([0-9]+)<")


def clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Signed:
    """A request as it goes over the wire, and whose it is."""

    party: int
    raw: bytes


class Caller:
    """One region's connections: as little of the shared processors as a client can take."""

    def __init__(self, url: str, context: ssl.SSLContext) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._context = parts.hostname, parts.port, context
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: text/xml; charset=utf-8\r\n"
            'SOAPAction: ""\r\nContent-Length: '
        ).encode()
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, raw: bytes) -> tuple[int, bytes]:
        """Status and body of the answer, on a connection that nothing else uses meanwhile."""
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        writer.write(b"%b%d\r\n\r\n%b" % (self._head, len(raw), raw))
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        content = await reader.readexactly(int(length[1])) if length else b""
        self._idle.append((reader, writer))
        return int(head.split(b" ", 2)[1]), content

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._idle:
            writer.transport.abort()


class Door:
    """A running hub on a database filled before, or the bare reference, and regions that ask it."""

    def __init__(self, data: Path, directory: Path, *, key_size: int = 3072, bare: bool = False) -> None:
        """``data`` has the filled database and what lies outside it, ``directory`` becomes the place of all else."""
        self.data, self.directory = data, directory
        directory.mkdir()
        self.pki = dev_pki(directory / "pki", PARTIES, clock(), leaf_key_size=key_size)
        self.settings = directory / "hub.toml"
        self.bare = bare
        self.cursors: list[Cursor | None] = [None for _ in REGIONS]
        self._callers: list[Caller] = []
        self._write_settings()

    def _write_settings(self) -> None:
        key, files = Ed25519PrivateKey.generate(), self.pki.files("hub")
        epoch = Epoch(
            EPOCH,
            SCHEDULE.epochs[0].begins,
            SCHEDULE.epochs[0].ends,
            {purpose: multiply_base(bytes([at + 2]) + bytes(31)) for at, purpose in enumerate(PURPOSES)},
            RegionSecret(bytes(32)).check(),
        )
        signed = sign_epoch_file(
            key, serial=1, made_at=clock(), service="https://127.0.0.1/", regie_rules=("x",), epochs=[epoch]
        )
        (self.directory / "bundle").mkdir()
        (self.directory / "bundle" / "epochs.json").write_bytes(signed.signed)
        certificates = "\n".join(
            f'{name} = "{getattr(files, name)}"'
            for name in (
                "tls_certificate",
                "tls_key",
                "tls_trust",
                "tls_crls",
                "signing_certificate",
                "signing_key",
                "signing_trust",
                "signing_crls",
            )
        )
        self.settings.write_text(
            f'oin = "00000099000000000001"\npublic_url = "https://127.0.0.1{HUB.path}"\nport = 0\n'
            f'database = "{self.data / "hub.db"}"\noutside_directory = "{self.data / "outside"}"\n'
            'bundle_directory = "bundle"\n'
            f'scheme_key = "{b64encode(key.public_key().public_bytes_raw()).decode()}"\n'
            f"[certificates]\n{certificates}\n"
            "[limits]\nrequests_per_second = 1e9\nrequests_burst = 1000000000\n"
            "records_per_second = 1e9\nrecords_burst = 1000000000\n"
            "bytes_per_second = 1e12\nbytes_burst = 1000000000000\n"
        )

    async def __aenter__(self) -> Self:
        ready = self.directory / "ready.json"
        ready.unlink(missing_ok=True)
        program = (
            ["-m", "bench.hub_bare"]
            if self.bare
            else ["-c", "import sys; from hub.commands import hub; hub(sys.argv[1:])", "serve"]
        )
        words = [sys.executable, *program, "--config", str(self.settings), "--ready", str(ready)]
        self._process = subprocess.Popen(words, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        for _ in range(1200):
            if ready.exists() or self._process.poll() is not None:
                break
            await asyncio.sleep(0.05)
        self._pids = family(self._process.pid)
        self._url = json.loads(ready.read_text())["address"] + HUB.path
        for place in range(len(REGIONS)):
            files = self.pki.files(f"region{place}")
            context = client_context(
                IdentityFile(files.tls_certificate, files.tls_key),
                TrustStore(files.tls_trust, files.tls_crls, Use.TLS_SERVER),
                clock,
            )
            self._callers.append(Caller(self._url, context))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for caller in self._callers:
            caller.close()
        self._process.terminate()
        self._process.wait(30)

    def signed(self, message: RegisterSignals, number: int) -> Signed:
        """A request of the region whose turn it is."""
        party = number % len(REGIONS)
        files = self.pki.files(f"region{party}")
        identity = IdentityFile(files.signing_certificate, files.signing_key).current()
        action = HUB.operations["RegisterSignals"].action
        raw = sign_request(
            encode(message), action, f"https://127.0.0.1{HUB.path}", f"urn:uuid:{HubBench.id()}", clock(), identity
        ).raw
        return Signed(party, raw)

    async def send(self, requests: Sequence[Signed], at_once: int) -> Round:
        """Send all, so many at once, and wait for every answer; anything but 200 ends the bench.

        The regions' cursors follow, as nodes' do, for what is signed next.
        """
        queue = list(reversed(requests))

        async def send() -> None:
            while queue:
                request = queue.pop()
                status, content = await self._callers[request.party].post(request.raw)
                if status != 200 or b"refused" in content:
                    raise RuntimeError(f"the hub answered {status}")
                if found := _MAILBOX.search(content):
                    cursor, known = Cursor(UUID(found[1].decode()), int(found[2])), self.cursors[request.party]
                    if known is None or known.number < cursor.number:
                        self.cursors[request.party] = cursor

        began, used = time.perf_counter(), processor_seconds(*self._pids)
        await asyncio.gather(*(send() for _ in range(at_once)))
        return Round(len(requests), time.perf_counter() - began, processor_seconds(*self._pids) - used)
