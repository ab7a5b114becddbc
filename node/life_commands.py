"""The commands of a signal's life after it was made: ``verwijsindex node mark``, and what a professional does later.

``node.commands`` loads this file when one of them is asked for.
"""

from datetime import datetime

import click

from config.node import NodeSettings
from node.command_line import at_the_door, settings_option, who_option

MARK_WORDS = {"contact": "contact opgenomen", "agreed": "afgestemd"}


@click.command()
@settings_option
@who_option
@click.argument("match_id", type=click.UUID)
@click.argument("what", type=click.Choice(list(MARK_WORDS)))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Since which day; today if absent.")
@click.option("--undo", is_flag=True, help="Take it back.")
def mark(settings: NodeSettings, who: str, match_id: object, what: str, on: datetime | None, undo: bool) -> None:
    """Say of the match MATCH_ID that there was contact, or that it was agreed who does what."""
    if undo:
        at_the_door(
            settings, who, "POST", f"/api/matches/{match_id}/markering-intrekken", {"markering": MARK_WORDS[what]}
        )
        click.echo("Ingetrokken.")
        return
    body = {"markering": MARK_WORDS[what], "op": on.date().isoformat() if on else None}
    said = at_the_door(settings, who, "POST", f"/api/matches/{match_id}/markeren", body)
    click.echo(f"{said['markering'].capitalize()} op {said['op']}.")
