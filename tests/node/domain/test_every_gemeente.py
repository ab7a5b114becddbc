"""The table of gemeenten: whole, true to the numbers that CBS published, and every one that ended lives on."""

from datetime import date

import pytest

from node.domain.errors import GemeenteUnknown
from node.domain.gemeenten import GEMEENTEN, codes_of, gemeente_on, require_code

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("0457", date(2022, 3, 23), "Weesp"),
        ("0457", date(2022, 3, 24), "Amsterdam"),
        ("0370", date(2021, 12, 31), "Beemster"),
        ("0370", date(2022, 1, 1), "Purmerend"),
        ("0363", date(2022, 3, 24), "Amsterdam"),
        ("0398", date(2022, 1, 1), "Dijk en Waard"),
        ("0265", date(2015, 1, 1), "Groesbeek"),
        ("0265", date(2016, 1, 1), "Berg en Dal"),
    ],
)
def test_a_gemeente_that_was_merged_is_the_one_that_took_over_from_that_day(code: str, day: date, name: str) -> None:
    """Rights and duties go over: a convenant with Weesp is one with Amsterdam now."""
    assert gemeente_on(code, day).name == name


def test_the_table_of_gemeenten_is_whole() -> None:
    """Four digits each, once, with a name, and every successor is there and lives longer."""
    by_code = {gemeente.code: gemeente for gemeente in GEMEENTEN}

    assert len(by_code) == len(GEMEENTEN)
    assert all(len(code) == 4 and code.isascii() and code.isdigit() for code in by_code)
    assert all(gemeente.name and gemeente.name == gemeente.name.strip() for gemeente in GEMEENTEN)
    for gemeente in GEMEENTEN:
        assert (gemeente.until is None) == (gemeente.successor is None)
        if gemeente.until is not None and gemeente.successor is not None:
            took_over = by_code[gemeente.successor]
            assert took_over.until is None or took_over.until > gemeente.until


@pytest.mark.parametrize(
    ("day", "new_since", "how_many"),
    [
        (date(2026, 3, 10), 0, 342),
        (date(2022, 3, 24), 1, 344),
        (date(2022, 1, 1), 1, 345),
        (date(2021, 1, 1), 4, 352),
        (date(2019, 1, 1), 5, 355),
        (date(2018, 1, 1), 14, 380),
        (date(2017, 1, 1), 17, 388),
        (date(2016, 1, 1), 18, 390),
        (date(2015, 1, 1), 21, 393),
    ],
)
def test_there_were_as_many_gemeenten_as_cbs_counted(day: date, new_since: int, how_many: int) -> None:
    """A code that was forgotten or typed twice shows here; ``new_since`` are those in the table that came later."""
    there = [gemeente for gemeente in GEMEENTEN if gemeente.until is None or day < gemeente.until]

    assert len(there) - new_since == how_many


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("0356", "Nieuwegein"),
        ("0355", "Zeist"),
        ("0503", "Delft"),
        ("0637", "Zoetermeer"),
        ("0518", "'s-Gravenhage"),
        ("0317", "Eemnes"),
        ("0820", "Nuenen, Gerwen en Nederwetten"),
        ("1992", "Voorne aan Zee"),
    ],
)
def test_a_gemeente_has_its_own_code(code: str, name: str) -> None:
    """Some that the demo and the pages use, and names that a table is easily broken by."""
    assert gemeente_on(code, TODAY).name == name


def test_the_work_of_a_gemeente_may_be_written_under_every_code_it_had() -> None:
    """Amsterdam answers for what was written for Weesp; before the merger it did not."""
    assert codes_of("0363", TODAY) == codes_of("0457", TODAY) == {"0363", "0457"}
    assert codes_of("0363", date(2022, 3, 23)) == {"0363"}
    assert codes_of("1945", TODAY) == {"1945", "0241", "0265", "0282"}
    assert codes_of("9999", TODAY) == frozenset()


def test_a_code_that_no_gemeente_has_is_refused() -> None:
    """All gemeenten of the country are in the table, so that an unknown code is a mistake."""
    for question in (lambda: gemeente_on("9999", TODAY), lambda: require_code("GM0363")):
        with pytest.raises(GemeenteUnknown):
            question()
