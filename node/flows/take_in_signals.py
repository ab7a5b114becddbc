"""An operator brings in a file of signals, and pauses, resumes or cancels what is under way. B11.

Taking in is one write: the run, its lines with every number sealed, the audit line. What the lines become is worked out
afterwards, a hundred at a time (``flows.work_through``). The same lines in another order or another format are the same
import: they are taken in once. Each way asks for the right to run the node, and is logged with who did it.

What if we stop here? Before the write nothing was done; after it the node works the lines through by itself.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger import Event, Tx
from ledger.audit import record
from node import audit
from node.domain.errors import FieldNotFit, ImportOver
from node.domain.importing import AT_ONCE
from node.domain.professional import PersonNumber
from node.flows import authority
from node.flows.desk import Desk
from node.people.lines import Line
from node.people.signal_lists import ListedSignal, write_lines
from node.store import imports
from node.store.imports import Block, Run, RunState


@dataclass(frozen=True, slots=True)
class TakenIn:
    """The import. ``known`` when the same lines were taken in before: then nothing was done."""

    run: Run
    known: bool


async def take_in(desk: Desk, by: str | PersonNumber, lines: Sequence[Line[ListedSignal]]) -> TakenIn:
    """Keep these lines until they are signals. Raises PersonUnknown, NotAllowed, and FieldNotFit without any line.

    Lines that were cancelled, or brought in and forgotten since, are taken in anew.
    """
    if not lines:
        raise FieldNotFit("file", "no signals in it")
    await desk.db.read(lambda tx: authority.require_operator(tx, desk, by))
    # A large file takes seconds: in a thread, so that the node serves meanwhile.
    digest, blocks = await asyncio.to_thread(_prepared, desk, lines)

    def change(tx: Tx) -> TakenIn:
        person = authority.require_operator(tx, desk, by)
        known = imports.with_digest(tx, digest)
        if known is not None:
            return TakenIn(known, known=True)
        now = desk.clock()
        run = imports.put(tx, digest, person, len(lines), now)
        for block in blocks:
            imports.put_block(tx, replace(block, run=run.number))
        record(tx, audit.IMPORT_TAKEN_IN, now, by=str(person), run=run.number, lines=len(lines))
        return TakenIn(run, known=False)

    return await desk.db.write(change)


def _prepared(desk: Desk, lines: Sequence[Line[ListedSignal]]) -> tuple[bytes, list[Block]]:
    blocks = [
        _sealed(desk, Block(desk.new_id(), 0, 0, 0, b""), lines[at : at + AT_ONCE])
        for at in range(0, len(lines), AT_ONCE)
    ]
    return desk.vault.blind("import", digest_of(lines)), blocks


def rest_of(desk: Desk, block: Block, lines: Sequence[Line[ListedSignal]]) -> Block:
    """The same block with only these lines in it; none at all leaves nothing sealed."""
    return _sealed(desk, block, lines) if lines else replace(block, lines=0, sealed=b"")


async def pause_import(desk: Desk, by: str | PersonNumber, number: int) -> Run:
    """No more lines become signals until it is resumed. Twice is once.

    Raises PersonUnknown, NotAllowed, ImportUnknown, ImportOver.
    """
    return await _turn(desk, by, number, RunState.PAUSED, audit.IMPORT_PAUSED)


async def resume_import(desk: Desk, by: str | PersonNumber, number: int) -> Run:
    """It goes on where it was. Twice is once. Raises as ``pause_import`` does."""
    return await _turn(desk, by, number, RunState.RUNNING, audit.IMPORT_RESUMED)


async def cancel_import(desk: Desk, by: str | PersonNumber, number: int) -> Run:
    """The lines that wait are forgotten; signals that were made stay. Raises as ``pause_import`` does."""
    return await _turn(desk, by, number, RunState.CANCELLED, audit.IMPORT_CANCELLED)


async def _turn(desk: Desk, by: str | PersonNumber, number: int, state: RunState, event: Event) -> Run:
    def change(tx: Tx) -> Run:
        person = authority.require_operator(tx, desk, by)
        run = imports.get(tx, number)
        if run.finished_at is not None:
            raise ImportOver
        if run.state is not state:
            now = desk.clock()
            imports.set_state(tx, number, state, now)
            record(tx, event, now, by=str(person), run=number, linesLeft=run.left)
        return imports.get(tx, number)

    return await desk.db.write(change)


def _sealed(desk: Desk, block: Block, lines: Sequence[Line[ListedSignal]]) -> Block:
    sealed = desk.vault.seal("import_block", str(block.id), write_lines(lines))
    return replace(block, first=lines[0].number, lines=len(lines), sealed=sealed)


def digest_of(lines: Sequence[Line[ListedSignal]]) -> str:
    """What the lines say, whatever their numbers and order. Only ever kept under the node's own index key."""
    said = sorted(write_lines([Line(0, line.what)]) for line in lines)
    return hashlib.sha256(b"\n".join(said)).hexdigest()
