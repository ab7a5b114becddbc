"""What one region can say to another under seal: kinds of messages, their fields and bounds, and their one text.

Pure. The text is canonical JSON: one message is one text. What does not fit is refused whole, coming in and going out.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from node.domain.bsn import Bsn
from node.domain.errors import FieldNotFit, NotABsn
from node.domain.professional import fits

MOST_ENDINGS = 200
"""Endings in one message."""
MOST_REPORTERS = 40
"""Professionals in one message about a move: whoever has more sends several."""
_GEMEENTE = re.compile(r"[0-9]{4}")
_TEXTS = ("organisation", "location", "function", "name", "phone", "email")
_HIGHEST = 2**31 - 1


class MessageNotUnderstood(Exception):
    """A message of an unknown kind, or with fields that do not fit. Says which kind, never what stood in it."""


class SealedKind(Enum):
    """What a message is about, as it stands in it."""

    ENDED_UNHEARD = "endedUnheard"
    MOVED = "moved"
    STILL_INVOLVED = "stillInvolved"


@dataclass(frozen=True, slots=True)
class UnheardEnding:
    """A match of two records that ended on the sender's side. ``own_record_id`` is the sender's."""

    own_record_id: UUID
    peer_record_id: UUID
    annulled: bool
    revision: int


@dataclass(frozen=True, slots=True)
class EndedUnheard:
    """Endings that the hub cannot tell, because it lost its memory of the matches. Nothing about anybody."""

    endings: tuple[UnheardEnding, ...]

    def __post_init__(self) -> None:
        """Raises MessageNotUnderstood."""
        _require(SealedKind.ENDED_UNHEARD, 0 < len(self.endings) <= MOST_ENDINGS)
        _require(SealedKind.ENDED_UNHEARD, all(0 <= each.revision <= _HIGHEST for each in self.endings))


@dataclass(frozen=True, slots=True)
class Reporter:
    """A professional with an active signal: whom to call, since and until when."""

    organisation: str
    location: str
    function: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    email: str = field(repr=False)
    since: date
    until: date

    def __post_init__(self) -> None:
        """Raises MessageNotUnderstood."""
        try:
            for name in _TEXTS:
                fits(name, getattr(self, name))
        except FieldNotFit as why:
            raise MessageNotUnderstood(f"moved: {why.field} does not fit") from None


@dataclass(frozen=True, slots=True)
class Moved:
    """A youth with active signals came to live in a gemeente. Jeugdwet 7.1.2.3(1)g: for its regievoerder.

    The number is there because the law couples a signal to it (7.1.4.2), and without it nobody knows whom it is about.
    There is no address in it: not the old one, not the new one.
    """

    youth: Bsn
    gemeente: str
    moved_on: date
    reporters: tuple[Reporter, ...]

    def __post_init__(self) -> None:
        """Raises MessageNotUnderstood."""
        _require(SealedKind.MOVED, _GEMEENTE.fullmatch(self.gemeente) is not None)
        _require(SealedKind.MOVED, 0 < len(self.reporters) <= MOST_REPORTERS)


@dataclass(frozen=True, slots=True)
class StillInvolved:
    """Who is still involved of a move that was told before; with nobody, that move is withdrawn.

    ``move`` is the id of the message that told it. Jeugdwet 7.1.4.6(1): a signal that is destroyed is gone here too,
    and one that has ended is no active one any more. There is no number in it: the move that it names has one.
    """

    move: UUID
    reporters: tuple[Reporter, ...]

    def __post_init__(self) -> None:
        """Raises MessageNotUnderstood."""
        _require(SealedKind.STILL_INVOLVED, len(self.reporters) <= MOST_REPORTERS)


Message = EndedUnheard | Moved | StillInvolved


@dataclass(frozen=True, slots=True)
class Content:
    """A message as its one text, with its kind: for a seal, never for a log. It does not show itself."""

    kind: str
    text: bytes = field(repr=False)


def write(message: Message) -> Content:
    """The text of a message."""
    said: dict[str, Any]
    if isinstance(message, EndedUnheard):
        said = {
            "endings": [
                [str(each.own_record_id), str(each.peer_record_id), int(each.annulled), each.revision]
                for each in message.endings
            ]
        }
        return Content(SealedKind.ENDED_UNHEARD.value, _canonical(said))
    if isinstance(message, StillInvolved):
        said = {"move": str(message.move), "reporters": _write_reporters(message.reporters)}
        return Content(SealedKind.STILL_INVOLVED.value, _canonical(said))
    said = {
        "bsn": message.youth.reveal(),
        "gemeente": message.gemeente,
        "movedOn": message.moved_on.isoformat(),
        "reporters": _write_reporters(message.reporters),
    }
    return Content(SealedKind.MOVED.value, _canonical(said))


def read(content: Content) -> Message:
    """Back from ``write``. Raises MessageNotUnderstood for another kind, another layout, or what is out of bounds."""
    try:
        kind = SealedKind(content.kind)
    except ValueError:
        raise MessageNotUnderstood("unknown kind: this node may be older than the one that sent it") from None
    try:
        said = json.loads(content.text)
        if _canonical(said) != content.text:
            raise ValueError
        return _READERS[kind](said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotABsn):
        raise MessageNotUnderstood(f"{kind.value}: not laid out as one") from None


def _ended(said: Mapping[str, Any]) -> EndedUnheard:
    _only(said, {"endings"})
    return EndedUnheard(tuple(_ending(*each) for each in said["endings"]))


def _ending(own: str, peer: str, annulled: int, revision: int) -> UnheardEnding:
    if type(annulled) is not int or annulled not in (0, 1) or type(revision) is not int:
        raise TypeError
    return UnheardEnding(UUID(own), UUID(peer), bool(annulled), revision)


def _moved(said: Mapping[str, Any]) -> Moved:
    _only(said, {"bsn", "gemeente", "movedOn", "reporters"})
    return Moved(
        Bsn(said["bsn"]),
        said["gemeente"],
        date.fromisoformat(said["movedOn"]),
        tuple(_reporter(each) for each in said["reporters"]),
    )


def _still_involved(said: Mapping[str, Any]) -> StillInvolved:
    _only(said, {"move", "reporters"})
    return StillInvolved(UUID(said["move"]), tuple(_reporter(each) for each in said["reporters"]))


def _write_reporters(reporters: tuple[Reporter, ...]) -> list[dict[str, str]]:
    return [
        {
            **{name: getattr(each, name) for name in _TEXTS},
            "since": each.since.isoformat(),
            "until": each.until.isoformat(),
        }
        for each in reporters
    ]


def _reporter(said: Mapping[str, Any]) -> Reporter:
    _only(said, {*_TEXTS, "since", "until"})
    if not all(isinstance(said[name], str) for name in _TEXTS):
        raise TypeError
    since, until = date.fromisoformat(said["since"]), date.fromisoformat(said["until"])
    return Reporter(**{name: said[name] for name in _TEXTS}, since=since, until=until)


_READERS: Mapping[SealedKind, Callable[[Mapping[str, Any]], Message]] = {
    SealedKind.ENDED_UNHEARD: _ended,
    SealedKind.MOVED: _moved,
    SealedKind.STILL_INVOLVED: _still_involved,
}


def _only(said: Mapping[str, Any], names: set[str]) -> None:
    if set(said) != names:
        raise ValueError


def _require(kind: SealedKind, holds: bool) -> None:
    if not holds:
        raise MessageNotUnderstood(f"{kind.value}: out of bounds")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
