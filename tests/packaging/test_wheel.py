"""What is built is whole, is only ours, and runs on a machine that has no checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

from verwijsindex.command import PARTS

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
TRAVELS_ALONG = {".py", ".wsdl", ".xsd", ".toml", ".sql", ".html", ".css", ".po", ".csv", ".json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without asking the network for anything."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment far from the checkout with the wheel in it, and the locked packages of this one beside it."""
    place = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(place)
    install = [sys.executable, "-m", "pip", "--python", str(place), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    # Added as a plain folder, so that its own path files, which may name a checkout, are not followed.
    [site] = (place / "lib").glob("python3*/site-packages")
    (site / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place


def run(environment: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of that environment, from a folder and with variables that know nothing of the checkout."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    program = str(environment / "bin" / command[0])
    return subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, cwd=environment, env=clean, timeout=120
    )


def test_the_wheel_holds_exactly_our_packages(wheel: Path) -> None:
    """Every file that a program reads travels along, and nothing else does."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == expected
    assert {Path(name).suffix for name in held} <= TRAVELS_ALONG


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    """Whoever receives the program receives the terms."""
    assert any(name.endswith("/LICENSE") for name in zipfile.ZipFile(wheel).namelist())


def test_no_other_distribution_owns_one_of_our_names() -> None:
    """The packages have plain names; a dependency with the same one would be overwritten, or overwrite us."""
    owners = packages_distributions()

    assert {name: owners[name] for name in PACKAGES if set(owners.get(name, [])) - {"verwijsindex"}} == {}


def test_our_names_are_not_the_standard_library_s() -> None:
    """An import finds ours."""
    assert set(PACKAGES) & set(sys.stdlib_module_names) == set()


def test_the_build_tools_are_the_locked_ones() -> None:
    """Nothing is fetched for the build, so what builds must be in the lock."""
    locked = (ROOT / "requirements" / "test.lock").read_text()

    assert f"\nhatchling=={distribution('hatchling').version} " in locked


def test_an_installed_program_is_the_wheel_and_not_the_checkout(elsewhere: Path) -> None:
    """Else the tests below would show nothing."""
    script = f"import {', '.join(PACKAGES)}; print({', '.join(f'{name}.__file__' for name in PACKAGES)}, sep='\\n')"

    found = run(elsewhere, "python", "-c", script)

    assert found.returncode == 0, found.stderr
    assert [line for line in found.stdout.splitlines() if not Path(line).is_relative_to(elsewhere)] == []


def test_an_installed_program_says_its_version(elsewhere: Path, wheel: Path) -> None:
    """The same that is in the name of the wheel."""
    version = run(elsewhere, "verwijsindex", "--version").stdout.split()[-1]

    assert wheel.name.startswith(f"verwijsindex-{version}-")


@pytest.mark.parametrize("part", PARTS)
def test_every_program_starts_where_it_is_installed(elsewhere: Path, part: str) -> None:
    """The part loads whole, with the schemas and steps it reads at import, and explains itself."""
    shown = run(elsewhere, "verwijsindex", part, "--help")

    assert shown.returncode == 0, shown.stderr
    assert f"Usage: verwijsindex {part}" in shown.stdout


def test_the_whole_exchange_serves_from_the_wheel(elsewhere: Path) -> None:
    """Hub, pseudonym service and three nodes start from what was installed, and two regions meet."""
    played = run(elsewhere, "verwijsindex", "demo", "--check", "--signals", "20")

    assert played.returncode == 0, played.stdout + played.stderr
    assert json.loads(played.stdout)["ok"] is True
