"""The pages about certificates say what the code does: their commands run, their tables are complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs.command import certs
from certs.trust import Reason
from config.certificates import Certificates

DOCS = Path(__file__).parents[2] / "docs"


def test_the_how_to_can_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command of "Rotate certificates", in its order, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "how-to" / "rotate-certificates.md").read_text("utf-8")
    commands = re.findall(r"^\$ verwijsindex certs (.+)$", page, re.MULTILINE)
    assert len(commands) >= 8

    for command in commands:
        result = CliRunner().invoke(certs, shlex.split(command))
        assert result.exit_code == 0, f"{command}: {result.output}"

    assert "takes back 1 certificate" in result.output


def test_the_reference_names_every_reason_and_every_setting() -> None:
    """No more and no fewer."""
    page = (DOCS / "reference" / "certificates.md").read_text("utf-8")
    reasons = page.split("## Why a certificate is refused")[1].split("##")[0]
    settings = page.split("## Files")[1].split("##")[0]

    assert re.findall(r"^\| `([a-z-]+)` \|", reasons, re.MULTILINE) == [reason.value for reason in Reason]
    assert re.findall(r"^\| `([a-z_]+)` \|", settings, re.MULTILINE) == list(Certificates.model_fields)
