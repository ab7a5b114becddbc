"""The service as a process of its own: it starts, says where, logs JSON only, and stops when asked."""

import io
import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from certs.authority import DevPki
from pseudonym_service.logs import log_as_json
from tests.pseudonym_service.installation import install, said

COMMAND = "import sys; from pseudonym_service.commands import pseudonyms; pseudonyms(sys.argv[1:])"


def test_a_process_starts_says_where_and_stops_when_asked(tmp_path: Path, pki: DevPki) -> None:
    """--ready is written once it listens; SIGTERM ends it with 0; every line it logged is JSON."""
    installed = install(tmp_path, pki)
    ready = tmp_path / "ready.json"
    words = ["serve", "--config", str(installed.settings_file), "--ready", str(ready)]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *words], stderr=subprocess.PIPE)
    try:
        for _ in range(400):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        address = json.loads(ready.read_text())["address"]
        with socket.create_connection(("127.0.0.1", installed.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            stranger.settimeout(10)
            stranger.recv(100)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
    finally:
        process.kill()

    assert address == f"https://127.0.0.1:{installed.port}"
    assert process.returncode == 0, log
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert (events[0], events[-1]) == ("epoch-file-accepted", "stopped")
    assert "service-stopped" in said(installed.command("audit", "show"))


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
        raise LookupError("999990019")
    except LookupError:
        logging.getLogger("library").exception("failed on %s", "999990019")

    ours, theirs = (json.loads(line) for line in logged.getvalue().splitlines())
    assert (ours["who"], ours["region"]) == ("*********", "00000099000000000101")
    assert (theirs["event"], theirs["kind"], theirs["logger"]) == ("failed on *********", "LookupError", "library")
    assert "999990019" not in logged.getvalue()
