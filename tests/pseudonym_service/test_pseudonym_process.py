"""The service as a process of its own: it starts, says where, logs JSON only, and stops when asked."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from certs.authority import DevPki
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
