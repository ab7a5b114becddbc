"""The log: one JSON object a line on stderr, without personal data; nine digits that got in all the same are masked."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

MASK = "*********"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID_OR_NINE = re.compile(rf"({_UUID})|(?<!\d)\d{{9}}(?!\d)")


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
    return masked(repr(value))


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net, as a processor."""
    return {key: masked(value) for key, value in event.items()}


def log_as_json() -> None:
    """Our own lines, and those of the libraries from warning on, all through the same net."""
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # zeep writes whole bodies at DEBUG, urllib3 whole addresses: never, whatever the level above them.
    for name in ("zeep", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.WARNING)
