"""The file that says which region a gemeente is in: read whole, or refused with the line that is wrong."""

from pathlib import Path

import pytest

import config
from config.gemeenten import read_gemeenten
from config.reading import SettingsRefused

HAAGLANDEN = "00000099000000000102"


def test_the_example_can_be_used() -> None:
    """It has the regions of the demo."""
    found = read_gemeenten(Path(config.__file__).parent / "gemeenten.example.csv")

    assert found["0518"] == HAAGLANDEN
    assert len(found) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1"),
        (f"0518,{HAAGLANDEN}\n", "line 1"),
        (f"gemeente,oin\n518,{HAAGLANDEN}\n", "line 2"),
        ("gemeente,oin\n\n0518,102\n", "line 3"),
        (f"gemeente,oin\n0518,{HAAGLANDEN},Den Haag\n", "line 2"),
        (f"gemeente,oin\n0518,{HAAGLANDEN}\n0518,{HAAGLANDEN}\n", "line 3"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """The program does not start with half a file; what stood there is not repeated."""
    file = tmp_path / "gemeenten.csv"
    file.write_text(text)

    with pytest.raises(SettingsRefused) as why:
        read_gemeenten(file)

    assert told in str(why.value)
    assert HAAGLANDEN not in str(why.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(SettingsRefused, match="cannot be read"):
        read_gemeenten(tmp_path / "none.csv")
