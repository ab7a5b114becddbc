"""The scheme owner's work, offline: draw the regions' secret, sign the epoch file, admit and remove regions.

State directory, mode 0700, files 0600: ``scheme.key`` signs, ``scheme.json`` remembers. Every step writes the state in
one rename and then publishes a bundle from it: stopped half-way, the same command again finishes the work. The bundle
(``scheme.pub``, ``epochs.json``, ``sealed/<oin>.json``) holds nothing secret and goes to the service and the hub.
"""

import base64
import fcntl
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from certs import hpke
from certs.hpke import SealingKey
from certs.keyring import Epoch, EpochFile, EpochFileRefused, RegionSecret, canonical, sign_epoch_file
from certs.region_keys import write_private
from certs.scheme_state import (
    NATIONAL_RULES,
    Admitted,
    Scheme,
    SchemeKey,
    SchemeRefused,
    SealedFor,
    local_day,
    read_key,
    read_scheme,
    sealed_as_json,
    sealed_from_json,
    write_scheme,
)
from certs.secret import SecretRefused
from certs.statements import SignedStatement, StatementRefused, StatementTrust

__all__ = [
    "NATIONAL_RULES",
    "Scheme",
    "SchemeRefused",
    "SealedFor",
    "SealedSecretRefused",
    "admit",
    "init",
    "open_secret",
    "publish",
    "read_sealed_secrets",
    "remove",
    "set_epoch",
    "write_sealed_secrets",
]

Random = Callable[[int], bytes]


class SealedSecretRefused(Exception):
    """These are no sealed secrets of the scheme owner."""


