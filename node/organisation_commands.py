"""The commands about organisations: category and names, agreements with gemeenten, designations.

Each is done as somebody (``--as``), and refused unless a role of theirs allows it there. Lists are an operator's.
"""

from datetime import date
from typing import Any

import click

from config.node import NodeSettings
from node.command_line import (
    Day,
    as_person,
    bring_in_list,
    done_by,
    dry_run_option,
    echo_json,
    from_until,
    settings_option,
    with_desk,
)


@click.group()
def organisations() -> None:
    """Organisations, their category and their names."""


@organisations.command("import")
@settings_option
@dry_run_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_organisations(settings: NodeSettings, file: Any, dry_run: bool) -> None:
    """Bring in organisations from a CSV FILE; all lines or none."""
    from node.flows.import_lists import import_organisations as bring_in
    from node.people.organisation_lists import read_organisations

    bring_in_list(settings, "organisations", read_organisations(file), bring_in, dry_run=dry_run)


@organisations.command("list")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_organisations(settings: NodeSettings, as_json: bool) -> None:
    """Every organisation, with its category, whether it may use the BSN, the gemeenten it has agreements with today,
    and its earlier names.
    """
    from ledger import Tx
    from node.domain.bsn_right import may_use
    from node.flows.desk import Desk
    from node.store import organisations as store

    def look(tx: Tx, desk: Desk) -> list[dict[str, Any]]:
        return [
            {
                "naam": one.name,
                "categorie": one.category.value if one.category else None,
                "domein": one.domain.value,
                "bsn": may_use(one.category, one.bsn_right),
                "gemeenten": sorted(
                    {known.gemeente for known in store.agreements_of(tx, one.id) if known.in_force(desk.today())}
                ),
                "eerdereNamen": [
                    named.name for named in store.names(tx, store.Unit.ORGANISATION, one.id) if named.valid_until
                ],
            }
            for one in store.every(tx)
        ]

    found = with_desk(settings, lambda desk: desk.db.read(lambda tx: look(tx, desk)))
    if as_json:
        echo_json({"organisaties": found})
        return
    for one in found:
        bsn = "BSN" if one["bsn"] else "geen BSN"
        agreed = " ".join(one["gemeenten"]) or "geen afspraken"
        click.echo(f"{one['naam']}\t{one['categorie'] or '-'}\t{bsn}\t{agreed}")


@organisations.command("rename")
@settings_option
@as_person
@click.argument("organisation")
@click.argument("name")
@click.option("--location", help="Rename this location of the organisation.")
@click.option("--team", help="Rename this team of the location.")
def rename_unit(
    settings: NodeSettings, who: str, organisation: str, name: str, location: str | None, team: str | None
) -> None:
    """From today ORGANISATION, or its location or team, is called NAME; matches and cards show it."""
    from node.flows.rename import rename

    if team is not None and location is None:
        raise click.UsageError("A team stands at a location: give --location as well.")
    path = tuple(part for part in (organisation, location, team) if part is not None)
    done_by(settings, who, lambda desk, by: rename(desk, by, path, name))
    click.echo("Renamed.")


@organisations.command("merge")
@settings_option
@as_person
@click.argument("ended")
@click.argument("into")
@click.option("--organisation", help="Merge two locations of this organisation.")
def merge(settings: NodeSettings, who: str, ended: str, into: str, organisation: str | None) -> None:
    """From today ENDED is INTO, another organisation or location: people, signals, agreements and roles go along."""
    from node.flows.merge import merge_locations, merge_organisations

    if organisation is None:
        told = done_by(settings, who, lambda desk, by: merge_organisations(desk, by, ended, into))
    else:
        told = done_by(settings, who, lambda desk, by: merge_locations(desk, by, organisation, ended, into))
    click.echo(f"Merged; {told} active signals went along.")


@organisations.command("bsn-right")
@settings_option
@as_person
@click.argument("organisation")
@click.argument("says", type=click.Choice(["yes", "no", "category"]))
def bsn_right(settings: NodeSettings, who: str, organisation: str, says: str) -> None:
    """ORGANISATION may use the BSN, or may not and signals by name: SAYS; category leaves it to its category."""
    from node.flows.use_bsn import set_bsn_right

    said = {"yes": True, "no": False, "category": None}[says]
    done = done_by(settings, who, lambda desk, by: set_bsn_right(desk, by, organisation, said))
    click.echo("Set." if done else "It was so already.")


# Agreements and designations


@click.group()
def agreements() -> None:
    """Written agreements of organisations with gemeenten, without which nobody signals."""


