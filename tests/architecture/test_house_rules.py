"""The rules of the house that a machine can hold: how files open, how long they are, what they may be called."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
FOLDERS = [*OURS, "bench", "docs", "tests"]
NAMES_THAT_HOLD_ANYTHING = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc", "base"}
LONGEST = 400
LONGER_WITH_A_REASON = {
    "soap_wsdl/vocabulary.py": "one list of messages, read beside one schema",
    "dev": "must be one file: it is there before anything can be imported",
}
TEXT = {".py", ".md", ".toml", ".sql", ".xsd", ".wsdl", ".yml", ".json", ".csv", ".html", ".css", ".txt", ""}

# Published with the test persons of the BRP; of 9999xxxxx numbers none is ever given to a person.
PUBLISHED_OUTSIDE_9999 = {"000009921"}


def may_be_a_bsn(number: str) -> bool:
    """The elfproef: one number in eleven passes, and no other is anyone's."""
    weighed = sum(int(digit) * weight for digit, weight in zip(number, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return weighed % 11 == 0 and number != "000000000"


def files(*suffixes: str) -> Iterator[Path]:
    """Every file of ours with one of these endings."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and (not suffixes or path.suffix in suffixes):
                yield path
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in suffixes)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_file_opens_with_a_sentence_that_says_what_lives_there() -> None:
    """A docstring whose first line is a sentence of its own."""
    without = []
    for path in files(".py"):
        docstring = ast.get_docstring(ast.parse(path.read_text()))
        if not docstring or not docstring.split("\n\n")[0].rstrip().endswith((".", ":", "?")):
            without.append(shown(path))

    assert without == []


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    """Four hundred lines, unless the reason stands in this file."""
    long = {shown(p): len(p.read_text().splitlines()) for p in [*files(".py", ".sql"), ROOT / "dev"]}

    assert {name: n for name, n in long.items() if n > LONGEST and name not in LONGER_WITH_A_REASON} == {}


def test_a_reason_to_be_long_is_still_needed() -> None:
    """A file that shrank loses its exception."""
    assert [name for name in LONGER_WITH_A_REASON if len((ROOT / name).read_text().splitlines()) <= LONGEST] == []


def test_no_module_has_a_name_that_could_hold_anything() -> None:
    """A file is named in the words of the field."""
    assert [shown(p) for p in files(".py") if NAMES_THAT_HOLD_ANYTHING & set(p.stem.split("_"))] == []


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by name, whatever their folder."""
    names = [p.name for p in files(".py") if p.is_relative_to(ROOT / "tests") and p.name.startswith("test_")]

    assert sorted(names) == sorted(set(names))


def test_only_numbers_that_belong_to_nobody_are_written_down() -> None:
    """Nine digits in a row may be somebody's BSN: only published test numbers and 9999xxxxx stand anywhere."""
    found = set()
    for path in files(*TEXT):
        for number in re.findall(r"(?<![0-9A-Za-z._])[0-9]{9}(?![0-9A-Za-z_])", path.read_text(errors="replace")):
            if may_be_a_bsn(number) and not number.startswith("9999") and number not in PUBLISHED_OUTSIDE_9999:
                found.add(f"{shown(path)}: {number[:2]}…")

    assert sorted(found) == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later(word: str) -> None:
    """What is not done yet is an issue, not a word in a file."""
    here = Path(__file__).resolve()

    assert [shown(p) for p in files(".py", ".sql", ".toml") if p != here and word in p.read_text()] == []
