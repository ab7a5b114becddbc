"""The reference page of audit events is what the code says."""

import re
from pathlib import Path

from node import audit, exchange_audit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "audit-events-node.md"


def test_the_page_names_every_event_with_its_fields_and_a_meaning() -> None:
    """In the order of the tables."""
    rows = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in PAGE.read_text("utf-8").splitlines()]
    events = [row for row in rows if len(row) == 3 and row[0].startswith("`") and row[2]]
    told = {row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[1])) for row in events}

    assert told == {event.name: event.fields for event in (*audit.EVENTS, *exchange_audit.EVENTS)}


def test_no_event_has_room_for_a_person() -> None:
    """Only ids, dates, kinds and counts."""
    fields = {field for event in (*audit.EVENTS, *exchange_audit.EVENTS) for field in event.fields}

    assert not fields & {"bsn", "name", "youth", "parent", "address", "birthDate", "person", "tag"}
