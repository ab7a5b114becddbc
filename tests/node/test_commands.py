"""The commands of a node, on a real database and against a node that really serves, with hub and service away."""

import base64
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from node.domain.days import AMSTERDAM
from tests.pki import session_pki
from tests.region import made_up_bsn

YOUTH, SISTER, MOTHER = (made_up_bsn(n).reveal() for n in range(3))

PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;gemeente
anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;jeugdhulpverlener;Anna de Boer;020 1234567;anna@example.nl;0363
bram;GGD;jeugdgezondheidszorg;ggd;West;arts;Bram Smit;020 7654321;bram@example.nl;0363
"""
PEOPLE = f"""bsn,naam,geboortedatum,ouder1
{YOUTH},Noor de Vries,2010-05-01,{MOTHER}
{SISTER},Lotte de Vries,2012-05-01,{MOTHER}
"""
NOOR, LOTTE = (f"{number}\n{born}\nvri\n" for number, born in ((YOUTH, "2010-05-01"), (SISTER, "2012-05-01")))
"""What is typed to signal each of them: number, birth date, and how the surname begins."""


@dataclass
class Place:
    """A directory with a node in it."""

    directory: Path

    def run(self, *words: str, typed: str = "", fails: bool = False) -> str:
        """One command; what it says."""
        done = subprocess.run(
            [*COMMAND, *words, "--config", str(self.directory / "node.toml")],
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if fails else done.stdout


COMMAND = [sys.executable, "-m", "verwijsindex", "node"]


@pytest.fixture
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A node with its database, professionals and persons; its hub and service do not answer."""
    pki = session_pki(tmp_path_factory).directory
    files = "\n".join(
        f'{use}_certificate = "{pki}/amsterdam/{use}.pem"\n{use}_key = "{pki}/amsterdam/{use}.key"\n'
        f'{use}_trust = "{pki}/{use}/trust.pem"\n{use}_crls = "{pki}/{use}/crls"'
        for use in ("tls", "signing")
    )
    (tmp_path / "node.toml").write_text(
        'oin = "00000099000000000101"\nregion = "Amsterdam"\ndatabase = "node.db"\ndeletions = "node.deletions"\n'
        'key_encryption_key = "node.kek"\nregion_keys_directory = "region-keys"\n'
        '[hub]\nurl = "https://127.0.0.1:1/hub/v1"\noin = "00000099000000000001"\n'
        '[pseudonyms]\nurl = "https://127.0.0.1:1/pseudonyms/v1"\noin = "00000099000000000002"\n'
        f'scheme_key = "{base64.b64encode(bytes(32)).decode()}"\n'
        f'[web]\nport = 0\ntoken_file = "node.token"\n[certificates]\n{files}\n'
    )
    here = Place(tmp_path)
    subprocess.run([*COMMAND, "new-key", str(tmp_path / "node.kek")], check=True, capture_output=True, timeout=60)
    here.run("migrate")
    (tmp_path / "professionals.csv").write_text(PROFESSIONALS)
    (tmp_path / "people.csv").write_text(PEOPLE)
    here.run("professionals", "import", str(tmp_path / "professionals.csv"))
    here.run("people", "import", str(tmp_path / "people.csv"))
    return here


@pytest.fixture
def serving(place: Place) -> Iterator[Place]:
    """The same, serving; stopped in the end, and everything it logged looked through."""
    ready, log = place.directory / "ready", place.directory / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--config", str(place.directory / "node.toml"), "--ready", str(ready)], stderr=out
        )
        try:
            deadline = time.monotonic() + 60
            while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert ready.exists(), log.read_text()
            yield place
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert code == 0
    assert lines[-1]["event"] == "stopped"
    assert not any(secret in log.read_text() for secret in (YOUTH, SISTER, MOTHER, "Noor"))


