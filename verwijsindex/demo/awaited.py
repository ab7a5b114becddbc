"""What a step of the story waits to see, in the JSON of a node's door; None as long as it is not there."""

from collections.abc import Mapping
from typing import Any

from verwijsindex.demo.exchange import Door
from verwijsindex.demo.waiting import require
from verwijsindex.demo.world import Worker


def require_contact(shown: Mapping[str, Any], other: Worker) -> None:
    """The one match of a signal shows how to reach this professional, and nobody else."""
    [match] = shown["matches"]
    contact = match["contact"] or {}
    seen = (match["regio"], contact.get("naam"), contact.get("telefoon"), contact.get("email"))
    require(seen == (other.region, other.name, other.phone, other.email), "de kaart noemt iemand anders")


def all_youths_left(door: Door) -> bool | None:
    """True once nothing waits but what leaves at the next departure."""
    leaving = door.status()["uitgaand"]
    return True if leaving["wensen"] == leaving["onderweg"] == 0 else None


def import_done(run: dict[str, Any]) -> dict[str, Any] | None:
    """The import once it is done."""
    return run if run["stand"] == "klaar" else None


def told_to_hub(shown: dict[str, Any]) -> dict[str, Any] | None:
    """The signal once the hub has it."""
    return shown if shown["landelijk"] == "gemeld" else None


def with_matches(shown: dict[str, Any], kind: str, count: int) -> dict[str, Any] | None:
    """The signal once it has this many living matches of a kind."""
    living = [match for match in shown["matches"] if match["soort"] == kind and match["status"] == "actief"]
    return shown if len(living) >= count else None


def waiting_for_hub(door: Door, signal_id: str) -> str | None:
    """What the node says of its waiting, once it found that nobody answers."""
    hold = door.status()["wacht"]["hub"]
    if hold is None or door.show(signal_id)["landelijk"] != "onderweg":
        return None
    return f"wacht op de hub, poging {hold['pogingen']} ({hold['reden']})"


def archived_at(door: Door) -> int | None:
    """How many signals a node has in its archive, once it has one."""
    return door.status()["signalen"]["archief"] or None
