"""The contracts' schema files, and the same compiled for reading."""

from __future__ import annotations

import threading
from pathlib import Path

from lxml import etree

from soap_wsdl.vocabulary import HUB, PSEUDONYMS, Contract

HERE = Path(__file__).resolve().parent
FAULT_SCHEMA = "fault_v1.xsd"
LONG_BASE64 = frozenset({"card", "sealed", "statement", "signature", "certificate", "epochFile"})
"""The elements of the schema's own base64 type; the others that hold bytes have a pattern."""
_XS = "http://www.w3.org/2001/XMLSchema"


def schema_files(contract: Contract) -> tuple[str, ...]:
    """The schemas beside a contract's WSDL."""
    return contract.schema, FAULT_SCHEMA


def schema_of(namespace: str) -> etree.XMLSchema:
    """The schema of a namespace for this thread, without the type of ``LONG_BASE64``: that is for who reads it.

    libxml2 spends three quarters of its time on it, and lets characters through that are none of base64.
    """
    return _COMPILED.of(namespace)


class _Compiled(threading.local):
    """The compiled schemas of one thread: a schema keeps the errors of its last use, so threads may not share it."""

    def __init__(self) -> None:
        self._known: dict[str, etree.XMLSchema] = {}

    def of(self, namespace: str) -> etree.XMLSchema:
        """The schema of a namespace."""
        found = self._known.get(namespace)
        if found is None:
            names = {contract.namespace: contract.schema for contract in (HUB, PSEUDONYMS)}
            schema = etree.parse(HERE / names.get(namespace, FAULT_SCHEMA))
            for element in schema.iterfind(f".//{{{_XS}}}element"):
                if element.get("name") in LONG_BASE64:
                    element.set("type", "xs:string")
            found = self._known[namespace] = etree.XMLSchema(schema)
        return found


_COMPILED = _Compiled()
