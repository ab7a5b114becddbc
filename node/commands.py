"""The commands of a node: ``verwijsindex node …``.

What a professional does (signal, extend, end, undo, matches) goes through the door of the node that serves this
database, and straight to the database when none does: a lock file tells which. What an operator does goes to the
database itself, whoever else has it open; a node that serves sees it within a minute.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from config.node import NodeSettings
from node.command_line import (
    at_the_door,
    bring_in_list,
    dry_run_option,
    echo_json,
    plainly,
    require_all,
    serves,
    settings_option,
    who_option,
    with_desk,
)

ELSEWHERE = {
    **dict.fromkeys(("outbox", "reconcile", "rekey", "keys", "alarms"), "node.exchange_commands"),
    **dict.fromkeys(
        ("mark", "renew", "ending", "archive", "informing", "retention", "remove-at-request", "excluded-addresses"),
        "node.life_commands",
    ),
    **dict.fromkeys(("signal", "matches", "give-bsn", "confirm"), "node.signal_commands"),
    **dict.fromkeys(("roles", "colleagues", "profile"), "node.people_commands"),
    "moves": "node.moves_commands",
    "log": "node.log_commands",
    **dict.fromkeys(("organisations", "agreements", "designations"), "node.organisation_commands"),
    **dict.fromkeys(("signals", "imports"), "node.import_commands"),
}
"""Commands that have a file of their own, and which."""


class NodeGroup(click.Group):
    """The commands here, and those of other files, loaded when one is asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted({*super().list_commands(context), *ELSEWHERE})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name in ELSEWHERE:
            command = getattr(import_module(ELSEWHERE[name]), name.replace("-", "_"))
            return command if isinstance(command, click.Command) else None
        return super().get_command(context, name)


@click.group(cls=NodeGroup)
def node() -> None:
    """A region: its signals, matches, people and professionals."""


@node.command()
@settings_option
@click.option("--ready", type=click.Path(dir_okay=False, path_type=Path), help='Gets {"address": …} once it listens.')
def serve(settings: NodeSettings, ready: Path | None) -> None:
    """Serve this region until SIGTERM or SIGINT."""
    from node import app

    with plainly():
        app.run(settings, ready)


@node.command()
@settings_option
def migrate(settings: NodeSettings) -> None:
    """Make the database, or bring it to this version."""
    from node import app, door_files

    with plainly(), door_files.serving_lock(settings.database):
        app.open_database(settings, migrate=True).close()
    click.echo("The database is up to date.")


@node.command("new-key")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", default="first", show_default=True, help="The name of the key, one word.")
def new_key(file: Path, name: str) -> None:
    """Make the FILE with the key that seals the keys in the database (mode 0400). Keep it apart from backups."""
    import os

    from certs.sealing import write_new_file

    with plainly():
        try:
            write_new_file(file, name, os.urandom)
        except FileExistsError:
            raise click.ClickException(f"{file} exists already; it is left as it is") from None


# What a professional does


@node.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option("--reason", type=click.Choice(["ONTERECHT", "RISICO_WEG"]), required=True, help="Archived or destroyed.")
def end(settings: NodeSettings, who: str, signal_id: object, reason: str) -> None:
    """End the signal SIGNAL_ID: ONTERECHT destroys it, RISICO_WEG archives it."""
    at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/beeindigen", {"reden": reason})
    click.echo("Beëindigd.")


@node.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
def undo(settings: NodeSettings, who: str, signal_id: object) -> None:
    """Take the signal SIGNAL_ID back, within fifteen minutes."""
    at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/ongedaan-maken", None)
    click.echo("Ongedaan gemaakt.")


@node.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option("--months", type=click.Choice(["6", "12", "24"]), required=True, help="How long from today.")
def extend(settings: NodeSettings, who: str, signal_id: object, months: str) -> None:
    """Move the end of the signal SIGNAL_ID, within two years of when it was made."""
    body = {"looptijdMaanden": int(months)}
    said = at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/verlengen", body)
    click.echo(f"Geldig tot {said['geldigTot']}.")


# What an operator does


@node.group()
def people() -> None:
    """The local register of persons."""


@people.command("import")
@settings_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_people(settings: NodeSettings, file: Any) -> None:
    """Bring in persons from a CSV FILE; all lines or none."""
    from node.flows.expire import ClockInDoubt
    from node.flows.import_lists import import_people as bring_in
    from node.people.local import read_people

    persons, refused = read_people(file)
    require_all(refused)
    try:
        known = with_desk(settings, lambda desk: bring_in(desk, persons))
    except ClockInDoubt as why:
        raise click.ClickException(str(why)) from None
    click.echo(f"{len(persons)} persons; {known} youths completed.")


