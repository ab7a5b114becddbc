"""Messages to bytes and back: written directly in exclusive canonical form, read only after the schema held.

Writers and readers are compiled once per class from the vocabulary; nothing here knows a message by name.
"""

from __future__ import annotations

import base64
import binascii
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from lxml import etree

from soap_wsdl import vocabulary
from soap_wsdl.schemas import LONG_BASE64, schema_of
from soap_wsdl.vocabulary import (
    FAULT_NAMESPACE,
    HUB,
    MAX_SEALED_MESSAGE,
    PSEUDONYMS,
    SEALED_CARD_SIZE,
    Entry,
    FaultDetail,
    Notice,
    SealedMessage,
)

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Append = Callable[[bytes], None]
Writer = Callable[[Append, Any], None]
Reader = Callable[[etree._Element], Any]

FAULT_ELEMENT = "Fout"


class SchemaFault(Exception):
    """A message breaks its schema. Names the rule and the place in our own words, never the text that was sent."""

    def __init__(self, rule: str, place: str) -> None:
        super().__init__(f"{rule} at {place}")
        self.rule = rule
        self.place = place


@dataclass(frozen=True, slots=True)
class Shape:
    """One field of a message: its element, its type and how often it occurs."""

    field: str
    element: str
    kind: Any
    optional: bool
    repeated: bool


SIZES: Mapping[tuple[type, str], tuple[int, int]] = {
    (Entry, "card"): (SEALED_CARD_SIZE, SEALED_CARD_SIZE),
    (Notice, "card"): (SEALED_CARD_SIZE, SEALED_CARD_SIZE),
    (SealedMessage, "sealed"): (1, MAX_SEALED_MESSAGE),
}
"""Least and most bytes of values whose size the schema only describes: base64Binary with a length breaks gSOAP."""


def _once(make: F) -> F:
    """Made once for each class, then kept: the contract does not change while we run."""
    return cast(F, cache(make))


def shapes(cls: type) -> tuple[Shape, ...]:
    """The fields of a message class in the order of the wire, which is that of the class but for repeated ones."""
    hints = get_type_hints(cls)
    found = []
    for field in fields(cls):
        kind = hints[field.name]
        repeated = get_origin(kind) is tuple
        options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else ()
        if repeated:
            kind = get_args(kind)[0]
        elif options:
            kind = next(option for option in options if option is not types.NoneType)
        if isinstance(kind, NewType):
            kind = kind.__supertype__
        element = field.metadata.get("element") or camel(field.name)
        found.append(Shape(field.name, element, kind, types.NoneType in options, repeated))
    return tuple(found)


