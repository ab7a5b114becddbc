"""What the certificate files in some place say, in plain words: who may speak for whom, until when, and what is due."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.identity import open_to_others
from certs.peer import DOCUMENT_SIGNING, UNREADABLE, CertificateRefused, name_of, oin_of
from certs.revocation import parse_list, signed_by
from certs.rotation import Due, Lifetime, Urgency, certificate_due, list_due

_PURPOSES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "answer connections",
    ExtendedKeyUsageOID.CLIENT_AUTH: "open connections",
    DOCUMENT_SIGNING: "sign messages",
}


@dataclass(frozen=True, slots=True)
class Survey:
    """Certificates once each, with the first file they were met in; lists; and files that are not as they should be."""

    certificates: tuple[tuple[Path, x509.Certificate], ...] = ()
    lists: tuple[tuple[Path, x509.CertificateRevocationList], ...] = ()
    keys: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()
    looked_for_lists: bool = False

    def issuer_of(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """The authority here that signed it; a root has none."""
        for _, other in self.certificates:
            if is_authority(other) and other.subject == certificate.issuer and other != certificate:
                try:
                    certificate.verify_directly_issued_by(other)
                except (*UNREADABLE, InvalidSignature):
                    continue  # another authority of the same name
                return other
        return None

    def list_of(self, authority: x509.Certificate) -> x509.CertificateRevocationList | None:
        """Its newest list here."""
        own = [crl for _, crl in self.lists if signed_by(crl, authority)]
        return max(own, key=lambda crl: crl.last_update_utc, default=None)

    def revoked_since(self, certificate: x509.Certificate) -> datetime | None:
        """Since when its issuer's list here takes it back."""
        issuer = self.issuer_of(certificate)
        crl = self.list_of(issuer) if issuer is not None else None
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number) if crl is not None else None
        return entry.revocation_date_utc if entry is not None else None


@dataclass
class _Notes:
    certificates: dict[bytes, tuple[Path, x509.Certificate]] = field(default_factory=dict)
    lists: list[tuple[Path, x509.CertificateRevocationList]] = field(default_factory=list)
    keys: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    looked_for_lists: bool = False


