"""The operator's commands of the exchange: what was set aside, comparing, re-keying, the region's own keys, alarms.

They work beside a node that serves: what they write is seen by it within a minute, what they send is sent as it would.
A comparison or re-key and the node's own deliveries wait for each other.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from certs.region_keys import RegionKeyMissing, RegionKeys, RegionKeyUnusable
from certs.statements import KeyEnding, KeyKind, SignedStatement, make_statement
from config.node import NodeSettings
from hub_connector.failures import NotNow, Refused
from node import app
from node.command_line import echo_json, plainly, settings_option, with_desk
from node.domain.days import local_day
from node.exchange import Exchange
from node.flows import keys as key_flows
from node.flows import set_aside
from node.flows.desk import Desk
from node.flows.reconcile import Difference, ReconcileReport
from node.flows.reconcile import reconcile as compare
from node.flows.rekey import rekey as bring_over
from node.store import holds, sealed
from node.store import outbox as store

T = TypeVar("T")


def with_exchange(settings: NodeSettings, do: Callable[[Exchange], Awaitable[T]]) -> T:
    """Open the database and the doors to hub and service for one command."""

    async def run() -> T:
        node = app.build(settings)
        try:
            async with app.books_kept(settings, node.desk):
                return await do(node.exchange)
        except (NotNow, Refused) as why:
            raise click.ClickException(str(why)) from None
        finally:
            await node.close()

    with plainly(), _keys_plainly():
        return asyncio.run(run())


@contextmanager
def _keys_plainly() -> Iterator[None]:
    """A key that is missing or unusable ends a command with one sentence."""
    try:
        yield
    except (RegionKeyMissing, RegionKeyUnusable) as why:
        raise click.ClickException(str(why)) from None


# --- What was set aside ------------------------------------------------------------------------------


@click.group()
def outbox() -> None:
    """What still has to reach the hub, and what was set aside."""


@outbox.command("list")
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_outbox(settings: NodeSettings, as_json: bool) -> None:
    """What waits, counted, sealed messages one by one, and each thing that was set aside with why."""

    async def look(desk: Desk) -> tuple[int, list[set_aside.Aside], list[sealed.Outgoing]]:
        return await desk.db.read(lambda tx: (store.count(tx)[0], set_aside.list_aside(tx), sealed.waiting(tx)))

    waiting, aside, letters = with_desk(settings, look)
    if as_json:
        said = [
            {"name": each.name, "what": each.what, "refusal": each.refusal, "signal": str(each.signal_id or "")}
            for each in aside
        ]
        closed = [
            {"name": f"s{each.number}", "what": each.kind, "peer": each.peer, "waits": each.waits_because or ""}
            for each in letters
        ]
        echo_json({"waiting": waiting, "sealed": closed, "setAside": said})
        return
    click.echo(f"{waiting} wishes wait.")
    for letter in letters:
        click.echo(f"s{letter.number}\t{letter.kind} for {letter.peer}\twaits: {letter.waits_because or 'leaves next'}")
    for each in aside:
        click.echo(f"{each.name}\t{each.what}\t{each.refusal}\tsignal {each.signal_id or '-'}")


@outbox.command()
@settings_option
@click.argument("name")
def retry(settings: NodeSettings, name: str) -> None:
    """Try NAME again: an errand under its next revision, or as a new record where the hub has buried the old one; a
    sealed message as it is."""
    _decide(settings, name, set_aside.retry)
    click.echo("It goes out again.")


@outbox.command()
@settings_option
@click.argument("name")
def drop(settings: NodeSettings, name: str) -> None:
    """Give up NAME. A comparison will find what the hub then lacks."""
    _decide(settings, name, set_aside.drop)
    click.echo("Dropped.")


def _decide(settings: NodeSettings, name: str, what: Callable[[Any, str, Any], Awaitable[bool]]) -> None:
    if not with_desk(settings, lambda desk: what(desk.db, name, desk.clock())):
        raise click.ClickException("Nothing of this name is set aside; see `verwijsindex node outbox list`.")


# --- Comparing and re-keying -------------------------------------------------------------------------


@click.command()
@settings_option
@click.option("--dry-run", is_flag=True, help="Only list the differences.")
@click.option(
    "--withdraw-unknown",
    is_flag=True,
    help="After a restore of this node: withdraw what only the hub has.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def reconcile(settings: NodeSettings, dry_run: bool, withdraw_unknown: bool, as_json: bool) -> None:
    """Compare with what the hub holds of this region, mend the differences, declare the result."""
    report = with_exchange(
        settings, lambda exchange: compare(exchange, dry_run=dry_run, withdraw_unknown=withdraw_unknown)
    )
    if as_json:
        echo_json(_said(report))
    else:
        _tell(report, dry_run)
    if report.holding is not None or (not dry_run and not report.agreed):
        raise SystemExit(1)


def _said(report: ReconcileReport) -> dict[str, Any]:
    return {
        "differences": [
            {"record": str(each.record_id), "node": _leaf(each, ours=True), "hub": _leaf(each, ours=False)}
            for each in report.differences
        ],
        "repaired": report.repaired,
        "withdrawn": report.withdrawn,
        "undecided": [str(each) for each in report.undecided],
        "agreed": report.agreed,
        "holding": report.holding,
    }


def _leaf(difference: Difference, *, ours: bool) -> str:
    leaf = difference.ours if ours else difference.theirs
    return f"revision {leaf.revision}, {leaf.state.value}" if leaf is not None else "nothing"


def _tell(report: ReconcileReport, dry_run: bool) -> None:
    for each in report.differences:
        click.echo(f"{each.record_id}\tnode: {_leaf(each, ours=True)}\thub: {_leaf(each, ours=False)}")
    if report.holding is not None:
        click.echo(f"Not now: {report.holding}")
    elif dry_run:
        click.echo(f"{len(report.differences)} differences; nothing was changed.")
    else:
        click.echo(
            f"{report.repaired} repaired, {report.withdrawn} withdrawn. Agreed: {'yes' if report.agreed else 'no'}."
        )
    if report.undecided:
        click.echo(
            f"Only the hub has {len(report.undecided)} records: this node was restored, so you decide."
            " If no newer copy of the database exists, run this again with --withdraw-unknown."
        )


@click.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def rekey(settings: NodeSettings, as_json: bool) -> None:
    """Fetch the epochs, queue what is behind, destroy what is over. The node's own job does this as well."""
    report = with_exchange(settings, bring_over)
    if as_json:
        echo_json(
            {
                "queued": report.queued,
                "behind": dict(report.behind),
                "ended": list(report.ended),
                "holding": report.holding,
            }
        )
        return
    for epoch, behind in report.behind:
        click.echo(f"Epoch {epoch}: {behind} records behind.")
    for epoch in report.ended:
        click.echo(f"Epoch {epoch} is over: its tags, cards and secret were destroyed.")
    click.echo(f"{report.queued} queued." if report.holding is None else f"Not now: {report.holding}")


