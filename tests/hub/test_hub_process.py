"""The hub as its operator runs it: a process with real certificates, a restore, and every command."""

import asyncio
import json
import os
import signal as signals
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certs.authority import DevPki
from certs.identity import IdentityFile
from certs.statements import make_statement
from config.hub import HubSettings
from config.reading import read
from hub import app
from hub.jobs import state
from hub.matching import local_date, years_after
from hub.store.regions import JobRun
from hub_connector.failures import Refused
from soap_wsdl.vocabulary import (
    CollectMatches,
    CollectMatchesResponse,
    Cursor,
    EpochName,
    GetDirectory,
    GetStatus,
    KeyStatement,
    MailboxStatus,
    NoticeKind,
    Outcome,
    PublishKeys,
    PublishKeysResponse,
    Reason,
    Record,
    RegisterSignals,
)
from tests.hub.hub_installation import AMSTERDAM, HAAGLANDEN, Installation, install, said
from tests.hub.world import fresh_id, signal
from tests.pki import session_pki

COMMAND = "import sys; from hub.commands import hub; hub(sys.argv[1:])"


def today() -> date:
    """These tests use real connections, so their dates lie around the real day."""
    return local_date(datetime.now(UTC))


@pytest.fixture
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The PKI of this run."""
    return session_pki(tmp_path_factory)


@pytest.fixture
def installed(tmp_path: Path, pki: DevPki) -> Installation:
    """An installed hub that does not run."""
    return install(tmp_path, pki, today())


@contextmanager
def running(installed: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A running hub; it is asked to stop afterwards and does so well."""
    ready = installed.directory / "ready.json"
    ready.unlink(missing_ok=True)
    words = ["serve", "--config", str(installed.settings_file), "--ready", str(ready)]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, *words], stderr=subprocess.PIPE)
    try:
        for _ in range(600):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        if not ready.exists():
            process.kill()
            raise AssertionError(process.communicate()[1].decode())
        yield process
        process.send_signal(signals.SIGTERM)
        _, log = process.communicate(timeout=30)
        assert process.returncode == 0, log
        events = [json.loads(line)["event"] for line in log.splitlines()]
        assert "job-failed" not in events
        assert events[-1] == "stopped"
    finally:
        process.kill()
        process.wait()


def fresh_signal(child: str) -> Record:
    """A record with dates around the real day, under the installed epoch."""
    until = today() + timedelta(days=300)
    return signal(child, valid_until=until, archive_until=years_after(until, 5), epochs=(EpochName("now"),))


async def test_two_regions_meet_over_real_connections(installed: Installation) -> None:
    """Registered by one, in the waiting poll of the other; statuses, keys and the directory work too."""
    with running(installed):
        amsterdam, haaglanden = installed.client("amsterdam"), installed.client("haaglanden")
        try:
            theirs, ours = fresh_signal("child"), fresh_signal("child")
            first = await haaglanden.register_signals(RegisterSignals(fresh_id(), None, (theirs,)))
            cursor = Cursor(first.mailbox.seed, first.mailbox.number)
            poll = asyncio.create_task(haaglanden.collect_matches(CollectMatches(cursor, 200, 30, retell=False)))
            await asyncio.sleep(0.3)
            second = await amsterdam.register_signals(RegisterSignals(fresh_id(), None, (ours,)))
            waited: CollectMatchesResponse = await asyncio.wait_for(poll, 20)

            assert second.outcomes[0].outcome is Outcome.REGISTERED
            assert [(n.kind, n.card) for n in second.mailbox.notices] == [(NoticeKind.MATCH, theirs.entries[0].card)]
            assert [(n.kind, n.card) for n in waited.mailbox.notices] == [(NoticeKind.MATCH, ours.entries[0].card)]
            status = await amsterdam.get_status(GetStatus())
            assert (status.last_number, [count.live for count in status.epoch_counts]) == (1, [1])
            await _publish_keys(installed, amsterdam.publish_keys)
            directory = await haaglanden.get_directory(GetDirectory())
            assert [(r.oin, r.key_statement is not None) for r in directory.regions] == [
                (AMSTERDAM, True),
                (HAAGLANDEN, False),
            ]
        finally:
            await amsterdam.close()
            await haaglanden.close()
    report = said(installed.command("audit", "verify"))
    assert "intact" in report


