"""The command `verwijsindex scheme`: the scheme owner's offline program."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from certs import scheme as work
from certs.keyring import EpochFileRefused, read_public_keys
from certs.scheme import SchemeRefused
from certs.statements import SignedStatement, StatementRefused
from certs.trust import TrustStore, Use

_DIRECTORY = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_state = click.option("--state", type=_DIRECTORY, required=True, help="The scheme owner's own directory, kept offline.")
_bundle = click.option("--out", "bundle", type=_DIRECTORY, help="Where the bundle goes; STATE/bundle unless given.")


@click.group()
def scheme() -> None:
    """The scheme owner's work: epochs and who is admitted to them. For a machine without a network."""


@scheme.command()
@_state
def init(state: Path) -> None:
    """Make the scheme's own signing key and print its public half. Twice prints the same."""
    with _plainly():
        public = work.init(state, os.urandom)
    click.echo(public)
    click.echo("This is the scheme key for the settings of every node, the hub and the pseudonym service.", err=True)


@scheme.command()
@click.argument("name")
@_state
@_bundle
@click.option("--begins", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First local day.")
@click.option("--ends", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The local day on which it is over.")
@click.option("--public-keys", type=_FILE, help="What `verwijsindex pseudonyms keys new NAME` wrote.")
@click.option("--service", help="URL of the pseudonym service; needed once.")
@click.option("--regie-rules", type=_FILE, help="The national regie rules, one on a line.")
def epoch(
    name: str,
    state: Path,
    bundle: Path | None,
    begins: datetime,
    ends: datetime,
    public_keys: Path | None,
    service: str | None,
    regie_rules: Path | None,
) -> None:
    """Begin the epoch NAME, or move its dates: draws its secret, seals it to every region, signs the epoch file."""
    with _plainly():
        keys = None
        if public_keys is not None:
            named, keys = read_public_keys(public_keys.read_bytes())
            if named != name:
                raise SchemeRefused(f"These public keys were made for epoch {named}, not {name}.")
        rules = [line.strip() for line in regie_rules.read_text().splitlines()] if regie_rules else None
        known = work.set_epoch(
            state,
            name,
            begins=begins.date(),
            ends=ends.date(),
            now=_now(),
            random=os.urandom,
            keys=keys,
            service=service,
            regie_rules=[rule for rule in rules if rule] if rules is not None else None,
        )
        _publish(state, bundle)
    click.echo(f"Epoch {name} runs from {begins.date()} to {ends.date()}; {len(known.regions)} regions are admitted.")


@scheme.command()
@click.argument("statement", type=_FILE)
@_state
@_bundle
@click.option("--signing-trust", type=_FILE, required=True, help="The signing authorities, in PEM.")
@click.option(
    "--signing-crls",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Their revocation lists.",
)
@click.option("--crl-staleness-hours", type=click.IntRange(0), default=0, help="How old a list may be past its end.")
def admit(
    statement: Path,
    state: Path,
    bundle: Path | None,
    signing_trust: Path,
    signing_crls: Path,
    crl_staleness_hours: int,
) -> None:
    """Seal the secrets of all epochs that are not over to the region that signed the key STATEMENT."""
    with _plainly():
        trust = TrustStore(signing_trust, signing_crls, Use.SIGNING, staleness=timedelta(hours=crl_staleness_hours))
        known, oin = work.admit(state, SignedStatement.from_file(statement.read_bytes()), trust, _now())
        _publish(state, bundle)
    click.echo(f"Region {oin} is admitted to {', '.join(known.secrets) or 'no epoch yet: make one'}.")


@scheme.command()
@click.argument("oin")
@_state
@_bundle
def remove(oin: str, state: Path, bundle: Path | None) -> None:
    """Seal nothing more to the region OIN. It keeps what it knows until the present epochs are over."""
    with _plainly():
        known = work.remove(state, oin, _now())
        _publish(state, bundle)
    click.echo(f"Region {oin} is removed.")
    if known.secrets:
        click.echo(
            f"It still knows the secret of {', '.join(known.secrets)}: begin a new epoch now, and end these with "
            "`verwijsindex scheme epoch NAME --ends DATE` once the regions have brought their records over.",
            err=True,
        )


def _publish(state: Path, bundle: Path | None) -> None:
    to = bundle or state / "bundle"
    work.publish(state, to, _now())
    click.echo(f"The bundle for the pseudonym service and the hub is in {to}.", err=True)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except (SchemeRefused, StatementRefused, EpochFileRefused) as refusal:
        raise click.ClickException(str(refusal)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
