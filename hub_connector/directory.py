"""Who takes part and with which keys: every region's own key statement, verified here; the hub is believed in nothing.

A node works on with the last directory that it verified. What does not verify changes nothing and is told.
"""

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from certs.keyring import canonical
from certs.statements import (
    KeyEnding,
    KeyKind,
    StatedKey,
    StatedKeys,
    StatementRefused,
    StatementTrust,
    read_statement,
    verify_statement,
)
from soap_wsdl.vocabulary import GetDirectoryResponse, KeyStatement, Oin, Region, RegionStatus


class DirectoryDamaged(Exception):
    """A stored directory cannot be read: fetch it anew."""


class Doubt(StrEnum):
    """What was wrong with a region in a directory that the hub gave."""

    NOT_BELIEVED = "statement not believed"
    SERIAL_WENT_BACK = "serial went back"
    TWO_STATEMENTS = "two statements with one serial"
    KEY_CHANGED = "a key was changed"
    MISSING = "region left out"


@dataclass(frozen=True, slots=True)
class DirectoryProblem:
    """The last verified state of this region was kept. ``text`` is for the operator."""

    oin: Oin
    doubt: Doubt
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """A region that takes part or did. Name and status are the hub's word; the keys are the region's own."""

    oin: Oin
    name: str
    status: RegionStatus
    statement: KeyStatement | None = field(default=None, repr=False)
    keys: StatedKeys | None = field(default=None, repr=False)

    @classmethod
    def verified_before(cls, oin: Oin, name: str, status: RegionStatus, statement: KeyStatement | None) -> "Member":
        """From our own store, where only verified statements are. Its certificate may have expired since."""
        if statement is None:
            return cls(oin, name, status)
        try:
            keys = read_statement(statement.statement)
        except StatementRefused:
            raise DirectoryDamaged(f"The stored statement of region {oin} cannot be read.") from None
        if keys.oin != oin:
            raise DirectoryDamaged(f"The stored statement of region {oin} is about another region.")
        return cls(oin, name, status, statement, keys)


@dataclass(frozen=True, slots=True)
class Directory:
    """All regions that ever took part, by OIN, as last verified."""

    members: tuple[Member, ...] = ()

    def member(self, oin: Oin) -> Member | None:
        """The region of this OIN, departed or not."""
        return next((member for member in self.members if member.oin == oin), None)

    def active(self) -> tuple[Oin, ...]:
        """Regions that take part now."""
        return tuple(member.oin for member in self.members if member.status is RegionStatus.ACTIVE)

    def key(self, oin: Oin, kind: KeyKind, key_id: str) -> StatedKey | None:
        """A region's key by its id, ended or not; None when the region or the key is unknown."""
        member = self.member(oin)
        return member.keys.find(kind, key_id) if member and member.keys else None

    def sealing_key(self, oin: Oin, now: datetime) -> StatedKey | None:
        """The newest key to seal to this region with; None when there is none now."""
        member = self.member(oin)
        return member.keys.sealing_key(now) if member and member.keys else None

    def to_json(self) -> bytes:
        """Canonical JSON, to store."""
        return canonical({"version": 1, "members": [_said(member) for member in self.members]})

    @classmethod
    def from_json(cls, content: bytes) -> "Directory":
        """Back from ``to_json``, from our own store. Raises DirectoryDamaged."""
        try:
            said = json.loads(content)
            if said["version"] != 1:
                raise ValueError
            return cls(tuple(_member(each) for each in said["members"]))
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise DirectoryDamaged("The stored directory cannot be read.") from None

    @classmethod
    def of(cls, members: Iterable[Member]) -> "Directory":
        """The members in the order of their OINs."""
        return cls(tuple(sorted(members, key=lambda member: member.oin)))


