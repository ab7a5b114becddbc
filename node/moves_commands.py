"""``verwijsindex node moves``: what a coördinator reads of youths that came to live in a gemeente."""

import click

from config.node import NodeSettings
from node.command_line import as_person, at_the_door, echo_json, settings_option


@click.group()
def moves() -> None:
    """Youths with active signals that came to live in one of our gemeenten: for who is coördinator there."""


@moves.command("list")
@settings_option
@as_person
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
@as_person
@click.argument("move_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def read(settings: NodeSettings, who: str, move_id: object, as_json: bool) -> None:
    """Read the move MOVE_ID: the youth and everyone involved. It is logged by name."""
    said = at_the_door(settings, who, "GET", f"/api/verhuizingen/{move_id}", None)
    if as_json:
        echo_json(said)
        return
    click.echo(f"BSN {said['bsn']}, naar gemeente {said['gemeente']} op {said['verhuisdOp']}, van {said['regio']}:")
    for each in said["betrokkenen"]:
        parts = (each[name] for name in ("organisatie", "locatie", "naam", "functie", "telefoon", "email"))
        click.echo(f"  {', '.join(parts)}, sinds {each['sinds']}, tot {each['geldigTot']}")
