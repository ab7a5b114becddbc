"""The front door lists every part without loading one, and says plainly what it cannot do."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from verwijsindex import __version__
from verwijsindex.command import PARTS, Part, load, main


def test_every_part_is_listed_with_what_it_is() -> None:
    """One line for each."""
    shown = CliRunner().invoke(main, ["--help"])

    assert shown.exit_code == 0
    assert all(part in shown.output for part in PARTS)


def test_listing_the_parts_loads_none_of_them() -> None:
    """A machine that runs one part alone, and a person who only looks, wait for nothing."""
    script = (
        "import sys; from click.testing import CliRunner; from verwijsindex.command import main, PARTS\n"
        "CliRunner().invoke(main, ['--help'])\n"
        "print([p.module for p in PARTS.values() if p.module in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert shown.stdout.strip() == "[]"


def test_the_version_is_the_package_s() -> None:
    """Also where nothing has been installed."""
    assert __version__ in CliRunner().invoke(main, ["--version"]).output


def test_a_part_that_is_not_there_is_named() -> None:
    """The message says what is missing; no half-loaded part runs."""
    with pytest.raises(
        click.ClickException, match=r"elsewhere cannot run .* the module certs\.nowhere cannot be loaded"
    ):
        load("elsewhere", Part("certs.nowhere", "group", "Nothing."))


def test_an_unknown_part_is_refused() -> None:
    """With the usage line, and an exit code of 2."""
    refused = CliRunner().invoke(main, ["nowhere"])

    assert refused.exit_code == 2
    assert "No such command 'nowhere'" in refused.output