def test_the_main_job_with_a_node_that_serves_and_without(serving: Place) -> None:
    """Signal, match, family match, end: the same words, through the door of the node that serves."""
    first = json.loads(serving.run("signal", "--as", "anna", "--json", typed=NOOR))
    said = serving.run(
        "signal", "--as", "bram", "--months", "24", typed=f"{YOUTH[:4]}.{YOUTH[4:]}\n2010-05-01\nde Vries\n"
    )
    assert "Anna de Boer" in said
    assert "Landelijk: onderweg." in said
    assert "matchsleutel" in serving.run("signal", "--as", "bram", typed=LOTTE)
    assert "Bram Smit" in serving.run("matches", "--as", "anna")
    assert "elfproef" in serving.run("signal", "--as", "anna", typed="123456789\n", fails=True)
    assert "Verleng" in serving.run("signal", "--as", "anna", typed=NOOR, fails=True)
    serving.run("end", first["id"], "--as", "anna", "--reason", "RISICO_WEG")
    assert "Geen actieve" in serving.run("matches", "--as", "anna")

    status = json.loads(serving.run("status", "--json"))
    assert status["bedient"] is True
    assert status["signalen"] == {"actief": 2, "archief": 1}
    assert status["wacht"]["hub"]["reden"]
    assert "! Waits for the hub since" in serving.run("status")
    assert {job["naam"] for job in status["taken"]} >= {"retention", "keys", "complete-youths"}
    assert "serving" in serving.run("restore", str(serving.directory / "node.db"), fails=True)
    assert "serving" in serving.run("migrate", fails=True)


def test_a_signal_by_name_asks_for_lines_and_never_shows_the_number(place: Place) -> None:
    """What a professional knows goes in by standard input, as the BSN does."""
    found = place.directory / "found.csv"
    found.write_text(
        "bsn,naam,geslachtsnaam,geboortedatum,geslacht,postcode,huisnummer,huisletter\n"
        f"{YOUTH},Noor Velde,Velde,2010-05-01,V,1011AB,12,a\n"
    )
    place.run("people", "import", str(found))
    typed = "van der Velde\n2010-05-01\nv\n1011 ab\n12\na,\n"
    said = place.run("signal", "--as", "anna", "--by-name", typed=typed)
    wrong = place.run("signal", "--as", "anna", "--by-name", typed=typed.replace("12\n", "13\n"), fails=True)

    assert said.startswith("Signaal ")
    assert YOUTH not in said
    assert "Niemand gevonden" in wrong


def test_a_youth_without_a_bsn_gets_one(place: Place) -> None:
    """What identifies goes in by standard input; the words say that a match is only possible, until it is certain."""
    three = "de Vries\n2010-05-01\nv\n"
    first = json.loads(place.run("signal", "--as", "anna", "--without-bsn", "--json", typed=three))
    said = place.run("signal", "--as", "bram", "--without-bsn", typed=three.upper())
    both = place.run("signal", "--as", "bram", "--without-bsn", "--by-name", typed=three, fails=True)
    wrong = place.run("give-bsn", "--as", "anna", first["id"], typed=f"{YOUTH}\n2010-05-02\nVries\n", fails=True)
    given = place.run("give-bsn", "--as", "anna", first["id"], typed=NOOR)

    assert "mogelijke match (actief), Amsterdam, Levvel, Anna de Boer" in said
    assert "Zonder BSN: matches zijn mogelijke matches" in said
    assert "Either --by-name or --without-bsn" in both
    assert "horen niet bij elkaar" in wrong
    assert given.startswith(f"Signaal {first['id']}, geldig tot ")
    assert "mogelijke match (vervallen)" in place.run("matches", "--as", "bram")
    assert place.run("confirm", "--as", "anna", first["id"], typed="2010-05-01\nvri\n") == "Bevestiging: bevestigd.\n"
    assert not [text for text in (said, wrong, given) if YOUTH in text or "VRIES" in text.upper()]


def test_the_archive_of_a_youth_without_a_bsn_is_only_possible(place: Place) -> None:
    """Who hears whom to call hears as well that it may be about another child."""
    three = "de Vries\n2010-05-01\nv\n"
    first = json.loads(place.run("signal", "--as", "anna", "--without-bsn", "--json", typed=three))
    place.run("end", "--as", "anna", first["id"], "--reason", "RISICO_WEG")
    own = json.loads(place.run("signal", "--as", "bram", "--without-bsn", "--json", typed=three))
    with closing(sqlite3.connect(place.directory / "node.db")) as database, database:
        # As if the fifteen minutes of undo were over.
        database.execute("UPDATE archive_notice_here SET show_from = '2026-01-01T00:00:00+00:00'")
    listed = place.run("archive", "list", own["id"], "--as", "bram")
    fetched = place.run("archive", "fetch", own["id"], listed.split()[3], "--as", "bram")

    assert listed.startswith("Mogelijk eerder signaal ")
    assert "Anna de Boer" in fetched
    assert "een ander kind" in fetched