@agreements.command("import")
@settings_option
@dry_run_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_agreements(settings: NodeSettings, file: Any, dry_run: bool) -> None:
    """Bring in agreements from a CSV FILE; all lines or none."""
    from node.flows.import_lists import import_agreements as bring_in
    from node.people.organisation_lists import read_agreements

    bring_in_list(settings, "agreements", read_agreements(file), bring_in, dry_run=dry_run)


@agreements.command("list")
@settings_option
@click.option("--ending", "only_ending", is_flag=True, help="Those alone that end within sixty days, with none after.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_agreements(settings: NodeSettings, only_ending: bool, as_json: bool) -> None:
    """Every agreement that holds today or will, and which of them end soon."""
    from ledger import Tx
    from node.domain.organisation import ending
    from node.flows.desk import Desk
    from node.store import organisations as store

    def look(tx: Tx, desk: Desk) -> list[dict[str, Any]]:
        every, today = store.every_agreement(tx), desk.today()
        soon = {one.agreement.id: one for one in ending(every, today)}
        return [
            {
                "organisatie": store.get(tx, one.organisation).name,
                "gemeente": one.gemeente,
                "ondertekend": one.signed_on.isoformat(),
                "van": one.period.starts.isoformat(),
                "tot": one.period.ends.isoformat() if one.period.ends else None,
                "document": one.document,
                "herinnering": soon[one.id].reminder if one.id in soon else None,
            }
            for one in every
            if (one.period.ends is None or today < one.period.ends) and (one.id in soon or not only_ending)
        ]

    found = with_desk(settings, lambda desk: desk.db.read(lambda tx: look(tx, desk)))
    if as_json:
        echo_json({"afspraken": found})
        return
    for one in found:
        ends = one["tot"] or "-"
        soon = f"\teindigt binnen {one['herinnering']} dagen" if one["herinnering"] else ""
        click.echo(f"{one['organisatie']}\t{one['gemeente']}\t{one['van']}\t{ends}\t{one['document']}{soon}")


@agreements.command()
@settings_option
@as_person
@from_until
@click.argument("organisation")
@click.argument("gemeente")
@click.option("--signed", type=Day(), required=True, help="The day of signing.")
@click.option("--document", required=True, help="Where the agreements can be found.")
def sign(
    settings: NodeSettings,
    who: str,
    organisation: str,
    gemeente: str,
    signed: date,
    document: str,
    since: date | None,
    until: date | None,
) -> None:
    """Keep agreements of ORGANISATION with GEMEENTE (four digits); they begin when signed unless --from says else."""
    from node.domain.period import Period
    from node.flows.agree import sign_agreement

    done_by(
        settings,
        who,
        lambda desk, by: sign_agreement(
            desk, by, organisation, gemeente, signed, Period(since or signed, until), document
        ),
    )
    click.echo("Kept.")


@agreements.command("end")
@settings_option
@as_person
@click.argument("organisation")
@click.argument("gemeente")
@click.option("--on", type=Day(), help="The first day without; today if absent.")
def end_agreements(settings: NodeSettings, who: str, organisation: str, gemeente: str, on: date | None) -> None:
    """The agreements of ORGANISATION with GEMEENTE end."""
    from node.flows.agree import end_agreement

    done_by(settings, who, lambda desk, by: end_agreement(desk, by, organisation, gemeente, on or desk.today()))
    click.echo("Ended.")


@click.group()
def designations() -> None:
    """Who is designated in person to signal."""


@designations.command("import")
@settings_option
@dry_run_option
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_designations(settings: NodeSettings, file: Any, dry_run: bool) -> None:
    """Bring in designations from a CSV FILE; all lines or none."""
    from node.flows.import_lists import import_designations as bring_in
    from node.people.organisation_lists import read_designations

    bring_in_list(settings, "designations", read_designations(file), bring_in, dry_run=dry_run)


@designations.command("begin")
@settings_option
@as_person
@from_until
@click.argument("professional")
def designate_one(settings: NodeSettings, who: str, professional: str, since: date | None, until: date | None) -> None:
    """PROFESSIONAL may signal in this period."""
    from node.domain.period import Period
    from node.flows.designate import designate

    done_by(
        settings,
        who,
        lambda desk, by: designate(desk, by, professional, Period(since or desk.today(), until)),
    )
    click.echo("Designated.")


@designations.command("end")
@settings_option
@as_person
@click.argument("professional")
@click.option("--on", type=Day(), help="The first day without; today if absent.")
def end_designation_of(settings: NodeSettings, who: str, professional: str, on: date | None) -> None:
    """PROFESSIONAL may signal no more; reading and ending own signals remain."""
    from node.flows.designate import end_designation

    done_by(settings, who, lambda desk, by: end_designation(desk, by, professional, on or desk.today()))
    click.echo("Ended.")
