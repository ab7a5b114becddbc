"""The demo as a newcomer starts it: it plays to the end, says what fell, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.demo.patience import SECONDS, comes_true
from verwijsindex.demo.processes import LAST_LINES

ROOT = Path(__file__).resolve().parents[2]


def demo(temporary: Path, *words: str) -> subprocess.Popen[str]:
    """The demo in a process of its own; whatever it leaves for a while lies in ``temporary``."""
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "verwijsindex", "demo", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
    )


def processes_of(directory: Path) -> dict[int, str]:
    """Every process whose command names this directory."""
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    lines = [line.strip().partition(" ") for line in listed.splitlines()]
    return {int(pid): command for pid, _, command in lines if str(directory) in command}


def test_the_whole_story_is_played_and_told_as_one_object(tmp_path: Path) -> None:
    """`demo --check`: every step with its milliseconds on stdout, 0, and a temporary folder as empty as before."""
    temporary = tmp_path / "temporary"
    running = demo(temporary, "--check", "--signals", "40")

    out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 0, out + err
    said = json.loads(out)
    assert (said["ok"], said["reason"]) == (True, None)
    assert [step["step"] for step in said["steps"]] == [
        "start",
        "regions-fill",
        "expiry",
        "haaglanden-signals",
        "amsterdam-signals",
        "hub-holds",
        "service-saw",
        "family-match",
        "withdrawal",
        "hub-away",
        "audit",
    ]
    assert all(step["ok"] and step["outcome"] and step["milliseconds"] > 0 for step in said["steps"])
    assert list(temporary.iterdir()) == []
    assert comes_true(lambda: processes_of(temporary) == {})


def test_a_part_that_falls_is_told_at_once_and_everything_ends(tmp_path: Path) -> None:
    """Exit code 1, which part, how, and its last lines; --keep keeps the folder, and no process stays."""
    kept = tmp_path / "kept"
    running = demo(tmp_path / "temporary", "--signals", "20", "--keep", str(kept))
    assert comes_true(lambda: (kept / "ready" / "utrecht.json").exists() or running.poll() is not None)
    [utrecht] = [pid for pid, command in processes_of(kept).items() if str(kept / "utrecht") in command]

    os.kill(utrecht, signal.SIGKILL)
    out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 1, out + err
    assert "utrecht ended by itself with signal SIGKILL" in err
    assert 1 <= len([line for line in err.splitlines() if line.startswith("    {")]) <= LAST_LINES
    assert comes_true(lambda: processes_of(kept) == {})
    assert (kept / "utrecht" / "node.db").exists()


def test_being_asked_to_stop_half_way_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM, as from a supervisor or at log-out."""
    temporary = tmp_path / "temporary"
    running = demo(temporary, "--signals", "20")
    assert comes_true(lambda: any(temporary.glob("*/logs/hub.log")) or running.poll() is not None)

    running.terminate()
    out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 130, out + err
    assert list(temporary.iterdir()) == []
    assert comes_true(lambda: processes_of(temporary) == {})


def test_a_port_in_use_is_named_before_anything_is_made(tmp_path: Path) -> None:
    """In one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = demo(tmp_path / "temporary", "--hub-port", str(port))
        out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 1
    assert f"Port {port} for hub" in err
    assert out == ""


def test_a_folder_to_keep_must_be_empty(tmp_path: Path) -> None:
    """Nothing of anybody is mixed up with ours."""
    (tmp_path / "something").write_text("mine")

    running = demo(tmp_path / "temporary", "--keep", str(tmp_path))
    _out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 2
    assert "not empty" in err