def test_an_operator_asks_the_register_again(place: Place) -> None:
    """What the node does each night, now; a death in the list destroys the signal."""
    place.run("signal", "--as", "anna", typed=NOOR)
    died = place.directory / "died.csv"
    died.write_text(f"bsn,naam,geboortedatum,overleden\n{YOUTH},Noor de Vries,2010-05-01,onbekend\n")
    place.run("people", "import", str(died))

    assert place.run("people", "ask-again") == "1 youths asked about; 1 changed.\n"
    assert place.run("matches", "--as", "anna") == "Geen actieve signalen.\n"


def test_a_backup_is_put_back_and_marked(place: Place) -> None:
    """What was signalled after it is gone, what was replaced is kept, and the next start knows."""
    place.run("signal", "--as", "anna", typed=NOOR)
    place.run("backup", str(place.directory / "backup.db"))
    assert "exists" in place.run("backup", str(place.directory / "backup.db"), fails=True)
    place.run("signal", "--as", "bram", typed=NOOR)
    assert "node.db.replaced-" in place.run("restore", str(place.directory / "backup.db"))

    status = json.loads(place.run("status", "--json"))
    assert (status["bedient"], status["signalen"]["actief"], status["brievenbus"]["teruggezet"]) == (False, 1, True)
    assert "! This database was put back" in place.run("status")
    assert "intact" in place.run("audit", "verify")
    (place.directory / "broken.db").write_bytes(b"not a database at all, but long enough to look at" * 100)
    assert "damaged" in place.run("restore", str(place.directory / "broken.db"), fails=True)
    assert json.loads(place.run("status", "--json"))["signalen"]["actief"] == 1


def test_what_was_ended_since_a_backup_stays_ended(place: Place) -> None:
    """Jeugdwet 7.1.4.6(1): a signal made by mistake is destroyed, also where the node never served in between."""
    said = json.loads(place.run("signal", "--as", "anna", "--json", typed=NOOR))
    place.run("backup", str(place.directory / "backup.db"))
    place.run("end", "--as", "anna", said["id"], "--reason", "ONTERECHT")
    ledger = (place.directory / "node.deletions").read_text()
    told = place.run("restore", str(place.directory / "backup.db"))

    assert said["id"] in ledger
    assert "1 endings since then were done again" in told
    assert place.run("matches", "--as", "anna") == "Geen actieve signalen.\n"
    assert json.loads(place.run("status", "--json"))["signalen"] == {"actief": 0, "archief": 0}


def test_an_ending_that_only_the_replaced_database_knows_is_not_lost(place: Place) -> None:
    """Power may fail between an ending and its line in the ledger; the restore reads what it replaces."""
    said = json.loads(place.run("signal", "--as", "anna", "--json", typed=NOOR))
    place.run("backup", str(place.directory / "backup.db"))
    place.run("end", "--as", "anna", said["id"], "--reason", "RISICO_WEG")
    (place.directory / "node.deletions").unlink()
    with closing(sqlite3.connect(place.directory / "node.db")) as database, database:
        database.execute("UPDATE deletion SET copied = 0")
    told = place.run("restore", str(place.directory / "backup.db"))

    assert "1 endings since then were done again" in told
    assert json.loads(place.run("status", "--json"))["signalen"] == {"actief": 0, "archief": 1}


