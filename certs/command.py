"""`verwijsindex certs`: make, ask for, issue, look at, take back and watch over certificates. No key is ever shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.authority import KEY_SIZE, LOOPBACK, PARTIES, AuthorityRefused, DevPki, Hierarchy, Lifetimes, Party, dev_pki
from certs.identity import IdentityUnusable, read_key, replace_file, write_key
from certs.peer import UNREADABLE, CertificateRefused, is_oin, oin_of
from certs.survey import due_now, survey, told

HERE = Path(".")
directory = click.Path(file_okay=False, path_type=Path)
existing = click.Path(exists=True, path_type=Path)
a_file = click.Path(dir_okay=False, path_type=Path)
use = click.Choice([each.value for each in Hierarchy])


class Moment(click.ParamType[datetime]):
    """A day or a moment, in UTC unless it says otherwise."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("write it as 2026-12-31 or 2026-12-31T12:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Member(click.ParamType[Party]):
    """NAME=OIN, or NAME=OIN:serves for who answers connections."""

    name = "party"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Party:
        if isinstance(value, Party):
            return value
        name, _, rest = str(value).partition("=")
        oin, _, serves = rest.partition(":")
        if not name.isidentifier() or not is_oin(oin) or serves not in ("", "serves"):
            self.fail("write it as NAME=OIN or NAME=OIN:serves, with an OIN of 20 digits", param, ctx)
        return Party(name, oin, bool(serves))


def clock() -> datetime:
    return datetime.now(UTC)


@click.group()
def certs() -> None:
    """Certificates: who may speak for whom, and until when."""


@certs.command()
@click.option("--out", type=directory, required=True, help="A new or empty directory.")
@click.option(
    "--party", "parties", type=Member(), multiple=True, help="NAME=OIN[:serves]; without it the five of the demo."
)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Life of the leaves.")
def dev(out: Path, parties: tuple[Party, ...], days: int) -> None:
    """Make a whole PKI for a demo or a test: authorities, lists, and keys and certificates for every party."""
    lifetimes = Lifetimes(leaf=timedelta(days=days))
    try:
        dev_pki(out, parties or PARTIES, clock(), lifetimes=lifetimes)
    except AuthorityRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"Made in {out}:")
    for party in parties or PARTIES:
        click.echo(
            f"  {party.name:<12} OIN {party.oin}  {'answers and opens' if party.serves else 'opens'} connections"
        )
    click.echo("For development only: whoever has this directory can be anyone in it.")


@certs.command()
@click.option("--name", required=True, help="The party's name, for people.")
@click.option("--oin", required=True, help="The OIN it will speak for.")
@click.option("--use", "kind", type=use, required=True, help="What the certificate is for.")
@click.option("--out", type=directory, default=HERE, help="Where USE.key and USE.csr go.")
@click.option("--same-key", is_flag=True, help="Ask again for the key that is there: then one rename renews.")
def csr(name: str, oin: str, kind: str, out: Path, same_key: bool) -> None:
    """Make a key and a request to have it certified. The key stays here, readable by its owner alone."""
    if not is_oin(oin):
        raise click.ClickException("an OIN has 20 digits")
    out.mkdir(parents=True, exist_ok=True)
    key_file, request_file = out / f"{kind}.key", out / f"{kind}.csr"
    try:
        if same_key:
            key = read_key(key_file)
        else:
            key = rsa.generate_private_key(65537, KEY_SIZE)
            write_key(key_file, key)
    except FileExistsError:
        text = f"{key_file} exists and is not overwritten; use --same-key, or another --out for a new key"
        raise click.ClickException(text) from None
    except IdentityUnusable as refusal:
        raise click.ClickException(str(refusal)) from None
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.SERIAL_NUMBER, oin)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    replace_file(request_file, request.public_bytes(Encoding.PEM))
    click.echo(f"{request_file}: send this to the authority.")
    click.echo(f"{key_file}: keep this here; nobody else needs it, also not the authority.")


