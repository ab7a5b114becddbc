"""`verwijsindex pseudonyms`: serve, migrate, keys, allowances, status and audit, for the operator."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import click

from certs.identity import IdentityUnusable, replace_file
from certs.keyring import EpochFileRefused
from certs.sealing import KeysUnusable, write_new_file
from config.command_line import FILE, plainly, ready_option, settings_option
from config.pseudonyms import PseudonymSettings
from config.reading import read
from ledger import Database, SchemaDiffers, Tx, WriteFailed, last_lines, record, verify
from pseudonym_service import allowances, app, audit, keys, store
from pseudonym_service.budgets import LOCAL
from pseudonym_service.bundle import BundleMissing
from pseudonym_service.reporting import status_of
from soap_wsdl.vocabulary import Oin

MOMENTS = ["%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
"""How a moment may be written."""
ALARM_DAYS = 7
"""How far back status shows alarms."""

_plainly = plainly(
    SchemaDiffers,
    KeysUnusable,
    IdentityUnusable,
    EpochFileRefused,
    BundleMissing,
    WriteFailed,
    keys.KeysRefused,
    allowances.AllowanceRefused,
    FileExistsError,
)


@click.group()
def pseudonyms() -> None:
    """The pseudonym service: evaluates blinded elements, counts them, and never sees who they are about."""


@pseudonyms.command()
@settings_option
@ready_option
@_plainly
def serve(config: Path, ready: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    app.run(read(config, PseudonymSettings), ready)


@pseudonyms.command()
@settings_option
@_plainly
def migrate(config: Path) -> None:
    """Make the database, or bring it up to this version. Twice does nothing."""
    settings = read(config, PseudonymSettings)
    app.open_database(settings, migrate=True).close()
    if not settings.key_encryption_key.exists():
        if keys.names(settings.keys_directory):
            raise click.ClickException(
                f"{settings.key_encryption_key} is gone, and keys are sealed with it: put it back."
            )
        write_new_file(settings.key_encryption_key, "first", os.urandom)
        click.echo(f"Made {settings.key_encryption_key}: keep a copy of it apart from every other backup.")
    click.echo(f"{settings.database} is up to date.")


@pseudonyms.group(name="keys")
def keys_group() -> None:
    """The secret keys of the epochs. They never leave this machine; the public keys go to the scheme owner."""


@keys_group.command()
@click.argument("name")
@settings_option
@click.option("--out", type=FILE, help="Where to write the public keys for the scheme owner; else to the screen.")
@_plainly
def new(name: str, config: Path, out: Path | None) -> None:
    """Draw the secret keys of a new epoch NAME and give its public keys."""
    settings = read(config, PseudonymSettings)
    db = app.open_database(settings)
    try:
        public = keys.make(settings.keys_directory, name, app.provider_of(settings), os.urandom)
        made = app.clock()
        db.write_now(lambda tx: record(tx, audit.KEYS_MADE, made, epoch=name))
    finally:
        db.close()
    _give(public, out)


@keys_group.command()
@click.argument("name")
@settings_option
@click.option("--out", type=FILE, help="Where to write them; else to the screen.")
@_plainly
def public(name: str, config: Path, out: Path | None) -> None:
    """Give the public keys of epoch NAME once more."""
    _give(keys.public_keys(read(config, PseudonymSettings).keys_directory, name), out)


@keys_group.command(name="list")
@settings_option
@_plainly
def list_keys(config: Path) -> None:
    """Which epochs have secret keys here, and what the signed epoch file says of them."""
    settings = read(config, PseudonymSettings)
    db = app.open_database(settings)
    try:
        epochs = {epoch.name: epoch for epoch in app.bundle_of(settings, db).look().epochs}
    except BundleMissing:
        epochs = {}
    finally:
        db.close()
    for name in keys.names(settings.keys_directory):
        known = epochs.get(name)
        click.echo(f"{name}  {f'{known.begins} to {known.ends}' if known else 'not in the epoch file yet'}")


@keys_group.command()
@click.argument("name")
@settings_option
@click.option("--yes", is_flag=True, help="Also when the epoch has not ended: every tag of it becomes unreachable.")
@_plainly
def destroy(name: str, config: Path, yes: bool) -> None:
    """Destroy the secret keys of epoch NAME, for good. The service does this by itself after an epoch's end."""
    settings = read(config, PseudonymSettings)
    db = app.open_database(settings)
    try:
        now = app.clock()
        if not yes and not _has_ended(settings, db, name, now):
            raise click.ClickException(f"Epoch {name} has not ended. Destroy its keys all the same with --yes.")
        keys.destroy(settings.keys_directory, name)
        app.note_destroyed(db, name, "by an operator", now)
    finally:
        db.close()
    click.echo(f"The secret keys of {name} are destroyed.")


@pseudonyms.group()
def allow() -> None:
    """Open a region's budget for a rotation, an import or a recovery, with the signatures of two operators."""


@allow.command()
@click.argument("out", type=FILE)
@_plainly
def key(out: Path) -> None:
    """Make an operator's key in a new file OUT; the public key that is shown goes into the settings."""
    click.echo(allowances.new_operator_key(out))


