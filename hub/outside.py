"""What the hub keeps outside its database, so that a stolen or restored database is not the whole hub.

One directory, 0700, on a disk that is not restored with the database: the pepper, a generation counter, the head of
the audit log, and a ledger of deletions. A backup of the database without it says nothing about tags; an old database
beside it is recognised.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

from hub.audit import AuditHead
from hub.matching import KEEP
from hub.store.protocol import Deletion
from soap_wsdl.vocabulary import Ending, Oin, Withdrawal


class OutsideMissing(Exception):
    """The directory outside the database lacks something that cannot be made again. Names the file."""


class HubRuns(Exception):
    """A hub already works with this directory."""


class Pepper:
    """The hub's secret h. Shows itself to nobody."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise OutsideMissing("the pepper is not 32 bytes")
        self._key = key

    def __repr__(self) -> str:
        return "Pepper(…)"

    def hold(self, tag: bytes) -> bytes:
        """What the hub keeps of a tag: HMAC-SHA256(h, tag), 16 bytes."""
        return hmac.digest(self._key, tag, "sha256")[:16]

    def check(self) -> bytes:
        """The check value that lies in the database."""
        return hashlib.sha256(b"vir/pepper-check/v1" + self._key).digest()


class Outside:
    """The directory. Files are replaced by one rename, and are durable before a method returns."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._head: AuditHead | None = None

    @classmethod
    def make(cls, directory: Path) -> "Outside":
        """Make the directory and a fresh pepper where they do not exist yet."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        outside = cls(directory)
        if not (directory / "pepper").exists():
            outside._replace("pepper", secrets.token_hex(32))
        return outside

    def pepper(self) -> Pepper:
        """The pepper; raises OutsideMissing."""
        try:
            return Pepper(bytes.fromhex((self._directory / "pepper").read_text("ascii").strip()))
        except (OSError, ValueError) as error:
            raise OutsideMissing(
                f"no readable pepper in {self._directory}: run 'verwijsindex hub migrate' for a new hub,"
                " or put the directory back"
            ) from error

    def generation(self) -> int:
        """How often this hub began, made a backup or worked an hour; 0 for a new one."""
        try:
            return int((self._directory / "generation").read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError as error:
            raise OutsideMissing(f"the generation in {self._directory} is not a number") from error

    def set_generation(self, generation: int) -> None:
        """Write the generation, after the database has it: a database that is behind it is an old one."""
        self._replace("generation", f"{generation}\n")

    def audit_head(self) -> AuditHead | None:
        """The last line of the audit log that the database is known to have had, durably; None for a new hub."""
        try:
            number, line = (self._directory / "audit-head").read_text("ascii").split()
            return AuditHead(int(number), bytes.fromhex(line))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise OutsideMissing(f"the audit-head in {self._directory} is not a number and a hash") from error

    def remember(self, head: AuditHead) -> None:
        """Keep the head of the audit log, once it is durable; an older one changes nothing. Many at once write once."""
        if self._head is None or self._head.number < head.number:
            self._head = head
        with self._one_writer("audit-head.lock"):
            kept, head = self.audit_head(), self._head
            if kept is None or kept.number < head.number:
                self._put_head(head)

    def begin_from(self, head: AuditHead) -> None:
        """Keep this head, also where it is an older one: the database that has it is the hub's from now on."""
        with self._one_writer("audit-head.lock"):
            self._head = head
            self._put_head(head)

    def _put_head(self, head: AuditHead) -> None:
        self._replace("audit-head", f"{head.number} {head.hash.hex()}\n")

    def note(self, deletions: Sequence[Deletion]) -> None:
        """Append to the ledger of deletions, durably."""
        if not deletions:
            return
        lines = "".join(_line(deletion) for deletion in deletions)
        path = self._directory / "deletions.jsonl"
        with self._one_writer():
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                # A line torn by a full disk or a crash must not swallow the next one.
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    lines = "\n" + lines
                remaining = lines.encode()
                while remaining:
                    remaining = remaining[os.write(descriptor, remaining) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def deletions(self) -> list[Deletion]:
        """The ledger, oldest first. A torn line was never answered, so its sender sends it again."""
        return [deletion for line in self._lines() if (deletion := _deletion(line)) is not None]

    def prune(self, today: date) -> None:
        """Forget what no backup could bring back: lines 30 days past every date of their record."""
        with self._one_writer():
            kept = [deletion for deletion in self.deletions() if deletion.keep_until >= (today - KEEP).isoformat()]
            self._replace("deletions.jsonl", "".join(map(_line, kept)))

    @contextmanager
    def _one_writer(self, lock: str = "deletions.lock") -> Iterator[None]:
        """Note and prune one at a time, in threads and processes: a line added to the file replaced would be lost."""
        descriptor = os.open(self._directory / lock, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only hub on this directory; raises HubRuns."""
        descriptor = os.open(self._directory / "lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HubRuns("a hub is running on this directory: stop it first") from error
            yield
        finally:
            os.close(descriptor)

    def _lines(self) -> list[str]:
        try:
            return (self._directory / "deletions.jsonl").read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _replace(self, name: str, content: str) -> None:
        path = self._directory / f"{name}.new"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        path.replace(self._directory / name)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _line(deletion: Deletion) -> str:
    withdrawal = deletion.withdrawal
    until = withdrawal.archive_until
    return (
        json.dumps(
            [
                deletion.oin,
                str(withdrawal.record_id),
                withdrawal.revision,
                withdrawal.ending.value,
                until.isoformat() if until else None,
                [[oin, str(record_id)] for oin, record_id in deletion.peers],
                deletion.keep_until,
            ],
            separators=(",", ":"),
        )
        + "\n"
    )


def _deletion(line: str) -> Deletion | None:
    try:
        oin, record_id, revision, ending, until, peers, keep = json.loads(line)
        return Deletion(
            Oin(oin),
            Withdrawal(UUID(record_id), revision, Ending(ending), date.fromisoformat(until) if until else None),
            tuple((Oin(peer), UUID(id)) for peer, id in peers),
            keep,
        )
    except ValueError:
        return None
