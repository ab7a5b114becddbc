"""How an exchange comes to be, step by step as its operators do it, in one directory and with their own commands.

1. The PKI: both hierarchies, and certificates for hub, pseudonym service and regions.
2. The scheme owner makes the scheme's key, which goes into everyone's settings.
3. Every party writes its settings and makes its database.
4. The pseudonym service draws the secret keys of an epoch; the scheme owner signs them into the epoch file.
5. Every region makes its card and sealing keys, the scheme owner admits it on its key statement, the hub registers it.

Development certificates and keys made here are for this directory alone: all of it is 0700.
"""

import contextlib
import io
import json
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from certs.authority import DevPki, Party, dev_pki
from certs.region_keys import write_private
from certs.scheme_command import scheme
from hub.commands import hub
from node.commands import node
from node.domain.days import local_day
from pseudonym_service.commands import pseudonyms
from soap_wsdl.vocabulary import HUB, PSEUDONYMS

HUB_PARTY = Party("hub", "00000099000000000001", serves=True)
SERVICE_PARTY = Party("pseudonyms", "00000099000000000002", serves=True)
FIRST_REGION = 101
KNOWN_TITLES = {"amsterdam": "Amsterdam", "haaglanden": "Haaglanden", "utrecht": "Utrecht"}

Settings = Mapping[str, Any]


class CeremonyFailed(Exception):
    """A step of the ceremony was refused; the text is what the command said."""


@dataclass(frozen=True, slots=True)
class Region:
    """A region that takes part: the short name of its folder, its name for people, its OIN."""

    name: str
    title: str
    oin: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch to begin with: local days, the last one exclusive."""

    name: str
    begins: date
    ends: date


@dataclass(frozen=True, slots=True)
class Wish:
    """What may differ between exchanges. ``ports`` has one for hub, pseudonyms and each region.

    ``more`` adds to, or replaces, the settings of a party: {"amsterdam": {"exchange": {"canaries": False}}}.
    ``connect_to`` is where a region connects instead of straight to hub or service: {("utrecht", "hub"): port}.
    """

    regions: tuple[Region, ...]
    ports: Mapping[str, int]
    epochs: tuple[Epoch, ...]
    departure_seconds: int
    canaries: bool
    more: Mapping[str, Settings]
    connect_to: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are in the directory of an exchange."""

    directory: Path

    @property
    def pki(self) -> DevPki:
        """The certificates of everyone."""
        return DevPki(self.directory / "pki")

    @property
    def scheme(self) -> Path:
        """The scheme owner's own directory."""
        return self.directory / "scheme"

    @property
    def bundle(self) -> Path:
        """What the scheme owner handed to hub and service."""
        return self.directory / "bundle"

    def home(self, party: str) -> Path:
        """The directory of one party: hub, pseudonyms or a region."""
        return self.directory / party

    def settings(self, party: str) -> Path:
        """The settings file of one party."""
        file = party if party in (HUB_PARTY.name, SERVICE_PARTY.name) else "node"
        return self.home(party) / f"{file}.toml"

    def database(self, party: str) -> Path:
        """The database of one party."""
        return self.settings(party).with_suffix(".db")


def regions_named(names: Sequence[str]) -> tuple[Region, ...]:
    """Regions by short name, with the OINs of the development parties: the first 0101, and so on."""
    return tuple(
        Region(name, KNOWN_TITLES.get(name, name.title()), f"00000099{FIRST_REGION + place:012d}")
        for place, name in enumerate(names)
    )


def perform(directory: Path, wish: Wish, now: datetime, pki: DevPki | None = None) -> Places:
    """The whole ceremony in an empty directory. A ``pki`` that was made before is copied.

    Raises CeremonyFailed.
    """
    places = Places(directory)
    directory.chmod(0o700)
    if pki is None:
        regions = [Party(region.name, region.oin) for region in wish.regions]
        dev_pki(directory / "pki", (HUB_PARTY, SERVICE_PARTY, *regions), now)
    else:
        pki.copy(directory / "pki")
    scheme_key = run(scheme, "init", "--state", str(places.scheme)).splitlines()[0]
    for party, settings in _settings(places, wish, scheme_key).items():
        places.home(party).mkdir(mode=0o700)
        write_private(places.settings(party), _toml(settings).encode())
    _make_databases(places, wish)
    _begin_epochs(places, wish)
    for region in wish.regions:
        _admit(places, region)
    return places


def begin_epoch(places: Places, epoch: Epoch, service: str | None = None) -> None:
    """One epoch more: keys at the service, a secret and a signature from the scheme owner."""
    public = places.directory / f"epoch-{epoch.name}.json"
    settings = str(places.settings("pseudonyms"))
    run(pseudonyms, "keys", "new", epoch.name, "--out", str(public), "--config", settings)
    address = ["--service", service] if service else []
    run(
        scheme, "epoch", epoch.name, "--state", str(places.scheme), "--out", str(places.bundle),
        "--begins", str(epoch.begins), "--ends", str(epoch.ends), "--public-keys", str(public), *address,
    )  # fmt: skip