def survey(paths: Iterable[Path]) -> Survey:
    """Look at these files, and at every `*.pem`, `*.crl` and `*.key` under these directories. Keys are not read."""
    notes = _Notes()
    for path in paths:
        if path.is_dir():
            notes.looked_for_lists |= any(path.rglob("*.crl")) or any(each.name == "crls" for each in path.rglob("*"))
            notes.looked_for_lists |= path.name == "crls"
        for file in _files(path):
            _look(file, notes)
    return Survey(
        tuple(notes.certificates.values()),
        tuple(notes.lists),
        tuple(notes.keys),
        tuple(notes.problems),
        notes.looked_for_lists,
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = (file for file in path.rglob("*") if file.suffix in {".pem", ".crl", ".key"} and file.is_file())
        # What the parties have comes before what their authority keeps, so that it is told under their name.
        yield from sorted((file for file in found if not file.name.startswith(".")), key=_parties_first)
    else:
        yield path


def _parties_first(file: Path) -> tuple[bool, str]:
    return bool({"authority", "trust.pem"} & set(file.parts)), str(file)


def _look(file: Path, notes: _Notes) -> None:
    try:
        content = file.read_bytes() if file.suffix != ".key" else b""
        found = file.stat()
    except OSError as error:
        notes.problems.append(f"{file}: cannot be read ({error.strerror})")
        return
    if file.suffix == ".key" or b"PRIVATE KEY-----" in content:
        notes.keys.append(file)
        if open_to_others(found.st_mode, found.st_uid, os.geteuid()):
            notes.problems.append(f"{file}: others than its owner may read this private key; chmod 600 it, or renew it")
        if file.suffix == ".key":
            return
    if file.suffix == ".crl" or b"BEGIN X509 CRL" in content:
        try:
            crl = parse_list(content)
            _ = crl.issuer, crl.extensions, [entry.extensions for entry in crl]
            notes.lists.append((file, crl))
        except UNREADABLE:
            notes.problems.append(f"{file}: is not a revocation list")
        notes.looked_for_lists = True
        return
    try:
        certificates = x509.load_pem_x509_certificates(content)
        _ = [(each.subject, each.issuer, each.extensions, each.public_key()) for each in certificates]
    except UNREADABLE:
        if b"PRIVATE KEY-----" not in content:
            notes.problems.append(f"{file}: holds no certificate in PEM")
        return
    for certificate in certificates:
        notes.certificates.setdefault(certificate.fingerprint(SHA256()), (file, certificate))


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def life_of(certificate: x509.Certificate) -> Lifetime:
    return Lifetime(certificate.not_valid_before_utc, certificate.not_valid_after_utc)


# In words


def told(found: Survey, now: datetime) -> Iterator[str]:
    """Who may speak for whom and until when: parties first, then authorities, lists and keys."""
    for file, certificate in found.certificates:
        if not is_authority(certificate):
            yield from _party(found, file, certificate, now)
    for _, certificate in found.certificates:
        if is_authority(certificate):
            yield from _authority(found, certificate, now)
    for file, crl in found.lists:
        yield from _list(file, crl, now)
    for file in found.keys:
        yield f"{file}: a private key, not shown here."
    yield from found.problems


def _party(found: Survey, file: Path, certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    try:
        yield f"{name_of(certificate)} speaks for OIN {oin_of(certificate)}  ({file})"
    except CertificateRefused as refusal:
        yield f"{name_of(certificate)} speaks for nobody: {refusal.text}  ({file})"
    yield f"  may {_purposes(certificate)}"
    yield f"  {_span(certificate_due(life_of(certificate), now), life_of(certificate))}"
    above, names = certificate, list[str]()
    while (issuer := found.issuer_of(above)) is not None and len(names) < 8:
        names.append(name_of(issuer))
        above = issuer
    if names:
        yield f"  vouched for by {', under '.join(names)}"
    else:
        yield f"  says it was issued by {certificate.issuer.rfc4514_string()}, which is not among these files"
    since = found.revoked_since(certificate)
    if since is not None:
        yield f"  REVOKED since {_day(since)}: nobody may accept it any more"
    yield f"  serial number {certificate.serial_number:x}, SHA-256 {certificate.fingerprint(SHA256()).hex()}"
    yield ""


def _authority(found: Survey, certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    life = life_of(certificate)
    issuer = found.issuer_of(certificate)
    under = (
        f"under {name_of(issuer)}"
        if issuer
        else "a root"
        if certificate.issuer == certificate.subject
        else "its root is not here"
    )
    yield f"{name_of(certificate)} may vouch for others ({under})"
    yield f"  {_span(certificate_due(life, now), life)}"
    since = found.revoked_since(certificate)
    if since is not None:
        yield f"  REVOKED since {_day(since)}: with it, everyone that it vouched for"
    yield ""


def _list(file: Path, crl: x509.CertificateRevocationList, now: datetime) -> Iterator[str]:
    takes_back = f"{len(crl)} certificate{'' if len(crl) == 1 else 's'}" if len(crl) else "nothing"
    name = crl.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    yield f"The revocation list of {str(name[0].value) if name else 'somebody'} takes back {takes_back}  ({file})"
    if crl.next_update_utc is not None:
        life = Lifetime(crl.last_update_utc, crl.next_update_utc)
        due = list_due(life, now)
        ended = "it has ended" if due.urgency is Urgency.ENDED else f"{due.days_left} days left"
        yield f"  made {_day(life.begins)}, good until {_moment(life.ends)} ({ended})"
    for entry in crl:
        yield f"  serial number {entry.serial_number:x} since {_day(entry.revocation_date_utc)}"
    yield ""


def _purposes(certificate: x509.Certificate) -> str:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return "do nothing here: it does not say what it is for"
    words = [_PURPOSES.get(each, f"do something we do not know ({each.dotted_string})") for each in purposes]
    return " and ".join(words).replace("answer connections", f"answer connections{_hosts(certificate)}")


def _hosts(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return f" at {', '.join(str(each.value) for each in names)}"


def _span(due: Due, life: Lifetime) -> str:
    span = f"from {_day(life.begins)} until {_moment(life.ends)}"
    if due.urgency is Urgency.ENDED:
        return f"{span}: it has ended"
    if due.urgency is Urgency.NOT_YET_VALID:
        return f"{span}: not valid yet"
    return f"{span} ({due.days_left} days left); renew from {_day(due.renew_from)}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)} {moment:%H:%M} UTC"


# What is due


def due_now(found: Survey, now: datetime) -> Iterator[str]:
    """One line for each thing that somebody should do; nothing when all is well."""
    for file, certificate in found.certificates:
        due = certificate_due(life_of(certificate), now)
        who = f"{file}: the certificate of {name_of(certificate)}"
        if found.revoked_since(certificate) is not None:
            yield f"{who} has been revoked; ask for a new one with a new key"
        elif due.urgency is Urgency.ENDED:
            yield f"{who} ended on {_day(life_of(certificate).ends)}; it is refused everywhere; renew it now"
        elif due.urgency is Urgency.NOT_YET_VALID:
            yield f"{who} is not valid before {_moment(life_of(certificate).begins)}; check the clock"
        elif due.urgency is Urgency.RENEW:
            yield f"{who} is past two thirds of its life; renew it ({due.days_left} days left)"
        elif due.calls_for_action:
            ends = _day(life_of(certificate).ends)
            yield f"{who} ends {due.urgency}, on {ends}; renew it ({due.days_left} days left)"
        if found.looked_for_lists and is_authority(certificate) and found.list_of(certificate) is None:
            yield f"{who} has no revocation list here; without one everyone that it vouched for is refused"
    for file, crl in found.lists:
        if crl.next_update_utc is None:
            yield f"{file}: the revocation list does not say until when it is good; it is not used"
            continue
        life = Lifetime(crl.last_update_utc, crl.next_update_utc)
        due, age = list_due(life, now), (now - life.begins).days
        which = f"{file}: the revocation list is {age} days old"
        if due.urgency is Urgency.ENDED:
            yield f"{which} and ended on {_moment(life.ends)}; fetch a newer one now"
        elif due.calls_for_action:
            yield f"{which} and ends on {_moment(life.ends)}; a newer one is due"
    yield from found.problems