def test_a_restore_that_was_killed_leaves_nothing_to_the_next(place: Place) -> None:
    """Killed between its write and the end, it leaves a log beside its copy; another copy must not be read with it."""
    killed = (
        "import os; from ledger import Database; Database.close = lambda self: os._exit(9);"
        "from verwijsindex.command import main; main()"
    )
    backups = [str(place.directory / name) for name in ("first.db", "second.db")]
    place.run("signal", "--as", "anna", typed=NOOR)
    place.run("backup", backups[0])
    place.run("signal", "--as", "bram", typed=LOTTE)
    place.run("backup", backups[1])
    words = ["node", "restore", backups[1], "--config", str(place.directory / "node.toml")]
    done = subprocess.run([sys.executable, "-c", killed, *words], timeout=60, check=False)
    left = {file.name for file in place.directory.glob("node.db.restoring*")}
    place.run("restore", backups[0])

    assert (done.returncode, left) == (9, {"node.db.restoring", "node.db.restoring-wal", "node.db.restoring-shm"})
    assert not list(place.directory.glob("node.db.restoring*"))
    events = []
    for file in (place.directory / "first.db", place.directory / "node.db"):
        with closing(sqlite3.connect(file)) as database:
            events.append([row[0] for row in database.execute("SELECT event FROM audit ORDER BY number")])
    assert events[1] == [*events[0], "backup.restored", "node.restored"]


def test_a_command_ends_again_before_it_shows_a_copy_put_back_by_hand(place: Place) -> None:
    """Whoever copies the file instead of restoring it sees no signal that was destroyed."""
    said = json.loads(place.run("signal", "--as", "anna", "--json", typed=NOOR))
    place.run("backup", str(place.directory / "backup.db"))
    place.run("end", "--as", "anna", said["id"], "--reason", "ONTERECHT")
    for log in ("-wal", "-shm"):
        (place.directory / f"node.db{log}").unlink(missing_ok=True)
    shutil.copyfile(place.directory / "backup.db", place.directory / "node.db")

    assert place.run("matches", "--as", "anna") == "Geen actieve signalen.\n"
    assert json.loads(place.run("status", "--json"))["brievenbus"]["teruggezet"] is True


