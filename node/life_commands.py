"""The commands of a signal's life after it was made: ``verwijsindex node mark``, and what a professional does later.

``node.commands`` loads this file when one of them is asked for.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import click

from config.node import NodeSettings
from node.command_line import as_person, at_the_door, done_by, echo_json, settings_option, who_option, with_desk

MARK_WORDS = {"contact": "contact opgenomen", "agreed": "afgestemd"}


@click.command()
@settings_option
@who_option
@click.argument("match_id", type=click.UUID)
@click.argument("what", type=click.Choice(list(MARK_WORDS)))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Since which day; today if absent.")
@click.option("--undo", is_flag=True, help="Take it back.")
def mark(settings: NodeSettings, who: str, match_id: object, what: str, on: datetime | None, undo: bool) -> None:
    """Say WHAT of the match MATCH_ID: there was contact, or it was agreed who does what."""
    if undo:
        at_the_door(
            settings, who, "POST", f"/api/matches/{match_id}/markering-intrekken", {"markering": MARK_WORDS[what]}
        )
        click.echo("Ingetrokken.")
        return
    body = {"markering": MARK_WORDS[what], "op": on.date().isoformat() if on else None}
    said = at_the_door(settings, who, "POST", f"/api/matches/{match_id}/markeren", body)
    click.echo(f"{said['markering'].capitalize()} op {said['op']}.")


@click.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option("--months", type=click.Choice(["6", "12", "24"]), help="How long; the organisation's default if absent.")
def renew(settings: NodeSettings, who: str, signal_id: object, months: str | None) -> None:
    """Make a new signal in place of SIGNAL_ID, in its last thirty days. Weigh anew, and inform anew."""
    body = {"looptijdMaanden": int(months) if months else None}
    said = at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/vernieuwen", body)
    click.echo(f"Signaal {said['id']}, geldig tot {said['geldigTot']}. Het vorige is beëindigd.")


@click.command()
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def ending(settings: NodeSettings, who: str, as_json: bool) -> None:
    """One's own signals that end within thirty days."""
    said = at_the_door(settings, who, "GET", "/api/aflopend", None)
    if as_json:
        echo_json(said)
        return
    for one in said["signalen"]:
        can = [word for word, may in (("verlengen", one["kanVerlengen"]), ("vernieuwen", one["kanVernieuwen"])) if may]
        whose = f" (namens {one['namens']})" if one["namens"] else ""
        can.append("beëindigen")
        click.echo(f"Signaal {one['signaal']}{whose} eindigt op {one['geldigTot']}; kan: {', '.join(can)}.")
    if not said["signalen"]:
        click.echo("Niets loopt binnen dertig dagen af.")


@click.group()
def archive() -> None:
    """What the archive tells, once, about the youth of a signal of one's own: Jeugdwet 7.1.4.6(2)."""


@archive.command("list")
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def list_earlier(settings: NodeSettings, who: str, signal_id: object, as_json: bool) -> None:
    """Earlier signals, of this region and of others, that can be fetched for the signal SIGNAL_ID."""
    said = at_the_door(settings, who, "GET", f"/api/signalen/{signal_id}/archief", None)
    if as_json:
        echo_json(said)
        return
    for one in said["eerder"]:
        where = f"in een andere regio ({one['andereRegio']})" if one["andereRegio"] else "in deze regio"
        stands = "op te halen" if one["beschikbaar"] else "opgehaald" if one["opgehaald"] else "niet meer op te halen"
        what = "Mogelijk eerder signaal" if one["mogelijk"] else "Eerder signaal"
        click.echo(f"{what} {one['id']} {where}: {stands}.")
    if not said["eerder"]:
        click.echo("Geen eerdere signalen.")