def verify_directory(
    response: GetDirectoryResponse, known: Directory, trust: StatementTrust, now: datetime
) -> tuple[Directory, tuple[DirectoryProblem, ...]]:
    """The new directory, and what in the hub's answer was not believed.

    A statement counts when its certificate is trusted now, it is signed and about the signer, its serial does not go
    back, and it leaves keys that are known as they are. The very statement that is known already stays believed when
    its certificate has expired or was revoked since. A region that the hub leaves out stays.
    """
    problems: list[DirectoryProblem] = []
    members = {member.oin: member for member in known.members}
    for region in response.regions:
        before = members.get(region.oin)
        members[region.oin] = _updated(region, before, trust, now, problems)
    given = {region.oin for region in response.regions}
    for oin in members.keys() - given:
        problems.append(DirectoryProblem(oin, Doubt.MISSING, "The hub's directory leaves out a region that is known."))
    return Directory.of(members.values()), tuple(sorted(problems, key=lambda problem: problem.oin))


def _updated(
    region: Region, before: Member | None, trust: StatementTrust, now: datetime, problems: list[DirectoryProblem]
) -> Member:
    kept = Member(
        region.oin,
        region.name,
        region.status,
        before.statement if before else None,
        before.keys if before else None,
    )
    given = region.key_statement
    if given is None:
        if kept.keys is not None:
            text = "The hub's directory has no statement of a region that had one."
            problems.append(DirectoryProblem(region.oin, Doubt.MISSING, text))
        return kept
    if kept.statement is not None and given.statement == kept.statement.statement:
        return kept
    try:
        keys = verify_statement(given.statement, given.signature, given.certificates, trust, now)
        if keys.oin != region.oin:
            raise StatementRefused("The statement is another region's.")
    except StatementRefused as refusal:
        problems.append(DirectoryProblem(region.oin, Doubt.NOT_BELIEVED, str(refusal)))
        return kept
    doubt = _doubt(kept.keys, keys) if kept.keys else None
    if doubt is not None:
        problems.append(DirectoryProblem(region.oin, *doubt))
        return kept
    return Member(region.oin, region.name, region.status, given, keys)


def _doubt(before: StatedKeys, after: StatedKeys) -> tuple[Doubt, str] | None:
    if after.serial < before.serial:
        return Doubt.SERIAL_WENT_BACK, f"Statement {after.serial} is older than {before.serial}, which is known."
    if after.serial == before.serial:
        return Doubt.TWO_STATEMENTS, f"There are two different statements with serial {after.serial}."
    new = {key.id: key for key in after.keys}
    for key in before.keys:
        other = new.get(key.id)
        if other is None:
            if key.ended is KeyEnding.COMPROMISED:
                return Doubt.KEY_CHANGED, f"Statement {after.serial} leaves out a key that was compromised."
            continue
        if (other.kind, other.public) != (key.kind, key.public):
            return Doubt.KEY_CHANGED, f"Statement {after.serial} gives a known key id to another key."
        if key.ended is KeyEnding.COMPROMISED and other.ended is not KeyEnding.COMPROMISED:
            return Doubt.KEY_CHANGED, f"Statement {after.serial} takes back that a key was compromised."
    return None


def _said(member: Member) -> dict[str, Any]:
    statement = member.statement
    return {
        "oin": member.oin,
        "name": member.name,
        "status": member.status.value,
        "statement": statement
        and {
            "statement": base64.b64encode(statement.statement).decode(),
            "signature": base64.b64encode(statement.signature).decode(),
            "certificates": [base64.b64encode(each).decode() for each in statement.certificates],
        },
    }


def _member(said: dict[str, Any]) -> Member:
    stored = said["statement"]
    statement = stored and KeyStatement(
        base64.b64decode(stored["statement"], validate=True),
        base64.b64decode(stored["signature"], validate=True),
        tuple(base64.b64decode(each, validate=True) for each in stored["certificates"]),
    )
    return Member.verified_before(Oin(said["oin"]), said["name"], RegionStatus(said["status"]), statement)
