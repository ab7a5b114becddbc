"""The settings of a node: the example can be used, and what cannot be meant is refused."""

from pathlib import Path

import pytest

import config
from config.node import NodeSettings
from config.reading import SettingsRefused, read

EXAMPLE = Path(config.__file__).parent / "node.example.toml"


def test_the_example_can_be_used() -> None:
    """As it stands; files count from its directory."""
    settings = read(EXAMPLE, NodeSettings)

    assert (settings.region, settings.web.host, settings.exchange.departure_seconds) == ("Amsterdam", "127.0.0.1", 900)
    assert settings.database == EXAMPLE.parent / "node.db"


def test_the_example_shows_every_setting() -> None:
    """A setting that is not in the example is not found by whoever installs."""
    text = EXAMPLE.read_text()

    for name in NodeSettings.model_fields:
        assert f"\n{name} = " in text or f"\n[{name}" in text or f"\n# {name} = " in text, name


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('host = "127.0.0.1"', 'host = "0.0.0.0"', "web.host"),
        ('host = "127.0.0.1"', 'host = "192.168.1.5"', "web.host"),
        ('host = "127.0.0.1"', 'host = "localhost"', "web.host"),
        ("departure_seconds = 900", "departure_seconds = 9", "exchange.departure_seconds"),
        ("active_months = 24", "active_months = 25", "terms.active_months"),
        ("archive_years = 5", "archive_years = 6", "terms.archive_years"),
        ("age = 23", "age = 24", "terms.age"),
        ('scheme_key = "AAAA', 'scheme_key = "', "pseudonyms.scheme_key"),
        ('url = "https://hub', 'url = "http://hub', "hub.url"),
        ('oin = "00000099000000000101"', 'oin = "101"', "oin"),
        ('key_encryption_key = "node.kek"', "", "key_encryption_key"),
        ('# key_encryption_credential = "node-kek"', 'key_encryption_credential = "node-kek"', "key_encryption_key"),
        ('region = "Amsterdam"', 'region = "A\\"B"', "region"),
        ("same_location = false", "same_locations = false", "same_location"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Any address but loopback, departures under the floor, no key or two, no TLS, a misspelt name."""
    text = EXAMPLE.read_text()
    assert old in text
    file = tmp_path / "node.toml"
    file.write_text(text.replace(old, new, 1))

    with pytest.raises(SettingsRefused, match=told):
        read(file, NodeSettings)


HAAL_CENTRAAL = 'source = "haal-centraal"\nurl = "https://brp.example.nl/brp"\nkey_file = "brp.key"\n'


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ('source = "gba"\n', "people.source"),
        ('source = "haal-centraal"\n', "url and key_file"),
        (HAAL_CENTRAAL, "ca_file"),
        (HAAL_CENTRAAL + 'ca_file = "ca.pem"\npublic_authorities = true\n', "ca_file"),
        (HAAL_CENTRAAL.replace("https", "http") + 'ca_file = "ca.pem"\n', "people.url"),
    ],
)
def test_a_register_that_cannot_be_asked_safely_is_refused(tmp_path: Path, section: str, told: str) -> None:
    """An unknown one, without address or key, without TLS, or without saying whom to believe."""
    file = tmp_path / "node.toml"
    file.write_text(EXAMPLE.read_text().replace('source = "local"\n', section))

    with pytest.raises(SettingsRefused, match=told):
        read(file, NodeSettings)


def test_haal_centraal_is_named_by_address_key_and_authorities(tmp_path: Path) -> None:
    """Files count from the settings' directory."""
    file = tmp_path / "node.toml"
    file.write_text(EXAMPLE.read_text().replace('source = "local"\n', HAAL_CENTRAAL + 'ca_file = "ca.pem"\n'))
    people = read(file, NodeSettings).people

    assert (people.url, people.key_file, people.ca_file) == (
        "https://brp.example.nl/brp",
        tmp_path / "brp.key",
        tmp_path / "ca.pem",
    )


def test_the_other_loopback_address_is_fine(tmp_path: Path) -> None:
    """::1."""
    file = tmp_path / "node.toml"
    file.write_text(EXAMPLE.read_text().replace('host = "127.0.0.1"', 'host = "::1"'))

    assert read(file, NodeSettings).web.host == "::1"
