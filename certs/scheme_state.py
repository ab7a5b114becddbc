"""What the scheme owner remembers, in two files of mode 0600: ``scheme.key`` and ``scheme.json``."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.keyring import Epoch, EpochFileRefused, RegionSecret, canonical, require_public_keys
from certs.region_keys import RegionKeyUnusable, read_private, write_private
from certs.secret import Secret, SecretRefused
from certs.statements import SignedStatement, StatedKeys, StatementRefused, read_statement

NATIONAL_RULES = ("gecertificeerde instelling", "wijkteam", "ggd")
"""Which kinds of organisation take the regie between regions, first to last, unless the scheme owner says otherwise."""
_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


class SchemeRefused(Exception):
    """This step of the scheme owner cannot be done. The text says why and what to do; nothing was changed."""


class SchemeKey(Secret):
    """Signs the epoch file: an Ed25519 seed."""

    __slots__ = ()

    def private(self) -> Ed25519PrivateKey:
        """The key to sign with."""
        return Ed25519PrivateKey.from_private_bytes(self.reveal())

    def public_text(self) -> str:
        """The public key as it goes into settings: base64."""
        return base64.b64encode(self.private().public_key().public_bytes_raw()).decode()


@dataclass(frozen=True, slots=True)
class SealedFor:
    """One epoch's secret, sealed to one region."""

    epoch: str
    key_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A region that takes part: its last statement, and what was sealed to it."""

    statement: SignedStatement
    sealed: tuple[SealedFor, ...] = ()

    @property
    def keys(self) -> StatedKeys:
        """What the statement says; it was verified when it was admitted."""
        return read_statement(self.statement.statement)


@dataclass(frozen=True, slots=True)
class Scheme:
    """All that the scheme owner remembers. A secret goes when its epoch is over."""

    serial: int = 0
    made_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    service: str = ""
    regie_rules: tuple[str, ...] = NATIONAL_RULES
    epochs: tuple[Epoch, ...] = ()
    secrets: Mapping[str, RegionSecret] = field(default_factory=dict)
    regions: Mapping[str, Admitted] = field(default_factory=dict)


def local_day(now: datetime) -> date:
    """The local day of this moment."""
    return now.astimezone(_AMSTERDAM).date()


def read_key(state: Path) -> SchemeKey:
    """The scheme's own key. Raises SchemeRefused."""
    try:
        return SchemeKey(base64.b64decode(read_private(state / "scheme.key").strip(), validate=True))
    except RegionKeyUnusable as problem:
        raise SchemeRefused(f"{problem}. A new scheme starts with `verwijsindex scheme init`.") from None
    except (binascii.Error, SecretRefused):
        raise SchemeRefused(f"{state / 'scheme.key'} is damaged.") from None


def read_scheme(state: Path, now: datetime) -> Scheme:
    """The state, without the secrets of epochs that are over: the next write destroys those."""
    file = state / "scheme.json"
    if not file.exists():
        return Scheme()
    try:
        said = json.loads(read_private(file))
        scheme = Scheme(
            serial=said["serial"],
            made_at=datetime.strptime(said["madeAt"], _INSTANT).replace(tzinfo=UTC),
            service=said["service"],
            regie_rules=tuple(said["regieRules"]),
            epochs=tuple(_epoch(each) for each in said["epochs"]),
            secrets={name: RegionSecret(base64.b64decode(text)) for name, text in said["secrets"].items()},
            regions={
                oin: Admitted(
                    SignedStatement.from_file(canonical(each["statement"])),
                    tuple(sealed_from_json(one) for one in each["sealed"]),
                )
                for oin, each in said["regions"].items()
            },
        )
    except RegionKeyUnusable as problem:
        raise SchemeRefused(str(problem)) from None
    except (ValueError, KeyError, TypeError, AttributeError, SecretRefused, StatementRefused, EpochFileRefused):
        raise SchemeRefused(f"{file} is damaged: put a backup of the state directory back.") from None
    today = local_day(now)
    living = {epoch.name for epoch in scheme.epochs if epoch.ends > today}
    return replace(
        scheme,
        secrets={name: secret for name, secret in scheme.secrets.items() if name in living},
        regions={
            oin: replace(region, sealed=tuple(each for each in region.sealed if each.epoch in living))
            for oin, region in scheme.regions.items()
        },
    )


def write_scheme(state: Path, scheme: Scheme) -> None:
    """Remember all of it, in one rename."""
    content = canonical(
        {
            "version": 1,
            "serial": scheme.serial,
            "madeAt": scheme.made_at.strftime(_INSTANT),
            "service": scheme.service,
            "regieRules": list(scheme.regie_rules),
            "epochs": [
                {
                    "name": epoch.name,
                    "begins": epoch.begins.isoformat(),
                    "ends": epoch.ends.isoformat(),
                    "keys": {purpose: base64.b64encode(key).decode() for purpose, key in epoch.keys.items()},
                    "secretCheck": base64.b64encode(epoch.secret_check).decode(),
                }
                for epoch in scheme.epochs
            ],
            "secrets": {name: base64.b64encode(s.reveal()).decode() for name, s in scheme.secrets.items()},
            "regions": {
                oin: {
                    "statement": json.loads(region.statement.to_file()),
                    "sealed": [sealed_as_json(each) for each in region.sealed],
                }
                for oin, region in scheme.regions.items()
            },
        }
    )
    write_private(state / "scheme.json", content)


def _epoch(said: Mapping[str, Any]) -> Epoch:
    keys = {purpose: base64.b64decode(text) for purpose, text in said["keys"].items()}
    require_public_keys(keys)
    return Epoch(
        said["name"],
        date.fromisoformat(said["begins"]),
        date.fromisoformat(said["ends"]),
        keys,
        base64.b64decode(said["secretCheck"]),
    )


def sealed_as_json(sealed: SealedFor) -> dict[str, str]:
    """As it stands in the state and in the bundle."""
    return {"epoch": sealed.epoch, "keyId": sealed.key_id, "sealed": base64.b64encode(sealed.sealed).decode()}


def sealed_from_json(said: Mapping[str, Any]) -> SealedFor:
    """Back from ``sealed_as_json``. Raises ValueError, KeyError or TypeError."""
    return SealedFor(said["epoch"], said["keyId"], base64.b64decode(said["sealed"], validate=True))
