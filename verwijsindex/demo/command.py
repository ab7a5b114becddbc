"""The command `verwijsindex demo`: a whole exchange on this machine, the story, and then yours until Ctrl-C."""

import json
import shlex
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from node.domain.days import AMSTERDAM
from node.door_client import DoorRefused, DoorSilent
from verwijsindex.demo.ceremony import CeremonyFailed
from verwijsindex.demo.earlier import signal_a_year_ago
from verwijsindex.demo.exchange import Exchange, make_exchange
from verwijsindex.demo.processes import Crashed, NotReady
from verwijsindex.demo.sights import Step
from verwijsindex.demo.story import OPERATOR, Story
from verwijsindex.demo.waiting import Stopwatch, StoryBroken
from verwijsindex.demo.world import TO_TRY, World, make_world

REGIONS = ("amsterdam", "haaglanden", "utrecht")
DEPARTURE_SECONDS = 10
"""The floor. In earnest it is a quarter of an hour."""
SEED = 2023
WIDTH = 110
_LOOK_SECONDS = 0.2
_WRONG = (StoryBroken, Crashed, NotReady, CeremonyFailed, DoorRefused, DoorSilent)


def _port(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        f"--{name}-port", f"{name}_port", type=click.IntRange(1, 65535), help="A free one if not given."
    )


@click.command()
@click.option("--check", is_flag=True, help="Play the story, print one JSON object and end: 0 is well, 1 is not.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Work in this empty directory and keep it, with databases, keys and logs.",
)
@click.option("--signals", type=click.IntRange(20, 3000), default=120, show_default=True, help="Signals in the world.")
@_port("hub")
@_port("pseudonyms")
@_port("amsterdam")
@_port("haaglanden")
@_port("utrecht")
def demo(check: bool, keep: Path | None, signals: int, **ports: int | None) -> None:
    """Hub, pseudonym service and three regions on this machine, and the story that they play (told in Dutch)."""
    given = {name.removesuffix("_port"): port for name, port in ports.items() if port is not None}
    _require_free(given)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty.")
    world = make_world(SEED, _today(), signals)
    with _ended_by_signals():
        if check:
            sys.exit(_check(world, keep, given))
        sys.exit(_show(world, keep, given))


def _check(world: World, keep: Path | None, ports: Mapping[str, int]) -> int:
    """Play and tell it as JSON; what is going on goes to stderr."""
    played: list[dict[str, Any]] = []
    reason: str | None = None
    watch = Stopwatch()
    try:
        with _exchange(keep, ports) as exchange:
            for step in _steps(exchange, world, watch):
                click.echo(f"{step.title}: {_duration(step.milliseconds)}", err=True)
                played.append(
                    {
                        "step": step.name,
                        "ok": True,
                        "outcome": step.outcome,
                        "milliseconds": step.milliseconds,
                        "measured": dict(step.measured),
                    }
                )
    except _WRONG as wrong:
        reason = f"After {played[-1]['step'] if played else 'nothing'}: {wrong}"
    except KeyboardInterrupt:
        reason = "Interrupted."
    said = {"ok": reason is None, "reason": reason, "milliseconds": watch(), "steps": played}
    click.echo(json.dumps(said, ensure_ascii=False, indent=2))
    return 0 if reason is None else 1


def _show(world: World, keep: Path | None, ports: Mapping[str, int]) -> int:
    """Play and tell it to a person, then stay up."""
    watch = Stopwatch()
    _heading("Verwijsindex: een hele uitwisseling op deze machine")
    click.echo("Alles is echt: vijf programma's, wederzijds TLS, ondertekende SOAP, databases op schijf.")
    click.echo("Alleen de mensen zijn verzonnen; hun nummers zijn gepubliceerde testnummers en 9999xxxxx.")
    click.echo("Certificaten en sleutels worden gemaakt en de programma's gestart; dat duurt enkele seconden…")
    ended = 130
    try:
        with _exchange(keep, ports) as exchange:
            try:
                for number, step in enumerate(_steps(exchange, world, watch), 1):
                    _tell(number, step)
                _tell_what_now(exchange, world, keep)
                ended = 0
                while True:
                    exchange.processes.look()
                    time.sleep(_LOOK_SECONDS)
            except KeyboardInterrupt:
                click.echo("\nStoppen en opruimen…")
    except _WRONG as wrong:
        click.echo(click.style(f"\nDe demo is gestopt: er ging iets mis. {wrong}", fg="red"), err=True)
        return 1
    except KeyboardInterrupt:
        return ended
    click.echo(f"Gestopt. {f'Alles staat nog in {keep}.' if keep else 'Er is niets achtergebleven.'}")
    return ended


def _exchange(keep: Path | None, ports: Mapping[str, int]) -> Exchange:
    return make_exchange(keep, REGIONS, ports=ports, departure_seconds=DEPARTURE_SECONDS, canaries=True)


