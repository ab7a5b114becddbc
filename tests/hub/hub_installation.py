"""A whole hub as an operator installs it: settings, certificates, bundle, what lies outside; and its commands."""

import socket
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha512
from pathlib import Path

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.authority import DevPki
from certs.identity import IdentityFile
from certs.keyring import PURPOSES, Epoch, RegionSecret, sign_epoch_file
from certs.ristretto import from_hash
from certs.trust import TrustStore, Use
from hub.commands import hub
from hub_connector.client import Ends, HubClient
from soap_wsdl.vocabulary import Oin

HUB = Oin("00000099000000000001")
AMSTERDAM = Oin("00000099000000000101")
HAAGLANDEN = Oin("00000099000000000102")


@dataclass
class Installation:
    """A directory with all that the hub needs, and its commands."""

    directory: Path
    pki: DevPki
    port: int

    @property
    def settings_file(self) -> Path:
        """The settings file."""
        return self.directory / "hub.toml"

    @property
    def url(self) -> str:
        """The address that regions use."""
        return f"https://127.0.0.1:{self.port}/hub/v1"

    def command(self, *words: str) -> Result:
        """Run a command of the operator."""
        return CliRunner().invoke(hub, [*words, "--config", str(self.settings_file)])

    def client(self, party: str) -> HubClient:
        """A region's door to this hub."""
        files = self.pki.files(party)
        ends = Ends(
            IdentityFile(files.tls_certificate, files.tls_key),
            TrustStore(files.tls_trust, files.tls_crls, Use.TLS_SERVER),
            IdentityFile(files.signing_certificate, files.signing_key),
            TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING),
            lambda: datetime.now(UTC),
        )
        return HubClient(self.url, HUB, ends)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def write_bundle(directory: Path, key: Ed25519PrivateKey, today: date) -> None:
    """The scheme owner's bundle with one epoch around today, called ``now``."""
    epoch = Epoch(
        "now",
        today - timedelta(days=30),
        today + timedelta(days=300),
        {purpose: from_hash(sha512(purpose.encode()).digest()) for purpose in PURPOSES},
        RegionSecret(bytes(32)).check(),
    )
    directory.mkdir()
    signed = sign_epoch_file(
        key, serial=1, made_at=datetime.now(UTC), service="https://127.0.0.1/", regie_rules=("x",), epochs=[epoch]
    )
    (directory / "epochs.json").write_bytes(signed.signed)


def install(directory: Path, pki: DevPki, today: date) -> Installation:
    """Write the settings and the bundle, migrate, register two regions."""
    made = Installation(directory, pki, free_port())
    files, key = pki.files("hub"), Ed25519PrivateKey.generate()
    write_bundle(directory / "bundle", key, today)
    made.settings_file.write_text(
        f"""
oin = "{HUB}"
public_url = "{made.url}"
port = {made.port}
database = "hub.db"
outside_directory = "outside"
bundle_directory = "bundle"
scheme_key = "{b64encode(key.public_key().public_bytes_raw()).decode()}"

[certificates]
tls_certificate = "{files.tls_certificate}"
tls_key = "{files.tls_key}"
tls_trust = "{files.tls_trust}"
tls_crls = "{files.tls_crls}"
signing_certificate = "{files.signing_certificate}"
signing_key = "{files.signing_key}"
signing_trust = "{files.signing_trust}"
signing_crls = "{files.signing_crls}"
"""
    )
    for words in (
        ("migrate",),
        ("regions", "add", AMSTERDAM, "Amsterdam"),
        ("regions", "add", HAAGLANDEN, "Haaglanden"),
    ):
        said(made.command(*words))
    return made


def said(result: Result) -> str:
    """What a command printed, if it succeeded."""
    assert result.exit_code == 0, result.output
    return result.output
