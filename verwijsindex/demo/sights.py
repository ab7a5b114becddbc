"""What parties see, in plain Dutch lines: the steps of the story as they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verwijsindex.demo.world import Worker

_KINDS = {"client": "cliëntmatch", "gezin": "gezinsmatch", "adres": "adresmatch"}


@dataclass(frozen=True, slots=True)
class Sight:
    """What one party sees, line by line."""

    party: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was played: its name for programs, what happened in a sentence, how long it took, what who saw.

    ``measured`` holds milliseconds by what was waited for.
    """

    name: str
    title: str
    outcome: str
    milliseconds: float
    measured: Mapping[str, float] = field(default_factory=dict)
    sights: tuple[Sight, ...] = ()


def named(worker: Worker) -> str:
    """A professional, as others would say it."""
    return f"{worker.name}, {worker.organisation.name} ({worker.region})"


def signal_lines(shown: Mapping[str, Any]) -> tuple[str, ...]:
    """A signal of one's own with its matches, from the JSON of a node's door."""
    lines = [f"signaal geldig tot {shown['geldigTot']}, landelijk: {shown['landelijk']}"]
    for match in shown["matches"]:
        lines += match_lines(match)
    if not shown["matches"]:
        lines.append("nog geen matches")
    return tuple(lines)


def match_lines(match: Mapping[str, Any]) -> Sequence[str]:
    """One match, and who to call."""
    kind = "mogelijke match" if match["mogelijk"] else _KINDS[match["soort"]]
    head = f"{kind} ({match['status']}) met {match['organisatie']}, {match['regio']}"
    contact = match["contact"]
    if contact is None:
        return [f"{head}; contactgegevens vernietigd"]
    reach = f"    {contact['naam']}, {contact['functie']}, {contact['telefoon']}, {contact['email']}"
    if match["matchsleutel"]:
        return [head, reach, f"    over een ander kind van dit gezin; matchsleutel {match['matchsleutel']}"]
    return [head, reach]
