"""The commands with which a professional signals a youth, says who it is, and sees who else is involved.

What identifies somebody is asked for, or read from standard input line by line; it is never an argument.
"""

import sys
from typing import Any

import click

from config.node import NodeSettings
from node.command_line import at_the_door, echo_json, settings_option, who_option


@click.command()
@settings_option
@who_option
@click.option("--months", type=click.Choice(["6", "12", "24"]), help="How long; the organisation's default if absent.")
@click.option("--by-name", is_flag=True, help="Not knowing the BSN: surname, birth date, sex, postcode, house number.")
@click.option("--without-bsn", is_flag=True, help="The youth has no BSN: by surname, birth date and sex.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def signal(
    settings: NodeSettings, who: str, months: str | None, by_name: bool, without_bsn: bool, as_json: bool
) -> None:
    """Signal a youth. Three lines are asked for, or read from standard input; they are never an argument: the BSN, the
    birth date as 2009-05-17, and the surname or its first three letters. They must agree with the register.

    With --by-name six lines are asked for or read instead: surname, birth date as 2009-05-17, sex (M, V or O),
    postcode, house number, and house letter with addition after a comma (may be empty). The BSN is never shown.
    With --without-bsn three: surname, birth date (2009-05 or 2009 if no more is known) and sex. Matches are possible
    ones then: another child may have the same three.
    """
    if by_name and without_bsn:
        raise click.UsageError("Either --by-name or --without-bsn: a youth has a BSN, or has none.")
    duration = {"looptijdMaanden": int(months) if months else None}
    if by_name:
        said = at_the_door(settings, who, "POST", "/api/signalen/op-naam", {**_described(), **duration})
    elif without_bsn:
        said = at_the_door(settings, who, "POST", "/api/signalen/zonder-bsn", {**_three(), **duration})
    else:
        said = at_the_door(settings, who, "POST", "/api/signalen", {**_numbered(), **duration})
    if as_json:
        echo_json(said)
        return
    click.echo(f"Signaal {said['id']}, {until(said)}.")
    _echo_signal(said)


@click.command()
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def matches(settings: NodeSettings, who: str, as_json: bool) -> None:
    """One's own active signals, and who else is involved."""
    said = at_the_door(settings, who, "GET", "/api/signalen", None)
    if as_json:
        echo_json(said)
        return
    for one in said["signalen"]:
        parts = [f"Signaal {one['id']}", until(one), f"landelijk {one['landelijk']}"]
        if one["verantwoordelijkeGemeente"]:
            parts.append(f"verantwoordelijke gemeente {one['verantwoordelijkeGemeente']}")
        if one["namens"]:
            parts.append(f"namens {one['namens']}")
        if (moved := one["verhuisd"]) is not None:
            where = f" naar gemeente {moved['gemeente']}" if moved["gemeente"] else ""
            parts.append(f"verhuisd op {moved['op']}{where}")
        click.echo(f"{', '.join(parts)}:")
        _echo_naming(one)
        _echo_matches(one["matches"])
    if not said["signalen"]:
        click.echo("Geen actieve signalen.")


@click.command("give-bsn")
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def give_bsn(settings: NodeSettings, who: str, signal_id: object, as_json: bool) -> None:
    """The youth of SIGNAL_ID, signalled without a BSN, has one by now: it is a signal as any other from then on.

    Three lines are asked for, or read from standard input: the BSN, the birth date, and the surname or its first three
    letters; they must agree with the register. Possible matches lapse, and who signalled the BSN is met.
    """
    said = at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/bsn", _numbered())
    if as_json:
        echo_json(said)
        return
    if said["samengevoegd"]:
        click.echo("U had al een signaal over dit BSN: dat blijft, en dit signaal is beëindigd.")
    click.echo(f"Signaal {said['id']}, {until(said)}.")
    _echo_signal(said)


