"""The tutorial does what it says: its files are written, its lines run in their order, and it shows what is shown."""

import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.shell import ROOT, SECONDS, Shell, a_shell
from verwijsindex.demo.ceremony import free_ports

PAGE = ROOT / "docs" / "tutorial" / "two-regions-and-a-match.md"
PORTS = {"hub": "8443", "pseudonyms": "8444", "amsterdam": "8081", "haaglanden": "8082"}
"""The ports on the page; each is replaced by a free one."""


@dataclass(frozen=True)
class File:
    """A file that the reader makes."""

    name: str
    content: str


@dataclass
class Line:
    """A line that the reader types, and what the page shows after it."""

    typed: str
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[File | Line]:
    """What the reader does, from top to bottom."""
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if kind != "console":
            name, _, content = block.partition("\n")
            yield File(name.removeprefix("# "), content)
            continue
        found: list[Line] = []
        for text in block.splitlines():
            if text.startswith("$ "):
                found.append(Line(text[2:]))
            else:
                found[-1].shown.append(text)
        yield from found


def matches(shown: list[str], said: str) -> bool:
    """Whether this was said; ``…`` stands for anything, also for lines."""
    pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", "\n".join(shown)))
    return re.fullmatch(pattern, said.strip("\n"), re.DOTALL) is not None


def test_the_tutorial_leads_to_a_match_and_its_end(tmp_path: Path) -> None:
    """Every file and every line of the page, in its order; every line succeeds and says what the page shows."""
    (tmp_path / "checkout").mkdir()
    with a_shell(tmp_path, tmp_path / "checkout") as shell:
        signal_id = follow(shell, tmp_path / "two-regions")

    assert signal_id
    assert not (tmp_path / "two-regions").exists()


def follow(shell: Shell, directory: Path) -> str:
    """Do all that the page says; returns the id of the signal that was withdrawn."""
    page = PAGE.read_text("utf-8")
    for party, port in free_ports(list(PORTS), {}).items():
        page = page.replace(PORTS[party], str(port))
    signal_id = before = ""

    for step in steps(page):
        if isinstance(step, File):
            (directory / step.name).write_text(step.content, "utf-8")
        elif step.typed.startswith("alias "):
            continue
        elif step.typed.endswith("&"):
            shell.start(step.typed, directory / shlex.split(step.typed)[-2])
        else:
            typed = step.typed.replace("SIGNAAL", signal_id)
            # Where the page lets the reader wait for others, a busy machine may need longer.
            deadline = time.monotonic() + (SECONDS if before.startswith("sleep ") else 0)
            code, said = shell.run(typed)
            while not (heard := not step.shown or matches(step.shown, said)) and time.monotonic() < deadline:
                code, said = shell.run(typed)
            assert heard, f"{typed}\n{said}"
            assert code == 0, f"{typed}\n{said}"
            before = typed
            if "--as anna" in step.typed and (found := re.search(r"Signaal ([0-9a-f-]{36})", said)):
                signal_id = found[1]
    return signal_id
