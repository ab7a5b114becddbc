"""The script `./dev` stays what a bare machine can start."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "dev").read_text()
LOCK_FILES = sorted((ROOT / "requirements").glob("*.lock"))


def pinned(lock: Path) -> dict[str, str]:
    """Name and version of every package in a lock."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", lock.read_text(), re.MULTILINE))


def test_an_older_python_can_read_it_and_look_for_a_newer_one() -> None:
    """Some systems call 3.8 python3."""
    ast.parse(SCRIPT, feature_version=(3, 8))


def test_the_pip_that_installs_is_the_pip_that_is_locked() -> None:
    """One version, and its hash in the lock is the hash in the script."""
    version = re.search(r'^PIP_VERSION = "(.+)"$', SCRIPT, re.MULTILINE)
    digest = re.search(r'^PIP_SHA256 = "([0-9a-f]{64})"$', SCRIPT, re.MULTILINE)

    assert version is not None
    assert digest is not None
    lock = ROOT / "requirements" / "run.lock"
    assert pinned(lock)["pip"] == version[1]
    assert digest[1] in lock.read_text()


def test_every_locked_package_has_a_hash() -> None:
    """pip refuses a lock in which one is missing, but only when it installs."""
    for lock in LOCK_FILES:
        for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text()):
            if "==" in entry.splitlines()[0]:
                assert "--hash=sha256:" in entry, f"{lock.name}: {entry.splitlines()[0]}"


def test_the_tests_run_with_the_packages_that_the_programs_run_with() -> None:
    """What is in both locks is the same version in both."""
    run, test = pinned(ROOT / "requirements" / "run.lock"), pinned(ROOT / "requirements" / "test.lock")

    assert run.items() <= test.items()


def test_no_lock_names_an_index() -> None:
    """Where packages come from is the machine's own affair."""
    assert [lock.name for lock in LOCK_FILES if "://" in lock.read_text()] == []
