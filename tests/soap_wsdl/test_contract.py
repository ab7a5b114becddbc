"""The contract as zeep digests it, and what keeps it digestible for the generators of others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
import zeep
from hypothesis import HealthCheck, given, settings
from lxml import etree
from zeep.xsd.types.builtins import Base64Binary

from soap_wsdl.codec import decode, encode, shapes
from soap_wsdl.schemas import HERE
from soap_wsdl.vocabulary import HUB, PSEUDONYMS, Contract, Operation
from tests.soap_wsdl.messages import message

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
ACTION = "{http://www.w3.org/2007/05/addressing/metadata}Action"
CONTRACTS = (HUB, PSEUDONYMS)
OPERATIONS = [
    pytest.param(contract, operation, id=operation.name)
    for contract in CONTRACTS
    for operation in contract.operations.values()
]


def definitions(contract: Contract) -> Any:
    """The WSDL."""
    return etree.parse(HERE / contract.wsdl).getroot()


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    """zeep, strict, on both WSDLs."""
    strict = zeep.Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    return {each.name: zeep.Client(str(HERE / each.wsdl), settings=strict) for each in CONTRACTS}  # type: ignore[no-untyped-call]


def plain(value: Any, kind: Any) -> Any:
    """A message as zeep wants it: dictionaries, lists and texts."""
    if isinstance(value, bytes):
        return value if isinstance(kind, Base64Binary) else base64.b64encode(value).decode()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, tuple):
        return [plain(each, kind) for each in value]
    if not is_dataclass(value):
        return value
    kinds = {name: element.type for name, element in kind.elements}
    found = {shape.element: getattr(value, shape.field) for shape in shapes(type(value))}
    return {name: plain(each, kinds[name]) for name, each in found.items() if each is not None}


def for_any(cls: type, check: Callable[[Any], None]) -> None:
    """Hold a few messages of a class against a check."""
    few = settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    few(given(message(cls, usual=True))(lambda sent: check(sent)))()


@pytest.mark.parametrize(("contract", "operation"), OPERATIONS)
def test_zeep_writes_every_message_as_we_read_it(
    clients: dict[str, Any], contract: Contract, operation: Operation
) -> None:
    """From the WSDL alone: requests and responses, any that the schema allows."""

    def check(sent: Any) -> None:
        element = clients[contract.name].get_element(f"{{{contract.namespace}}}{type(sent).__name__}")
        parent = etree.Element("parent")
        element.render(parent, element(**plain(sent, element.type)))
        assert decode(etree.fromstring(etree.tostring(parent[0])), type(sent)) == sent

    for_any(operation.request, check)
    for_any(operation.response, check)


@pytest.mark.parametrize(("contract", "operation"), OPERATIONS)
def test_zeep_reads_every_message_as_we_write_it(
    clients: dict[str, Any], contract: Contract, operation: Operation
) -> None:
    """And finds every element in its place."""
    client = clients[contract.name]

    def check(sent: Any) -> None:
        element = client.get_element(f"{{{contract.namespace}}}{type(sent).__name__}")
        read = element.parse(etree.fromstring(encode(sent)), client.wsdl.types)
        if read is None:
            assert not shapes(type(sent))  # what zeep makes of an element without content
            return
        again = etree.Element("parent")
        element.render(again, read)
        assert decode(etree.fromstring(etree.tostring(again[0])), type(sent)) == sent

    for_any(operation.request, check)
    for_any(operation.response, check)


def test_zeep_finds_one_port_with_every_operation(clients: dict[str, Any]) -> None:
    """One service, one port, SOAP 1.1 document/literal."""
    for contract in CONTRACTS:
        (service,) = clients[contract.name].wsdl.services.values()
        (port,) = service.ports.values()
        assert port.name.endswith("Port_v1")
        assert set(port.binding.all()) == set(contract.operations)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_the_wsdl_holds_to_the_profile(contract: Contract) -> None:
    """One portType; document/literal; parts by element; one fault; an Action everywhere; SOAPAction empty."""
    root = definitions(contract)
    (port_type,) = root.findall(f"{WSDL}portType")
    (binding,) = root.findall(f"{WSDL}binding")

    assert root.get("targetNamespace") == contract.namespace
    assert [each.get("name") for each in port_type.findall(f"{WSDL}operation")] == list(contract.operations)
    for each in port_type.findall(f"{WSDL}operation"):
        operation = contract.operations[each.get("name")]
        kinds = [etree.QName(child).localname for child in each]
        assert kinds == ["documentation", "input", "output", "fault"]
        actions = [child.get(ACTION) for child in each[1:]]
        assert actions == [operation.action, operation.response_action, f"{contract.namespace}:Fault"]
    for part in root.iter(f"{WSDL}part"):
        assert part.get("type") is None
        assert part.get("element")
    assert binding.find(f"{SOAP}binding").get("style") == "document"
    assert {each.get("soapAction") for each in binding.iter(f"{SOAP}operation")} == {""}
    assert {each.get("use") for each in binding.iter(f"{SOAP}body", f"{SOAP}fault")} == {"literal"}
    assert not list(binding.iter(f"{SOAP}header"))


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_names_carry_one_version(contract: Contract) -> None:
    """_v1 in every name of the WSDL, and types in files of their own."""
    root = definitions(contract)

    for kind in ("message", "portType", "binding", "service"):
        assert all("_v1" in each.get("name") for each in root.findall(f"{WSDL}{kind}"))
    schemas = root.findall(f"{WSDL}types/*")
    assert [child.get("schemaLocation") for child in schemas[0]] == [contract.schema, "fault_v1.xsd"]
    assert len(schemas) == 1


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_everything_is_documented_inside(contract: Contract) -> None:
    """Each operation, message and type says what it is."""
    xs = "{http://www.w3.org/2001/XMLSchema}"
    schema = etree.parse(HERE / contract.schema).getroot()

    for each in schema.findall("*"):
        assert each.findtext(f"{xs}annotation/{xs}documentation"), each.get("name")
    for operation in definitions(contract).find(f"{WSDL}portType").findall(f"{WSDL}operation"):
        assert operation.findtext(f"{WSDL}documentation"), operation.get("name")
