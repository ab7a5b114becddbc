"""The page for each role is typed from top to bottom, on a real database: every command of it does what it says."""

import re
import shlex
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner

from node.commands import node
from node.domain.days import AMSTERDAM
from tests.node.test_people_commands import Place
from tests.region import made_up_bsn

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "work-in-each-role.md").read_text("utf-8")
YOUTH = made_up_bsn(0).reveal()
PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email
anna;Levvel;jeugdhulpaanbieder;wijkteam;Noord;hulpverlener;Anna de Boer;020 1234567;anna@example.nl
zoe;Levvel;jeugdhulpaanbieder;wijkteam;Zuid;hulpverlener;Zoe Kok;020 1234569;zoe@example.nl
bram;GGD;jeugdgezondheidszorg;ggd;West;arts;Bram Smit;020 1234568;bram@example.nl
"""
SHOWN = {"SIGNAL": r"^Signaal ([0-9a-f-]{36})", "MATCH": r"matchnummer ([0-9a-f-]{36})"}
"""What later commands need, and how an earlier one shows it."""
SAYS = {
    "matches --as anna": "Bram Smit",
    "mark MATCH contact": "Contact opgenomen",
    "informing record": "geïnformeerd",
    "archive list": "Geen eerdere signalen",
    "colleagues staff": "Anna de Boer",
    "ending": "Niets loopt",
    "extend": "Geldig tot",
    "end SIGNAL": "Beëindigd",
    "moves list": "Geen verhuizingen",
    "log --professional": "signal.registered",
    "log --signal": "signal.ended",
    "log --event": "log.read",
    "audit verify": "intact",
    "remove-at-request": "Destroyed",
    "organisations list": "0363",
    "retention --dry-run": "nothing was changed",
}
"""What some commands say when all is well, by how they begin."""


def typed() -> list[str]:
    """Each command of the page, in order."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line.removeprefix("verwijsindex node ") for block in blocks for line in block.splitlines()]


def region(directory: Path) -> Place:
    """A region with its professionals, a youth in the register, and the first two regiobeheerders."""
    place = Place(directory)
    place.run("professionals", "import", place.file("professionals.csv", PROFESSIONALS))
    people = f"bsn,naam,geboortedatum\n{YOUTH},Noor de Vries,{datetime.now(AMSTERDAM).year - 17}-01-01\n"
    place.run("people", "import", place.file("people.csv", people))
    for number, name in enumerate(("rik", "sara"), start=1):
        place.run("roles", "ask", name, "regiobeheerder", "--as", "bouwer-een")
        place.run("roles", "confirm", str(number), "--as", "bouwer-twee")
    return place


def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    """In the order of the page, each as the role it stands under; questions are answered on standard input."""
    place = region(tmp_path)
    known = {"DAY": datetime.now(AMSTERDAM).date().isoformat()}
    answers = {"signal": f"{YOUTH}\n{datetime.now(AMSTERDAM).year - 17}-01-01\nVries\n", "remove-at-request": "y\n"}
    said: dict[str, str] = {}
    for line in typed():
        words = [known.get(word, word) for word in shlex.split(line)]
        done = CliRunner().invoke(
            node, [*words, "--config", str(place.directory / "node.toml")], input=answers.get(words[0])
        )
        assert done.exit_code == 0, f"{line}: {done.output}"
        said[line] = done.output
        for name, shows in SHOWN.items():
            if (found := re.search(shows, done.output, re.MULTILINE)) and words[0] in ("signal", "matches"):
                known[name] = found[1]

    for begin, told in SAYS.items():
        assert any(line.startswith(begin) and told in output for line, output in said.items()), begin
