"""How every program logs: one JSON object a line on stderr, without personal data, through a last net against slips."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from datetime import date
from pathlib import PurePath
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.typing import Processor

MASK = "*********"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID_OR_NINE = re.compile(rf"({_UUID})|(?<!\d)\d{{9}}(?!\d)")
_TOLD = (UUID, date, PurePath)
"""Beside texts and numbers, the values whose text is told; of any other only the type, because it may hold anything."""


class _Lines(structlog.PrintLogger):
    """Writes lines; one that cannot be written, because the disk is full, keeps nobody from their work."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = error = critical = failure = fatal = exception = msg


def log_as_json(stream: TextIO | None = None) -> None:
    """Send our own lines and those of every library, from WARNING on, to ``stream``; stderr when none is given.

    Of an exception its type and place are told: its text may hold what was sent.
    """
    own: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    last: list[Processor] = [_name_exception, _net, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*own, *last],
        logger_factory=lambda *_names: _Lines(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*own, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # zeep writes whole bodies at DEBUG, urllib3 whole addresses: never, whatever the level above them.
    for name in ("zeep", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)


def masked(value: Any) -> Any:
    """The same value with every run of exactly nine digits masked; ids that are UUIDs stay as they are."""
    if isinstance(value, str):
        return _UUID_OR_NINE.sub(lambda found: found[1] or MASK, value)
    if isinstance(value, Mapping):
        return {masked(str(key)): masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(inner) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return MASK if len(str(abs(value))) == 9 else value
    return masked(str(value)) if isinstance(value, _TOLD) else type(value).__name__


def _net(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: masked(value) for key, value in line.items()}


def _name_exception(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    found = line.pop("exc_info", None)
    line.pop("stack_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["kind"] = type(error).__name__
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            line["at"] = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
    return line