def epoch_around(now: datetime) -> Epoch:
    """The epoch of this year, with room at both ends: a demo at new year works too."""
    today = local_day(now)
    return Epoch(str(today.year), date(today.year - 1, 12, 1), date(today.year + 1, 2, 1))


def run(group: click.Group, *words: str) -> str:
    """A command as an operator gives it, in this process; returns what it printed. Raises CeremonyFailed."""
    said, apart = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(apart):
            group.main(words, prog_name=f"verwijsindex {group.name}", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as refused:
        command = f"verwijsindex {group.name} {' '.join(words[:2])}"
        raise CeremonyFailed(f"{command}: {refused.format_message()} {apart.getvalue()}".strip()) from None
    return said.getvalue()


def _make_databases(places: Places, wish: Wish) -> None:
    run(hub, "migrate", "--config", str(places.settings("hub")))
    run(pseudonyms, "migrate", "--config", str(places.settings("pseudonyms")))
    for region in wish.regions:
        run(node, "new-key", str(places.home(region.name) / "node.kek"))
        run(node, "migrate", "--config", str(places.settings(region.name)))


def _begin_epochs(places: Places, wish: Wish) -> None:
    for epoch in wish.epochs:
        begin_epoch(places, epoch, address(wish.ports["pseudonyms"], PSEUDONYMS.path))


def _admit(places: Places, region: Region) -> None:
    statement = places.home(region.name) / "key-statement.json"
    run(node, "keys", "statement", str(statement), "--config", str(places.settings(region.name)))
    files = places.pki.files(region.name)
    run(
        scheme, "admit", str(statement), "--state", str(places.scheme), "--out", str(places.bundle),
        "--signing-trust", str(files.signing_trust), "--signing-crls", str(files.signing_crls),
    )  # fmt: skip
    run(hub, "regions", "add", region.oin, region.title, "--config", str(places.settings("hub")))


def address(port: int, path: str) -> str:
    """An address on this machine."""
    return f"https://127.0.0.1:{port}{path}"


def _settings(places: Places, wish: Wish, scheme_key: str) -> dict[str, dict[str, Any]]:
    hub_url = address(wish.ports["hub"], HUB.path)
    service_url = address(wish.ports["pseudonyms"], PSEUDONYMS.path)
    settings: dict[str, dict[str, Any]] = {
        "hub": {
            "oin": HUB_PARTY.oin,
            "public_url": hub_url,
            "port": wish.ports["hub"],
            "database": "hub.db",
            "outside_directory": "outside",
            "bundle_directory": str(places.bundle),
            "scheme_key": scheme_key,
        },
        "pseudonyms": {
            "oin": SERVICE_PARTY.oin,
            "public_url": service_url,
            "port": wish.ports["pseudonyms"],
            "database": "pseudonyms.db",
            "keys_directory": "keys",
            "key_encryption_key": "pseudonyms.kek",
            "bundle_directory": str(places.bundle),
            "scheme_key": scheme_key,
            "budget": {"day": 100_000, "month": 1_000_000},
            "regions": {region.oin: {"name": region.title} for region in wish.regions},
        },
    }
    for region in wish.regions:
        settings[region.name] = {
            "oin": region.oin,
            "region": region.title,
            "database": "node.db",
            "deletions": "node.deletions",
            "key_encryption_key": "node.kek",
            "region_keys_directory": "region-keys",
            "hub": {"url": hub_url, "oin": HUB_PARTY.oin, **_forwarded(wish, region, "hub")},
            "pseudonyms": {
                "url": service_url,
                "oin": SERVICE_PARTY.oin,
                "scheme_key": scheme_key,
                **_forwarded(wish, region, "pseudonyms"),
            },
            "web": {"port": wish.ports[region.name], "token_file": "node.token"},
            "exchange": {"departure_seconds": wish.departure_seconds, "canaries": wish.canaries},
            # Few professionals play a whole region's.
            "limits": {"signals_per_day": 100_000},
        }
    for party, own in settings.items():
        own["certificates"] = {name: str(file) for name, file in asdict(places.pki.files(party)).items()}
        _merge(own, wish.more.get(party, {}))
    return settings


def _forwarded(wish: Wish, region: Region, party: str) -> dict[str, str]:
    port = wish.connect_to.get((region.name, party))
    return {} if port is None else {"connect_to": f"127.0.0.1:{port}"}


def _merge(into: dict[str, Any], more: Settings) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


def _toml(settings: Settings, section: str = "") -> str:
    """Settings as a file: plain values first, then the sections."""
    lines = [f"[{section}]"] if section else []
    # A JSON string, number or boolean is a TOML one too.
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items() if not isinstance(value, Mapping)]
    text = "\n".join(lines) + "\n"
    for name, value in settings.items():
        if isinstance(value, Mapping):
            text += "\n" + _toml(value, f"{section}.{name}" if section else name)
    return text


def free_ports(names: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name that has none given.

    Below the range from which systems take ports for connections, so that none is taken before we listen.
    """
    ports = dict(given)
    while missing := [name for name in names if name not in ports]:
        port = 20_000 + secrets.randbelow(10_000)
        if port in ports.values():
            continue
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports[missing[0]] = port
    return ports
