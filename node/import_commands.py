"""``verwijsindex node signals import`` and ``node imports``: signals from a file, and how far they are.

A node that serves works them through by itself, and the command only watches; without one the command does the work.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING

import click

from config.node import NodeSettings
from node.command_line import as_person, at_the_door, dry_run_option, plainly, require_all, settings_option, with_desk

if TYPE_CHECKING:
    from node.domain.importing import Forecast
    from node.flows.desk import Desk
    from node.flows.look_at_imports import RunSeen
    from node.flows.try_import import Tried
    from node.people.lines import Line
    from node.people.signal_lists import ListedSignal
    from node.store.imports import LineTold, Run

LOOK_SECONDS = 0.5
"""Between two looks at an import that is watched."""
TOLD_EVERY = 30.0
"""Seconds between two lines of progress where there is no terminal."""
BAR = 30
_CLEAR = "\r\x1b[K"


@click.group()
def signals() -> None:
    """Signals from a file, for a catch-up."""


@signals.command("import")
@settings_option
@as_person
@dry_run_option
@click.option("--no-wait", is_flag=True, help="Take the lines in and leave; the node works them through by itself.")
@click.argument("file", type=click.File("rb"))
def import_signals(settings: NodeSettings, who: str, file: IO[bytes], dry_run: bool, no_wait: bool) -> None:
    """Bring in signals from FILE, CSV or JSON; the same file twice makes nothing twice.

    A line has bsn and kenmerk (of the professional), and may have duur (months), gestart (its first day), and
    geboortedatum with achternaam, which must agree with the register. Without them the professional confirms later.
    """
    from node.flows.take_in_signals import take_in
    from node.people.signal_lists import read_signals

    with plainly():
        lines, refused = read_signals(file.read())
    if dry_run:
        _try_out(settings, who, lines)
    require_all(refused)
    if dry_run:
        return
    taken = with_desk(settings, lambda desk: take_in(desk, who, lines))
    if taken.known:
        click.echo(f"This file was taken in before, as import {taken.run.number}; nothing is done twice.")
    else:
        click.echo(f"Import {taken.run.number}: {taken.run.lines} lines taken in.")
    if not no_wait:
        _watch(settings, who, taken.run.number)


@click.group()
def imports() -> None:
    """Imports of signals: how far they are, what they refused, and stopping one."""


@imports.command("list")
@settings_option
@as_person
def list_runs(settings: NodeSettings, who: str) -> None:
    """Every import that is still kept, newest first."""
    from node.flows.look_at_imports import list_imports

    found = with_desk(settings, lambda desk: list_imports(desk, who))
    for seen in found:
        click.echo(f"{seen.run.number}\t{seen.run.taken_in_at:%Y-%m-%d}\t{_stands(seen)}")
    if not found:
        click.echo("No imports.")


@imports.command()
@settings_option
@as_person
@click.argument("number", type=int)
def report(settings: NodeSettings, who: str, number: int) -> None:
    """How import NUMBER went: counts, and each line that became no signal with why."""
    from node.flows.look_at_imports import report_import

    seen, told = with_desk(settings, lambda desk: report_import(desk, who, number))
    _tell_lines(told)
    click.echo(f"Import {number}: {_stands(seen)}")


@imports.command()
@settings_option
@as_person
@click.argument("number", type=int)
def watch(settings: NodeSettings, who: str, number: int) -> None:
    """Watch import NUMBER until it is over; without a node that serves, work it through here."""
    _watch(settings, who, number)


@imports.command()
@settings_option
@as_person
@click.argument("number", type=int)
def pause(settings: NodeSettings, who: str, number: int) -> None:
    """No more lines of import NUMBER become signals until it is resumed."""
    from node.flows.take_in_signals import pause_import

    click.echo(f"Paused, {_turned(settings, lambda desk: pause_import(desk, who, number))}.")


@imports.command()
@settings_option
@as_person
@click.argument("number", type=int)
def resume(settings: NodeSettings, who: str, number: int) -> None:
    """Import NUMBER goes on where it was."""
    from node.flows.take_in_signals import resume_import

    click.echo(f"Resumed, {_turned(settings, lambda desk: resume_import(desk, who, number))}.")


@imports.command()
@settings_option
@as_person
@click.argument("number", type=int)
def cancel(settings: NodeSettings, who: str, number: int) -> None:
    """The lines of import NUMBER that wait are forgotten; signals that were made stay."""
    from node.flows.take_in_signals import cancel_import

    click.echo(f"Cancelled, {_turned(settings, lambda desk: cancel_import(desk, who, number))}.")


@imports.command()
@settings_option
@click.option("--as", "who", required=True, help="The professional, by reference or id.")
def mine(settings: NodeSettings, who: str) -> None:
    """What imports brought a professional: matches, counted by import."""
    said = at_the_door(settings, who, "GET", "/api/matches/uit-imports", None)
    for one in said["imports"]:
        day = one["op"].partition("T")[0]
        matches, own = _counted(len(one["matches"]), "match", "es"), _counted(one["signalen"], "signa", "len", "al")
        click.echo(f"{matches} uit import {one['nummer']} van {day} ({own}).")
    if not said["imports"]:
        click.echo("Geen imports.")


def _counted(number: int, word: str, several: str, one: str = "") -> str:
    return f"{number} {word}{one if number == 1 else several}"


def _turned(settings: NodeSettings, do: Callable[["Desk"], Awaitable["Run"]]) -> str:
    run = with_desk(settings, do)
    return f"with {run.done} of {run.lines} lines done"


# --- A dry run


def _try_out(settings: NodeSettings, who: str, lines: list["Line[ListedSignal]"]) -> None:
    from node.domain.importing import tells_matches
    from node.flows.try_import import try_import

    def seen(done: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"{_CLEAR}{_bar(done, len(lines))}  {done} of {len(lines)} lines tried", err=True, nl=False)

    tried: Tried = with_desk(settings, lambda desk: try_import(desk, who, lines, seen))
    if sys.stderr.isatty():
        click.echo(_CLEAR, err=True, nl=False)
    _tell_lines(tried.told)
    click.echo(f"{tried.lines} lines: {tried.made} new signals, {tried.doubles} double, {tried.refused} refused.")
    if tells_matches(tried.made, over=True):
        click.echo(f"They ask the pseudonym service for about {tried.elements} elements; {_until(tried.forecast)}.")
    else:
        click.echo(f"So few ask little of the pseudonym service; {_until(tried.forecast)}.")
    click.echo("Nothing was kept: this was a dry run.")


def _tell_lines(told: "tuple[LineTold, ...] | list[LineTold]") -> None:
    for each in told:
        click.echo(f"line {each.line}\t{each.outcome.value}\t{each.why}")


# --- Watching


def _watch(settings: NodeSettings, who: str, number: int) -> None:
    from node import app, door_files
    from node.flows.look_at_imports import look_at_import

    seen = with_desk(settings, lambda desk: look_at_import(desk, who, number))
    if seen.run.finished_at is not None:
        _tell_end(seen)
        return

    async def here() -> None:
        async with app.at_work(settings) as node:
            await _follow(node.desk, who, number)

    with plainly():
        try:
            # The settings may ask for more than a database here: hub, service, certificates.
            asyncio.run(here())
        except door_files.AlreadyServing:
            with_desk(settings, lambda desk: _follow(desk, who, number))
        except KeyboardInterrupt:
            click.echo("\nIt goes on when the node serves, or when it is watched again.", err=True)
            raise click.Abort from None


async def _follow(desk: "Desk", who: str, number: int) -> None:
    """Show how it stands until it is over or paused; on a terminal as one line that moves."""
    from node.flows.look_at_imports import look_at_import

    moving = sys.stderr.isatty()
    began, first = time.monotonic(), (await look_at_import(desk, who, number)).run.done
    next_line = 0.0
    while True:
        seen = await look_at_import(desk, who, number)
        passed = time.monotonic() - began
        over = seen.run.finished_at is not None or seen.run.state.value == "paused"
        rate = (seen.run.done - first) / passed if passed > 0 else 0.0
        if moving:
            click.echo(_CLEAR + ("" if over else progress(seen, rate, desk.clock())), err=True, nl=False)
        elif not over and passed >= next_line:
            click.echo(progress(seen, rate, desk.clock()), err=True)
            next_line = passed + TOLD_EVERY
        if over:
            _tell_end(seen)
            return
        await asyncio.sleep(LOOK_SECONDS)


def _tell_end(seen: "RunSeen") -> None:
    click.echo(f"Import {seen.run.number}: {_stands(seen)}")
    if seen.run.refused or seen.run.doubles:
        click.echo(f"Which lines, and why: verwijsindex node imports report {seen.run.number}")


def progress(seen: "RunSeen", rate: float, now: datetime) -> str:
    """One line: how far, how fast, and until when. ``rate`` is lines in a second."""
    from node.domain.days import AMSTERDAM
    from node.flows.work_through import Held

    run, day = seen.run, seen.forecast.day
    parts = [f"{_bar(run.done, run.lines)}  {run.done} of {run.lines} lines"]
    parts.append(f"{run.made} made, {run.doubles} double, {run.refused} refused")
    if seen.held in (Held.AWAY, Held.BUDGET):
        parts.append(f"waits: {seen.held.value}")
    elif rate >= 1:
        parts.append(f"{rate:.0f} a second")
    if day == now.astimezone(AMSTERDAM).date():
        if rate > 0:
            done_at = (now + timedelta(seconds=run.left / rate)).astimezone(AMSTERDAM)
            parts.append(f"done about {done_at:%H:%M}")
    else:
        parts.append(_until(seen.forecast))
    return ", ".join(parts)


def _bar(done: int, lines: int) -> str:
    filled = BAR * done // lines if lines else BAR
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {100 * done // lines if lines else 100}%"


def _until(forecast: "Forecast") -> str:
    if forecast.past_the_month:
        return "that is more than this month's budget has room for: ask its operators for an allowance"
    if forecast.day is None:
        return "what there is room for, the service has not told yet"
    return f"by the budget done on {forecast.day.isoformat()}"


def _stands(seen: "RunSeen") -> str:
    from node.domain.importing import tells_matches

    run, over = seen.run, seen.run.finished_at is not None
    parts = [f"{run.state.value}, {run.done} of {run.lines} lines: {run.made} signals made"]
    if tells_matches(run.made, over=over):
        parts.append(f"{run.matches} pairs matched inside the region")
    parts += [f"{run.doubles} double", f"{run.refused} refused"]
    return ", ".join(parts) + ("" if over else f"; {_until(seen.forecast)}")
