"""The operator's commands of the exchange, on a real database with hub and service away."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from certs.statements import SignedStatement
from config.node import NodeSettings
from config.reading import read
from ledger import Tx
from node import app
from node.command_line import with_desk
from node.domain.sealed import EndedUnheard, UnheardEnding, write
from node.flows.desk import Desk
from node.store import holds, outbox, sealed
from node.store.holds import AlarmKind
from soap_wsdl.vocabulary import Oin, Reason
from tests.pki import session_pki

COMMAND = [sys.executable, "-m", "verwijsindex", "node"]
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SIGNAL = UUID(int=7)


@dataclass
class Node:
    """A directory with a node's settings and database."""

    directory: Path

    def run(self, *words: str, code: int = 0) -> str:
        """One command; what it says."""
        done = subprocess.run(
            [*COMMAND, *words, "--config", str(self.directory / "node.toml")],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @property
    def settings(self) -> NodeSettings:
        """As the commands read them."""
        return read(self.directory / "node.toml", NodeSettings)


@pytest.fixture
def node(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """A migrated node whose hub and service do not answer."""
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
    here = Node(tmp_path)
    subprocess.run([*COMMAND, "new-key", str(tmp_path / "node.kek")], check=True, capture_output=True, timeout=60)
    here.run("migrate")
    return here


def test_what_was_set_aside_is_listed_retried_and_dropped(node: Node) -> None:
    """Issue 2, 7: where the operator sees it and can retry or drop it."""
    db = app.open_database(node.settings)
    db.write_now(lambda tx: outbox.offer(tx, SIGNAL, Reason.NEW, NOW))
    db.write_now(lambda tx: outbox.set_aside(tx, 1, "no tag can be made of it", NOW))
    db.close()

    [aside] = json.loads(node.run("outbox", "list", "--json"))["setAside"]
    said = node.run("outbox", "list")
    node.run("outbox", "retry", aside["name"])
    waiting = json.loads(node.run("outbox", "list", "--json"))

    assert (aside["name"], aside["signal"]) == ("1", str(SIGNAL))
    assert "no tag can be made of it" in said
    assert waiting == {"waiting": 1, "sealed": [], "setAside": []}
    assert "Nothing of this name" in node.run("outbox", "drop", "1", code=1)


def test_an_alarm_is_listed_until_it_is_settled(node: Node) -> None:
    """Once per cause, and again when it happens again."""
    db = app.open_database(node.settings)
    db.write_now(lambda tx: holds.ring(tx, AlarmKind.CANARY_ALONE, "A canary.", Oin("00000099000000000102"), NOW))
    db.close()

    listed = node.run("alarms", "list")
    node.run("alarms", "settle", "1")

    assert "canaryAlone" in listed
    assert "No alarms." in node.run("alarms", "list")
    assert "no open alarm" in node.run("alarms", "settle", "1", code=1)


def test_comparing_while_the_hub_is_away_says_so(node: Node) -> None:
    """A plain sentence, and code 1."""
    assert "Not now" in node.run("reconcile", "--dry-run", code=1)
    assert json.loads(node.run("reconcile", "--json", code=1))["holding"]


def test_re_keying_while_the_service_is_away_says_so(node: Node) -> None:
    """What is behind is counted all the same."""
    assert json.loads(node.run("rekey", "--json"))["holding"]


def test_the_regions_own_keys(node: Node) -> None:
    """Made, listed, stated for the scheme owner, ended."""
    file = node.directory / "statement.json"
    node.run("keys", "statement", code=2)
    node.run("keys", "statement", "--out", str(file))
    node.run("keys", "statement", str(file))
    kinds = [line.split("\t")[1] for line in node.run("keys", "list").splitlines()]
    made = node.run("keys", "new", "card").split()[0]
    ended = node.run("keys", "end", made, "--compromised")

    statement = SignedStatement.from_file(file.read_bytes())
    assert sorted(kinds) == ["card", "sealing"]
    assert json.loads(statement.statement)["serial"] == 1
    assert "compromised" in ended
    assert "no key of this id" in node.run("keys", "end", "card-nowhere", code=1)


def test_a_sealed_message_that_waits_or_was_refused_is_listed_and_dropped(node: Node) -> None:
    """By the name that retry and drop take; nothing of what it says."""
    content = write(EndedUnheard((UnheardEnding(UUID(int=8), UUID(int=9), False, 1),)))

    async def put(desk: Desk) -> None:
        def change(tx: Tx) -> None:
            for number in (1, 2):
                peer = Oin("00000099000000000102")
                sealed.put(tx, desk.vault, UUID(int=number), peer, content, NOW)
            sealed.wait(tx, 1, "no key")
            sealed.set_aside(tx, 2, "ONTVANGER: no participant", NOW)

        await desk.db.write(change)

    with_desk(node.settings, put)
    said = json.loads(node.run("outbox", "list", "--json"))
    node.run("outbox", "drop", "s2")

    assert said["sealed"] == [{"name": "s1", "what": "endedUnheard", "peer": "00000099000000000102", "waits": "no key"}]
    assert [(each["name"], each["refusal"]) for each in said["setAside"]] == [("s2", "ONTVANGER: no participant")]
    assert "s1\tendedUnheard for 00000099000000000102\twaits: no key" in node.run("outbox", "list")
    assert json.loads(node.run("outbox", "list", "--json"))["setAside"] == []
