"""The settings decide which register a node asks."""

from pathlib import Path

import pytest

import config
from certs.authority import DevPki
from config.node import NodeSettings
from config.reading import read
from node.app import people_of
from node.people.haal_centraal import HaalCentraal
from node.people.local import LocalRegister
from node.people.protocol import KeyFileUnusable
from tests.brp_service import KEY, BrpService, served
from tests.pki import session_pki
from tests.region import World, made_up_bsn

EXAMPLE = Path(config.__file__).parent / "node.example.toml"


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """Certificates of this run."""
    return session_pki(tmp_path_factory)


def test_the_imported_list_is_the_default(world: World) -> None:
    """Without a section, and as the example has it."""
    desk = world.desk

    assert isinstance(people_of(read(EXAMPLE, NodeSettings), desk.db, desk.vault), LocalRegister)


async def test_haal_centraal_is_asked_with_the_key_and_authorities_of_the_settings(
    world: World, pki: DevPki, tmp_path: Path
) -> None:
    """The register that the settings describe answers; a key that others read stops the start."""
    youth = made_up_bsn(0)
    service = BrpService([{"burgerservicenummer": youth.reveal()}])
    async with served(service, pki, tmp_path) as client:
        file = tmp_path / "node.toml"
        section = (
            f'source = "haal-centraal"\nurl = "{client.url}"\nkey_file = "brp.key"\n'
            f'ca_file = "{pki.files("hub").tls_trust}"\n'
        )
        file.write_text(EXAMPLE.read_text().replace('source = "local"\n', section))
        settings = read(file, NodeSettings)
        register = people_of(settings, world.desk.db, world.desk.vault)
        found = await register.find(youth)
        (tmp_path / "brp.key").chmod(0o644)

        assert isinstance(register, HaalCentraal)
        assert found is not None
        assert service.requests[0][1]["X-API-KEY"] == KEY
        with pytest.raises(KeyFileUnusable):
            people_of(settings, world.desk.db, world.desk.vault)
