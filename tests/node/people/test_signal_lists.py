"""Files of signals: every wrong line is told by its number, and nothing that stood there is repeated."""

import json
from datetime import date

import pytest

from node.domain.confirming import Confirmation
from node.domain.errors import FieldNotFit
from node.domain.person import BirthDate
from node.people import signal_lists
from node.people.lines import Line
from node.people.signal_lists import ListedSignal, read_signals, read_written, write_lines
from tests.region import made_up_bsn

ONE, TWO = made_up_bsn(0), made_up_bsn(1)
WRONG = ONE.reveal()[::-1]
SAID = {"geboortedatum": "2010-05", "achternaam": "Vries"}
KNOWN = Confirmation(BirthDate(2010, 5), "Vries")


def test_csv_and_json_say_the_same() -> None:
    """Months and first day may be left out in both; a number in JSON may have lost its leading zeros."""
    expected = [
        ListedSignal("anna", ONE, 12, date(2026, 2, 1), KNOWN),
        ListedSignal("bram", TWO, None, None),
    ]
    rows = (
        "bsn;kenmerk;duur;gestart;geboortedatum;achternaam\n"
        f"{ONE.reveal()};anna;12;2026-02-01;2010-05;Vries\n\n{TWO.reveal()};bram;;;;\n"
    )
    objects = [
        {"bsn": ONE.reveal(), "kenmerk": "anna", "duur": 12, "gestart": "2026-02-01", **SAID},
        {"bsn": int(TWO.reveal()), "kenmerk": " bram ", "gestart": None},
    ]

    lines, refused = read_signals(b"\xef\xbb\xbf" + rows.encode())
    same, none = read_signals(json.dumps(objects).encode())

    assert ([line.what for line in lines], refused) == (expected, [])
    assert [line.number for line in lines] == [2, 4]
    assert ([line.what for line in same], none) == (expected, [])
    assert [line.number for line in same] == [1, 2]


def test_every_wrong_line_is_told_and_none_is_repeated() -> None:
    """All of them at once, so that a file is mended once."""
    rows = (
        "bsn,kenmerk,duur,gestart\n"
        f"{WRONG},anna,,\n"
        f"{ONE.reveal()},,,\n"
        f"{ONE.reveal()},anna,13,\n"
        f"{ONE.reveal()},anna,,1 maart\n"
        f"{ONE.reveal()},anna\n"
        f"{ONE.reveal()},anna,,\n"
    )

    lines, refused = read_signals(rows.encode())

    assert [line.number for line in lines] == [7]
    assert [(each.line, each.why) for each in refused] == [
        (2, "This is not a BSN."),
        (3, "kenmerk: empty"),
        (4, "duur: not 6, 12 or 24"),
        (5, "gestart: write it as 2026-05-17"),
        (6, "not as many values as columns"),
    ]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"achternaam": ""}, "geboortedatum: give achternaam as well, or neither"),
        ({"geboortedatum": ""}, "geboortedatum: give achternaam as well, or neither"),
        ({"geboortedatum": "1 mei"}, "geboortedatum: write it as 2009-05-17; shorter where less is known"),
        ({"achternaam": "..."}, "achternaam: a surname has letters: the first three do"),
    ],
)
def test_both_attributes_are_given_or_neither(wrong: dict[str, str], why: str) -> None:
    """P2: one alone confirms nobody."""
    lines, [refused] = read_signals(json.dumps([{"bsn": ONE.reveal(), "kenmerk": "anna", **SAID, **wrong}]).encode())

    assert (lines, refused.why) == ([], why)


@pytest.mark.parametrize(
    "said",
    [7, "anna", {"bsn": WRONG, "kenmerk": "anna"}, {"bsn": [1], "kenmerk": "anna"}, {"kenmerk": "anna"},
     {"bsn": ONE.reveal(), "kenmerk": True}, {"bsn": ONE.reveal(), "kenmerk": "anna", "reden": "x"}],
)  # fmt: skip
def test_an_object_that_is_no_signal_is_told_by_its_place(said: object) -> None:
    """No field that is not known: there is no reason and no free text anywhere."""
    good = {"bsn": ONE.reveal(), "kenmerk": "anna"}

    lines, refused = read_signals(json.dumps([good, said]).encode())

    assert [line.number for line in lines] == [1]
    assert [each.line for each in refused] == [2]
    assert WRONG not in refused[0].why


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n", b"bsn,kenmerk\n", b"[]", b"[1,", b'{"bsn": "1"}', "bsn,kenmerk\n1,é".encode("latin-1"), b"[" * 9999],
    ids=["empty", "blank", "names alone", "an empty list", "half JSON", "one object", "latin-1", "no end of lists"],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(content: bytes) -> None:
    """Before anything of it is kept."""
    with pytest.raises(FieldNotFit):
        read_signals(content)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read whole, so there is a bound."""
    monkeypatch.setattr(signal_lists, "MOST_BYTES", 10)

    with pytest.raises(FieldNotFit, match="in parts"):
        read_signals(f"bsn,kenmerk\n{ONE.reveal()},anna\n".encode())


def test_a_column_that_is_missing_or_unknown_is_told() -> None:
    """On the first line."""
    assert read_signals(b"bsn;duur\n1;2\n")[1][0].line == 1
    assert "known are" in read_signals(b"bsn;kenmerk;reden\n1;2;3\n")[1][0].why


def test_what_waits_is_read_back_as_it_was() -> None:
    """The lines as they lie sealed."""
    lines = [
        Line(7, ListedSignal("anna", ONE, 24, date(2026, 2, 1), KNOWN)),
        Line(9, ListedSignal("bram", TWO, None, None)),
    ]

    assert read_written(write_lines(lines)) == lines