# --- The region's own keys ---------------------------------------------------------------------------


@click.group()
def keys() -> None:
    """This region's card and sealing keys, and the directory."""


@keys.command("list")
@settings_option
def list_keys(settings: NodeSettings) -> None:
    """Every key, ended ones too."""
    with _keys_plainly():
        stated = RegionKeys(settings.region_keys_directory).stated()
    for key in stated:
        until = key.valid_until.isoformat() if key.valid_until else "-"
        click.echo(f"{key.id}\t{key.kind.value}\t{key.valid_from.isoformat()}\t{until}\t{key.ended or 'in use'}")


@keys.command("new")
@settings_option
@click.argument("kind", type=click.Choice([kind.value for kind in KeyKind]))
def new_key(settings: NodeSettings, kind: str) -> None:
    """Make a key of KIND; others of its kind go on until they are ended."""
    key = RegionKeys(settings.region_keys_directory).new(KeyKind(kind), app.clock(), os.urandom)
    click.echo(f"{key.id} was made. Now run `verwijsindex node keys publish`.")
    if KeyKind(kind) is KeyKind.SEALING:
        click.echo("The scheme owner must admit this region again with a new statement: `node keys statement FILE`.")


@keys.command("end")
@settings_option
@click.argument("key_id")
@click.option("--compromised", is_flag=True, help="Nothing that it signed stands any more; else it was rotated.")
def end_key(settings: NodeSettings, key_id: str, compromised: bool) -> None:
    """End KEY_ID."""
    how = KeyEnding.COMPROMISED if compromised else KeyEnding.ROTATED
    with _keys_plainly():
        key = RegionKeys(settings.region_keys_directory).end(key_id, how, app.clock())
    click.echo(f"{key_id} has ended: {how.value}. Now run `verwijsindex node keys publish`.")
    if compromised and key.stated.kind is KeyKind.CARD:
        queued = with_desk(settings, _new_cards)
        click.echo(f"{queued} records get new cards, so that the other regions can believe them again.")


