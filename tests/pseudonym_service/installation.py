"""A whole service as an operator installs it: settings, certificates, keys, bundle; and a region that asks it."""

import asyncio
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from certs.authority import DevPki
from certs.identity import IdentityFile
from certs.trust import TrustStore, Use
from config.pseudonyms import PseudonymSettings
from config.reading import read
from hub_connector.client import Ends, PseudonymClient
from pseudonym_service import app
from pseudonym_service.budgets import LOCAL
from pseudonym_service.commands import pseudonyms
from tests.pseudonym_service.scheme_world import AMSTERDAM, HAAGLANDEN, SERVICE, SchemeWorld

TODAY = datetime.now(LOCAL).date()
"""These tests use real connections, so their epochs lie around the real day."""


@dataclass
class Installation:
    """A directory with all that the service needs, and its commands."""

    directory: Path
    pki: DevPki
    world: SchemeWorld
    port: int

    @property
    def settings_file(self) -> Path:
        """The settings file."""
        return self.directory / "pseudonyms.toml"

    @property
    def url(self) -> str:
        """The address that regions use."""
        return f"https://127.0.0.1:{self.port}/pseudonyms/v1"

    @property
    def settings(self) -> PseudonymSettings:
        """The settings, read."""
        return read(self.settings_file, PseudonymSettings)

    def command(self, *words: str) -> Result:
        """Run a command of the operator that needs the settings."""
        return self.plain(*words, "--config", str(self.settings_file))

    def plain(self, *words: str) -> Result:
        """Run a command of the operator as it stands."""
        return CliRunner().invoke(pseudonyms, list(words))

    def client(self, party: str = "amsterdam") -> PseudonymClient:
        """A region's door to this service."""
        files = self.pki.files(party)
        ends = Ends(
            IdentityFile(files.tls_certificate, files.tls_key),
            TrustStore(files.tls_trust, files.tls_crls, Use.TLS_SERVER),
            IdentityFile(files.signing_certificate, files.signing_key),
            TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING),
            lambda: datetime.now(UTC),
        )
        return PseudonymClient(self.url, SERVICE, ends)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve, on a real socket with real certificates, until the end of the block."""
        stopping = asyncio.Event()
        ready = self.directory / "ready.json"
        ready.unlink(missing_ok=True)
        task = asyncio.create_task(app.serve(self.settings, ready, stopping))
        try:
            async with asyncio.timeout(20):
                while not ready.exists() and not task.done():  # noqa: ASYNC110  a file has no event
                    await asyncio.sleep(0.02)
            yield
        finally:
            stopping.set()
            await task


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def install(directory: Path, pki: DevPki, **operators: str) -> Installation:
    """Write the settings, migrate, draw keys for one epoch, and let the scheme owner publish it."""
    made = Installation(directory, pki, SchemeWorld(directory), free_port())
    files = pki.files("pseudonyms")
    scheme_key = b64encode(made.world.key.public_key().public_bytes_raw()).decode()
    made.settings_file.write_text(
        f"""
oin = "{SERVICE}"
public_url = "{made.url}"
port = {made.port}
database = "pseudonyms.db"
keys_directory = "keys"
key_encryption_key = "pseudonyms.kek"
bundle_directory = "bundle"
scheme_key = "{scheme_key}"

[certificates]
tls_certificate = "{files.tls_certificate}"
tls_key = "{files.tls_key}"
tls_trust = "{files.tls_trust}"
tls_crls = "{files.tls_crls}"
signing_certificate = "{files.signing_certificate}"
signing_key = "{files.signing_key}"
signing_trust = "{files.signing_trust}"
signing_crls = "{files.signing_crls}"

[budget]
day = 1000
month = 10000

[regions.{AMSTERDAM}]
name = "Amsterdam"
[regions.{HAAGLANDEN}]
name = "Haaglanden"

[operators]
"""
        + "".join(f'{name} = "{key}"\n' for name, key in operators.items())
    )
    assert made.command("migrate").exit_code == 0
    made.world.epoch("now", TODAY - timedelta(days=30), TODAY + timedelta(days=300))
    made.world.publish()
    made.world.admit(AMSTERDAM)
    return made


def said(result: Result) -> str:
    """What a command printed, if it succeeded."""
    assert result.exit_code == 0, result.output
    return result.output
