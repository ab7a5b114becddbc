"""The vocabulary and the schemas say the same, field for field."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import Enum
from typing import Any

import pytest
from lxml import etree

from soap_wsdl.codec import Shape, shapes
from soap_wsdl.schemas import FAULT_SCHEMA
from soap_wsdl.vocabulary import (
    HUB,
    MAX_ELEMENTS,
    MAX_LEAVES,
    MAX_NOTICES,
    MAX_RANGES,
    MAX_RECORDS,
    MAX_WAIT_SECONDS,
    PSEUDONYMS,
    Contract,
    FaultDetail,
)
from tests.soap_wsdl.schema import XS, Schema, elements

CONTRACTS = (HUB, PSEUDONYMS)
MOST = {
    ("RegisterSignals", "record"): MAX_RECORDS,
    ("RegisterSignalsResponse", "outcome"): MAX_RECORDS,
    ("WithdrawSignals", "withdrawal"): MAX_RECORDS,
    ("WithdrawSignalsResponse", "outcome"): MAX_RECORDS,
    ("MailboxPage", "notice"): MAX_NOTICES,
    ("CompareRegistrations", "range"): MAX_RANGES,
    ("CompareRegistrationsResponse", "rangeDigest"): MAX_RANGES,
    ("RangeDigest", "leaf"): MAX_LEAVES,
    ("EvaluateBlinded", "blinded"): MAX_ELEMENTS,
    ("EvaluateBlindedResponse", "evaluated"): MAX_ELEMENTS,
}


def all_classes(contract: Contract) -> set[type]:
    """Every class that a message of the contract can hold, messages included."""
    found: set[type] = set()
    waiting: list[type] = [kind for each in contract.operations.values() for kind in (each.request, each.response)]
    while waiting:
        cls = waiting.pop()
        if cls in found or not (is_dataclass(cls) or issubclass(cls, Enum)):
            continue
        found.add(cls)
        if is_dataclass(cls):
            waiting += [shape.kind for shape in shapes(cls)]
    return found


def same_order(shape_list: tuple[Shape, ...]) -> list[str]:
    """Names in the order in which they are written."""
    return [shape.element for shape in shape_list]


def cases() -> list[Any]:
    """Each class of each contract with its schema."""
    found = [
        pytest.param(contract.schema, cls, id=f"{contract.name}-{cls.__name__}")
        for contract in CONTRACTS
        for cls in sorted(all_classes(contract), key=lambda each: each.__name__)
        if is_dataclass(cls)
    ]
    return [*found, pytest.param(FAULT_SCHEMA, FaultDetail, id="fault-FaultDetail")]


@pytest.mark.parametrize(("file", "cls"), cases())
def test_a_class_has_the_elements_of_its_type_in_the_same_order(file: str, cls: type) -> None:
    """Names, order, optionality, occurrence and types, one by one."""
    found = elements(Schema(file).complex(cls.__name__))

    assert [element.get("name") for element in found] == same_order(shapes(cls))
    for element, shape in zip(found, shapes(cls), strict=True):
        least, most = element.get("minOccurs", "1"), element.get("maxOccurs", "1")
        assert shape.optional == ((least, most) == ("0", "1")), shape.element
        assert shape.repeated == (most != "1"), shape.element
        assert Schema(file).python(element.get("type")) is shape.kind, shape.element
        if (cls.__name__, shape.element) in MOST:
            assert int(most) == MOST[cls.__name__, shape.element]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_enumerations_have_the_same_values_in_the_same_order(contract: Contract) -> None:
    """Every Enum that a message can hold, and no enumeration that Python lacks."""
    schema = Schema(contract.schema)
    listed = {name for name in schema.values if schema.enumeration(name)}
    used = {cls for cls in all_classes(contract) if issubclass(cls, Enum)}

    assert {cls.__name__ for cls in used} == listed
    for cls in used:
        assert issubclass(cls, Enum)
        assert [member.value for member in cls] == schema.enumeration(cls.__name__)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_the_schema_holds_nothing_that_python_lacks(contract: Contract) -> None:
    """Messages are exactly those of the operations; types exactly those that they use."""
    schema = Schema(contract.schema)
    messages = {kind.__name__ for each in contract.operations.values() for kind in (each.request, each.response)}
    types = {cls.__name__ for cls in all_classes(contract) if is_dataclass(cls)} - messages

    assert set(schema.messages) == messages
    assert set(schema.types) == types
    assert schema.root.get("targetNamespace") == contract.namespace


def test_the_waiting_time_has_the_same_bound() -> None:
    """CollectMatches waits as long as the vocabulary says, and brings as many notices."""
    values = Schema(HUB.schema).values

    assert values["WaitSeconds"].find(f"{XS}restriction/{XS}maxInclusive").get("value") == str(MAX_WAIT_SECONDS)
    assert values["NoticeCount"].find(f"{XS}restriction/{XS}maxInclusive").get("value") == str(MAX_NOTICES)


def test_no_type_allows_attributes_wildcards_or_extension() -> None:
    """What is not named cannot come in."""
    allowed = {"schema", "element", "annotation", "documentation", "complexType", "simpleType", "sequence"}
    allowed |= {"restriction", "pattern", "enumeration", "minInclusive", "maxInclusive", "minLength", "maxLength"}
    for file in (HUB.schema, PSEUDONYMS.schema, FAULT_SCHEMA):
        found = {etree.QName(each).localname for each in Schema(file).root.iter("*")}
        assert found <= allowed, file


def test_base64_binary_never_has_a_length() -> None:
    """gSOAP cannot read such a type: a string with a pattern stands in."""
    for file in (HUB.schema, PSEUDONYMS.schema):
        for value in Schema(file).values.values():
            assert value.find(f"{XS}restriction").get("base") != "xs:base64Binary"


def test_a_request_and_its_response_share_no_element_name() -> None:
    """The same name in both becomes an in-out holder in Java; cursor, mailbox and the rest differ."""
    for contract in CONTRACTS:
        for operation in contract.operations.values():
            request = {shape.element for shape in shapes(operation.request)}
            response = {shape.element for shape in shapes(operation.response)}
            assert not request & response, operation.name
