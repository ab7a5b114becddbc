"""The front door: one program with a group for each part, and a part is loaded only when it is asked for.

Each part keeps its own commands in its own package; here stands only where. Listing them loads none of them, so that
`verwijsindex --help` is quick and works on a machine that runs one part alone.
"""

from importlib import import_module
from typing import NamedTuple

import click

from verwijsindex import __version__


class Part(NamedTuple):
    """Where the commands of a part are, and what the part is, in one line."""

    module: str
    group: str
    purpose: str


PARTS = {
    "node": Part("node.commands", "node", "A region: its signals, matches, people and professionals."),
    "hub": Part("hub.commands", "hub", "The national hub, which lets regions meet and knows nobody."),
    "pseudonyms": Part(
        "pseudonym_service.commands", "pseudonyms", "The pseudonym service, and who may ask it how much."
    ),
    "certs": Part("certs.command", "certs", "Certificates: make, issue, inspect, revoke and check them."),
    "scheme": Part(
        "certs.scheme_command", "scheme", "The scheme owner, offline: epochs, and the regions that take part."
    ),
    "demo": Part(
        "verwijsindex.demo.command", "demo", "Three regions, hub and pseudonym service here, playing one story."
    ),
}


class FrontDoor(click.Group):
    """A group whose parts are loaded by name, at the moment that one is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(PARTS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        part = PARTS.get(name)
        return load(name, part) if part else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Parts"):
            formatter.write_dl([(name, part.purpose) for name, part in PARTS.items()])


def load(name: str, part: Part) -> click.Command:
    """The commands of a part. Says which piece is missing when this installation does not hold them whole."""
    try:
        command = getattr(import_module(part.module), part.group)
    except ImportError as missing:
        piece = f"the module {missing.name}" if missing.name else str(missing)
        raise click.ClickException(f"{name} cannot run on this installation: {piece} cannot be loaded.") from missing
    if not isinstance(command, click.Command):
        raise TypeError(f"{part.module}.{part.group} is not a command")
    return command


@click.command(
    cls=FrontDoor,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Each part explains itself: verwijsindex PART --help",
)
@click.version_option(__version__, prog_name="verwijsindex")
def main() -> None:
    """The youth referral index: who is involved with this youth too, and how to reach them."""
