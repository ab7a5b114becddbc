"""What the commands of a node share: settings, plain errors, the door of a node that serves, a desk when none does.

Imports of what is heavy stand inside the functions: a command that only talks to a node that serves stays quick.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from config.node import NodeSettings
from config.reading import SettingsRefused, read

if TYPE_CHECKING:
    from node.domain.professional import PersonNumber
    from node.flows.desk import Desk
    from node.flows.import_lists import ListReport
    from node.people.lines import Line, LineRefused

T = TypeVar("T")


def settings_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--config FILE, read before the command begins."""

    def read_settings(_context: click.Context, _parameter: click.Parameter, value: Path) -> NodeSettings:
        with plainly():
            return read(value, NodeSettings)

    return click.option(
        "--config",
        "settings",
        type=click.Path(dir_okay=False, path_type=Path),
        default=Path("node.toml"),
        show_default=True,
        callback=read_settings,
        help="The settings file.",
    )(function)


def who_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--as WHO."""
    return click.option("--as", "who", required=True, help="The professional, by reference or id.")(function)


def dry_run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--dry-run, for lists."""
    return click.option("--dry-run", is_flag=True, help="Say what it would do, and every wrong line; change nothing.")(
        function
    )


@contextmanager
def plainly() -> Iterator[None]:
    """What can be foreseen ends a command with one sentence instead of a trace."""
    from certs.identity import IdentityUnusable
    from certs.sealing import KeysUnusable
    from ledger import SchemaDiffers, WriteFailed
    from node.domain.errors import NotDone
    from node.door_client import DoorRefused, DoorSilent
    from node.door_files import AlreadyServing, TokenUnsafe
    from node.people.protocol import KeyFileUnusable

    try:
        yield
    except NotDone as why:
        raise click.ClickException(why.words) from None
    except (
        SettingsRefused,
        KeysUnusable,
        IdentityUnusable,
        SchemaDiffers,
        WriteFailed,
        DoorRefused,
        DoorSilent,
        AlreadyServing,
        TokenUnsafe,
        KeyFileUnusable,
    ) as why:
        raise click.ClickException(str(why)) from None


def at_the_door(
    settings: NodeSettings, who: str, method: str, path: str, body: dict[str, Any] | None
) -> dict[str, Any]:
    """One request at the JSON door: that of the node that serves, or one opened here for this request alone."""
    from node import door_files
    from node.door_client import DoorClient

    def ask(address: str, token: str) -> dict[str, Any]:
        client = DoorClient(address, token, who)
        return client.get(path) if method == "GET" else client.post(path, body)

    with plainly():
        address = door_files.read_address(settings.database)
        if address is not None:
            return ask(address, door_files.read_token(settings.web.token_file))

        async def at_our_own() -> dict[str, Any]:
            from node import app

            async with app.own_door(settings) as (own, token):
                return await asyncio.to_thread(ask, own, token)

        return asyncio.run(at_our_own())


def with_desk(settings: NodeSettings, do: Callable[["Desk"], Awaitable[T]]) -> T:
    """Open the database for one command, whether or not a node serves it, and hand over the desk."""
    from node import app

    async def run() -> T:
        db = app.open_database(settings)
        try:
            desk = app.desk_of(settings, db)
            async with app.books_kept(settings, desk):
                return await do(desk)
        finally:
            await asyncio.to_thread(db.close)

    with plainly():
        return asyncio.run(run())


def serves(settings: NodeSettings) -> bool:
    """Whether a node serves this database now."""
    from node import door_files

    try:
        return door_files.read_address(settings.database) is not None
    except door_files.AlreadyServing:
        return True


def echo_json(said: dict[str, Any]) -> None:
    """Print as JSON."""
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))


def require_all(refused: Sequence[Any]) -> None:
    """Tell every refused line by its number, and stop if there is one."""
    for one in sorted(refused, key=lambda each: int(each.line)):
        click.echo(f"line {one.line}: {one.why}", err=True)
    if refused:
        raise click.ClickException("Nothing was brought in.")


def bring_in_list(
    settings: NodeSettings,
    what: str,
    read_lines: tuple[list["Line[T]"], list["LineRefused"]],
    flow: Callable[..., Awaitable["ListReport"]],
    *,
    dry_run: bool,
) -> None:
    """All lines or none. A dry run also tries the lines that can be read when others cannot, and keeps nothing."""
    lines, refused = read_lines
    if refused and not dry_run:
        require_all(refused)
    report = with_desk(settings, lambda desk: flow(desk, lines, dry_run=dry_run))
    require_all([*refused, *report.refused])
    said = f"{report.lines} {what}; {report.changed} new or changed."
    click.echo(f"{said} Nothing was kept: this was a dry run." if dry_run else said)


class Day(click.ParamType[date]):
    """A day, written as 2026-05-17."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day, or a message that says how to write one."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            self.fail("write it as 2026-05-17", param, ctx)


def as_person(function: Callable[..., Any]) -> Callable[..., Any]:
    """--as WHO, a person and not only a profile."""
    return click.option("--as", "who", required=True, help="Who does it: a person or profile, by reference.")(function)


def from_until(function: Callable[..., Any]) -> Callable[..., Any]:
    """--from DAY and --until DAY."""
    until = click.option("--until", type=Day(), help="The first day on which it does not hold; none is open.")
    return click.option("--from", "since", type=Day(), help="The first day; today if absent.")(until(function))


def done_by(settings: NodeSettings, who: str, do: Callable[["Desk", "PersonNumber"], Awaitable[T]]) -> T:
    """Do something as this person, by reference, or by that of a profile; what is refused ends the command."""
    from node.flows import authority

    async def run(desk: "Desk") -> T:
        return await do(desk, await desk.db.read(lambda tx: authority.person_called(tx, who)))

    return with_desk(settings, run)
