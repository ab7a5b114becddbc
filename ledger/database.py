"""One SQLite file: one thread that writes, several that read.

A write is a function handed to the writer. Writes that wait are taken together and share one commit, each within a
savepoint of its own, so that a refusal of one leaves the others untouched and a durable commit is paid once for all.
``BEGIN IMMEDIATE`` takes the lock before the first read: a deferred transaction that reads, then writes, loses.
"""

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, Self, TypeVar, cast

from ledger.migrations import SchemaDiffers, Steps

T = TypeVar("T")

_SHARE_COMMIT = 64
"""Changes that may share one commit. More gains little and lets the first wait longer."""
_QUIET_SECONDS = 2.0
"""After this long without a write, the writer checkpoints the log."""
_FILE_ERRORS = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }
)
"""What says that the file could not take a change, rather than that the change was wrong."""


class WriteFailed(Exception):
    """The file could not take the change (disk full, input/output error): nothing of it was kept, try again later."""


class Tx:
    """One transaction, to ask and change within. Valid only inside the function it was handed to."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement with bound parameters."""
        return self._connection.execute(sql, parameters)

    def many(self, sql: str, rows: Iterable[Sequence[Any] | dict[str, Any]]) -> sqlite3.Cursor:
        """Run one statement for each row of parameters."""
        return self._connection.executemany(sql, rows)

    def all(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """Every row of the answer."""
        return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Row | None:
        """The first row of the answer, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return row


class _Change(Generic[T]):
    """A change on its way through the writer, and where its result will land: a future of a loop, or of no loop."""

    __slots__ = ("error", "function", "future", "result")

    def __init__(self, function: Callable[[Tx], T], future: asyncio.Future[T] | Future[T]) -> None:
        self.function = function
        self.future = future
        self.result: T | None = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Hand over what came of it, to whoever still waits."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast(T, self.result))


class Database:
    """An open database. Open with ``Database.open``; close when done."""

    def __init__(self, path: Path, readers: int) -> None:
        self.path = path
        self._changes: queue.SimpleQueue[_Change[Any] | None] = queue.SimpleQueue()
        self._closed = False
        self._local = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix=f"read-{path.stem}")
        self._writer = threading.Thread(target=self._write_all, name=f"write-{path.stem}", daemon=True)
        self._writer.start()

    @classmethod
    def open(cls, path: Path, steps: Steps, *, migrate: bool = True, readers: int = 4) -> Self:
        """Open the file, apply pending steps, and start the threads.

        With ``migrate`` false a pending step raises SchemaDiffers instead: the operator migrates on purpose.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        # Programs that start at once (a service and an operator's command) take turns: only one of them migrates.
        with _alone(path), closing(_connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            if migrate:
                steps.apply(connection)
            elif pending := steps.pending(connection):
                raise SchemaDiffers(f"{path.name} waits for {', '.join(pending)}: run the migrate command first.")
        return cls(path, readers)

    async def write(self, change: Callable[[Tx], T]) -> T:
        """Run ``change`` in a transaction and return its result once it is durable.

        What ``change`` raises is raised here, and nothing of it is kept. A caller that is cancelled does not stop a
        change that is under way. Raises WriteFailed when the file could not take it.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._submit(_Change(change, future))
        return await future

    def write_now(self, change: Callable[[Tx], T]) -> T:
        """``write`` for code without an event loop."""
        future: Future[T] = Future()
        self._submit(_Change(change, future))
        return future.result()

    async def read(self, question: Callable[[Tx], T]) -> T:
        """Run ``question`` on a consistent, read-only view."""
        return await asyncio.wrap_future(self._readers.submit(self._ask, question))

    def read_now(self, question: Callable[[Tx], T]) -> T:
        """``read`` for code without an event loop."""
        return self._readers.submit(self._ask, question).result()

    def backup(self, target: Path) -> None:
        """Copy a consistent state into a new file that only its owner reads. Raises FileExistsError."""
        target.touch(mode=0o600, exist_ok=False)
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)

    def close(self) -> None:
        """Finish what waits, checkpoint the log, close. Twice does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._changes.put(None)
        self._writer.join()
        self._readers.shutdown()
        for connection in self._reader_connections:
            connection.close()

    def _submit(self, change: _Change[Any]) -> None:
        with self._lock:  # a change that came behind the end of the queue would never be told its result
            if self._closed:
                raise WriteFailed("The database is closed.")
            self._changes.put(change)

    def _ask(self, question: Callable[[Tx], T]) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(self.path, check_same_thread=False)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            with self._lock:
                self._reader_connections.append(connection)
        connection.execute("BEGIN")
        try:
            return question(Tx(connection))
        finally:
            connection.execute("ROLLBACK")

    def _write_all(self) -> None:
        with closing(_connect(self.path)) as connection:
            while True:
                changes = self._waiting(connection)
                if changes:
                    _commit_together(connection, [change for change in changes if change is not None])
                if None in changes:
                    _checkpoint(connection, "TRUNCATE")
                    return

    def _waiting(self, connection: sqlite3.Connection) -> list[_Change[Any] | None]:
        """The changes that wait, at least one; checkpoints while nothing does."""
        try:
            changes = [self._changes.get(timeout=_QUIET_SECONDS)]
        except queue.Empty:
            # A full log slows every reader; copying it back in a quiet moment keeps writes at full speed.
            _checkpoint(connection, "PASSIVE")
            changes = [self._changes.get()]
        while changes[-1] is not None and len(changes) < _SHARE_COMMIT:
            try:
                changes.append(self._changes.get_nowait())
            except queue.Empty:
                break
        return changes


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Held by one program at a time, by a lock on a file beside the database that stays."""
    handle = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not path.exists():
            path.touch(mode=0o600)
        yield
    finally:
        os.close(handle)


def _connect(path: Path, *, check_same_thread: bool = True) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=check_same_thread)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    # The default of 1,000 pages copies the log back in the middle of every burst.
    connection.execute("PRAGMA wal_autocheckpoint = 20000")
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def _checkpoint(connection: sqlite3.Connection, how: str) -> None:
    """Copy the log back into the file. When that fails (a full disk) the log is still whole: the next time will do."""
    with suppress(sqlite3.Error):
        connection.execute(f"PRAGMA wal_checkpoint({how})")


def _commit_together(connection: sqlite3.Connection, changes: list[_Change[Any]]) -> None:
    """Run the changes in one transaction and tell each its result after the commit, never before."""
    if not changes:
        return
    failure: Exception | None = None
    try:
        connection.execute("BEGIN IMMEDIATE")
        for change in changes:
            _run(connection, change)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        failure = error
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
    if failure is not None:
        for change in changes:
            change.error = change.error or _write_failed(failure)
    _tell(changes)


def _tell(changes: list[_Change[Any]]) -> None:
    """Wake each waiting thread, and each event loop once for all changes that it waits for."""
    of_loops: dict[asyncio.AbstractEventLoop, list[_Change[Any]]] = {}
    for change in changes:
        if isinstance(change.future, asyncio.Future):
            of_loops.setdefault(change.future.get_loop(), []).append(change)
        else:
            change.tell()
    for loop, waiting in of_loops.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_tell_here, waiting)


def _tell_here(changes: list[_Change[Any]]) -> None:
    for change in changes:
        change.tell()


def _run(connection: sqlite3.Connection, change: _Change[Any]) -> None:
    connection.execute("SAVEPOINT change")
    try:
        change.result = change.function(Tx(connection))
    except BaseException as error:
        # It belongs to whoever asked for the change; the writer itself goes on.
        if not connection.in_transaction:
            # SQLite itself gave up the whole transaction (disk full, input/output error): all of it is gone.
            raise sqlite3.OperationalError("the transaction was rolled back") from error
        change.error = _write_failed(error) if _is_of_the_file(error) else error
        connection.execute("ROLLBACK TO change")
    connection.execute("RELEASE change")


def _is_of_the_file(error: BaseException) -> bool:
    # The low byte is the kind, the rest says more about it.
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _FILE_ERRORS


def _write_failed(cause: BaseException) -> WriteFailed:
    failed = WriteFailed("The database could not take the change; nothing of it was kept.")
    failed.__cause__ = cause
    return failed