@allow.command()
@click.argument("out", type=FILE)
@settings_option
@click.option("--region", required=True, help="The OIN of the region.")
@click.option("--reason", type=click.Choice(allowances.REASONS), required=True, help="Why.")
@click.option("--elements", type=click.IntRange(1), required=True, help="How many elements it holds.")
@click.option("--from", "opens", type=click.DateTime(MOMENTS), required=True, help="From when, local time.")
@click.option("--until", "closes", type=click.DateTime(MOMENTS), required=True, help="Until when, local time.")
@_plainly
def make(out: Path, config: Path, region: str, reason: str, elements: int, opens: datetime, closes: datetime) -> None:
    """Write an allowance into a new file OUT, for two operators to read and sign."""
    settings = read(config, PseudonymSettings)
    if region not in settings.regions:
        raise click.ClickException("This region is not in the settings.")
    allowance = store.Allowance(
        uuid4(), Oin(region), reason, elements, 0, opens.replace(tzinfo=LOCAL), closes.replace(tzinfo=LOCAL)
    )
    document = allowances.Document(allowance, Oin(settings.oin))
    allowances.read(document.text())
    with out.open("xb") as file:
        file.write(document.text())
    click.echo(f"{elements} elements for {settings.regions[region].name}, not signed yet: {out}")


@allow.command()
@click.argument("document", type=FILE)
@click.option("--operator", required=True, help="Your name in the settings of the service.")
@click.option("--key", "key_file", type=FILE, required=True, help="Your key file.")
@_plainly
def sign(document: Path, operator: str, key_file: Path) -> None:
    """Sign the allowance in DOCUMENT, after reading it."""
    unsigned = allowances.read(_content(document))
    signed = allowances.sign(unsigned, operator, allowances.operator_key(key_file))
    replace_file(document, signed.text())
    click.echo(f"Signed by {', '.join(name for name, _ in signed.signatures)}.")


@allow.command()
@click.argument("document", type=FILE)
@settings_option
@_plainly
def enter(document: Path, config: Path) -> None:
    """Let the twice signed allowance in DOCUMENT take effect at once, also while the service runs. Twice is once."""
    settings = read(config, PseudonymSettings)
    now = app.clock()
    signed = allowances.read(_content(document))
    first, second = allowances.verify(signed, app.operators_of(settings), Oin(settings.oin), now)
    allowance = signed.allowance
    if allowance.oin not in settings.regions:
        raise click.ClickException("This region is not in the settings.")

    def change(tx: Tx) -> bool:
        entered = store.put_allowance(tx, allowance, signed.text())
        if entered:
            record(
                tx,
                audit.ALLOWANCE_ENTERED,
                now,
                allowance=str(allowance.allowance_id),
                region=allowance.oin,
                reason=allowance.reason,
                elements=allowance.elements,
                opens=allowance.opens.astimezone(UTC).isoformat(),
                closes=allowance.closes.astimezone(UTC).isoformat(),
                first=first,
                second=second,
            )
        return entered

    db = app.open_database(settings)
    try:
        entered = db.write_now(change)
    finally:
        db.close()
    name = settings.regions[allowance.oin].name
    click.echo(f"{name} may use {allowance.elements} elements more." if entered else "It was entered before.")


@pseudonyms.command()
@settings_option
@_plainly
def status(config: Path) -> None:
    """How the service stands, as JSON: epochs, keys, use, allowances, alarms, audit head, certificates that are due."""
    settings = read(config, PseudonymSettings)
    db = app.open_database(settings)
    try:
        now = app.clock()
        try:
            file = app.bundle_of(settings, db).look()
        except BundleMissing:
            file = None
        held = keys.names(settings.keys_directory)
        limits = app.limits_of(settings)
        since = now - timedelta(days=ALARM_DAYS)
        said = db.read_now(lambda tx: status_of(tx, file, held, limits, now, since))
        said["certificates"] = list(app.certificates_due(settings, now))
    finally:
        db.close()
    click.echo(json.dumps(said, indent=2))


@pseudonyms.group(name="audit")
def audit_group() -> None:
    """The audit log: who asked how much, when."""


@audit_group.command(name="verify")
@settings_option
@_plainly
def verify_audit(config: Path) -> None:
    """Walk the chain of the audit log; ends with 1 when a line was changed, added or taken out."""
    db = app.open_database(read(config, PseudonymSettings))
    try:
        report = db.read_now(verify)
    finally:
        db.close()
    if not report.intact:
        raise click.ClickException(report.words)
    click.echo(report.words)


@audit_group.command(name="show")
@settings_option
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many lines.")
@_plainly
def show_audit(config: Path, last: int) -> None:
    """The last lines of the audit log, oldest first."""
    db = app.open_database(read(config, PseudonymSettings))
    try:
        lines = db.read_now(lambda tx: last_lines(tx, last))
    finally:
        db.close()
    for line in lines:
        click.echo(line)


def _has_ended(settings: PseudonymSettings, db: Database, name: str, now: datetime) -> bool:
    today = now.astimezone(LOCAL).date()
    epochs = app.bundle_of(settings, db).look().epochs
    return any(epoch.name == name and epoch.ends <= today for epoch in epochs)


def _give(content: bytes, out: Path | None) -> None:
    if out is None:
        click.echo(content.decode(), nl=False)
        return
    with out.open("xb") as file:
        file.write(content)
    click.echo(f"Public keys for the scheme owner: {out}")


def _content(document: Path) -> bytes:
    try:
        return document.read_bytes()
    except OSError as error:
        raise allowances.AllowanceRefused(f"{document}: cannot be read ({error.strerror}).") from None
