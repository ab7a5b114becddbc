"""Reading a settings file: what fits, and what is said when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, field_validator

from config.certificates import Certificates
from config.reading import FileName, Settings, SettingsRefused, read

SECRET = "hunter2-never-show"


class Door(Settings):
    port: int = Field(default=443, ge=0)
    kind: str = "plain"

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "told":
            raise ValueError("choose plain or fancy")
        if value != "plain":
            raise ValueError(f"{value} is no kind")
        return value


class House(Settings):
    name: str
    database: FileName
    door: Door = Door()
    rooms: tuple[Door, ...] = ()
    certificates: Certificates | None = None


def write(directory: Path, text: str) -> Path:
    file = directory / "house.toml"
    file.write_text(text)
    return file


def refusal(directory: Path, text: str) -> str:
    with pytest.raises(SettingsRefused) as caught:
        read(write(directory, text), House)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_file_that_fits_becomes_a_model(tmp_path: Path) -> None:
    """Sections become sections, and what is left out gets its default."""
    house = read(write(tmp_path, 'name = "x"\ndatabase = "a.db"\n[door]\nport = 1\n'), House)

    assert house.door == Door(port=1)


def test_a_relative_path_counts_from_the_file(tmp_path: Path) -> None:
    """A program may be started anywhere; an absolute path stays what it is."""
    relative = read(write(tmp_path, 'name = "x"\ndatabase = "in/a.db"\n'), House)
    absolute = read(write(tmp_path, 'name = "x"\ndatabase = "/var/a.db"\n'), House)

    assert relative.database == tmp_path / "in" / "a.db"
    assert absolute.database == Path("/var/a.db")


def test_an_unknown_key_stops_the_program_and_names_the_likely_one(tmp_path: Path) -> None:
    """A typing error must not silently mean the default."""
    text = refusal(tmp_path, f'name = "x"\ndatabase = "a"\n[door]\nprot = "{SECRET}"\n')

    assert "house.toml: key door.prot is unknown; did you mean door.port?" in text


def test_an_unknown_key_in_a_list_says_which_item(tmp_path: Path) -> None:
    """The place is told as in the file; without a likely name, those that exist are listed."""
    text = refusal(tmp_path, f'name = "x"\ndatabase = "a"\n[[rooms]]\n[[rooms]]\nzzz = "{SECRET}"\n')

    assert "key rooms[1].zzz is unknown; remove it (known here: kind, port)" in text


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Nobody wants to start a program five times to find five errors."""
    text = refusal(tmp_path, f'name = 3\n[door]\nport = "{SECRET}"\n')

    assert [line.split(": ", 1)[1].split(";")[0] for line in text.splitlines()] == [
        "key name cannot be used: input should be a valid string",
        "key database is missing",
        "key door.port cannot be used: input should be a valid integer, unable to parse string as an integer",
    ]


def test_a_validator_may_explain_but_not_quote(tmp_path: Path) -> None:
    """Our own texts pass; one that repeats the value is replaced."""
    told = refusal(tmp_path, 'name = "x"\ndatabase = "a"\n[door]\nkind = "told"\n')
    quoted = refusal(tmp_path, f'name = "x"\ndatabase = "a"\n[door]\nkind = "{SECRET}"\n')

    assert "key door.kind cannot be used: choose plain or fancy" in told
    assert "key door.kind cannot be used: the value is not accepted" in quoted


def test_toml_that_is_broken_says_where(tmp_path: Path) -> None:
    """Line and column, not the line itself."""
    assert "is not valid TOML at line 2, column" in refusal(tmp_path, f'name = "x"\ndatabase = {SECRET}\n')


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    """The first thing that goes wrong at any installation."""
    with pytest.raises(SettingsRefused, match=r"house.toml: cannot be read \(No such file or directory\)"):
        read(tmp_path / "house.toml", House)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    """TOML is UTF-8."""
    (tmp_path / "house.toml").write_bytes(b'name = "\xff"')

    with pytest.raises(SettingsRefused, match="not text in UTF-8"):
        read(tmp_path / "house.toml", House)


def test_the_certificates_section_is_strict_by_default(tmp_path: Path) -> None:
    """Staleness has to be asked for, and is bounded."""
    names = [name for name in Certificates.model_fields if name != "crl_staleness_hours"]
    section = "[certificates]\n" + "".join(f'{name} = "pki/{name}"\n' for name in names)
    house = read(write(tmp_path, f'name = "x"\ndatabase = "a"\n{section}'), House)

    assert house.certificates is not None
    assert house.certificates.crl_staleness_hours == 0
    assert house.certificates.tls_crls == tmp_path / "pki" / "tls_crls"
    too_long = refusal(tmp_path, f'name = "x"\ndatabase = "a"\n{section}crl_staleness_hours = 1000\n')
    assert "key certificates.crl_staleness_hours cannot be used" in too_long


def test_a_missing_key_in_an_optional_section_is_named_with_its_section(tmp_path: Path) -> None:
    """Also when the section itself may be left out."""
    assert "key certificates.tls_key is missing; add it" in refusal(
        tmp_path, 'name = "x"\ndatabase = "a"\n[certificates]\ntls_certificate = "a"\n'
    )
