"""A scheme owner, a service's keys and regions, in a directory, for the tests of the service."""

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.keyring import Epoch, EpochFile, RegionSecret, read_public_keys, sign_epoch_file
from certs.scheme import SealedFor, write_sealed_secrets
from certs.sealing import FileKeys, write_new_file
from pseudonym_service import keys
from soap_wsdl.vocabulary import Oin

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
AMSTERDAM = Oin("00000099000000000101")
HAAGLANDEN = Oin("00000099000000000102")
UTRECHT = Oin("00000099000000000103")
SERVICE = Oin("00000099000000000002")
URL = "https://127.0.0.1/pseudonyms/v1"


@dataclass
class SchemeWorld:
    """Draws epochs and publishes bundles as the scheme owner's program does."""

    directory: Path
    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(bytes(31) + b"s"))
    serial: int = 0
    epochs: dict[str, Epoch] = field(default_factory=dict)

    @property
    def bundle(self) -> Path:
        """The bundle directory."""
        return self.directory / "bundle"

    @property
    def keys(self) -> Path:
        """The service's keys directory."""
        return self.directory / "keys"

    @property
    def provider(self) -> FileKeys:
        """The service's key-encrypting key."""
        file = self.directory / "pseudonyms.kek"
        if not file.exists():
            write_new_file(file, "first", os.urandom)
        return FileKeys.read(file, os.urandom)

    def epoch(self, name: str, begins: date, ends: date) -> Epoch:
        """Let the service draw keys and the scheme owner make an epoch of them."""
        _, public = read_public_keys(keys.make(self.keys, name, self.provider, os.urandom))
        self.epochs[name] = Epoch(name, begins, ends, public, RegionSecret(bytes(32)).check())
        return self.epochs[name]

    def publish(self, serial: int | None = None, key: Ed25519PrivateKey | None = None) -> EpochFile:
        """Sign and write the bundle, by rename."""
        self.serial = serial if serial is not None else self.serial + 1
        signed = sign_epoch_file(
            key or self.key,
            serial=self.serial,
            made_at=NOW,
            service=URL,
            regie_rules=("wijkteam",),
            epochs=self.epochs.values(),
        )
        (self.bundle / "sealed").mkdir(parents=True, exist_ok=True)
        fresh = self.bundle / "epochs.new"
        fresh.write_bytes(signed.signed)
        fresh.replace(self.bundle / "epochs.json")
        return signed

    def admit(self, oin: Oin) -> None:
        """A sealed secret for a region; what is inside is the region's business."""
        sealed = [SealedFor(name, "sealing-1", b"sealed " + name.encode()) for name in sorted(self.epochs)]
        (self.bundle / "sealed" / f"{oin}.json").write_bytes(write_sealed_secrets(oin, sealed))


def world(directory: Path) -> SchemeWorld:
    """One epoch, in force all year, and Amsterdam admitted."""
    made = SchemeWorld(directory)
    made.epoch("2026", date(2026, 1, 1), date(2027, 1, 1))
    made.publish()
    made.admit(AMSTERDAM)
    return made
