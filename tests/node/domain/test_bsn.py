"""The number does not get out but by its one door."""

import copy
import json
import pickle
from collections.abc import Callable

import pytest

from node.domain.bsn import Bsn, passes_elfproef
from node.domain.errors import NotABsn

PUBLISHED = ["999993847", "999992077", "000009921", "999993653", "999995017", "999990408", "999994669", "999992806"]


@pytest.mark.parametrize("digits", PUBLISHED)
def test_published_test_numbers_pass_the_elfproef(digits: str) -> None:
    """The numbers of the published test persons are numbers."""
    assert Bsn(digits).reveal() == digits


@pytest.mark.parametrize(
    "digits", ["000000000", "999993848", "999012345", "99999384", "9999938470", "99999384a", "", "٩٩٩٩٩٣٨٤٧"]
)
def test_what_fails_the_elfproef_is_refused_without_an_echo(digits: str) -> None:
    """Wrong digits, lengths, zeros and digits of other scripts are refused, and the error does not repeat them."""
    assert not passes_elfproef(digits)
    with pytest.raises(NotABsn) as caught:
        Bsn(digits)

    assert digits == "" or digits not in str(caught.value)


def test_what_a_person_types_is_read_kindly() -> None:
    """Spaces, dots and a lost leading zero are understood."""
    assert Bsn.parse("9999.93.847") == Bsn("999993847")
    assert Bsn.parse("999 993 847").reveal() == "999993847"


@pytest.mark.parametrize(
    "leak",
    [
        lambda bsn: f"{bsn}",
        lambda bsn: f"{bsn:>12}",
        json.dumps,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        lambda bsn: json.dumps({"bsn": bsn}),
    ],
)
def test_formats_pickles_and_json_refuse(leak: Callable[[Bsn], object]) -> None:
    """Ways in which a value leaves by accident are closed."""
    with pytest.raises(TypeError):
        leak(Bsn("999993847"))


def test_repr_and_str_hide() -> None:
    """A log line with the object in it tells nothing."""
    bsn = Bsn("999993847")

    assert "999993847" not in repr(bsn) + str(bsn) + "%s" % bsn + repr([bsn]) + repr({bsn: bsn})  # noqa: UP031


def test_equal_numbers_are_equal() -> None:
    """Two wrappings of one number are one, in a set as well."""
    assert {Bsn("999993847"), Bsn("999993847"), Bsn("999992077")} == {Bsn("999992077"), Bsn("999993847")}
    assert Bsn("999993847") != "999993847"