@people.command("ask-again")
@settings_option
def ask_people_again(settings: NodeSettings) -> None:
    """Ask the register now about everyone whom a signal is about, and apply what changed; the node does so nightly."""
    from node.flows.ask_again import ask_again
    from node.flows.expire import ClockInDoubt

    try:
        asked = with_desk(settings, ask_again)
    except ClockInDoubt as why:
        raise click.ClickException(str(why)) from None
    click.echo(f"{asked.youths} youths asked about; {asked.changed} changed.")
    if asked.away:
        raise click.ClickException("The register cannot be asked now; those not asked about follow later.")


@node.group()
def professionals() -> None:
    """Who may signal."""


@professionals.command("import")
@settings_option
@dry_run_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_professionals(settings: NodeSettings, file: Any, dry_run: bool) -> None:
    """Bring in professionals from a CSV FILE; all lines or none."""
    from node.flows.import_lists import import_professionals as bring_in
    from node.people.profiles import read_profiles

    bring_in_list(settings, "professionals", read_profiles(file), bring_in, dry_run=dry_run)


@professionals.command("list")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_professionals(settings: NodeSettings, as_json: bool) -> None:
    """Everyone, by reference."""
    from ledger import Tx
    from node.domain.organisation import Standing
    from node.domain.professional import Professional
    from node.flows.capacity import standing_of
    from node.flows.desk import Desk
    from node.store import professionals as store

    def look(tx: Tx, desk: Desk) -> list[tuple[str, Professional, str | None, Standing]]:
        return [
            (reference, one, store.team_of(tx, one.id), standing_of(tx, one, desk.today()))
            for reference, one in store.every(tx)
        ]

    async def every(desk: Desk) -> list[dict[str, object]]:
        return [
            {
                "kenmerk": reference,
                "id": str(one.id),
                "naam": one.contact.name,
                "organisatie": one.contact.organisation,
                "locatie": one.contact.location,
                "team": team,
                "aangewezen": standing.designated,
                "afspraken": sorted(agreement.gemeente for agreement in standing.agreements),
                "vertrokken": one.left_on is not None,
            }
            for reference, one, team, standing in await desk.db.read(lambda tx: look(tx, desk))
        ]

    found = with_desk(settings, every)
    if as_json:
        echo_json({"professionals": found})
        return
    for one in found:
        click.echo("\t".join(str(one[name]) for name in ("kenmerk", "naam", "organisatie", "locatie")))


@node.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def status(settings: NodeSettings, as_json: bool) -> None:
    """How the node stands, serving or not."""
    from node.flows.desk import Desk
    from node.status import status as look
    from node.status_lines import status_lines

    async def ask(desk: Desk) -> dict[str, Any]:
        return await look(desk, settings)

    said = {"bedient": serves(settings), **with_desk(settings, ask)}
    if as_json:
        echo_json(said)
        return
    for line in status_lines(said):
        click.echo(line)


@node.group()
def audit() -> None:
    """The log of who did what."""


@audit.command("verify")
@settings_option
def verify_audit(settings: NodeSettings) -> None:
    """Walk the whole chain; ends with 1 when a line was edited, inserted or removed."""
    from ledger.audit import verify
    from node import app

    with plainly():
        db = app.open_database(settings)
        try:
            report = db.read_now(verify)
        finally:
            db.close()
    if not report.intact:
        raise click.ClickException(report.words)
    click.echo(report.words)


@node.command()
@settings_option
@click.argument("target", type=click.Path(path_type=Path))
def backup(settings: NodeSettings, target: Path) -> None:
    """Copy the database to a new file TARGET, also while the node serves. Without the key it opens nothing."""
    from node import backups

    with plainly():
        try:
            backups.copy(settings, target)
        except FileExistsError:
            raise click.ClickException(f"{target} exists already; it is left as it is") from None
        except OSError as why:
            raise click.ClickException(f"{target} cannot be written: {why.strerror}") from None
    click.echo(f"Copied to {target}.")


@node.command()
@settings_option
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(settings: NodeSettings, source: Path) -> None:
    """Put the backup SOURCE in place of the database of a stopped node."""
    from node import backups

    with plainly():
        try:
            done = backups.restore(settings, source)
        except backups.BackupUnusable as why:
            raise click.ClickException(str(why)) from None
    click.echo(f"Put back; {done.replayed} endings since then were done again.")
    click.echo("When the node serves it asks its mailbox again.")
    if done.kept is not None:
        click.echo(f"The database that was there is now {done.kept}; delete it when all is well.")
    if done.unread:
        click.echo("It could not be read: what was ended in its last minute may have to be ended again.", err=True)
