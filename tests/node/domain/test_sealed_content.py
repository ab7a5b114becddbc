"""What regions say to each other under seal: one text for one message, bounded, and no address in it."""

import json
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from node.domain.sealed import (
    MOST_ENDINGS,
    MOST_REPORTERS,
    Content,
    EndedUnheard,
    Message,
    MessageNotUnderstood,
    Moved,
    Reporter,
    StillInvolved,
    UnheardEnding,
    read,
    write,
)
from tests.region import made_up_bsn

REPORTER = Reporter(
    "Stichting De Brug",
    "Hoofdkantoor",
    "jeugdhulpverlener",
    "A. Visser",
    "020 1234567",
    "visser@example.nl",
    date(2026, 3, 1),
    date(2027, 3, 1),
)
MOVED = Moved(made_up_bsn(3), "0518", date(2026, 11, 20), (REPORTER,))
ENDING = UnheardEnding(UUID(int=1), UUID(int=2), True, 3)
MESSAGES: list[Message] = [
    MOVED,
    EndedUnheard((ENDING, replace(ENDING, annulled=False, revision=0))),
    StillInvolved(UUID(int=3), (REPORTER,)),
    StillInvolved(UUID(int=3), ()),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_message_is_read_back_as_it_was_written(message: Message) -> None:
    """And the same message is the same text."""
    content = write(message)

    assert read(content) == message
    assert write(read(content)) == content


def test_a_move_says_who_is_involved_and_no_address() -> None:
    """P25 and Jeugdwet 7.1.2.3(1)g: exactly these fields."""
    said = json.loads(write(MOVED).text)

    assert set(said) == {"bsn", "gemeente", "movedOn", "reporters"}
    assert set(said["reporters"][0]) == {
        "organisation", "location", "function", "name", "phone", "email", "since", "until",
    }  # fmt: skip


def test_nothing_of_a_message_shows_by_accident() -> None:
    """Neither number nor name in a repr, and so in no log."""
    shown = f"{MOVED!r} {write(MOVED)!r}"

    assert MOVED.youth.reveal() not in shown
    assert "Visser" not in shown
    assert "020 1234567" not in shown


def _changed(**fields: object) -> bytes:
    said = {**json.loads(write(MOVED).text), **fields}
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b" " + write(MOVED).text,
        _changed(address="Dorpsstraat 1"),
        _changed(bsn="999900001"),
        _changed(bsn=5),
        _changed(gemeente="Delft"),
        _changed(gemeente=518),
        _changed(movedOn="20 november"),
        _changed(reporters=[]),
        _changed(reporters=[{}]),
        _changed(reporters=[json.loads(write(MOVED).text)["reporters"][0]] * (MOST_REPORTERS + 1)),
        _changed(reporters=[{**json.loads(write(MOVED).text)["reporters"][0], "name": "x" * 71}]),
        _changed(reporters=[{**json.loads(write(MOVED).text)["reporters"][0], "name": "a\nb"}]),
    ],
)
def test_a_text_that_is_no_move_is_not_understood(text: bytes) -> None:
    """Whole or not at all; what stood in it is not repeated."""
    with pytest.raises(MessageNotUnderstood) as why:
        read(Content("moved", text))

    assert str(why.value).startswith("moved: ")
    assert "Dorpsstraat" not in str(why.value)


def test_who_is_still_involved_is_said_without_a_number() -> None:
    """Data minimisation: the move that it names has one, and its recipient has that move."""
    assert set(json.loads(write(StillInvolved(UUID(int=3), (REPORTER,))).text)) == {"move", "reporters"}


@pytest.mark.parametrize(
    "said",
    [
        {"move": "x", "reporters": []},
        {"move": str(UUID(int=3))},
        {"move": str(UUID(int=3)), "reporters": [{}]},
        {"move": str(UUID(int=3)), "reporters": [], "bsn": made_up_bsn(3).reveal()},
        {
            "move": str(UUID(int=3)),
            "reporters": [json.loads(write(MOVED).text)["reporters"][0]] * (MOST_REPORTERS + 1),
        },
    ],
)
def test_a_text_that_does_not_say_who_is_still_involved_is_not_understood(said: dict[str, object]) -> None:
    """Whole or not at all."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    with pytest.raises(MessageNotUnderstood, match=r"^stillInvolved: "):
        read(Content("stillInvolved", text))


@pytest.mark.parametrize(
    "endings",
    [
        [],
        [["x", str(UUID(int=1)), 0, 1]],
        [[str(UUID(int=1)), str(UUID(int=2)), True, 1]],
        [[str(UUID(int=1)), str(UUID(int=2)), 2, 1]],
        [[str(UUID(int=1)), str(UUID(int=2)), 0, -1]],
        [[str(UUID(int=1)), str(UUID(int=2)), 0]],
        [[str(UUID(int=1)), str(UUID(int=2)), 0, 1]] * (MOST_ENDINGS + 1),
    ],
)
def test_a_text_that_is_no_list_of_endings_is_not_understood(endings: list[object]) -> None:
    """Bounded in number and in each field."""
    text = json.dumps({"endings": endings}, separators=(",", ":")).encode()

    with pytest.raises(MessageNotUnderstood):
        read(Content("endedUnheard", text))


def test_a_kind_of_a_later_version_is_not_understood() -> None:
    """It is an alarm at whoever reads it, never dropped."""
    with pytest.raises(MessageNotUnderstood, match="unknown kind"):
        read(Content("tomorrow", b"{}"))


def test_the_longest_messages_fit_under_one_seal() -> None:
    """Every text at its longest, as many as there may be: the bound of a sealed message holds them."""
    long = Reporter("é" * 55, "é" * 40, "é" * 25, "é" * 35, "1" * 20, "é" * 45, REPORTER.since, REPORTER.until)
    most: list[Message] = [replace(MOVED, reporters=(long,) * MOST_REPORTERS), EndedUnheard((ENDING,) * MOST_ENDINGS)]

    assert max(len(write(message).text) for message in most) < 60_000
