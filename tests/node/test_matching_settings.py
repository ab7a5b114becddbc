"""What a region switches on in ``[matching]`` decides who meets: from the settings file to what a professional sees."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from node.commands import node
from node.domain.days import AMSTERDAM
from tests.node.test_people_commands import Place
from tests.region import made_up_bsn

YOUTH, NEIGHBOUR, SISTER, MOTHER = (made_up_bsn(number).reveal() for number in range(4))
PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;gemeente
anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Anna de Boer;020 1234567;anna@example.nl;0363
bram;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Bram Smit;020 1234568;bram@example.nl;0363
carla;Levvel;jeugdhulpaanbieder;wijkteam;Zuid;hulpverlener;Carla Vos;020 1234569;carla@example.nl;0363
"""


def region(directory: Path, matching: str) -> Place:
    """A region with these lines under ``[matching]``: a youth, a sister, and a neighbour in the same house."""
    place = Place(directory)
    settings = directory / "node.toml"
    settings.write_text(f"{settings.read_text()}[matching]\n{matching}\n")
    place.run("professionals", "import", place.file("professionals.csv", PROFESSIONALS))
    born = f"{datetime.now(AMSTERDAM).year - 10}-01-01"
    people = (
        "bsn,naam,geboortedatum,ouder1,postcode,huisnummer\n"
        f"{YOUTH},Noor de Vries,{born},{MOTHER},1012AB,12\n"
        f"{SISTER},Lotte de Vries,{born},{MOTHER},2511CV,3\n"
        f"{NEIGHBOUR},Sem Bakker,{born},,1012AB,12\n"
    )
    place.run("people", "import", place.file("people.csv", people))
    return place


def signal(place: Place, who: str, bsn: str) -> str:
    """A professional signals; what the answer shows of others."""
    settings = str(place.directory / "node.toml")
    born, surname = f"{datetime.now(AMSTERDAM).year - 10}-01-01", "Bakker" if bsn == NEIGHBOUR else "Vries"
    said = f"{bsn}\n{born}\n{surname}\n"
    done = CliRunner().invoke(node, ["signal", "--as", who, "--config", settings], input=said)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize(("matching", "meets"), [("", False), ("same_location = true", True)])
def test_colleagues_of_one_location_meet_where_the_region_wants_it(tmp_path: Path, matching: str, meets: bool) -> None:
    """P5, P14: by default two locations of an organisation meet, and one does not meet itself."""
    place = region(tmp_path, matching)
    signal(place, "anna", YOUTH)

    assert ("Anna de Boer" in signal(place, "bram", YOUTH)) is meets
    assert "Anna de Boer" in signal(place, "carla", YOUTH)


@pytest.mark.parametrize(("matching", "meets"), [("", False), ("address = true", True)])
def test_one_home_matches_behind_its_switch_and_never_an_excluded_one(
    tmp_path: Path,
    matching: str,
    meets: bool,
) -> None:
    """P18, Jeugdwet 7.1.2.3(1)d: off by default; the list of excluded addresses goes first."""
    place = region(tmp_path, matching)
    signal(place, "anna", YOUTH)

    assert ("Anna de Boer" in signal(place, "carla", NEIGHBOUR)) is meets
    place.run("excluded-addresses", "import", place.file("excluded.csv", "postcode;huisnummer\n1012AB;12\n"))
    assert "Anna de Boer" not in place.run("matches", "--as", "carla")


@pytest.mark.parametrize(("matching", "meets"), [("", True), ("family = false", False)])
def test_a_parent_in_common_matches_unless_the_region_switches_it_off(
    tmp_path: Path,
    matching: str,
    meets: bool,
) -> None:
    """P17, Jeugdwet 7.1.2.3(1)e."""
    place = region(tmp_path, matching)
    signal(place, "anna", YOUTH)

    assert ("Anna de Boer" in signal(place, "carla", SISTER)) is meets