def test_a_database_that_is_broken_can_be_replaced(place: Place) -> None:
    """That is what a backup is for; the operator hears that its last endings could not be read."""
    place.run("backup", str(place.directory / "backup.db"))
    (place.directory / "node.db").write_bytes(b"broken beyond reading, whatever it was before" * 200)
    done = subprocess.run(
        [*COMMAND, "restore", str(place.directory / "backup.db"), "--config", str(place.directory / "node.toml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "could not be read" in done.stderr
    assert place.run("matches", "--as", "anna") == "Geen actieve signalen.\n"


def test_without_its_key_a_node_opens_nothing(place: Place) -> None:
    """Another key, or one that others may read."""
    kek = place.directory / "node.kek"
    kek.chmod(0o644)
    assert "others" in place.run("status", fails=True)
    kek.unlink()
    subprocess.run([*COMMAND, "new-key", str(kek)], check=True, capture_output=True, timeout=60)
    assert "does not open" in place.run("status", fails=True)


def test_a_list_with_a_wrong_line_changes_nothing(place: Place) -> None:
    """Every wrong line is told."""
    wrong = place.directory / "wrong.csv"
    wrong.write_text(PROFESSIONALS.replace("Anna de Boer", "Anna Visser").replace("bram@example.nl", "bram"))
    told = place.run("professionals", "import", str(wrong), fails=True)

    assert "line 3: email" in told
    assert "Visser" not in place.run("professionals", "list")


def test_the_token_of_a_door_that_others_can_read_stops_the_start(place: Place) -> None:
    """A node does not serve behind an open secret."""
    token = place.directory / "node.token"
    token.write_text("x" * 43)
    token.chmod(0o644)

    assert "others" in place.run("serve", fails=True)


def test_the_life_of_a_signal_from_the_command_line(place: Place) -> None:
    """Marked, told of, listed, and what the archive says of an earlier one; without a node that serves."""
    today = datetime.now(AMSTERDAM).date()
    earlier = json.loads(place.run("signal", "--as", "bram", "--json", typed=NOOR))
    first = json.loads(place.run("signal", "--as", "anna", "--months", "6", "--json", typed=NOOR))
    match = first["matches"][0]["id"]
    assert f"Contact opgenomen op {today}." in place.run("mark", match, "contact", "--as", "anna")
    assert f"contact opgenomen op {today} (de ander)" in place.run("matches", "--as", "bram")
    assert "Ingetrokken" in place.run("mark", match, "contact", "--undo", "--as", "anna")
    assert "Match onbekend" in place.run("mark", match, "agreed", "--as", "bram", fails=True)

    review = str(today + timedelta(days=30))
    waits = place.run(
        "informing", "postpone", first["id"], "--ground", "veiligheid", "--review", review, "--as", "anna"
    )
    assert f"uitgesteld (veiligheid) tot {review}" in waits
    assert "jeugdige" in place.run("informing", "list", "--as", "anna")
    told = ("--who", "jeugdige", "--on", str(today), "--how", "gesprek")
    assert "geïnformeerd" in place.run("informing", "record", first["id"], *told, "--as", "anna")
    assert "Iedereen" in place.run("informing", "list", "--as", "anna")

    assert "Niets loopt" in place.run("ending", "--as", "anna")
    assert "Nog niet te vernieuwen" in place.run("renew", first["id"], "--as", "anna", fails=True)
    place.run("end", earlier["id"], "--as", "bram", "--reason", "RISICO_WEG")
    assert "Geen eerdere" in place.run("archive", "list", first["id"], "--as", "anna")
    assert "Niet meer op te halen" in place.run(
        "archive", "fetch", first["id"], earlier["id"], "--as", "anna", fails=True
    )


def test_what_an_operator_does_with_the_life_of_signals(place: Place) -> None:
    """Counted before it is done, asked before it is destroyed, and a wrong list changes nothing."""
    made = json.loads(place.run("signal", "--as", "anna", "--json", typed=NOOR))
    assert "nothing was changed" in place.run("retention", "--dry-run")
    assert "0 archived, 0 destroyed" in place.run("retention")
    removal = ("remove-at-request", made["id"], "--ground", "AVG17", "--as")
    assert "No role" in place.run(*removal, "anna", "--yes", fails=True)
    for number, (who, role, *where) in enumerate(
        (("rik", "regiobeheerder"), ("sara", "regiobeheerder"), ("petra", "privacy officer", "--gemeente", "0363")), 1
    ):
        asker, confirmer = ("rik", "sara") if where else ("bouwer-een", "bouwer-twee")
        place.run("roles", "ask", who, role, *where, "--as", asker)
        place.run("roles", "confirm", str(number), "--as", confirmer)
    assert "Aborted" in place.run(*removal, "petra", typed="n\n", fails=True)
    assert "Destroyed" in place.run(*removal, "petra", "--yes")
    assert json.loads(place.run("status", "--json"))["signalen"] == {"actief": 0, "archief": 0}
    assert "No such signal" in place.run(*removal, "petra", "--yes", fails=True)

    homes = place.directory / "excluded.csv"
    homes.write_text("postcode;huisnummer\n1012AB;12\n1012;1\n")
    assert "line 3: postcode" in place.run("excluded-addresses", "import", str(homes), fails=True)
    homes.write_text("postcode;huisnummer\n1012AB;12\n")
    assert "1 entries new" in place.run("excluded-addresses", "import", str(homes), "--dry-run")
    assert "1 entries new" in place.run("excluded-addresses", "import", str(homes))
    homes.write_text("postcode;huisnummer\n1012AB;14\n")
    assert "Aborted" in place.run("excluded-addresses", "import", str(homes), typed="n\n", fails=True)
    assert "1 taken off" in place.run("excluded-addresses", "import", str(homes), "--yes")


def test_who_signals_only_to_look_stands_in_the_status(place: Place) -> None:
    """P13: where an operator sees it, by the professional's own number and without the youth."""
    settings = place.directory / "node.toml"
    settings.write_text(settings.read_text() + "[limits]\ntaken_back_per_professional = 0\n")
    made = json.loads(place.run("signal", "--as", "anna", "--json", typed=NOOR))
    place.run("undo", made["id"], "--as", "anna")

    [told] = [line for line in place.run("status").splitlines() if "takenBack" in line]

    assert told.startswith("! Alarm 1")
    assert "took back more than 0 new signals within a day" in told
