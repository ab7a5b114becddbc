"""The commands of a signal's life after it was made: ``verwijsindex node mark``, and what a professional does later.

``node.commands`` loads this file when one of them is asked for.
"""

from datetime import datetime
from typing import Any

import click

from config.node import NodeSettings
from node.command_line import at_the_door, echo_json, settings_option, who_option

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


@click.group()
def informing() -> None:
    """Telling the youth or the legal representative of a signal: Jeugdwet 7.1.5.1."""


@informing.command("list")
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def list_informing(settings: NodeSettings, who: str, as_json: bool) -> None:
    """One's own signals of which somebody must still be told, overdue first."""
    said = at_the_door(settings, who, "GET", "/api/informeren", None)
    if as_json:
        echo_json(said)
        return
    for one in said["signalen"]:
        click.echo(_informing(one))
    if not said["signalen"]:
        click.echo("Iedereen is geïnformeerd.")


@informing.command("record")
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option(
    "--who",
    "told",
    type=click.Choice(["jeugdige", "vertegenwoordiger"]),
    multiple=True,
    required=True,
    help="Who was told; twice for both.",
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="On which day.")
@click.option("--how", type=click.Choice(["gesprek", "telefoon", "brief", "digitaal"]), required=True, help="How.")
def record_informed(
    settings: NodeSettings, who: str, signal_id: object, told: tuple[str, ...], on: datetime, how: str
) -> None:
    """Record who was told of the signal SIGNAL_ID."""
    body = {"wie": list(told), "op": on.date().isoformat(), "wijze": how}
    click.echo(_informing(at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/informeren", body)))


@informing.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option(
    "--ground",
    type=click.Choice(["veiligheid", "opsporing", "niet bereikbaar"]),
    required=True,
    help="Why it waits, by class.",
)
@click.option("--review", type=click.DateTime(["%Y-%m-%d"]), required=True, help="When it is looked at again.")
def postpone(settings: NodeSettings, who: str, signal_id: object, ground: str, review: datetime) -> None:
    """Record that telling of the signal SIGNAL_ID waits, at most three months at a time."""
    body = {"grond": ground, "opnieuwBekijkenOp": review.date().isoformat()}
    click.echo(_informing(at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/informeren-uitstellen", body)))


def _informing(one: dict[str, Any]) -> str:
    parts = [f"Signaal {one['signaal']}: {one['stand']}"]
    if one["teInformeren"]:
        parts.append(f"nog te informeren: {' en '.join(one['teInformeren'])}")
    if one["uitgesteld"]:
        parts.append(f"uitgesteld ({one['uitgesteld']['grond']}) tot {one['uitgesteld']['opnieuwBekijkenOp']}")
    return ", ".join(parts) + "."