async def _new_cards(desk: Desk) -> int:
    return await desk.db.write(lambda tx: store.everything_changed(tx, desk.clock()))


@keys.command()
@settings_option
def publish(settings: NodeSettings) -> None:
    """Put the keys in the hub's directory, and fetch the directory."""
    serial = with_exchange(settings, key_flows.publish_keys)
    click.echo("The directory has these keys already." if serial is None else f"Published as statement {serial}.")


@keys.command()
@settings_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The same as FILE.")
def statement(settings: NodeSettings, file: Path | None, out: Path | None) -> None:
    """Write the signed key statement to FILE, for the scheme owner. Makes the first keys where there are none."""
    target = file or out
    if target is None or (file is not None and out is not None):
        raise click.UsageError("Name one file to write to.")

    async def make(exchange: Exchange) -> bytes:
        key_flows.ensure_keys(exchange)
        ours = (await key_flows.read_directory(exchange)).member(exchange.own)
        serial = ours.keys.serial if ours is not None and ours.keys is not None else 1
        stated = exchange.region_keys.stated()
        return SignedStatement(
            *make_statement(exchange.own, serial, stated, exchange.clock(), exchange.identity())
        ).to_file()

    target.write_bytes(with_exchange(settings, make))
    click.echo(f"Give {target} to the scheme owner: `verwijsindex scheme admit`. It holds nothing secret.")


@keys.command()
@settings_option
def fetch(settings: NodeSettings) -> None:
    """Fetch the epochs and our secrets from the pseudonym service, and say which we can work in."""
    scheme = with_exchange(settings, key_flows.fetch_epochs)
    today = local_day(app.clock())
    for name in scheme.in_force(today):
        click.echo(f"Epoch {name}: {'ready' if name in scheme.secrets else 'no fitting secret: nothing is derived'}.")
    if not scheme.in_force(today):
        click.echo("No epoch is in force.")


# --- Alarms ------------------------------------------------------------------------------------------


@click.group()
def alarms() -> None:
    """What an operator must look at."""


@alarms.command("list")
@settings_option
def list_alarms(settings: NodeSettings) -> None:
    """Open alarms, oldest first."""
    found = with_desk(settings, lambda desk: desk.db.read(holds.alarms))
    for alarm in found:
        click.echo(f"{alarm.number}\t{alarm.at.isoformat()}\t{alarm.kind.value}\t{alarm.peer or '-'}\t{alarm.about}")
    if not found:
        click.echo("No alarms.")


@alarms.command()
@settings_option
@click.argument("number", type=int)
def settle(settings: NodeSettings, number: int) -> None:
    """Note that alarm NUMBER was seen to; if it happens again it rings again."""
    done = with_desk(settings, lambda desk: desk.db.write(lambda tx: holds.settle(tx, number, desk.clock())))
    if not done:
        raise click.ClickException("There is no open alarm of this number.")
    click.echo("Settled.")