def init(state: Path, random: Random) -> str:
    """Make the scheme's own key; returns the public key for everyone's settings. Twice returns the same key."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(state):
        if not (state / "scheme.key").exists():
            if (state / "scheme.json").exists():
                raise SchemeRefused(f"{state} has a scheme but no key: put scheme.key back, do not make another.")
            seed = SchemeKey(random(32))
            write_private(state / "scheme.key", base64.b64encode(seed.reveal()) + b"\n", fresh=True)
        return read_key(state).public_text()


def set_epoch(
    state: Path,
    name: str,
    *,
    begins: date,
    ends: date,
    now: datetime,
    random: Random,
    keys: Mapping[str, bytes] | None = None,
    service: str | None = None,
    regie_rules: Sequence[str] | None = None,
) -> Scheme:
    """Add an epoch with a secret drawn for it, or move the dates of one that is there (to end it early).

    The secret is sealed to every admitted region. The same again changes nothing. Raises SchemeRefused.
    """
    with _alone(state):
        scheme = read_scheme(state, now)
        today = local_day(now)
        known = next((epoch for epoch in scheme.epochs if epoch.name == name), None)
        secrets = dict(scheme.secrets)
        if known is None:
            if keys is None:
                raise SchemeRefused(f"A new epoch needs the public keys that the service made for {name}.")
            if ends <= today:
                raise SchemeRefused("A new epoch ends in the future.")
            secrets[name] = RegionSecret(random(32))
            epoch = Epoch(name, begins, ends, dict(keys), secrets[name].check())
        else:
            if keys is not None and dict(keys) != dict(known.keys):
                raise SchemeRefused(f"The keys of epoch {name} never change; make a new epoch with another name.")
            if known.ends <= today and ends != known.ends:
                raise SchemeRefused(f"Epoch {name} is over and its secret is destroyed; make a new epoch.")
            if known.begins <= today and begins != known.begins:
                raise SchemeRefused(f"Epoch {name} has begun; only its end can move.")
            if known.ends > today and ends < today:
                raise SchemeRefused("An epoch ends today or later, not in the past.")
            epoch = replace(known, begins=begins, ends=ends)
        epochs = [each for each in scheme.epochs if each.name != name] + [epoch]
        wanted = replace(
            scheme,
            epochs=tuple(sorted(epochs, key=lambda each: (each.begins, each.name))),
            secrets=secrets,
            service=scheme.service if service is None else service,
            regie_rules=scheme.regie_rules if regie_rules is None else tuple(regie_rules),
        )
        if not wanted.service:
            raise SchemeRefused("The first epoch needs the address of the pseudonym service.")
        if wanted != scheme:
            moment = max(now.astimezone(UTC).replace(microsecond=0), scheme.made_at)
            wanted = replace(wanted, serial=scheme.serial + 1, made_at=moment)
        wanted = _sealed_everywhere(wanted, now)
        _sign(state, wanted)  # Also checks what the file would say, before anything is kept.
        write_scheme(state, wanted)
        return wanted


def admit(state: Path, statement: SignedStatement, trust: StatementTrust, now: datetime) -> tuple[Scheme, str]:
    """Seal the secrets of all epochs that are not over to this region; returns its OIN as well.

    Again with a newer statement seals to its newest key. Raises SchemeRefused.
    """
    with _alone(state):
        scheme = read_scheme(state, now)
        try:
            keys = statement.verify(trust, now)
        except StatementRefused as refusal:
            raise SchemeRefused(str(refusal)) from None
        before = scheme.regions.get(keys.oin)
        if before is not None and keys.serial < before.keys.serial:
            raise SchemeRefused(f"Statement {keys.serial} is older than {before.keys.serial}, which was admitted.")
        if keys.sealing_key(max(now, keys.made_at)) is None:
            raise SchemeRefused("The statement has no sealing key that is valid now.")
        regions = {**scheme.regions, keys.oin: Admitted(statement, before.sealed if before else ())}
        wanted = _sealed_everywhere(replace(scheme, regions=regions), now)
        write_scheme(state, wanted)
        return wanted, keys.oin


def remove(state: Path, oin: str, now: datetime) -> Scheme:
    """Seal nothing more to this region. What it knows it keeps: begin a new epoch and end the present ones.

    Raises SchemeRefused for a region that is not there.
    """
    with _alone(state):
        scheme = read_scheme(state, now)
        if oin not in scheme.regions:
            raise SchemeRefused("This region is not admitted.")
        wanted = replace(scheme, regions={each: kept for each, kept in scheme.regions.items() if each != oin})
        write_scheme(state, wanted)
        return wanted


def publish(state: Path, bundle: Path, now: datetime) -> EpochFile | None:
    """Write the bundle as the state says. Sealed secrets come before the file that speaks of them.

    None, and no epoch file, as long as there is no epoch.
    """
    with _alone(state):
        scheme = read_scheme(state, now)
        sealed = bundle / "sealed"
        sealed.mkdir(parents=True, exist_ok=True)
        _write_open(bundle / "scheme.pub", read_key(state).public_text().encode() + b"\n")
        for file in sealed.glob("*.json"):
            if file.stem not in scheme.regions:
                file.unlink()
        for oin, region in scheme.regions.items():
            _write_open(sealed / f"{oin}.json", write_sealed_secrets(oin, region.sealed))
        if not scheme.epochs:
            return None
        signed = _sign(state, scheme)
        _write_open(bundle / "epochs.json", signed.signed)
        return signed


def write_sealed_secrets(oin: str, sealed: Sequence[SealedFor]) -> bytes:
    """The file ``sealed/<oin>.json`` of the bundle."""
    return canonical({"version": 1, "oin": oin, "secrets": [sealed_as_json(each) for each in sealed]})


def read_sealed_secrets(content: bytes) -> tuple[SealedFor, ...]:
    """The sealed secrets from such a file. Raises SealedSecretRefused."""
    try:
        said = json.loads(content)
        if said["version"] != 1:
            raise ValueError
        return tuple(sealed_from_json(each) for each in said["secrets"])
    except (ValueError, KeyError, TypeError):
        raise SealedSecretRefused("This is not a file with sealed secrets.") from None


def open_secret(sealed: bytes, key: SealingKey, epoch: str, oin: str) -> RegionSecret:
    """The node's side: the secret of this epoch, sealed to this region. Raises hpke.SealRefused.

    Compare it with the epoch file before use: ``Epoch.fits``.
    """
    try:
        return RegionSecret(hpke.open_sealed(key, sealed, _info(epoch, oin)))
    except SecretRefused:
        raise hpke.SealRefused("What was sealed is not a secret of an epoch.") from None


def _info(epoch: str, oin: str) -> bytes:
    return f"vir/sealed-secret/v1|{epoch}|{oin}".encode()


def _sealed_everywhere(scheme: Scheme, now: datetime) -> Scheme:
    """Every secret sealed to every region. What is sealed already stays as it is, unless the region has a newer key."""
    regions: dict[str, Admitted] = {}
    for oin, region in scheme.regions.items():
        # The clock of an offline machine may be behind that of the region.
        key = region.keys.sealing_key(max(now, region.keys.made_at))
        kept = {each.epoch: each for each in region.sealed if each.epoch in scheme.secrets}
        for name, secret in scheme.secrets.items():
            # Without a key that is valid now the region keeps what it has; admitting it again puts that right.
            if key is not None and (name not in kept or kept[name].key_id != key.id):
                kept[name] = SealedFor(name, key.id, hpke.seal(key.public, secret.reveal(), _info(name, oin)))
        regions[oin] = replace(region, sealed=tuple(kept[name] for name in sorted(kept)))
    return replace(scheme, regions=regions)


def _sign(state: Path, scheme: Scheme) -> EpochFile:
    try:
        return sign_epoch_file(
            read_key(state).private(),
            serial=scheme.serial,
            made_at=scheme.made_at,
            service=scheme.service,
            regie_rules=scheme.regie_rules,
            epochs=scheme.epochs,
        )
    except EpochFileRefused as refusal:
        raise SchemeRefused(str(refusal)) from None


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One step at a time, also when the program is started twice."""
    if not state.is_dir():
        raise SchemeRefused(f"{state} is no directory. A new scheme starts with `verwijsindex scheme init`.")
    with (state / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_open(file: Path, content: bytes) -> None:
    """The bundle is for others to read: mode 0644, in one rename."""
    write_private(file, content, mode=0o644)
