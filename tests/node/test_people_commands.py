"""The commands about people and organisations, on a real database, one after the other as a region would use them."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.sealing import write_new_file
from node.commands import node
from node.domain.rights import PLACE
from node.people_commands import ROLES
from tests.region import made_up_bsn

SETTINGS = """oin = "00000099000000000101"
region = "Amsterdam"
database = "node.db"
deletions = "node.deletions"
key_encryption_key = "node.kek"
region_keys_directory = "region-keys"
[hub]
url = "https://127.0.0.1:1/hub/v1"
oin = "00000099000000000001"
[pseudonyms]
url = "https://127.0.0.1:1/pseudonyms/v1"
oin = "00000099000000000002"
scheme_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
[web]
port = 0
token_file = "node.token"
[certificates]
"""
PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email
anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Anna de Boer;020 1234567;anna@example.nl
bram;Levvel;jeugdhulpaanbieder;wijkteam;Zuid;hulpverlener;Bram Smit;020 1234568;bram@example.nl
"""


class Place:
    """A directory with the settings and the database of a node."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        uses = [
            f'{use}_{part} = "{use}.{part}"'
            for use in ("tls", "signing")
            for part in ("certificate", "key", "trust", "crls")
        ]
        (directory / "node.toml").write_text(SETTINGS + "\n".join(uses) + "\n")
        write_new_file(directory / "node.kek", "first", os.urandom)
        self.run("migrate")

    def run(self, *words: str, typed: str = "", fails: bool = False) -> str:
        """One command; what it says."""
        done = CliRunner().invoke(node, [*words, "--config", str(self.directory / "node.toml")], input=typed)
        assert (done.exit_code != 0) == fails, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.output

    def file(self, name: str, text: str) -> str:
        """A list."""
        (self.directory / name).write_text(text)
        return str(self.directory / name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A region with two professionals and, granted by two people each time, who coordinates."""
    here = Place(tmp_path)
    here.run("professionals", "import", here.file("professionals.csv", PROFESSIONALS))
    for number, name in enumerate(("rik", "sara"), start=1):
        here.run("roles", "ask", name, "regiobeheerder", "--as", "bouwer-een")
        here.run("roles", "confirm", str(number), "--as", "bouwer-twee")
    for number, (name, role, *where) in enumerate(
        (
            ("karin", "instellingscoördinator", "--organisation", "Levvel"),
            ("gerda", "accounthouder", "--gemeente", "0363"),
        ),
        start=3,
    ):
        here.run("roles", "ask", name, role, *where, "--as", "rik")
        here.run("roles", "confirm", str(number), "--as", "sara")
    return here


def test_from_a_list_to_somebody_who_leaves(place: Place) -> None:
    """Agreement, designation, contact data, substitute, rename, leave: each by whose role it is."""
    assert "confirmation" not in place.run("roles", "list")
    assert "geen afspraken" in place.run("organisations", "list")
    signed = ("Levvel", "0363", "--signed", "2026-01-05", "--document", "Z-14")
    assert "No role" in place.run("agreements", "sign", *signed, "--as", "karin", fails=True)
    place.run("agreements", "sign", *signed, "--as", "gerda")
    assert "0363" in place.run("organisations", "list")

    place.run("designations", "end", "bram", "--as", "karin")
    assert "may end" not in place.run("designations", "begin", "bram", "--as", "karin")
    assert "already" in place.run("designations", "begin", "bram", "--as", "karin", fails=True)
    place.run("colleagues", "contact", "anna", "--phone", "020 7654321", "--as", "anna")
    assert "number 1" in place.run("colleagues", "substitute", "anna", "bram", "--until", "2099-01-01", "--as", "anna")
    place.run("colleagues", "end-substitute", "anna", "1", "--as", "karin")
    place.run("organisations", "rename", "Levvel", "Levvel Jeugd", "--as", "karin")
    assert "Levvel Jeugd" in place.run("professionals", "list")
    assert place.run("colleagues", "signals", "anna", "--as", "karin") == ""
    place.run("colleagues", "leave", "anna", "--as", "karin")
    assert "left its organisation" in place.run("designations", "begin", "anna", "--as", "karin", fails=True)
    place.run("agreements", "end", "Levvel Jeugd", "0363", "--as", "gerda")
    assert "intact" in place.run("audit", "verify")


def test_a_professional_sees_the_own_profile_and_the_colleagues(place: Place) -> None:
    """As the door answers: on what one stands, and who else works there."""
    signed = ("Levvel", "0363", "--signed", "2026-01-05", "--document", "Z-14")
    place.run("agreements", "sign", *signed, "--as", "gerda")
    place.run("colleagues", "substitute", "anna", "bram", "--until", "2099-01-01", "--as", "anna")

    own = place.run("profile", "--as", "anna")
    assert "Anna de Boer, hulpverlener, Levvel, Noord" in own
    assert "Aangewezen als meldingsbevoegde.\nAfspraken met gemeenten: 0363.\nMag het BSN gebruiken." in own
    assert "Vervangen door Bram Smit" in own
    assert "Vervangt Anna de Boer" in place.run("profile", "--as", "bram")
    assert "Bram Smit\thulpverlener\tZuid\tmag signaleren" in place.run("colleagues", "list", "--as", "anna")
    assert "Set." in place.run("organisations", "bsn-right", "Levvel", "no", "--as", "gerda")
    assert "Signaleert op naam" in place.run("profile", "--as", "anna")
    assert "geen BSN" in place.run("organisations", "list")
    place.run("colleagues", "leave", "bram", "--as", "karin")
    assert "Geen collega's." in place.run("colleagues", "list", "--as", "anna")
    assert "U werkt hier niet meer" in place.run("profile", "--as", "bram", fails=True)


