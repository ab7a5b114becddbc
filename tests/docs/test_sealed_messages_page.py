"""The reference page of sealed messages lists the kinds and fields that the code writes, and its bounds."""

import json
import re
from datetime import date
from pathlib import Path
from uuid import UUID

from hub_connector.sealed import MOST_BODY, STEP
from node.domain.sealed import (
    MOST_ENDINGS,
    MOST_REPORTERS,
    EndedUnheard,
    Message,
    Moved,
    Reporter,
    SealedKind,
    StillInvolved,
    UnheardEnding,
    write,
)
from tests.region import made_up_bsn

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "sealed-messages.md").read_text("utf-8")
DAY = date(2026, 11, 24)
REPORTER = Reporter("a", "b", "c", "d", "020 1234567", "f@example.nl", DAY, DAY)
MESSAGES: list[Message] = [
    EndedUnheard((UnheardEnding(UUID(int=1), UUID(int=2), False, 1),)),
    Moved(made_up_bsn(0), "0518", DAY, (REPORTER,)),
    StillInvolved(UUID(int=3), (REPORTER,)),
]


def test_every_kind_and_field_stands_on_the_page_and_no_other() -> None:
    """As they stand in the text of a message."""
    on_page = {(kind, name) for kind, name in re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE, re.MULTILINE)}
    written = {(content.kind, name) for content in map(write, MESSAGES) for name in json.loads(content.text)}

    assert on_page == written
    assert {kind for kind, _ in on_page} == {kind.value for kind in SealedKind}


def test_the_fields_of_a_reporter_and_the_bounds_stand_on_the_page() -> None:
    """Each by its name or number."""
    said = json.loads(write(MESSAGES[1]).text)["reporters"][0]

    assert [name for name in said if f"`{name}`" not in PAGE] == []
    for bound in (f"1 to {MOST_ENDINGS}", f"1 to {MOST_REPORTERS}", f"{MOST_BODY:,}", f"{STEP:,}"):
        assert bound in PAGE
