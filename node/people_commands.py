"""The commands about people: roles that two grant to a third, contact data, substitutes, leaving.

Each is done as somebody (``--as``), and refused unless a role of theirs allows it there. Looking at the own profile and
at colleagues goes through the door, as all that a professional does.
"""

from datetime import date
from uuid import UUID

import click

from config.node import NodeSettings
from node.command_line import (
    as_person,
    at_the_door,
    done_by,
    echo_json,
    from_until,
    settings_option,
    who_option,
    with_desk,
)

ROLES = (
    "locatiebeheerder",
    "instellingscoördinator",
    "accounthouder",
    "coördinator",
    "regiobeheerder",
    "logbeheerder",
    "privacy officer",
)
"""The roles that are granted; a test holds this to the table."""


@click.group()
def roles() -> None:
    """Who may do what: asked for by one, confirmed by another, received by a third."""


@roles.command("ask")
@settings_option
@as_person
@click.argument("receiver")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--organisation", help="For which organisation.")
@click.option("--location", help="For which location of it.")
@click.option("--gemeente", help="For which gemeente, four digits.")
def ask(
    settings: NodeSettings,
    who: str,
    receiver: str,
    role: str,
    organisation: str | None,
    location: str | None,
    gemeente: str | None,
) -> None:
    """Ask that RECEIVER, a person by reference, gets ROLE. Somebody else confirms it."""
    from node.domain.rights import Role
    from node.flows.grant_role import Where, ask_role

    where = Where(organisation, location, gemeente)
    number = with_desk(settings, lambda desk: ask_role(desk, who, receiver, Role(role), where))
    click.echo(f"Asked. Somebody else confirms it: verwijsindex node roles confirm --as … {number}")


@roles.command("confirm")
@settings_option
@as_person
@click.argument("number", type=int)
def confirm(settings: NodeSettings, who: str, number: int) -> None:
    """Confirm request NUMBER of somebody else for somebody else."""
    from node.flows.grant_role import confirm_role

    with_desk(settings, lambda desk: confirm_role(desk, who, number))
    click.echo("Granted.")


@roles.command("end")
@settings_option
@as_person
@click.argument("number", type=int)
def end_one(settings: NodeSettings, who: str, number: int) -> None:
    """The role of grant NUMBER is held no more, or the request is withdrawn; two end that of a regiobeheerder."""
    from node.flows.grant_role import end_role

    if with_desk(settings, lambda desk: end_role(desk, who, number)):
        click.echo("Ended.")
    else:
        click.echo(f"Asked. Somebody else confirms it: verwijsindex node roles end {number}")


@roles.command("list")
@settings_option
def list_roles(settings: NodeSettings) -> None:
    """Requests that wait, and roles that are held."""
    from ledger import Tx
    from node.store import humans
    from node.store import roles as store

    def look(tx: Tx) -> list[str]:
        return [
            f"{grant.number}\t{humans.reference_of(tx, grant.person)}\t{grant.role.value}\t{grant.place or '-'}\t"
            + (f"since {grant.starts_on}" if grant.starts_on else "waits for confirmation")
            for grant in store.every(tx)
            if grant.ends_on is None
        ]

    for line in with_desk(settings, lambda desk: desk.db.read(look)):
        click.echo(line)


# The own profile, and colleagues


@click.command()
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def profile(settings: NodeSettings, who: str, as_json: bool) -> None:
    """One's own profile: as others see it, what it stands on today, roles, and who stands in for whom."""
    own = at_the_door(settings, who, "GET", "/api/profiel", None)
    if as_json:
        echo_json(own)
        return
    click.echo(", ".join(own[name] for name in ("naam", "functie", "organisatie", "locatie", "telefoon", "email")))
    click.echo(f"{'Aangewezen' if own['aangewezen'] else 'Niet aangewezen'} als meldingsbevoegde.")
    click.echo(f"Afspraken met gemeenten: {', '.join(own['gemeenten']) or 'geen'}.")
    click.echo("Mag het BSN gebruiken." if own["magBsnGebruiken"] else "Signaleert op naam, zonder BSN.")
    for role in own["rollen"]:
        click.echo(f"Rol: {role['rol']}")
    for one in own["vervangingen"]:
        said = "Vervangen door" if one["vervangtMij"] else "Vervangt"
        click.echo(f"{said} {one['naam']} van {one['van']} tot {one['tot']}, nummer {one['nummer']}")
    for other in own["andereProfielen"]:
        click.echo(f"Ander profiel: {other['organisatie']}, {other['locatie']}")


@click.group()
def colleagues() -> None:
    """Who they are, contact data, substitutes and leaving."""


