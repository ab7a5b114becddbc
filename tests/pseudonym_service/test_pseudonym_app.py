"""The whole service over real mutual TLS: a region asks, an operator commands, epochs come and go."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from certs.authority import PARTIES, DevPki
from certs.identity import IdentityUnusable
from certs.oprf import VOPRF, Evaluation, random_scalar
from hub_connector.client import PseudonymClient
from hub_connector.failures import NotNow, Refused
from pseudonym_service import app
from pseudonym_service.app import build, tidy
from soap_wsdl.vocabulary import EpochName, EvaluateBlinded, EvaluateBlindedResponse, GetEpochs, Purpose
from tests.pseudonym_service.installation import TODAY, Installation, install, said
from tests.pseudonym_service.scheme_world import AMSTERDAM

INPUTS = [f"input {number}".encode() for number in range(500)]
BLINDS = [random_scalar(os.urandom) for _ in INPUTS]
BLINDED = tuple(VOPRF.blind(INPUTS, BLINDS))


@pytest.fixture
def installed(tmp_path: Path, pki: DevPki) -> Installation:
    """A service that is ready to start."""
    return install(tmp_path, pki)


async def ask(client: PseudonymClient, count: int, batch: UUID | None = None) -> EvaluateBlindedResponse:
    """An evaluation of the first ``count`` elements."""
    message = EvaluateBlinded(batch or uuid4(), EpochName("now"), Purpose.YOUTH, BLINDED[:count])
    return await client.evaluate_blinded(message)


async def test_a_region_derives_over_the_wire(installed: Installation) -> None:
    """TLS, signature, schema, budget, proof: the whole way and back."""
    client = installed.client()
    async with installed.serving():
        answer = await ask(client, 500)
        epochs = await client.get_epochs(GetEpochs())
    await client.close()

    public = installed.world.epochs["now"].keys["youth"]
    VOPRF.verify_and_finalize(INPUTS, BLINDS, list(BLINDED), Evaluation(answer.evaluated, answer.proof), public)
    assert answer.budget_left.today == 500
    assert epochs.epoch_file == (installed.world.bundle / "epochs.json").read_bytes()


async def test_a_party_that_is_no_region_is_refused(installed: Installation) -> None:
    """The hub has a good certificate, and no business here."""
    client = installed.client("hub")
    async with installed.serving():
        with pytest.raises(Refused, match="0002"):
            await ask(client, 1)
    await client.close()


async def test_a_spent_budget_stays_spent_over_a_restart(installed: Installation) -> None:
    """And the batch that was counted still counts once."""
    client, batch = installed.client(), uuid4()
    async with installed.serving():
        await ask(client, 500, batch)
        await ask(client, 500)
    async with installed.serving():
        again = await ask(client, 500, batch)
        with pytest.raises(NotNow) as stopped:
            await ask(client, 1)
    await client.close()

    assert again.budget_left.today == 0
    assert stopped.value.code == "BUDGET"
    assert stopped.value.retry_after is not None
    assert 0 < stopped.value.retry_after <= 25 * 3600


async def test_an_allowance_by_two_operators_opens_the_budget_of_a_running_service(tmp_path: Path, pki: DevPki) -> None:
    """Key, make, sign, sign, enter: from the command line, without a restart."""
    keys = {name: tmp_path / f"{name}.key" for name in ("anne", "bram")}
    blank = install(tmp_path, pki)
    public = {name: said(blank.plain("allow", "key", str(path))).strip() for name, path in keys.items()}
    text = blank.settings_file.read_text()
    blank.settings_file.write_text(text + "".join(f'{name} = "{key}"\n' for name, key in public.items()))
    document = str(tmp_path / "allowance.json")
    client = blank.client()
    async with blank.serving():
        await ask(client, 500)
        await ask(client, 500)
        days = ("--from", f"{TODAY - timedelta(days=1)}", "--until", f"{TODAY + timedelta(days=2)}")
        about = ("--region", AMSTERDAM, "--reason", "import", "--elements", "700", *days)
        said(blank.command("allow", "make", document, *about))
        said(blank.plain("allow", "sign", document, "--operator", "anne", "--key", str(keys["anne"])))
        early = blank.command("allow", "enter", document)
        said(blank.plain("allow", "sign", document, "--operator", "bram", "--key", str(keys["bram"])))
        entered = said(blank.command("allow", "enter", document))
        twice = said(blank.command("allow", "enter", document))
        answer = await ask(client, 500)
    await client.close()

    assert early.exit_code == 1
    assert "two operators" in early.output
    assert "700 elements more" in entered
    assert "before" in twice
    assert answer.budget_left.allowance == 200


async def test_status_tells_how_each_region_stands(installed: Installation) -> None:
    """Beside the running service, as JSON."""
    client = installed.client()
    async with installed.serving():
        await ask(client, 500)
        status = json.loads(said(installed.command("status")))
    await client.close()

    assert status["epochFile"] == 1
    assert [(epoch["name"], epoch["inForce"], epoch["keysHere"]) for epoch in status["epochs"]] == [("now", True, True)]
    assert status["regions"][AMSTERDAM]["usedToday"] == 500
    assert {alarm["kind"] for alarm in status["alarms"]} >= {"half-of-day", "steep-hour"}
    assert status["audit"]["lines"] > 0


def test_a_key_that_is_gone_is_put_back_not_made_anew(installed: Installation) -> None:
    """What is sealed with it would never open again, and nobody would see that a key is missing."""
    installed.settings.key_encryption_key.unlink()

    tried = installed.command("migrate")

    assert tried.exit_code == 1
    assert "put it back" in tried.output
    assert not installed.settings.key_encryption_key.exists()


async def test_a_certificate_that_ends_soon_is_told_in_the_log_and_in_status(tmp_path: Path, pki: DevPki) -> None:
    """The service warns by itself, at start and every day; a certificate with a long life ahead is not spoken of."""
    own = pki.copy(tmp_path / "pki")
    installed = install(tmp_path, own)
    assert json.loads(said(installed.command("status")))["certificates"] == []
    party = next(each for each in PARTIES if each.name == "pseudonyms")
    own.renew(party, datetime.now(UTC), timedelta(days=20))

    with capture_logs() as lines:
        async with installed.serving():
            await asyncio.sleep(0)
    status = json.loads(said(installed.command("status")))

    told = [line["what"] for line in lines if line["event"] == "certificate-due"]
    assert len(told) == 2
    assert all("within 30 days" in each for each in told)
    assert status["certificates"] == told


async def test_start_and_stop_stand_in_an_audit_log_that_verifies(installed: Installation) -> None:
    """What an auditor runs."""
    async with installed.serving():
        pass

    shown = said(installed.command("audit", "show"))

    assert [line.split()[2] for line in shown.splitlines()] == [
        "epoch-file-accepted",
        "service-started",
        "service-stopped",
    ]
    assert "3 lines, intact" in said(installed.command("audit", "verify"))


def test_a_changed_audit_log_does_not_verify(installed: Installation) -> None:
    """Someone with the file in hands."""
    said(installed.command("keys", "new", "next"))
    db = app.open_database(installed.settings)
    db.write_now(lambda tx: tx.execute("DROP TRIGGER audit_is_never_edited") and None)
    db.write_now(lambda tx: tx.execute("UPDATE audit SET fields = '{}'") and None)
    db.close()

    broken = installed.command("audit", "verify")

    assert broken.exit_code == 1
    assert "line 1" in broken.output


def test_keys_are_made_listed_and_destroyed_by_command(installed: Installation, tmp_path: Path) -> None:
    """Public keys go to a file; keys of an epoch in force are only destroyed on purpose."""
    out = tmp_path / "next.json"
    said(installed.command("keys", "new", "next", "--out", str(out)))
    listed = said(installed.command("keys", "list"))
    shown = said(installed.command("keys", "public", "next"))
    guarded = installed.command("keys", "destroy", "now")
    said(installed.command("keys", "destroy", "now", "--yes"))

    assert json.loads(out.read_text())["epoch"] == "next"
    assert shown == out.read_text()
    assert "next  not in the epoch file yet" in listed
    assert guarded.exit_code == 1
    assert "now" not in said(installed.command("keys", "list"))


async def test_the_keys_of_an_ended_epoch_are_destroyed_by_themselves(installed: Installation) -> None:
    """A day after its end, and noted; keys that wait for the scheme owner stay."""
    said(installed.command("keys", "new", "waiting"))
    installed.world.epoch("old", TODAY - timedelta(days=400), TODAY - timedelta(days=31))
    installed.world.epoch("fresh", TODAY - timedelta(days=35), TODAY)
    installed.world.publish()
    service = build(installed.settings)
    old = next(each for each in service.bundle.look().epochs if each.name == "old")
    service.secret_keys.key(old, "youth")

    await tidy(service)
    still_held = service.secret_keys.drop_destroyed()
    service.close()

    left = [line.split()[0] for line in said(installed.command("keys", "list")).splitlines()]
    assert left == ["fresh", "now", "waiting"]
    assert still_held == ()
    assert 'keys-destroyed  {"epoch":"old","why":"ended"}' in said(installed.command("audit", "show"))


def test_a_database_that_waits_for_migrate_says_so(installed: Installation) -> None:
    """serve does not migrate behind the operator's back."""
    installed.settings.database.unlink()

    waiting = installed.command("status")

    assert waiting.exit_code == 1
    assert "migrate" in waiting.output


def test_another_partys_certificate_is_found_at_start(installed: Installation) -> None:
    """Rather than by every region refusing every answer."""
    text = installed.settings_file.read_text()
    installed.settings_file.write_text(text.replace("/pseudonyms/signing", "/hub/signing"))

    with pytest.raises(IdentityUnusable, match=r"its OIN is .* another party"):
        build(installed.settings)
