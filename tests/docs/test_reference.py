"""The documents keep up with the code: generated pages are current, links lead somewhere, settings have words."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])


def test_the_generated_reference_is_what_the_code_says() -> None:
    """./dev docs has been run since the last change of schemas, commands or settings."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_in_a_document_leads_somewhere(page: Path) -> None:
    """A relative link names a file that exists."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    broken = [t for t in targets if not t.startswith(("http:", "https:", "mailto:")) and not (page.parent / t).exists()]

    assert broken == []


def test_every_setting_says_what_it_is() -> None:
    """No row of the settings page has an empty meaning."""
    rows = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8").splitlines()
    empty = [row for row in rows if row.startswith("| `") and row.split("|")[2].strip() == ""]

    assert empty == []


def test_every_part_of_a_message_says_what_it_is() -> None:
    """No row of the messages page has an empty meaning."""
    rows = (ROOT / "docs" / "reference" / "messages.md").read_text("utf-8").splitlines()
    empty = [row for row in rows if row.startswith("| `") and row.split("|")[4].strip() == ""]

    assert empty == []


@pytest.mark.parametrize("index", ["docs/README.md", "docs/reference/README.md", "docs/adr/README.md"])
def test_every_page_stands_in_an_index(index: str) -> None:
    """Nobody has to guess that a page exists."""
    page = ROOT / index
    beside = {each.relative_to(page.parent).as_posix() for each in page.parent.glob("**/*.md")} - {"README.md"}
    if index == "docs/README.md":
        # These two folders have an index of their own.
        beside = {each for each in beside if not each.startswith(("adr/", "reference/"))}
    linked = set(re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")))

    assert beside - linked == set()