@colleagues.command("staff")
@settings_option
@as_person
def list_staff_of(settings: NodeSettings, who: str) -> None:
    """Everybody whom WHO coordinates, and who may signal today."""
    from node.flows.oversee import list_staff

    for one, may in done_by(settings, who, list_staff):
        words = (str(one.id), one.contact.name, one.contact.function, one.contact.location)
        click.echo("\t".join((*words, "mag signaleren" if may else "mag niet signaleren")))


@colleagues.command("list")
@settings_option
@who_option
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def list_colleagues(settings: NodeSettings, who: str, as_json: bool) -> None:
    """Everyone else of one's organisation: for a transfer, or to stand in."""
    said = at_the_door(settings, who, "GET", "/api/collegas", None)
    if as_json:
        echo_json(said)
        return
    for one in said["collegas"]:
        may = "mag signaleren" if one["magSignaleren"] else "mag niet signaleren"
        click.echo(f"{one['id']}\t{one['naam']}\t{one['functie']}\t{one['locatie']}\t{may}")
    if not said["collegas"]:
        click.echo("Geen collega's.")


@colleagues.command("contact")
@settings_option
@as_person
@click.argument("professional")
@click.option("--function", help="What somebody does, as others see it.")
@click.option("--name", help="What somebody is called.")
@click.option("--phone", help="Where to call.")
@click.option("--email", help="Where to write.")
def contact(
    settings: NodeSettings,
    who: str,
    professional: str,
    function: str | None,
    name: str | None,
    phone: str | None,
    email: str | None,
) -> None:
    """Change contact data of PROFESSIONAL; every active match shows them, also in other regions."""
    from node.flows.change_contact import NewContact, change_contact

    new = NewContact(function, name, phone, email)
    done_by(settings, who, lambda desk, by: change_contact(desk, by, professional, new))
    click.echo("Changed.")


@colleagues.command("substitute")
@settings_option
@as_person
@from_until
@click.argument("absent")
@click.argument("substitute")
def substitute_for(
    settings: NodeSettings, who: str, absent: str, substitute: str, since: date | None, until: date | None
) -> None:
    """SUBSTITUTE stands in for ABSENT, a colleague, until the day of --until."""
    from node.domain.period import Period
    from node.flows.stand_in import arrange_substitute

    number = done_by(
        settings,
        who,
        lambda desk, by: arrange_substitute(desk, by, absent, substitute, Period(since or desk.today(), until)),
    )
    click.echo(f"Arranged, number {number}.")


@colleagues.command("end-substitute")
@settings_option
@as_person
@click.argument("absent")
@click.argument("number", type=int)
def end_substitute_of(settings: NodeSettings, who: str, absent: str, number: int) -> None:
    """The substitution NUMBER for ABSENT ends today."""
    from node.flows.stand_in import end_substitute

    done_by(settings, who, lambda desk, by: end_substitute(desk, by, absent, number))
    click.echo("Ended.")


@colleagues.command("signals")
@settings_option
@as_person
@click.argument("professional")
def signals_of(settings: NodeSettings, who: str, professional: str) -> None:
    """The active signals of PROFESSIONAL, to plan with; never about whom. The look is logged."""
    from node.flows.depart import list_signals

    for entry in done_by(settings, who, lambda desk, by: list_signals(desk, by, professional)):
        click.echo(f"{entry.signal}\t{entry.made_on}\t{entry.valid_until}\t{'match' if entry.matched else '-'}")


@colleagues.command("leave")
@settings_option
@as_person
@click.argument("professional")
@click.option("--transfer", nargs=2, multiple=True, metavar="SIGNAL TO", help="This signal goes to that colleague.")
@click.option("--transfer-all", "others_to", metavar="TO", help="All signals not named otherwise go to that colleague.")
@click.option("--end", "ends", nargs=2, multiple=True, metavar="SIGNAL REASON", help="ONTERECHT or RISICO_WEG.")
def leave(
    settings: NodeSettings,
    who: str,
    professional: str,
    transfer: tuple[tuple[str, str], ...],
    others_to: str | None,
    ends: tuple[tuple[str, str], ...],
) -> None:
    """PROFESSIONAL leaves the organisation; each active signal is transferred or ended, or nothing changes."""
    from node.domain.signal import BY_PROFESSIONAL, EndReason
    from node.flows.depart import depart

    plan: dict[UUID, str | EndReason] = {}
    try:
        for signal, to in transfer:
            plan[UUID(signal)] = to
        for signal, reason in ends:
            plan[UUID(signal)] = EndReason(reason)
    except ValueError:
        reasons = " or ".join(sorted(reason.value for reason in BY_PROFESSIONAL))
        raise click.UsageError(f"A signal is named by its id, and ends for {reasons}.") from None
    if len(plan) != len(transfer) + len(ends):
        raise click.UsageError("A signal is transferred or ended, and once.")
    done_by(settings, who, lambda desk, by: depart(desk, by, professional, plan, others_to))
    click.echo("Left.")
