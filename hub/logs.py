"""Log lines of the hub: JSON on stderr, one object a line, with a last net against digits of people."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")

Line = MutableMapping[str, Any]


def log_as_json(stream: TextIO | None = None) -> None:
    """Send our own lines and those of every library, from WARNING on, to ``stream``; stderr when none is given.

    Of an exception only its type is told: its text may hold what was sent.
    """
    own: list[Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    last: list[Processor] = [_name_exception, mask, structlog.processors.JSONRenderer(default=_type_only)]
    structlog.configure(
        processors=[*own, *last],
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
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


def mask(_logger: Any, _name: str, line: Line) -> Line:
    """Nine digits on their own never reach a log, whatever a line was meant to say."""
    return {
        name: _NINE_DIGITS.sub("*********", value) if isinstance(value, str) else value for name, value in line.items()
    }


def _name_exception(_logger: Any, _name: str, line: Line) -> Line:
    found = line.pop("exc_info", None)
    if isinstance(found, tuple) and found[0] is not None:
        line["kind"] = found[0].__name__
    elif isinstance(found, BaseException):
        line["kind"] = type(found).__name__
    line.pop("stack_info", None)
    return line


def _type_only(value: object) -> str:
    return type(value).__name__