async def _publish_keys(
    installed: Installation, publish: Callable[[PublishKeys], Awaitable[PublishKeysResponse]]
) -> None:
    """Its own statement is taken, the same again too; an older one, or another region's, is a fault."""
    statements = {}
    for party, serial in (("amsterdam", 2), ("amsterdam", 1), ("haaglanden", 3)):
        files = installed.pki.files(party)
        identity = IdentityFile(files.signing_certificate, files.signing_key).current()
        made = make_statement(identity.oin, serial, [], datetime.now(UTC), identity)
        statements[party, serial] = PublishKeys(KeyStatement(*made))
    for _ in range(2):
        assert (await publish(statements["amsterdam", 2])).serial == 2
    for other, code in ((("amsterdam", 1), "SERIE"), (("haaglanden", 3), "VERKLARING")):
        with pytest.raises(Refused) as refused:
            await publish(statements[other])
        assert refused.value.code == code


def test_a_hub_that_is_killed_leaves_nothing_behind(installed: Installation) -> None:
    """The processes that open and sign its envelopes end with it."""
    words = ["serve", "--config", str(installed.settings_file)]
    with subprocess.Popen([sys.executable, "-c", COMMAND, *words], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        told = (json.loads(line) for line in process.stderr)
        others = next(line["processes"] for line in told if line["event"] == "listening")
        for pid in others:
            os.kill(pid, 0)
        process.kill()
    assert len(others) == 3
    for _ in range(600):
        if not any(map(_alive, others)):
            return
        time.sleep(0.05)
    raise AssertionError("they are still there")


def _alive(pid: int) -> bool:
    """Whether it still runs; one that ended and was not taken note of by its new parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_a_restored_backup_draws_a_new_seed_and_heals(installed: Installation) -> None:
    """As in docs/how-to/restore-hub.md: back up while it runs, stop, restore, start, offer again."""
    copy = installed.directory / "copy.db"
    theirs, ours = fresh_signal("child"), fresh_signal("child")
    with running(installed):
        amsterdam, haaglanden = installed.client("amsterdam"), installed.client("haaglanden")
        await haaglanden.register_signals(RegisterSignals(fresh_id(), None, (theirs,)))
        assert "generation" in said(installed.command("backup", str(copy)))
        first = await amsterdam.register_signals(RegisterSignals(fresh_id(), None, (ours,)))
        refused = installed.command("restore", str(copy))
        assert refused.exit_code == 1
        assert "stop it first" in refused.output
        await amsterdam.close()
        await haaglanden.close()
    assert "new seed" in said(installed.command("restore", str(copy)))
    assert len(list(installed.directory.glob("hub.db.before-*"))) >= 1
    with running(installed):
        amsterdam, haaglanden = installed.client("amsterdam"), installed.client("haaglanden")
        page = (
            await amsterdam.collect_matches(
                CollectMatches(Cursor(first.mailbox.seed, first.mailbox.number), 200, 0, retell=False)
            )
        ).mailbox
        assert page.status is MailboxStatus.NEW_SEED
        await haaglanden.register_signals(RegisterSignals(fresh_id(), None, (replace(theirs, reason=Reason.AGAIN),)))
        again = await amsterdam.register_signals(
            RegisterSignals(fresh_id(), Cursor(page.seed, page.number), (replace(ours, reason=Reason.AGAIN),))
        )
        assert [notice.kind for notice in again.mailbox.notices] == [NoticeKind.MATCH]
        await amsterdam.close()
        await haaglanden.close()


def test_a_damaged_backup_changes_nothing(installed: Installation) -> None:
    """It is looked at before anything is moved."""
    before = (installed.directory / "outside" / "generation").read_text() if _begun(installed) else ""
    bad = installed.directory / "bad.db"
    bad.write_bytes(b"SQLite format 3\0" + bytes(5000))

    refused = installed.command("restore", str(bad))

    assert refused.exit_code == 1
    assert "not a backup" in refused.output
    assert (installed.directory / "outside" / "generation").read_text() == before


def _begun(installed: Installation) -> bool:
    with running(installed):
        return True


def test_status_and_the_other_commands_say_how_the_hub_is(installed: Installation) -> None:
    """Jobs, regions, epochs, the head of the audit log, certificates; sweeping by hand; suspending and departing."""
    with running(installed):
        status = json.loads(said(installed.command("status")))
    assert {name: job["state"] for name, job in status["jobs"].items()} == {
        "certificates": "well",
        "audit-head": "well",
        "forget-messages": "well",
        "generation": "well",
        "sweep": "well",
    }
    assert status["certificates"] == []
    assert status["audit"]["intact"]
    assert status["generation"] == status["generation_outside"]
    assert [epoch["name"] for epoch in status["epochs"]] == ["now"]
    assert "Archived 0" in said(installed.command("sweep"))
    said(installed.command("regions", "suspend", HAAGLANDEN))
    said(installed.command("regions", "depart", AMSTERDAM, "--yes"))
    listed = said(installed.command("regions", "list"))
    assert f"{AMSTERDAM}  departed" in listed
    assert f"{HAAGLANDEN}  suspended" in listed
    assert installed.command("regions", "suspend", "00000099000000009999").exit_code == 1
    assert installed.command("regions", "add", "12", "X").exit_code == 1


@pytest.mark.parametrize("days", [60, 30, 7])
def test_the_hub_says_when_its_certificates_end(installed: Installation, days: int) -> None:
    """Issue 2, 3: warnings at 60, 30 and 7 days, of TLS and signing alike."""
    settings = read(installed.settings_file, HubSettings)
    files = IdentityFile(settings.certificates.tls_certificate, settings.certificates.tls_key)
    ends = x509.load_der_x509_certificate(files.current().certificate).not_valid_after_utc

    told = app.certificates_due(settings, ends - timedelta(days=days))

    for file in (settings.certificates.tls_certificate, settings.certificates.signing_certificate):
        assert [line for line in told if line.startswith(str(file)) and f"within {days} days" in line]


def test_a_daily_job_is_not_late_after_three_hours() -> None:
    """Nor is an hourly one forgiven that long."""
    run = JobRun("certificates", 0, 0, None)
    later = datetime.fromtimestamp(3 * 3600, UTC)

    assert state(run, later) == "late"
    assert state(run, later, app.DAILY_LATE) == "well"


def test_a_broken_audit_log_is_found(installed: Installation) -> None:
    """An edited line ends verify and status with 1."""
    with sqlite3.connect(installed.directory / "hub.db") as connection:
        connection.execute("DROP TRIGGER audit_is_never_edited")
        connection.execute("UPDATE audit SET fields = '{}' WHERE number = 1")

    verified = installed.command("audit", "verify")
    assert verified.exit_code == 1
    assert "line 1" in verified.output
    assert installed.command("status").exit_code == 1


def test_without_what_lies_outside_there_is_no_start(installed: Installation) -> None:
    """And migrate does not make a second pepper for a database that has one."""
    (installed.directory / "outside").rename(installed.directory / "elsewhere")

    for command in ("serve", "migrate"):
        refused = installed.command(command)
        assert refused.exit_code == 1
        assert "pepper" in refused.output


@pytest.mark.parametrize("pair", ["tls", "signing"])
def test_another_partys_certificate_is_found_at_the_start_of_the_hub(installed: Installation, pair: str) -> None:
    """Rather than by every region refusing every answer; status shows it too."""
    text = installed.settings_file.read_text()
    installed.settings_file.write_text(text.replace(f"/hub/{pair}.", f"/utrecht/{pair}."))

    refused = installed.command("serve")
    status = json.loads(installed.command("status").output)

    assert refused.exit_code == 1
    assert "its OIN is 00000099000000000103, which is another party" in refused.output
    assert [line for line in status["certificates"] if "another party" in line]