@archive.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.argument("earlier_id", type=click.UUID)
def fetch(settings: NodeSettings, who: str, signal_id: object, earlier_id: object) -> None:
    """Who made the earlier signal EARLIER_ID, for the signal SIGNAL_ID: told once, and logged."""
    said = at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/archief/{earlier_id}/ophalen", None)
    parts = [said[name] for name in ("regio", "organisatie", "locatie", "naam", "functie", "telefoon", "email")]
    click.echo(f"{', '.join(parts)}; beëindigd op {said['beeindigdOp']}.")
    if said["mogelijk"]:
        click.echo("Zonder BSN: het kan om een ander kind gaan.")


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
    if one["namens"]:
        parts.append(f"namens {one['namens']}")
    return ", ".join(parts) + "."


# --- What an operator does


@click.command()
@settings_option
@click.option("--dry-run", is_flag=True, help="Count what would go, by fate and article of law; change nothing.")
def retention(settings: NodeSettings, dry_run: bool) -> None:
    """Archive and destroy what has reached its date, as happens by itself every night."""
    from node.flows.expire import ClockInDoubt, expire
    from node.flows.foresee import foresee

    try:
        if dry_run:
            outlook = with_desk(settings, foresee)
            for one in outlook.fates:
                click.echo(f"{one.fate.value}\t{one.signals}\t{one.article}")
            click.echo(f"matches ended\t{outlook.matches_ended}")
            click.echo(f"On {outlook.day.isoformat()}; nothing was changed.")
            return
        done = with_desk(settings, expire)
    except ClockInDoubt as why:
        raise click.ClickException(str(why)) from None
    click.echo(f"{done.archived} archived, {done.destroyed} destroyed, {done.matches_ended} matches ended.")


@click.command("remove-at-request")
@settings_option
@as_person
@click.argument("signal_id", type=click.UUID)
@click.option("--ground", type=click.Choice(["AVG16", "AVG17", "AVG21"]), required=True, help="The article of the AVG.")
@click.confirmation_option(prompt="Destroy this signal here, at the hub and in other regions?")
def remove_at_request(settings: NodeSettings, who: str, signal_id: UUID, ground: str) -> None:
    """As privacy officer, destroy the signal SIGNAL_ID, active or archived, because a request was granted.

    Nothing of it is archived. It takes the role for the gemeente that answers for the signal.
    """
    from node.domain.signal import EndReason
    from node.flows.remove_by_request import remove_by_request

    done_by(settings, who, lambda desk, by: remove_by_request(desk, by, signal_id, EndReason(ground)))
    click.echo("Destroyed. The hub and other regions hear of it at the next delivery.")


@click.group("excluded-addresses")
def excluded_addresses() -> None:
    """Homes that never match: institutions and shelters, Jeugdwet 7.1.2.3(1)d."""


@excluded_addresses.command("import")
@settings_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--dry-run", is_flag=True, help="Say which lines are wrong and how much would change; change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before addresses are taken off the list.")
def import_excluded(settings: NodeSettings, file: Any, dry_run: bool, yes: bool) -> None:
    """The list becomes what the CSV FILE says; all lines or none. What stands in it no more matches again."""
    from node.flows.exclude_addresses import compare_excluded, exclude_addresses
    from node.people.excluded import read_excluded

    register, refused = read_excluded(file)
    for one in refused:
        click.echo(f"line {one.line}: {one.why}", err=True)
    if refused:
        raise click.ClickException("Nothing was brought in.")
    would = with_desk(settings, lambda desk: compare_excluded(desk, register))
    click.echo(f"{would.added} entries new, {would.removed} taken off, {would.unchanged} stay.")
    if dry_run:
        click.echo("Nothing was changed.")
        return
    if would.removed and not yes:
        click.confirm(f"Take {would.removed} entries off, so that those homes match again?", abort=True)
    done = with_desk(settings, lambda desk: exclude_addresses(desk, register))
    click.echo(
        f"{done.youths} youths looked at; {done.matches_ended} sides of matches ended, {done.matches_told} told."
    )
