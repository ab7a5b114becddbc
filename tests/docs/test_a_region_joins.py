"""The how-tos for a new region, followed one after the other: install a node, join, try it, put back a backup."""

import re
from pathlib import Path

import pytest

from certs.authority import DevPki
from tests.docs.shell import ROOT, Shell, a_shell
from tests.pki import session_pki
from verwijsindex.demo.exchange import Exchange, make_exchange

OIN = "00000099000000000102"
EXAMPLE = ROOT / "config" / "node.example.toml"
PROFESSIONALS = """kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;gemeente
anna;Jeugdhulp;jeugdhulpaanbieder;wijkteam;Noord;jeugdhulpverlener;Anna Proefman;000 1234567;anna@jeugdhulp.example;0518
"""


def lines(page: str) -> dict[str, list[str]]:
    """The commands under each heading of a how-to."""
    text = (ROOT / "docs" / "how-to" / page).read_text("utf-8")
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)[1:]
    return {
        heading: re.findall(r"^(verwijsindex .*)$", "".join(re.findall(r"^```\n(.*?)^```", part, re.M | re.S)), re.M)
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
    }


def settings(exchange: Exchange, pki: DevPki) -> str:
    """The example, filled in as its first section says."""
    places, files = exchange.places, pki.files("haaglanden")
    filled = EXAMPLE.read_text("utf-8").replace("00000099000000000101", OIN).replace("Amsterdam", "Haaglanden")
    for party, url in (
        ("hub", "https://hub.example.nl/hub/v1"),
        ("pseudonyms", "https://pseudoniemen.example.nl/pseudonyms/v1"),
    ):
        filled = filled.replace(url, exchange.address(party))
    filled = filled.replace("A" * 43 + "=", (places.bundle / "scheme.pub").read_text().strip())
    for name in re.findall(r"^((?:tls|signing)_\w+) =", filled, re.MULTILINE):
        filled = re.sub(rf'^{name} = ".*"$', f'{name} = "{getattr(files, name)}"', filled, flags=re.MULTILINE)
    return filled.replace("port = 8081", "port = 0")


class Reader:
    """Who follows the pages, with what the exchange has where the pages have examples."""

    def __init__(self, shell: Shell, exchange: Exchange, directory: Path) -> None:
        self._shell = shell
        self._directory = directory
        places = exchange.places
        files = places.pki.files("hub")
        self._ours = {
            "00000099000000000101": OIN,
            "Amsterdam": "Haaglanden",
            "amsterdam": "haaglanden",
            "hub.toml": str(places.settings("hub")),
            "--state scheme": f"--state {places.scheme}",
            "--out bundle": f"--out {places.bundle}",
            "signing-trust.pem": str(files.signing_trust),
            "signing-crls": str(files.signing_crls),
            "/backups/": f"{directory}/",
            "KENMERK": "anna",
        }

    def do(self, typed: str) -> str:
        """Type a line; it must succeed."""
        for theirs, ours in self._ours.items():
            # Not inside an option's own name: --signing-crls signing-crls.
            typed = ours.join(re.split(rf"(?<!--){re.escape(theirs)}", typed))
        if " serve " in typed:
            self._shell.start(f"{typed} 2> node.log &", self._directory / "node.log")
            return ""
        if "node signal" in typed:
            typed = f"printf '%s\\n' 999990408 2012-05 voo | {typed}"
        code, said = self._shell.run(typed)
        assert code == 0, f"{typed}\n{said}"
        return said


def test_a_region_that_follows_the_pages_joins(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each command of both pages succeeds; the signal is told to the hub, and is there after a restore."""
    pki = session_pki(tmp_path_factory)
    install, join = lines("install-node.md"), lines("join-region.md")
    home = tmp_path / "node"
    home.mkdir(mode=0o700)
    with make_exchange(tmp_path / "exchange", ("amsterdam",), pki=pki) as exchange:
        exchange.start("hub", "pseudonyms")
        (home / "node.toml").write_text(settings(exchange, pki))
        (home / "professionals.csv").write_text(PROFESSIONALS)
        (home / "people.csv").write_text("bsn;naam;geboortedatum\n999990408;Voorbeeld;2012-05\n")
        with a_shell(tmp_path, home) as shell:
            reader = Reader(shell, exchange, home)
            for heading in list(install)[1:4]:
                for typed in install[heading]:
                    reader.do(typed)
            for heading, typed_there in join.items():
                if heading.startswith("3."):
                    with exchange.settings("pseudonyms").open("a") as file:
                        file.write(f'\n[regions.{OIN}]\nname = "Haaglanden"\n')
                    exchange.restart("pseudonyms")
                if heading.startswith("5."):
                    reader.do(install["5. Serve"][0])
                said = "".join(reader.do(typed) for typed in typed_there)
                if heading.startswith("5."):
                    assert "ready" in said
            reader.do(install["5. Serve"][1])
            for typed in install["6. Try it"]:
                said = reader.do(typed)
            assert "Signaal" in said
            backup, restore = install["7. Backups"]
            reader.do(backup)
            shell.stop()
            reader.do(restore)
            assert "Signaal" in reader.do(install["6. Try it"][1])
