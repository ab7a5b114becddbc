"""An XSD of the contract, walked by tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from lxml import etree

from soap_wsdl import vocabulary
from soap_wsdl.schemas import HERE

XS = "{http://www.w3.org/2001/XMLSchema}"
PYTHON = {
    "string": str,
    "int": int,
    "long": int,
    "boolean": bool,
    "base64Binary": bytes,
    "date": date,
    "dateTime": datetime,
}
BYTES = {"Tag", "Digest", "Element", "Proof"}


class Schema:
    """An XSD, walked."""

    def __init__(self, file: str) -> None:
        self.root = etree.parse(HERE / file).getroot()
        self.messages: dict[str, Any] = {}
        for element in self.root.findall(f"{XS}element"):
            inner = element.find(f"{XS}complexType")
            if inner is not None:
                self.messages[str(element.get("name"))] = inner
        self.types: dict[str, Any] = {str(each.get("name")): each for each in self.root.findall(f"{XS}complexType")}
        self.values: dict[str, Any] = {str(each.get("name")): each for each in self.root.findall(f"{XS}simpleType")}

    def complex(self, name: str) -> Any:
        """A message or a type by name."""
        return self.messages[name] if name in self.messages else self.types[name]

    def enumeration(self, name: str) -> list[str] | None:
        """The values of a simple type, if it lists any."""
        found = self.values[name].findall(f"{XS}restriction/{XS}enumeration")
        return [each.get("value") for each in found] or None

    def python(self, qualified: str) -> Any:
        """What a value of this type is in Python; a dataclass or Enum by name."""
        prefix, name = qualified.split(":")
        if prefix == "xs":
            return PYTHON[name]
        if name in self.types or self.enumeration(name):
            return getattr(vocabulary, name)
        if name == "Uuid":
            return UUID
        if name in BYTES:
            return bytes
        return self.python(self.values[name].find(f"{XS}restriction").get("base"))


def elements(complex_type: Any) -> list[Any]:
    """The elements of a sequence, the only kind of content that the contract uses."""
    (sequence,) = [child for child in complex_type if child.tag != f"{XS}annotation"]
    assert sequence.tag == f"{XS}sequence"
    assert all(child.tag == f"{XS}element" for child in sequence)
    return list(sequence)
