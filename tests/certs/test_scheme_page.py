"""The how-to for a new epoch: its commands, run in its order, do what the page says."""

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.authority import DevPki
from certs.identity import read_identity
from certs.keyring import read_scheme_key, verify_epoch_file
from certs.region_keys import RegionKeys
from certs.scheme import read_sealed_secrets
from certs.statements import KeyKind, SignedStatement, make_statement
from tests.draws import Draws
from verwijsindex.command import main

ROOT = Path(__file__).parents[2]
UTRECHT = "00000099000000000103"


def run(command: str) -> str:
    """Run one command of the program in the present directory; it must succeed."""
    result = CliRunner().invoke(main, command.split())
    assert result.exit_code == 0, f"{command}: {result.output}"
    return result.output


def commands_of_the_page(year: int) -> list[str]:
    """The commands of scheme owner and service, in the years in which they would be given now; a node's need a node."""
    page = (ROOT / "docs" / "how-to" / "rotate-pseudonym-epoch.md").read_text("utf-8")
    lines: list[str] = re.findall(r"^\$ verwijsindex (?!node )(.+)$", page, re.MULTILINE)
    return [re.sub(r"\b202[678]\b", lambda found: str(int(found[0]) - 2026 + year), line) for line in lines]


def test_the_page_rotates_an_epoch(tmp_path: Path, pki: DevPki, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an epoch in use to the next, then without Utrecht, then with an early end."""
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    year = (now + timedelta(days=2)).year
    files = pki.files("utrecht")
    keys = RegionKeys(tmp_path / "region-keys")
    keys.new(KeyKind.SEALING, now, Draws(1))
    identity = read_identity(files.signing_certificate, files.signing_key)
    statement = SignedStatement(*make_statement(UTRECHT, 1, keys.stated(), now, identity))
    (tmp_path / "utrecht.json").write_bytes(statement.to_file())
    public = run("scheme init --state scheme").splitlines()[0]
    settings = (ROOT / "config" / "pseudonyms.example.toml").read_text("utf-8")
    (tmp_path / "pseudonyms.toml").write_text(
        settings.replace(base64.b64encode(bytes(32)).decode(), public), encoding="utf-8"
    )
    run("pseudonyms migrate --config pseudonyms.toml")
    run(f"pseudonyms keys new {year} --config pseudonyms.toml --out first.json")
    run(
        f"scheme epoch {year} --state scheme --begins {year}-01-01 --ends {year + 1}-01-01"
        " --public-keys first.json --service https://pseudonyms.test/ --out bundle"
    )
    run(
        f"scheme admit utrecht.json --state scheme --out bundle --signing-trust {files.signing_trust}"
        f" --signing-crls {files.signing_crls}"
    )

    told, sealed_to_utrecht = [], []
    for command in commands_of_the_page(year):
        told.append(run(command))
        file = tmp_path / "bundle" / "sealed" / f"{UTRECHT}.json"
        sealed_to_utrecht.append(
            [each.epoch for each in read_sealed_secrets(file.read_bytes())] if file.exists() else []
        )
    signed = verify_epoch_file((tmp_path / "bundle" / "epochs.json").read_bytes(), read_scheme_key(public))

    assert sealed_to_utrecht[1] == [str(year), str(year + 1)]
    assert sealed_to_utrecht[-1] == []
    assert f"{year + 1}  {year}-12-01 to {year + 2}-01-01" in told[2]
    assert [(epoch.name, epoch.ends.isoformat()) for epoch in signed.epochs] == [
        (str(year), f"{year}-12-31"),
        (str(year + 1), f"{year + 2}-01-01"),
    ]