@certs.command()
@click.argument("request_file", metavar="REQUEST", type=existing)
@click.option("--pki", type=existing, required=True, help="The directory that `certs dev` made.")
@click.option("--use", "kind", type=use, required=True, help="What the certificate is for.")
@click.option("--oin", required=True, help="The OIN it may speak for, as you know it: the request must say the same.")
@click.option("--serves", is_flag=True, help="It may also answer connections.")
@click.option("--host", "hosts", multiple=True, default=LOOPBACK, show_default=True, help="Where it answers.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="Life of the certificate.")
@click.option("--out", type=a_file, required=True, help="The certificate with its chain; replaced in one rename.")
def issue(
    request_file: Path, pki: Path, kind: str, oin: str, serves: bool, hosts: tuple[str, ...], days: int, out: Path
) -> None:
    """Sign the REQUEST with the development authority. Who may speak for whom is your word, not the request's."""
    try:
        request = x509.load_pem_x509_csr(request_file.read_bytes())
        name = str(request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        if not request.is_signature_valid:
            raise AuthorityRefused(f"{request_file}: whoever made this request does not have the key in it")
        if oin_of(request) != oin:
            raise AuthorityRefused(f"{request_file}: asks for another OIN than --oin")
        key = request.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < KEY_SIZE:
            raise AuthorityRefused(f"{request_file}: the key must be RSA of {KEY_SIZE} bits or more")
        party = Party(name, oin, serves)
        authority = DevPki(pki).authority(Hierarchy(kind))
        issued = authority.issue(key, party, clock(), lifetime=timedelta(days=days), hosts=hosts)
    except (*UNREADABLE, IndexError):
        raise click.ClickException(f"{request_file}: is not a request with a name and an OIN") from None
    except (AuthorityRefused, CertificateRefused, IdentityUnusable) as refusal:
        raise click.ClickException(str(refusal)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: cannot be read ({error.strerror})") from None
    replace_file(out, issued)
    click.echo(f"{out}: {name} speaks for OIN {oin}, for {days} days.")


@certs.command()
@click.argument("paths", nargs=-1, required=True, type=existing)
@click.option("--at", type=Moment(), help="As on this day or moment, instead of now.")
def inspect(paths: tuple[Path, ...], at: datetime | None) -> None:
    """Say in plain words who may speak for whom and until when, from the files or whole directories in PATHS."""
    for line in told(survey(paths), at or clock()):
        click.echo(line)


@certs.command()
@click.argument("certificate", type=existing)
@click.option("--pki", type=existing, required=True, help="The directory that `certs dev` made.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="Life of the new list.")
def revoke(certificate: Path, pki: Path, days: int) -> None:
    """Take the CERTIFICATE back: put it on its issuer's list and sign that list anew. Twice does no harm."""
    try:
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    except ValueError:
        raise click.ClickException(f"{certificate}: holds no certificate in PEM") from None
    for hierarchy in Hierarchy:
        authority = DevPki(pki).authority(hierarchy)
        try:
            layer = authority.revoke(leaf, clock(), timedelta(days=days))
        except AuthorityRefused:
            continue
        except (IdentityUnusable, OSError, ValueError):
            raise click.ClickException(f"{pki}: the keys or lists of its authorities cannot be used") from None
        click.echo(f"{authority.crls / f'{layer}.crl'}: the certificate is revoked. Bring this list to every party.")
        return
    raise click.ClickException(f"{certificate}: was not issued by an authority in {pki}")


@certs.command()
@click.option("--pki", type=existing, required=True, help="The directory that `certs dev` made.")
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True, help="Life of the new lists.")
def lists(pki: Path, days: int) -> None:
    """Sign all revocation lists anew, before they end. They take back what they took back."""
    for hierarchy in Hierarchy:
        authority = DevPki(pki).authority(hierarchy)
        try:
            authority.renew_lists(clock(), timedelta(days=days))
        except (IdentityUnusable, OSError, ValueError):
            raise click.ClickException(f"{pki}: the keys or lists of its authorities cannot be used") from None
        click.echo(f"{authority.crls}: signed anew, for {days} days.")


@certs.command()
@click.argument("paths", nargs=-1, required=True, type=existing)
@click.option("--at", type=Moment(), help="As on this day or moment, instead of now.")
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], at: datetime | None) -> None:
    """Say what somebody should do about the files or directories in PATHS: renewals, lists, open keys.

    Renewals from two thirds of life, and at 60, 30 and 7 days.
    Ends with 0 when nothing is due and with 1 when something is, so that a timer can call it.
    """
    found = survey(paths)
    lines = list(due_now(found, at or clock()))
    for line in lines:
        click.echo(line)
    if lines:
        ctx.exit(1)
    if not found.certificates and not found.lists:
        raise click.ClickException("no certificates and no lists were found there")
    click.echo(f"Nothing is due: {len(found.certificates)} certificates, {len(found.lists)} revocation lists.")
