"""The last net under the log."""

import json
import logging

import pytest
import structlog

from node.logs import MASK, log_as_json, masked


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
        (b"999993847", f"b'{MASK}'"),
        (None, None),
        (1.5, 1.5),
        (True, True),
    ],
)
def test_nine_digits_are_masked_and_ids_are_not(value: object, expected: object) -> None:
    """In texts, numbers, bytes, keys and whatever is inside."""
    assert masked(value) == expected


def test_our_own_lines_and_those_of_libraries_go_through_the_net(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is one JSON object, with its exception masked as well."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        log_as_json()
        structlog.get_logger("node").error("failed", about="999993847")
        try:
            raise RuntimeError("999993847")
        except RuntimeError:
            logging.getLogger("aiohttp.server").exception("oops %s", "999993847")
        logging.getLogger("zeep.transports").debug("<bsn>999993847</bsn>")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()

    assert [line["event"] for line in lines] == ["failed", f"oops {MASK}"]
    assert "999993847" not in json.dumps(lines)
