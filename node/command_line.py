"""What the commands of a node share: settings, plain errors, the door of a node that serves, a desk when none does.

Imports of what is heavy stand inside the functions: a command that only talks to a node that serves stays quick.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from config.node import NodeSettings
from config.reading import SettingsRefused, read

if TYPE_CHECKING:
    from node.flows.desk import Desk

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
        raise click.ClickException(str(why) or (type(why).__doc__ or "").strip().splitlines()[0]) from None
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
            return await do(app.desk_of(settings, db))
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