def camel(name: str) -> str:
    """The camelCase twin of a field name."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# --- Writing -----------------------------------------------------------------------------------------


def encode(message: object) -> bytes:
    """The message as one element in exclusive canonical form, with its namespace as the default one.

    ValueError for a value that no message may carry: it is our own mistake, found before it leaves.
    """
    opened, closed, write = _root(type(message))
    parts: list[bytes] = [opened]
    write(parts.append, message)
    parts.append(closed)
    return b"".join(parts)


def escape(text: str) -> bytes:
    """Text content in canonical form. ValueError for a character that XML cannot carry."""
    if _NOT_XML.search(text):
        raise ValueError("text holds a character that XML cannot carry")
    if _SPECIAL.search(text):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")
    return text.encode()


_SPECIAL = re.compile("[&<>\r]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _instant(moment: datetime) -> bytes:
    if moment.tzinfo is None:
        raise ValueError("a date-time without a zone")
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat().encode() + b"Z"


_WRITE: dict[type, Callable[[Any], bytes]] = {
    str: escape,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"true" if value else b"false",
    bytes: base64.b64encode,
    UUID: lambda value: str(value).encode(),
    date: lambda value: value.isoformat().encode(),
    datetime: _instant,
}


@_once
def _root(cls: type) -> tuple[bytes, bytes, Writer]:
    namespace, name = root_of(cls)
    return f'<{name} xmlns="{namespace}">'.encode(), f"</{name}>".encode(), _writer(cls)


@_once
def _writer(cls: type) -> Writer:
    steps = tuple((attrgetter(shape.field), shape.optional, _step(cls, shape)) for shape in shapes(cls))

    def write(append: Append, message: Any) -> None:
        for field, optional, step in steps:
            value = field(message)
            # A required field without a value goes on, and fails as our own mistake.
            if value is not None or not optional:
                step(append, value)

    return write


def _step(cls: type, shape: Shape) -> Writer:
    """Writes the value of one field of a message."""
    one = _element_writer(cls, shape)

    def each(append: Append, values: Any) -> None:
        for value in values:
            one(append, value)

    return each if shape.repeated else one


def _element_writer(cls: type, shape: Shape) -> Writer:
    opened, closed = f"<{shape.element}>".encode(), f"</{shape.element}>".encode()
    if is_dataclass(shape.kind):
        inner = _writer(cast(type, shape.kind))

        def nested(append: Append, value: Any) -> None:
            append(opened)
            inner(append, value)
            append(closed)

        return nested
    if issubclass(shape.kind, Enum):
        texts = {member: opened + escape(member.value) + closed for member in shape.kind}
        return lambda append, value: append(texts[value])
    convert = _WRITE[shape.kind]
    least, most = SIZES.get((cls, shape.field), (0, -1))

    def sized(append: Append, value: Any) -> None:
        if not least <= len(value) <= most:
            raise ValueError(f"{cls.__name__}.{shape.field} is not of the size that the contract says")
        append(opened + convert(value) + closed)

    def plain(append: Append, value: Any) -> None:
        append(opened + convert(value) + closed)

    return sized if most >= 0 else plain


# --- Reading -----------------------------------------------------------------------------------------


def decode(element: etree._Element, cls: type[T]) -> T:
    """Validate the element against the schema of ``cls`` and read it. SchemaFault when it does not hold.

    ``cls`` is a message of a contract (or FaultDetail); what holds afterwards is every type, bound and size.
    Refused beside what the schema says: comments, which cut a value in two, and attributes, of which the contract
    has none, while ``xsi:type`` and ``xsi:schemaLocation`` would be let through by any schema.
    """
    namespace, name = root_of(cls)
    if element.tag != f"{{{namespace}}}{name}":
        raise SchemaFault("name", name)
    if next(element.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None) is not None:
        raise SchemaFault("markup", name)
    if _ANY_ATTRIBUTE(element):
        raise SchemaFault("attribute", name)
    schema = schema_of(namespace)
    if not schema.validate(element):
        raise _schema_fault(element, schema.error_log)
    return cast(T, _reader(cls, namespace)(element))


def binary(text: str) -> bytes:
    """base64 exactly as xs:base64Binary has it: one text for each value, blanks aside. Raises ValueError."""
    sent = text.encode("ascii")
    value = binascii.a2b_base64(sent)
    if binascii.b2a_base64(value, newline=False) != sent:
        sent = b"".join(sent.split())
        value = binascii.a2b_base64(sent)
        if binascii.b2a_base64(value, newline=False) != sent:
            raise ValueError
    return value


_ANY_ATTRIBUTE = etree.XPath("boolean(descendant-or-self::*/@*)")
_READ: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    bool: lambda text: text.strip() in ("true", "1"),
    bytes: binascii.a2b_base64,
    UUID: UUID,
    date: lambda text: date.fromisoformat(text.strip()),
    datetime: lambda text: datetime.fromisoformat(text.strip()),
}


@_once
def _reader(cls: type, namespace: str) -> Reader:
    slots: dict[Any, tuple[int, bool, Reader]] = {}
    blank: list[Any] = []
    repeated: list[int] = []
    for index, shape in enumerate(shapes(cls)):
        slots[f"{{{namespace}}}{shape.element}"] = (index, shape.repeated, _element_reader(cls, shape, namespace))
        blank.append(None)
        if shape.repeated:
            repeated.append(index)

    def read(element: etree._Element) -> Any:
        values = blank.copy()
        for index in repeated:
            values[index] = []
        for child in element:
            index, many, reader = slots[child.tag]
            if many:
                values[index].append(reader(child))
            else:
                values[index] = reader(child)
        for index in repeated:
            values[index] = tuple(values[index])
        return cls(*values)

    return read


def _element_reader(cls: type, shape: Shape, namespace: str) -> Reader:
    if is_dataclass(shape.kind):
        return _reader(cast(type, shape.kind), namespace)
    convert: Callable[[str], Any]
    if issubclass(shape.kind, Enum):
        convert = {member.value: member for member in shape.kind}.__getitem__
    elif shape.element in LONG_BASE64:
        convert = binary
    else:
        convert = _READ[shape.kind]
    least, most = SIZES.get((cls, shape.field), (0, -1))

    def read(element: etree._Element) -> Any:
        try:
            value = convert(element.text or "")
        except (ValueError, KeyError):
            # The schema allows a few texts that are no value here, such as 24:00:00.
            raise SchemaFault("value", _place_of(element)) from None
        if most >= 0 and not least <= len(value) <= most:
            raise SchemaFault("size", _place_of(element))
        return value

    return read


# --- Schemas -----------------------------------------------------------------------------------------


@_once
def root_of(cls: type) -> tuple[str, str]:
    """Namespace and element name of a message class. LookupError for a class that is no message."""
    if cls is FaultDetail:
        return FAULT_NAMESPACE, FAULT_ELEMENT
    for contract in (HUB, PSEUDONYMS):
        for operation in contract.operations.values():
            if cls in (operation.request, operation.response):
                return contract.namespace, cls.__name__
    raise LookupError(f"{cls.__name__} is not a message of a contract")


@cache
def _known_names() -> frozenset[str]:
    found = {FAULT_ELEMENT}
    for value in vars(vocabulary).values():
        if isinstance(value, type) and is_dataclass(value):
            found.add(value.__name__)
            found.update(shape.element for shape in shapes(value))
    return frozenset(found)


def _schema_fault(element: etree._Element, log: Any) -> SchemaFault:
    """The first broken rule, and where, built from our own names only: libxml2's text quotes the value."""
    rule = str(log[0].type_name).removeprefix("SCHEMAV_").replace("_", "-").lower()
    return SchemaFault(rule, _place(element, log[0].path or ""))


