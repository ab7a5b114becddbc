"""``verwijsindex node moves``: what a coördinator reads of youths that came to live in a gemeente, and who may."""

import click

from config.node import NodeSettings
from node.command_line import at_the_door, echo_json, settings_option, who_option, with_desk


@click.group()
def moves() -> None:
    """Youths with active signals that came to live in one of our gemeenten."""


@moves.command("list")
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def list_moves(settings: NodeSettings, who: str, as_json: bool) -> None:
    """The moves to one's gemeenten, newest first, without whom they are about."""
    said = at_the_door(settings, who, "GET", "/api/verhuizingen", None)
    if as_json:
        echo_json(said)
        return
    for move in said["verhuizingen"]:
        click.echo(f"{move['id']}\tgemeente {move['gemeente']}\tverhuisd op {move['verhuisdOp']}")
    if not said["verhuizingen"]:
        click.echo("Geen verhuizingen.")


@moves.command()
@settings_option
@who_option
@click.argument("move_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def read(settings: NodeSettings, who: str, move_id: object, as_json: bool) -> None:
    """Read the move MOVE_ID: the youth and everyone involved. It is logged by name."""
    said = at_the_door(settings, who, "GET", f"/api/verhuizingen/{move_id}", None)
    if as_json:
        echo_json(said)
        return
    number = said["bsn"] or "niet getoond (uw organisatie mag het niet gebruiken)"
    click.echo(f"BSN {number}, naar gemeente {said['gemeente']} op {said['verhuisdOp']}, van {said['regio']}:")
    for each in said["betrokkenen"]:
        parts = (each[name] for name in ("organisatie", "locatie", "naam", "functie", "telefoon", "email"))
        click.echo(f"  {', '.join(parts)}, sinds {each['sinds']}, tot {each['geldigTot']}")


@moves.command()
@settings_option
@click.argument("gemeente")
@click.argument("professional")
def allow(settings: NodeSettings, gemeente: str, professional: str) -> None:
    """Let PROFESSIONAL, by reference, read the moves to GEMEENTE (four digits)."""
    _set(settings, gemeente, professional, may=True)


@moves.command()
@settings_option
@click.argument("gemeente")
@click.argument("professional")
def disallow(settings: NodeSettings, gemeente: str, professional: str) -> None:
    """PROFESSIONAL no longer reads the moves to GEMEENTE."""
    _set(settings, gemeente, professional, may=False)


def _set(settings: NodeSettings, gemeente: str, professional: str, *, may: bool) -> None:
    from node.flows.read_moves import let_read

    if not (gemeente.isascii() and gemeente.isdigit() and len(gemeente) == 4):
        raise click.UsageError("A gemeente is four digits.")
    done = with_desk(settings, lambda desk: let_read(desk, professional, gemeente, may=may))
    click.echo("Done." if done else "It was so already.")
