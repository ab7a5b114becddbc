"""Any message that the schemas allow, made from the schemas by hypothesis."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from soap_wsdl.codec import SIZES, Shape, root_of, shapes
from soap_wsdl.schemas import FAULT_SCHEMA
from soap_wsdl.vocabulary import HUB, PSEUDONYMS, FaultDetail
from tests.soap_wsdl.schema import XS, Schema, elements

MESSAGES = [
    kind
    for contract in (HUB, PSEUDONYMS)
    for operation in contract.operations.values()
    for kind in (operation.request, operation.response)
]
_BYTES = {"Tag": 32, "Digest": 32, "Element": 32, "Proof": 64}


@cache
def message(cls: type, usual: bool = False) -> st.SearchStrategy[Any]:
    """Any message of this class. ``usual`` leaves out years before 1900 and empty bytes, which zeep cannot carry."""
    names = {contract.namespace: contract.schema for contract in (HUB, PSEUDONYMS)}
    file = FAULT_SCHEMA if cls is FaultDetail else names[root_of(cls)[0]]
    return _object(Schema(file), cls, usual)


def any_message() -> st.SearchStrategy[Any]:
    """Any message of either contract."""
    return st.sampled_from(MESSAGES).flatmap(message)


def _object(schema: Schema, cls: type, usual: bool) -> st.SearchStrategy[Any]:
    parts: dict[str, st.SearchStrategy[Any]] = {}
    for element, shape in zip(elements(schema.complex(cls.__name__)), shapes(cls), strict=True):
        value = _value(schema, cls, element.get("type"), shape, usual)
        if shape.repeated:
            least = int(element.get("minOccurs", "1"))
            most = min(least + 2, 1000 if element.get("maxOccurs") == "unbounded" else int(element.get("maxOccurs")))
            value = st.lists(value, min_size=least, max_size=most).map(tuple)
        elif shape.optional:
            value = st.none() | value
        parts[shape.field] = value
    return st.builds(cls, **parts)


def _value(schema: Schema, cls: type, qualified: str, shape: Shape, usual: bool) -> st.SearchStrategy[Any]:
    name, kind = qualified.split(":")[1], shape.kind
    if is_dataclass(kind):
        assert isinstance(kind, type)
        return _object(schema, kind, usual)
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if kind is bytes:
        least, most = SIZES.get((cls, shape.field), (_BYTES.get(name, int(usual)), _BYTES.get(name, 40)))
        return st.binary(min_size=least, max_size=min(most, least + 40))
    if kind is UUID:
        return st.uuids()
    if kind is bool:
        return st.booleans()
    if kind is date:
        return st.dates(date(1900, 1, 1) if usual else date.min)
    if kind is datetime:
        earliest = datetime(1900, 1, 1) if usual else datetime(1, 1, 1)  # noqa: DTZ001  a bound has no zone
        return st.datetimes(earliest, timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
    if kind is int:
        return _integers(schema, name)
    return _text(schema, name)


def _integers(schema: Schema, name: str) -> st.SearchStrategy[int]:
    least, most = (-(2**63), 2**63 - 1) if name == "long" else (-(2**31), 2**31 - 1)
    if name in schema.values:
        restriction = schema.values[name].find(f"{XS}restriction")
        if restriction.get("base") == "xs:long":
            most = 2**63 - 1
        for facet in restriction:
            if facet.tag == f"{XS}minInclusive":
                least = int(facet.get("value"))
            else:
                most = int(facet.get("value"))
    return st.integers(least, most)


def _text(schema: Schema, name: str) -> st.SearchStrategy[str]:
    facets = {facet.tag.removeprefix(XS): facet.get("value") for facet in schema.values[name].find(f"{XS}restriction")}
    if "pattern" in facets:
        return st.from_regex(facets["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii"))
    characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="￾￿")
    return st.text(characters | st.sampled_from("\t\n\r<>&\"'"), min_size=int(facets["minLength"]), max_size=80).map(
        lambda text: text[: int(facets["maxLength"])]
    )