def test_the_list_of_matches_says_that_a_youth_moved_and_for_whom_one_stands_in(place: Place) -> None:
    """P24 and P26, in the words of the screens."""
    bsn = made_up_bsn(0).reveal()
    signed = ("Levvel", "0363", "--signed", "2026-01-05", "--document", "Z-14")
    place.run("agreements", "sign", *signed, "--as", "gerda")
    place.run(
        "people",
        "import",
        place.file("people.csv", f"bsn,naam,geboortedatum,gemeente\n{bsn},Noor de Vries,2015-05-01,0363\n"),
    )
    place.run("signal", "--as", "anna", typed=f"{bsn}\n2015-05-01\nvri\n")
    place.run(
        "people",
        "import",
        place.file("people.csv", f"bsn,naam,geboortedatum,gemeente\n{bsn},Noor de Vries,2015-05-01,0479\n"),
    )
    place.run("people", "ask-again")
    place.run("colleagues", "substitute", "anna", "bram", "--until", "2099-01-01", "--as", "anna")

    own, theirs = (place.run("matches", "--as", who) for who in ("anna", "bram"))

    assert "naar gemeente 0479:" in own
    assert "namens" not in own
    assert "namens Anna de Boer, verhuisd op" in theirs


def test_agreements_that_end_are_listed_and_stand_in_the_status(place: Place) -> None:
    """G2: as long as nothing follows them."""
    today = date.today()  # noqa: DTZ011 - the program asks the clock
    soon, later = (today + timedelta(days=days) for days in (20, 400))
    begun = (today - timedelta(days=9)).isoformat()
    signed = ("--signed", begun, "--document", "Z-14", "--as", "gerda")
    place.run("agreements", "sign", "Levvel", "0363", "--until", soon.isoformat(), *signed)

    assert f"0363\t{begun}\t{soon}\tZ-14\teindigt binnen 30 dagen" in place.run("agreements", "list", "--ending")
    assert f"agreements of Levvel with gemeente 0363 end on {soon}" in place.run("status")
    place.run("agreements", "sign", "Levvel", "0363", "--from", soon.isoformat(), "--until", later.isoformat(), *signed)
    assert place.run("agreements", "list", "--ending") == ""
    assert "agreements of" not in place.run("status")
    assert len(place.run("agreements", "list").splitlines()) == 2


def test_organisations_and_locations_become_one(place: Place) -> None:
    """O8: by whose role it is; afterwards there is one."""
    place.run("organisations", "import", place.file("o.csv", "organisatie;categorie\nStek;Halt\n"))
    assert "No role" in place.run("organisations", "merge", "Stek", "Levvel", "--as", "karin", fails=True)
    assert "0 active signals" in place.run("organisations", "merge", "Stek", "Levvel", "--as", "rik")
    place.run("organisations", "merge", "Noord", "Zuid", "--organisation", "Levvel", "--as", "karin")

    assert "Stek" not in place.run("organisations", "list")
    assert "Noord" not in place.run("professionals", "list")


def test_a_dry_run_tells_every_wrong_line_and_changes_nothing(place: Place) -> None:
    """Of what cannot be read, and of what the database refuses."""
    wrong = place.file(
        "agreements.csv",
        "organisatie;gemeente;ondertekend;document\nLevvel;0363;2026-01-05;Z-1\nNiemand;0363;2026-01-05;Z-2\n"
        "Levvel;0363;gisteren;Z-3\n",
    )
    told = place.run("agreements", "import", "--dry-run", wrong, fails=True)
    right = place.file("right.csv", "organisatie;gemeente;ondertekend;document\nLevvel;0363;2026-01-05;Z-1\n")
    tried = place.run("agreements", "import", "--dry-run", right)

    assert "line 3: No organisation" in told
    assert "line 4: ondertekend" in told
    assert "dry run" in tried
    assert "geen afspraken" in place.run("organisations", "list")
    place.run("agreements", "import", right)
    assert "0363" in place.run("organisations", "list")
    organisations = place.file("organisations.csv", "organisatie;categorie\nStek;Halt\n")
    assert "1 new" in place.run("organisations", "import", organisations)
    designations = place.file("designations.csv", "kenmerk;van\nanna;2010-01-01\n")
    assert "holds in this period" in place.run("designations", "import", designations, fails=True)


@pytest.mark.parametrize(
    "words",
    [
        ("organisations", "rename", "Levvel", "Iets", "--team", "West", "--as", "karin"),
        ("colleagues", "leave", "anna", "--transfer", "geen-id", "bram", "--as", "karin"),
        ("colleagues", "leave", "anna", "--end", "00000000-0000-4000-8000-000000000001", "ZOMAAR", "--as", "karin"),
        ("agreements", "sign", "Levvel", "0363", "--signed", "gisteren", "--document", "Z", "--as", "gerda"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_opens(place: Place, words: tuple[str, ...]) -> None:
    """A team without its location, a signal that is no id, a reason that is none, a day that is none."""
    assert "Usage" in place.run(*words, fails=True)


def test_the_command_offers_every_role_that_is_granted() -> None:
    """The list of choices is the table's."""
    assert set(ROLES) == {role.value for role in PLACE}
