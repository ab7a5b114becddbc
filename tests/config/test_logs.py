"""The last net under the log."""

import errno
import io
import json
import logging
from collections.abc import Iterator
from datetime import date

import pytest
import structlog

from config.logs import MASK, log_as_json, masked


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bsn 999993847 gezien", f"bsn {MASK} gezien"),
        ("bsn=999993847;x999993847y", f"bsn={MASK};x{MASK}y"),
        (999993847, MASK),
        (99999384, 99999384),
        ({"a": ["999993847", {"999993847": 1}]}, {"a": [MASK, {MASK: 1}]}),
        ("00000099000000000101", "00000099000000000101"),
        ("72bfd581-a3c2-4a45-99c7-b999993847fa", "72bfd581-a3c2-4a45-99c7-b999993847fa"),
        (b"999993847", "bytes"),
        (LookupError("Jansen"), "LookupError"),
        (date(2026, 3, 2), "2026-03-02"),
        (None, None),
        (1.5, 1.5),
        (True, True),
    ],
)
def test_nine_digits_are_masked_and_ids_are_not(value: object, expected: object) -> None:
    """In texts, numbers, bytes, keys and whatever is inside."""
    assert masked(value) == expected


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged during a test; afterwards logging is as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    log_as_json(stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def test_a_log_line_never_carries_nine_digits_or_the_text_of_an_exception(logged: io.StringIO) -> None:
    """Whoever logged it, ours or a library; an OIN of twenty digits is no such number."""
    structlog.get_logger("ours").info("asked", who="999990019", region="00000099000000000101")
    try:
        raise LookupError("Jansen, 999990019")
    except LookupError:
        logging.getLogger("library").exception("failed on %s", "999990019")
        structlog.get_logger("ours").exception("failed too")

    ours, theirs, again = (json.loads(line) for line in logged.getvalue().splitlines())
    assert (ours["who"], ours["region"]) == (MASK, "00000099000000000101")
    assert (theirs["event"], theirs["kind"], theirs["logger"]) == (f"failed on {MASK}", "LookupError", "library")
    assert (again["kind"], again["at"].partition(":")[0]) == ("LookupError", "test_logs.py")
    assert "999990019" not in logged.getvalue()
    assert "Jansen" not in logged.getvalue()


def test_what_was_sent_is_not_logged_at_any_level_of_a_library(logged: io.StringIO) -> None:
    """zeep and urllib3 say whole messages and addresses when asked to debug."""
    logging.getLogger().setLevel(logging.DEBUG)

    logging.getLogger("zeep.transports").debug("<naam>Jansen</naam>")
    logging.getLogger("urllib3.connectionpool").debug("Jansen")

    assert logged.getvalue() == ""


class FullDisk(io.StringIO):
    """A file on a disk without room."""

    def write(self, _text: str) -> int:
        """As the system says it."""
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def unwritable() -> Iterator[None]:
    """Logging to a full disk; afterwards as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    log_as_json(FullDisk())
    yield
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.usefixtures("unwritable")
def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    """What must not be lost stands in the audit log, in the transaction; a request is not refused over a log line."""
    structlog.get_logger("ours").info("answered")
    structlog.get_logger("ours").critical("job-failed")
    logging.getLogger("library").error("broken")
