"""``verwijsindex node log``: who did what and when, for the logbeheerder."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import click

from config.node import NodeSettings
from node.command_line import Day, as_person, at_the_door, echo_json, settings_option


@click.command()
@settings_option
@as_person
@click.option("--professional", help="Lines in which this person stands: by reference, or that of a profile.")
@click.option("--signal", type=click.UUID, help="Lines about the signal of this id, also once it was destroyed.")
@click.option("--event", help="Lines of this event, such as `matches.read`.")
@click.option("--from", "since", type=Day(), help="From this day on.")
@click.option("--until", type=Day(), help="Before this day.")
@click.option("--after", type=click.IntRange(0), default=0, help="Lines after this number: the next page.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def log(
    settings: NodeSettings,
    who: str,
    professional: str | None,
    signal: UUID | None,
    event: str | None,
    since: date | None,
    until: date | None,
    after: int,
    as_json: bool,
) -> None:
    """Read the log as logbeheerder, a thousand lines at a time; that it was read is logged too."""
    asked: dict[str, Any] = {
        "professional": professional,
        "signaal": str(signal) if signal else None,
        "gebeurtenis": event,
        "van": since.isoformat() if since else None,
        "tot": until.isoformat() if until else None,
        "na": after,
    }
    said = at_the_door(settings, who, "POST", "/api/logboek", asked)
    if as_json:
        echo_json(said)
        return
    for line in said["regels"]:
        more = json.dumps(line["velden"], ensure_ascii=False, sort_keys=True)
        click.echo(f"{line['nummer']}\t{line['op']}\t{line['gebeurtenis']}\t{line['door'] or '-'}\t{more}")
    if not said["regels"]:
        click.echo("Geen regels.")