_STEP = re.compile(r"(?:[^:/\[\]]+:)?([^:/\[\]]+)(?:\[([0-9]+)\])?")


def _place(element: etree._Element, path: str) -> str:
    """libxml2's path, walked in the element; a name that is not the contract's becomes a star."""
    here = element
    places = [etree.QName(element).localname]
    for step in path.split("/")[2:]:
        found = _STEP.fullmatch(step)
        if found is None:
            break
        name, number = found.group(1), int(found.group(2) or 1)
        children = [child for child in here if name in ("*", etree.QName(child).localname)]
        if not 0 < number <= len(children):
            break
        here = children[number - 1]
        places.append(_name_of(here))
    return "/".join(places)


def _place_of(element: etree._Element) -> str:
    """The place of an element that holds by the schema, from its message on."""
    places = [_name_of(element)]
    for parent in element.iterancestors(f"{{{etree.QName(element).namespace}}}*"):
        places.append(_name_of(parent))
    return "/".join(reversed(places))


def _name_of(element: etree._Element) -> str:
    """Its name if it is the contract's, with its number among its like."""
    name = etree.QName(element).localname
    if name not in _known_names():
        return "*"
    parent = element.getparent()
    alike = [child for child in parent if child.tag == element.tag] if parent is not None else [element]
    return name if len(alike) == 1 else f"{name}[{alike.index(element) + 1}]"
