"""An exchange that runs: hub, pseudonym service and nodes as processes of their own, with everything real.

``make_exchange`` performs the ceremony; ``Exchange`` starts, stops, kills and restarts the programs; a ``Door`` does
what a professional does at a node. Also what tests of flows and faults stand on.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from certs.authority import DevPki
from certs.region_keys import write_private
from node.commands import node
from node.door_client import DoorClient
from node.door_files import read_token
from soap_wsdl.vocabulary import HUB, PSEUDONYMS
from verwijsindex.demo import ceremony
from verwijsindex.demo.ceremony import Epoch, Places, Region, Settings, Wish
from verwijsindex.demo.processes import Processes

PROGRAMS = {"hub": "hub", "pseudonyms": "pseudonyms"}
"""The part of the program `verwijsindex` that a party runs; a region runs `node`."""


class Route(Protocol):
    """Where a region connects to reach a party that listens on a port: that port, or one in between."""

    def __call__(self, region: str, party: str, port: int, /) -> int: ...


def straight(_region: str, _party: str, port: int) -> int:
    """Nothing in between."""
    return port


@dataclass(frozen=True, slots=True)
class Door:
    """The JSON door of one node, for one professional (None for ``status`` alone). Answers are its own JSON.

    Raises DoorRefused (the text is the node's) and DoorSilent.
    """

    client: DoorClient = field(repr=False)

    def as_(self, professional: str) -> Self:
        """The same door for another professional, by reference or id."""
        return type(self)(DoorClient(self.client.address, self.client.token, professional))

    def register(self, bsn: str, born: str, surname: str, months: int | None = None) -> dict[str, Any]:
        """Signal a youth, confirmed by birth date and surname; the answer has the matches inside the region."""
        named = {"bsn": bsn, "geboortedatum": born, "achternaam": surname}
        return self.client.post("/api/signalen", {**named, "looptijdMaanden": months})

    def register_without_bsn(self, surname: str, born: str, sex: str) -> dict[str, Any]:
        """Signal a youth who has no BSN."""
        named = {"achternaam": surname, "geboortedatum": born, "geslacht": sex}
        return self.client.post("/api/signalen/zonder-bsn", named)

    def give_bsn(self, signal_id: str, bsn: str, born: str, surname: str) -> dict[str, Any]:
        """The youth of a signal without a BSN has one by now."""
        named = {"bsn": bsn, "geboortedatum": born, "achternaam": surname}
        return self.client.post(f"/api/signalen/{signal_id}/bsn", named)

    def show(self, signal_id: str) -> dict[str, Any]:
        """One signal of one's own, with all its matches."""
        return self.client.get(f"/api/signalen/{signal_id}")

    def signals(self) -> list[dict[str, Any]]:
        """One's own active signals, with their matches."""
        found: list[dict[str, Any]] = self.client.get("/api/signalen")["signalen"]
        return found

    def matches(self) -> list[dict[str, Any]]:
        """The matches of all one's own active signals."""
        found: list[dict[str, Any]] = self.client.get("/api/matches")["matches"]
        return found

    def end(self, signal_id: str, reason: str = "RISICO_WEG") -> None:
        """End a signal: RISICO_WEG archives it, ONTERECHT destroys it."""
        self.client.post(f"/api/signalen/{signal_id}/beeindigen", {"reden": reason})

    def undo(self, signal_id: str) -> None:
        """Take a signal back, within fifteen minutes."""
        self.client.post(f"/api/signalen/{signal_id}/ongedaan-maken")

    def extend(self, signal_id: str, months: int) -> dict[str, Any]:
        """Move the end of a signal."""
        return self.client.post(f"/api/signalen/{signal_id}/verlengen", {"looptijdMaanden": months})

    def earlier(self, signal_id: str) -> list[dict[str, Any]]:
        """What the archive tells about the youth of a signal of one's own."""
        found: list[dict[str, Any]] = self.client.get(f"/api/signalen/{signal_id}/archief")["eerder"]
        return found

    def fetch_earlier(self, signal_id: str, earlier_id: str) -> dict[str, Any]:
        """Who had signalled: once."""
        return self.client.post(f"/api/signalen/{signal_id}/archief/{earlier_id}/ophalen")

    def imported(self) -> dict[str, Any]:
        """The newest import of this node, for who runs it."""
        newest: dict[str, Any] = self.client.get("/api/imports")["imports"][0]
        return newest

    def matches_by_import(self) -> list[dict[str, Any]]:
        """What each import brought this professional."""
        found: list[dict[str, Any]] = self.client.get("/api/matches/uit-imports")["imports"]
        return found

    def status(self) -> dict[str, Any]:
        """How the node stands."""
        return self.client.get("/api/status")


class Exchange:
    """All programs of one exchange. Names: "hub", "pseudonyms" and the regions' short names.

    Use as a context, or ``close`` it: then every program has stopped and, with ``remove``, the directory is gone.
    """

    def __init__(self, places: Places, wish: Wish, *, remove: bool) -> None:
        self.places = places
        self.regions = wish.regions
        self.ports = wish.ports
        self.processes = Processes(places.directory, remove=remove)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Every program, in the order in which they start."""
        return ("hub", "pseudonyms", *(region.name for region in self.regions))

    def start(self, *names: str, environment: Mapping[str, str] | None = None, wrapped_in: Sequence[str] = ()) -> None:
        """Start these (all, when none is named) and wait until each listens. Raises Crashed or NotReady.

        ``environment`` adds to ours (FAKETIME …); ``wrapped_in`` is a command that becomes the program (`prlimit …`).
        """
        wanted = names or self.names
        # A node that finds nobody at its start waits a while before it tries again: the others first.
        for group in ([n for n in wanted if n in PROGRAMS], [n for n in wanted if n not in PROGRAMS]):
            for name in group:
                words = [PROGRAMS.get(name, "node"), "serve", "--config", str(self.settings(name))]
                self.processes.start(name, words, environment=environment, wrapped_in=wrapped_in)
            for name in group:
                self.processes.ready(name)

    def stop(self, *names: str) -> None:
        """Ask these (all that run, when none is named) to stop, and wait until they have."""
        for name in names or tuple(reversed(self.processes.running())):
            self.processes.stop(name)

    def kill(self, name: str) -> None:
        """kill -9."""
        self.processes.kill(name)

    def restart(self, name: str, **how: Any) -> None:
        """Stop it if it runs, start it, and wait until it listens."""
        if name in self.processes.running():
            self.processes.stop(name)
        self.start(name, **how)

    def close(self) -> None:
        """Stop everything. Twice does nothing."""
        self.processes.close()

    def settings(self, name: str) -> Path:
        """The settings file of a program, for its commands."""
        return self.places.settings(name)

    def log(self, name: str) -> Path:
        """The log of a program; it goes on over restarts."""
        return self.places.directory / "logs" / f"{name}.log"

    def address(self, name: str) -> str:
        """Where a program is reached: the SOAP address of hub and service, the JSON door of a node."""
        if name in PROGRAMS:
            return ceremony.address(self.ports[name], HUB.path if name == "hub" else PSEUDONYMS.path)
        return f"http://127.0.0.1:{self.ports[name]}"

    def region(self, name: str) -> Region:
        """A region by its short name."""
        return next(region for region in self.regions if region.name == name)

    def token(self, region: str) -> str:
        """What the JSON door of a node wants to see."""
        return read_token(self.places.home(region) / "node.token")

    def door(self, region: str, professional: str | None = None) -> Door:
        """The JSON door of a node that serves."""
        return Door(DoorClient(self.address(region), self.token(region), professional))

    def import_lists(self, region: str, *, people: str | None = None, professionals: str | None = None) -> None:
        """Bring CSV texts in as the operator of a node does, whether it serves or not. Raises CeremonyFailed."""
        for kind, text in (("professionals", professionals), ("people", people)):
            if text is not None:
                self._bring_in(region, kind, text)

    def name_operator(self, region: str, operator: str) -> None:
        """Let somebody run the node of a region: asked for by one, confirmed by another. Raises CeremonyFailed."""
        config = ("--config", str(self.settings(region)))
        said = ceremony.run(node, "roles", "ask", operator, "regiobeheerder", "--as", "bouwer-een", *config)
        ceremony.run(node, "roles", "confirm", said.split()[-1], "--as", "bouwer-twee", *config)

    def import_signals(self, region: str, text: str, operator: str, *options: str) -> str:
        """Bring in signals from a CSV text; says what the command said. Raises CeremonyFailed."""
        return self._bring_in(region, "signals", text, "--as", operator, *options)

    def _bring_in(self, region: str, kind: str, text: str, *options: str) -> str:
        file = self.places.home(region) / f"{kind}.csv"
        write_private(file, text.encode())
        try:
            return ceremony.run(node, kind, "import", str(file), *options, "--config", str(self.settings(region)))
        finally:
            # In the database every number is sealed; the list is not to lie beside it.
            file.unlink()


def make_exchange(
    directory: Path | None = None,
    regions: Sequence[str] = ("amsterdam", "haaglanden", "utrecht"),
    *,
    ports: Mapping[str, int] | None = None,
    route: Route = straight,
    epochs: Sequence[Epoch] = (),
    departure_seconds: int = 10,
    canaries: bool = False,
    more: Mapping[str, Settings] | None = None,
    pki: DevPki | None = None,
) -> Exchange:
    """A whole exchange, ready to ``start``. Takes a few seconds.

    Without ``directory`` it lives in a temporary one that only we can enter and that is removed at the end. ``route``
    is asked once for each region and party, and may put something in between. ``more`` changes settings by party.
    A ``pki`` made before saves a second; it needs the parties of ``certs.authority.PARTIES``. Raises CeremonyFailed.
    """
    remove = directory is None
    place = Path(tempfile.mkdtemp(prefix="verwijsindex-")) if directory is None else directory
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    taking_part = ceremony.regions_named(regions)
    chosen = ceremony.free_ports(["hub", "pseudonyms", *regions], ports or {})
    through = {(region, party): route(region, party, chosen[party]) for region in regions for party in PROGRAMS}
    wish = Wish(
        taking_part,
        chosen,
        tuple(epochs) or (ceremony.epoch_around(now),),
        departure_seconds,
        canaries,
        more or {},
        {link: port for link, port in through.items() if port != chosen[link[1]]},
    )
    exchange = Exchange(Places(place.resolve()), wish, remove=remove)
    try:
        ceremony.perform(place.resolve(), wish, now, pki)
    except BaseException:
        exchange.close()
        raise
    return exchange
