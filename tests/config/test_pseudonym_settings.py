"""The settings of the pseudonym service: the example can be used, and what cannot be meant is refused."""

from pathlib import Path

import pytest

import config
from config.pseudonyms import PseudonymSettings
from config.reading import SettingsRefused, read

EXAMPLE = Path(config.__file__).parent / "pseudonyms.example.toml"
AMSTERDAM = "00000099000000000101"


def test_the_example_can_be_used() -> None:
    """As it stands, but for the keys of the operators."""
    settings = read(EXAMPLE, PseudonymSettings)

    assert settings.budget_of(AMSTERDAM).day == 9000
    assert settings.budget_of("00000099000000000103").day == 3000
    assert settings.database == EXAMPLE.parent / "pseudonyms.db"


def test_the_example_shows_every_setting() -> None:
    """A setting that is not in the example is not found by whoever installs."""
    text = EXAMPLE.read_text()

    for name in PseudonymSettings.model_fields:
        assert f"\n{name} = " in text or f"\n[{name}" in text, name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("day = 3000", "day = 900", "budget.day"),
        ("month = 30000", "month = 2000", "month"),
        ("[regions.00000099000000000102]", "[regions.99]", "regions"),
        ('scheme_key = "AAAA', 'scheme_key = "', "scheme_key"),
        ('# anne = "base64 of 32 bytes"', 'anne = "base64 of 32 bytes"', "operators.anne"),
        ('public_url = "https:', 'public_url = "http:', "public_url"),
        ("threads = 0", "thread = 0", "threads"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A day under one full batch, a month under a day, no OIN, no key, no TLS, a misspelt name."""
    text = EXAMPLE.read_text()
    assert old in text
    changed = tmp_path / "pseudonyms.toml"
    changed.write_text(text.replace(old, new))

    with pytest.raises(SettingsRefused, match=told):
        read(changed, PseudonymSettings)