def _steps(exchange: Exchange, world: World, watch: Stopwatch) -> Iterator[Step]:
    """To be there is the first step, and took as long as the watch says; the story follows."""
    people, earlier = world.register_csv(), world.story.earlier
    for region in exchange.regions:
        professionals = world.professionals_csv(region.title)
        if region.name == earlier.node:
            place, youth = exchange.settings(region.name), world.story.once.bsn
            signal_a_year_ago(place, world.today, people, professionals, earlier.reference, youth)
        else:
            exchange.import_lists(region.name, people=people, professionals=professionals)
        exchange.name_operator(region.name, OPERATOR)
    made = watch()
    exchange.start()
    yield Step(
        "start",
        "Vijf programma's draaien",
        "Hub, pseudoniemdienst en drie nodes, elk een eigen proces met eigen certificaten, sleutels en database.",
        watch(),
        {"ingericht": made, "gestart": round(watch() - made, 1)},
    )
    yield from Story(exchange, world, DEPARTURE_SECONDS).play()


def _tell(number: int, step: Step) -> None:
    _heading(f"{number}. {step.title}")
    click.echo(textwrap.fill(step.outcome, WIDTH))
    for what, milliseconds in step.measured.items():
        click.echo(f"  {what}: {_duration(milliseconds)}")
    for sight in step.sights:
        click.echo(click.style(f"\n  {sight.party}", fg="cyan"))
        for line in sight.lines:
            click.echo(f"    {line}")


def _tell_what_now(exchange: Exchange, world: World, keep: Path | None) -> None:
    who = world.workers_of("Amsterdam")[0].reference
    youth = world.story.sibling
    typed = " ".join(youth.confirmed)
    home = exchange.places.home("amsterdam")
    files = exchange.places.pki.files("amsterdam")
    settings = {name: f"--config {shlex.quote(str(exchange.settings(name)))}" for name in exchange.names}
    program = _program()
    _heading("Alles blijft draaien tot Ctrl-C. Nu u.")
    click.echo("Adressen:")
    for name in exchange.names:
        click.echo(f"  {name:<11} {exchange.address(name)}")
    click.echo("\nHub en dienst praten alleen met wie een certificaat heeft, de deur van een node alleen met wie haar")
    click.echo("token kent. Schermen volgen; nu is er de opdrachtregel, in een ander venster:\n")
    as_who = f"{settings['amsterdam']} --as {who}"
    for what, command in (
        ("Wie kan signaleren?", f"{program} node professionals list {settings['amsterdam']}"),
        (f"Signaleer {youth.name} als {who}", f"printf '%s\\n' {typed} | {program} node signal {as_who}"),
        ("Wie is er nog meer betrokken?", f"{program} node matches {as_who}"),
        ("Hoe staat de node ervoor?", f"{program} node status {settings['amsterdam']}"),
        ("En de hub?", f"{program} hub status {settings['hub']}"),
        ("En de pseudoniemdienst?", f"{program} pseudonyms status {settings['pseudonyms']}"),
        (
            "De deur van de node zelf",
            f'curl -s -H "Authorization: Bearer $(cat {shlex.quote(str(home / "node.token"))})" '
            f'-H "Professional: {who}" {exchange.address("amsterdam")}/api/signalen',
        ),
        (
            "Het contract van de hub",
            f"curl -s --cert {files.tls_certificate} --key {files.tls_key} --cacert {files.tls_trust} "
            f"'{exchange.address('hub')}?wsdl'",
        ),
    ):
        click.echo(f"  {click.style(what, fg='cyan')}\n    {command}")
    click.echo("\nAndere testnummers om te signaleren, met geboortedatum en achternaam om ze te bevestigen:")
    confirmed = {one.bsn.reveal(): one.confirmed for one in world.citizens}
    for number, about in TO_TRY.items():
        click.echo(f"  {'  '.join(confirmed[number])}  {about}")
    click.echo(f"\nWie de nodes beheert heet {OPERATOR} (voor --as bij imports en rollen).")
    click.echo(f"\nLogboeken: {exchange.places.directory / 'logs'}" + ("" if keep else " (weg na Ctrl-C)"))


def _heading(text: str) -> None:
    click.echo("\n" + click.style(text, bold=True) + "\n" + "─" * len(text))


def _duration(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.1f} s".replace(".", ",")
    return f"{milliseconds:.0f} ms"


def _program() -> str:
    """How the reader starts this program: through ./dev in a checkout, else by its own name."""
    if Path(sys.argv[0]).stem == "verwijsindex":
        return "verwijsindex"
    ours = Path(__file__).resolve().parents[2] == Path.cwd() and Path("dev").is_file()
    return "./dev run" if ours else f"{shlex.quote(sys.executable)} -m verwijsindex"


def _today() -> date:
    return datetime.now(AMSTERDAM).date()


def _require_free(ports: Mapping[str, int]) -> None:
    if len(set(ports.values())) < len(ports):
        raise click.UsageError("A port can be used only once.")
    for name, port in ports.items():
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError as why:
                raise click.ClickException(f"Port {port} for {name}: {why.strerror}.") from None


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a terminal that closes end us as Ctrl-C does: everything is stopped and cleared away first."""

    def end(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