@click.command()
@settings_option
@who_option
@click.argument("signal_id", type=click.UUID)
def confirm(settings: NodeSettings, who: str, signal_id: object) -> None:
    """Say whom SIGNAL_ID is about, where an import did not, it waits for the register or did not agree with it.

    Two lines are asked for, or read from standard input: the birth date, and the surname or its first three letters.
    """
    said = at_the_door(settings, who, "POST", f"/api/signalen/{signal_id}/bevestigen", _confirming())
    click.echo(f"Bevestiging: {said['bevestiging']}.")


_KINDS = {"client": "cliëntmatch", "gezin": "gezinsmatch", "adres": "adresmatch"}
_MARKS = {"contactOpgenomenOp": "contact opgenomen", "afgestemdOp": "afgestemd"}


def _asked(what: str) -> str:
    """One line, asked for without showing it, or read from standard input."""
    return (
        str(click.prompt(what, hide_input=True, default="", show_default=False))
        if sys.stdin.isatty()
        else (sys.stdin.readline().strip())
    )


def _three() -> dict[str, Any]:
    surname, born, sex = (_asked(what) for what in ("Achternaam", "Geboortedatum", "Geslacht"))
    return {"achternaam": surname, "geboortedatum": born, "geslacht": sex.upper()}


def _numbered() -> dict[str, Any]:
    return {"bsn": _asked("BSN"), **_confirming()}


def _confirming() -> dict[str, Any]:
    return {"geboortedatum": _asked("Geboortedatum"), "achternaam": _asked("Achternaam")}


def _described() -> dict[str, Any]:
    three = _three()
    postcode, number, rest = (_asked(what) for what in ("Postcode", "Huisnummer", "Huisletter, toevoeging"))
    if not number.isascii() or not number.isdigit():
        raise click.ClickException("The house number is a number.")
    letter, _, addition = rest.partition(",")
    return {
        **three,
        "postcode": postcode,
        "huisnummer": int(number),
        "huisletter": letter.strip(),
        "toevoeging": addition.strip(),
    }


def until(one: dict[str, Any]) -> str:
    """Until when a signal lasts, where it is confirmed whom it is about."""
    return f"geldig tot {one['geldigTot']}" if one["geldigTot"] else "einde nog niet te zien"


def _echo_signal(said: dict[str, Any]) -> None:
    if not said["persoonBekend"] and not said["zonderBsn"]:
        click.echo("Persoonsgegevens volgen nog.")
    _echo_naming(said)
    _echo_matches(said["matches"])
    click.echo(f"Landelijk: {said['landelijk']}.")


def _echo_naming(one: dict[str, Any]) -> None:
    if one["zonderBsn"]:
        click.echo("  Zonder BSN: matches zijn mogelijke matches, het kan om een ander kind gaan.")
    if one["bevestiging"] == "komt niet overeen":
        click.echo("  Let op: wat u opgaf hoort niet bij dit BSN. Bevestig opnieuw, of beëindig als onterecht.")
    if one["bevestiging"] == "niet bevestigd":
        click.echo("  Let op: nog niet bevestigd over wie dit gaat. Bevestig, of beëindig als onterecht.")


def _echo_matches(found: list[dict[str, Any]]) -> None:
    for match in found:
        contact = match["contact"]
        kind = "mogelijke match" if match["mogelijk"] else _KINDS[match["soort"]]
        parts = [f"  {kind} ({match['status']})", match["regio"] or "", match["organisatie"] or ""]
        if contact is not None:
            parts += [contact["naam"], contact["functie"], contact["telefoon"], contact["email"]]
        if match["matchsleutel"]:
            parts.append(f"matchsleutel {match['matchsleutel']}, betreft niet dezelfde jeugdige")
        for side, said in (("u", match["eigenMarkering"]), ("de ander", match["markeringAnder"])):
            parts += [f"{word} op {said[name]} ({side})" for name, word in _MARKS.items() if said.get(name)]
        parts.append(f"matchnummer {match['id']}")
        click.echo(", ".join(part for part in parts if part))
    if not found:
        click.echo("  Nog geen matches.")
