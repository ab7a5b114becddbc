"""Programs of the demo are watched while they run, and none of them survives the demo, however that ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.patience import comes_true
from verwijsindex.demo.processes import Crashed, NotReady, Processes

ROOT = Path(__file__).resolve().parents[2]
# Stands in for a program: a Python file that is given the arguments a program is given.
LISTENS = 'Path(sys.argv[-1]).write_text(\'{"address": "here"}\'); signal.pause()'
IS_DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LISTENS


def program(directory: Path, does: str) -> list[str]:
    """What to wrap a start in, so that it runs these statements in the place of `verwijsindex`."""
    file = directory / "program.py"
    tied = f"sys.path.insert(0, {str(ROOT)!r})\nfrom verwijsindex.demo.tethered import tie\ntie(int(sys.argv[3]))"
    file.write_text(f"import signal, sys\nfrom pathlib import Path\n{tied}\n{does}\n")
    return ["env", sys.executable, str(file)]


def alive(pid: int) -> bool:
    """Whether this process runs; one that waits to be buried does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory for the programs, apart from the files of the test."""
    made = tmp_path / "exchange"
    made.mkdir()
    return made


@pytest.fixture
def processes(directory: Path) -> Iterator[Processes]:
    """Processes that keep their directory."""
    with Processes(directory, remove=False) as running:
        yield running


def test_a_program_says_where_it_listens_and_stops_when_asked(processes: Processes, tmp_path: Path) -> None:
    """Start, ready, stop."""
    processes.start("hub", [], wrapped_in=program(tmp_path, LISTENS))

    assert processes.ready("hub") == {"address": "here"}
    assert processes.running() == ("hub",)
    pid = processes.pid("hub")
    assert processes.stop("hub") == -signal.SIGTERM
    assert not alive(pid)
    assert processes.running() == ()
    processes.look()


def test_a_crash_is_told_with_the_last_lines(processes: Processes, tmp_path: Path) -> None:
    """Whoever waits for a program hears at once that it fell, and what it said."""
    says = "print('the disk is full', file=sys.stderr); sys.exit(3)"
    processes.start("hub", [], wrapped_in=program(tmp_path, says))

    with pytest.raises(Crashed, match=r"hub ended by itself with exit code 3(.|\n)*the disk is full") as told:
        processes.ready("hub")

    assert (told.value.name, told.value.code) == ("hub", 3)
    assert told.value.last_lines == ("the disk is full",)


def test_a_program_that_falls_later_is_seen_by_the_next_look(processes: Processes, tmp_path: Path) -> None:
    """Killed by somebody else, it counts as a crash; killed by us, it does not."""
    processes.start("hub", [], wrapped_in=program(tmp_path, LISTENS))
    processes.ready("hub")
    processes.kill("hub")
    processes.look()
    processes.start("hub", [], wrapped_in=program(tmp_path, LISTENS))
    processes.ready("hub")
    os.kill(processes.pid("hub"), signal.SIGKILL)

    def fell() -> bool:
        try:
            processes.look()
        except Crashed as told:
            return "SIGKILL" in str(told)
        return False

    assert comes_true(fell)


def test_a_program_that_never_listens_is_not_waited_for_for_ever(processes: Processes, tmp_path: Path) -> None:
    """It runs, but it is not ready."""
    processes.start("hub", [], wrapped_in=program(tmp_path, "signal.pause()"))

    with pytest.raises(NotReady, match="hub"):
        processes.ready("hub", 0.1)


def test_a_deaf_program_is_killed(processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking is tried first, and not for ever."""
    monkeypatch.setattr("verwijsindex.demo.processes.STOP_SECONDS", 0.2)
    processes.start("hub", [], wrapped_in=program(tmp_path, IS_DEAF))
    processes.ready("hub")

    assert processes.stop("hub") == -signal.SIGKILL


def test_closing_removes_the_directory_when_asked(directory: Path, tmp_path: Path) -> None:
    """And twice does nothing."""
    with Processes(directory, remove=True) as processes:
        processes.start("hub", [], wrapped_in=program(tmp_path, LISTENS))
        processes.ready("hub")
        pid = processes.pid("hub")
    processes.close()

    assert not directory.exists()
    assert not alive(pid)


def start_from_elsewhere(directory: Path, tmp_path: Path) -> tuple[subprocess.Popen[str], int, int]:
    """A demo in a process of its own with two programs, one of them deaf; it, its watchdog, and their pids."""
    quiet, deaf = tmp_path / "quiet", tmp_path / "deaf"
    quiet.mkdir()
    deaf.mkdir()
    script = f"""
import json, signal
from pathlib import Path
from verwijsindex.demo.processes import Processes
running = Processes(Path({str(directory)!r}), remove=True)
running.start("quiet", [], wrapped_in={program(quiet, LISTENS)!r})
running.start("deaf", [], wrapped_in={program(deaf, IS_DEAF)!r})
running.ready("quiet"), running.ready("deaf")
print(json.dumps([running._watchdog.pid, running.pid("quiet"), running.pid("deaf")]), flush=True)
signal.pause()
"""
    demo = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert demo.stdout is not None
    pids = json.loads(demo.stdout.readline())
    demo.stdout.close()
    return demo, *pids


def test_kill_9_of_the_demo_leaves_no_program_and_no_directory(directory: Path, tmp_path: Path) -> None:
    """Not even its private keys."""
    demo, watchdog, *pids = start_from_elsewhere(directory, tmp_path)

    demo.kill()
    demo.wait()

    assert comes_true(lambda: not any(map(alive, [watchdog, *pids])))
    assert not directory.exists()


def test_kill_9_of_demo_and_watchdog_together_leaves_no_program(directory: Path, tmp_path: Path) -> None:
    """The kernel is the last net, where it can be one."""
    demo, watchdog, *pids = start_from_elsewhere(directory, tmp_path)

    os.kill(watchdog, signal.SIGKILL)
    demo.kill()
    demo.wait()

    try:
        assert sys.platform != "linux" or comes_true(lambda: not any(map(alive, pids)))
    finally:
        for pid in filter(alive, pids):
            os.kill(pid, signal.SIGKILL)
