"""`verwijsindex hub`: serve, migrate, regions, sweep, backup, restore, status and audit, for the operator."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from certs.identity import IdentityUnusable
from config.command_line import FILE, plainly, ready_option, settings_option
from config.hub import HubSettings
from config.logs import log_as_json
from config.reading import read
from config.version import software_version
from hub import app, audit, jobs, registry
from hub.outside import HubRuns, Outside, OutsideMissing
from hub.restoring import BackupUnusable, restore_database
from hub.store import mailbox, regions
from hub.store.regions import NoSuchRegion
from hub.store.sqlite import PepperDiffers, backup, begin, open_database, store_on
from ledger import Database, SchemaDiffers, Tx, WriteFailed, verify
from soap_wsdl.envelopes_apart import NotStarted
from soap_wsdl.vocabulary import Oin

_plainly = plainly(
    SchemaDiffers,
    IdentityUnusable,
    OutsideMissing,
    HubRuns,
    PepperDiffers,
    BackupUnusable,
    WriteFailed,
    FileExistsError,
    NoSuchRegion,
    NotStarted,
)


@contextmanager
def _opened(settings: HubSettings) -> Iterator[Database]:
    database = open_database(settings.database)
    try:
        yield database
    finally:
        database.close()


@click.group()
def hub() -> None:
    """The national hub: lets regions meet about a youth whom it cannot know."""


@hub.command()
@settings_option
@ready_option
@_plainly
def serve(config: Path, ready: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    app.run(read(config, HubSettings), ready)


@hub.command()
@settings_option
@_plainly
def migrate(config: Path) -> None:
    """Make the database and what lies outside it, or bring them up to this version. Twice does nothing."""
    settings = read(config, HubSettings)
    outside = settings.outside_directory
    if settings.database.exists() and not (outside / "pepper").exists():
        raise OutsideMissing(f"{settings.database} exists but {outside} has no pepper: put that directory back.")
    fresh = not (outside / "pepper").exists()
    Outside.make(outside)
    open_database(settings.database, migrate=True).close()
    if fresh:
        click.echo(f"Made {outside}: keep a copy of it apart from the backups of the database.")
    click.echo(f"{settings.database} is up to date.")


@hub.group(name="regions")
def regions_group() -> None:
    """The registry: who may speak at the hub, besides holding a certificate."""


@regions_group.command()
@click.argument("oin")
@click.argument("name")
@settings_option
@_plainly
def add(oin: str, name: str, config: Path) -> None:
    """Register the region with this OIN under NAME, or make a suspended one active again."""
    if len(oin) != 20 or not oin.isdigit():
        raise click.ClickException("An OIN is 20 digits.")
    if not 1 <= len(name) <= 80:
        raise click.ClickException("A name is 1 to 80 characters.")
    settings = read(config, HubSettings)
    with _opened(settings) as database:
        new = registry.add(database, Outside(settings.outside_directory), Oin(oin), name, app.clock())
    click.echo(f"{name} is {'registered' if new else 'active'}.")


@regions_group.command()
@click.argument("oin")
@settings_option
@_plainly
def suspend(oin: str, config: Path) -> None:
    """Let the region OIN in no more, for now; its records stay, and live by their dates."""
    with _opened(read(config, HubSettings)) as database:
        registry.suspend(database, Oin(oin), app.clock())
    click.echo("Suspended. Its open poll is answered, and no more than that.")


@regions_group.command()
@click.argument("oin")
@settings_option
@click.option("--yes", is_flag=True, help="Do not ask: all its records are destroyed.")
@_plainly
def depart(oin: str, config: Path, yes: bool) -> None:
    """The region OIN takes part no more: end and destroy its records, tell the others, keep its keys listed."""
    if not yes:
        click.confirm("All records of this region are destroyed. Go on?", abort=True)
    settings = read(config, HubSettings)
    with _opened(settings) as database:
        count = registry.depart(database, Outside(settings.outside_directory), Oin(oin), app.clock())
    click.echo(f"Departed; {count} records ended. Nodes that wait hear of it at their next poll.")


@regions_group.command(name="list")
@settings_option
@_plainly
def list_regions(config: Path) -> None:
    """Every region that ever took part."""
    with _opened(read(config, HubSettings)) as database:
        for region in database.read_now(regions.registry):
            due = "  comparison due" if region.comparison_due else ""
            click.echo(f"{region.oin}  {region.status.value:<9}  {region.name}{due}")


@hub.command()
@settings_option
@_plainly
def sweep(config: Path) -> None:
    """Do now what dates demand; the hub does it every hour by itself. Twice does nothing."""
    settings = read(config, HubSettings)
    log_as_json()
    with _opened(settings) as database:
        store = store_on(database, Outside(settings.outside_directory))
        swept = asyncio.run(store.sweep(app.clock(), app.epochs_of(settings, database).schedule()))
    click.echo(
        f"Archived {swept.archived}, destroyed {swept.destroyed}, epochs ended {swept.epochs_ended},"
        f" waiting {swept.waiting}, notices forgotten {swept.notices}, tombstones forgotten {swept.tombstones}."
    )


@hub.command(name="backup")
@click.argument("target", type=FILE)
@settings_option
@_plainly
def backup_command(target: Path, config: Path) -> None:
    """Copy the database to TARGET, consistent, while the hub works."""
    settings = read(config, HubSettings)
    with _opened(settings) as database:
        generation = backup(database, Outside(settings.outside_directory), target, app.clock())
    click.echo(f"{target} holds generation {generation}. The directory outside is not in it.")


@hub.command()
@click.argument("source", type=FILE)
@settings_option
@_plainly
def restore(source: Path, config: Path) -> None:
    """Put the database SOURCE back, do later deletions again, take a new seed. The hub must be stopped."""
    settings = read(config, HubSettings)
    outside = Outside(settings.outside_directory)
    with outside.locked():
        aside = restore_database(source, settings.database, outside, app.clock())
        with _opened(settings) as database:
            beginning = begin(database, outside, app.clock(), app.fresh_seed(), software_version())
    if aside is not None:
        click.echo(f"The database that was there is {aside}: remove it when all is well.")
    click.echo(
        f"Restored as generation {beginning.generation}, with a new seed; {beginning.replayed} deletions done again."
        " Start the hub: the regions will offer everything again."
    )


@hub.command()
@settings_option
@_plainly
def status(config: Path) -> None:
    """How the hub is, as one JSON object. Ends with 1 when a job failed or is late, or the audit log is broken."""
    settings = read(config, HubSettings)
    outside = Outside(settings.outside_directory)
    now = app.clock()

    def question(tx: Tx) -> dict[str, Any]:
        report = verify(tx)
        house = tx.one("SELECT generation FROM house")
        return {
            "seed": str(mailbox.seed_of(tx)) if house else None,
            "generation": house["generation"] if house else None,
            "generation_outside": outside.generation(),
            "records": {
                row["standing"]: row["how_many"]
                for row in tx.all("SELECT standing, COUNT(*) AS how_many FROM record GROUP BY standing")
            },
            "regions": [
                {
                    "oin": region.oin,
                    "name": region.name,
                    "status": region.status.value,
                    "comparison_due": region.comparison_due,
                    "notices_waiting": max(0, region.last_number - region.acknowledged),
                }
                for region in regions.registry(tx)
            ],
            "jobs": {
                run.name: {
                    "state": jobs.state(run, now, app.DAILY_LATE if run.name in app.DAILY else jobs.LATE),
                    "finished": _moment(run.finished),
                    "failed": _moment(run.failed),
                }
                for run in regions.jobs(tx)
                if run.name != "sweep-at-midnight"
            },
            "audit": {"lines": report.lines, "head": report.head.hex(), "intact": report.intact},
        }

    with _opened(settings) as database:
        found = database.read_now(question)
        refused: list[str] = []
        found["epochs"] = [
            {"name": epoch.name, "begins": str(epoch.begins), "ends": str(epoch.ends)}
            for epoch in app.epochs_of(settings, database, refused.append).schedule().epochs
        ]
    found["epochs_refused"] = refused
    found["certificates"] = list(app.certificates_due(settings, now))
    click.echo(json.dumps(found, indent=2))
    if not found["audit"]["intact"] or any(job["state"] != "well" for job in found["jobs"].values()):
        raise SystemExit(1)


def _moment(at: int | None) -> str | None:
    return datetime.fromtimestamp(at, UTC).isoformat() if at is not None else None


@hub.group(name="audit")
def audit_group() -> None:
    """The hash-chained audit log."""


@audit_group.command(name="verify")
@settings_option
@_plainly
def audit_verify(config: Path) -> None:
    """Walk the whole chain of the log. Ends with 1 at a line that was edited, inserted or removed."""
    with _opened(read(config, HubSettings)) as database:
        report = database.read_now(verify)
    if not report.intact:
        raise click.ClickException(report.words)
    click.echo(report.words)


@audit_group.command(name="events")
def audit_events() -> None:
    """Every event that the log can hold, and the fields that it may carry."""
    for event in audit.EVENTS:
        click.echo(f"{event.name}  {' '.join(event.fields)}")
