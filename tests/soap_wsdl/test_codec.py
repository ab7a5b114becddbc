"""Messages come back as they went, in canonical bytes, and nothing outside the schema comes in."""

from __future__ import annotations

import base64
import dataclasses
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from soap_wsdl.codec import SchemaFault, binary, camel, decode, encode, root_of
from soap_wsdl.schemas import HERE, LONG_BASE64
from soap_wsdl.vocabulary import (
    CollectMatches,
    GetStatus,
    GetStatusResponse,
    PairCount,
    RegisterSignals,
    SendSealedMessage,
)
from tests.soap_wsdl.messages import MESSAGES, any_message, message
from tests.soap_wsdl.parties import record, registration

slow = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def reread(raw: bytes, cls: type) -> Any:
    """Bytes as the other side reads them."""
    return decode(etree.fromstring(raw), cls)


@slow
@given(any_message())
def test_a_message_comes_back_as_it_went(sent: Any) -> None:
    """Through the schema, for anything that the schema allows."""
    assert reread(encode(sent), type(sent)) == sent


@slow
@given(any_message())
def test_a_message_is_written_in_exclusive_canonical_form(sent: Any) -> None:
    """So that it need not be canonicalised again to be signed."""
    raw = encode(sent)

    assert etree.tostring(etree.fromstring(raw), method="c14n", exclusive=True) == raw


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
def test_every_message_can_be_written_and_read(cls: type) -> None:
    """No class is left out."""

    @settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(message(cls))
    def examine(sent: Any) -> None:
        assert reread(encode(sent), cls) == sent

    examine()


def test_a_message_of_250_records_comes_back() -> None:
    """The usual batch."""
    assert reread(encode(registration(250)), RegisterSignals) == registration(250)


@pytest.mark.parametrize(
    ("old", "new", "rule", "inside"),
    [
        (b"<purpose>youth", b"<purpose>Piet", "cvc-enumeration-valid", "purpose"),
        (b"<revision>1", b"<revision>0", "cvc-mininclusive-valid", "revision"),
        (b"<revision>1", b"<revision>Piet", "cvc-datatype-valid-1-2-1", "revision"),
        (b"<batchId>1b", b"<batchId>1B", "cvc-pattern-valid", "RegisterSignals/batchId"),
        (b"<validUntil>2027-05-01", b"<validUntil>2027-02-30", "cvc-datatype-valid-1-2-1", "validUntil"),
        (b"<validUntil>2027-05-01", b"<validUntil>2027-05-01Z", "cvc-pattern-valid", "validUntil"),
        (b"<reason>new</reason>", b"", "element-content", "RegisterSignals/record/entry"),
        (b"<reason>new", b"<Piet>1</Piet><reason>new", "element-content", "RegisterSignals/record/*"),
        (b"</record>", b"</record><Piet></Piet>", "element-content", "RegisterSignals/*"),
        (b"<card>", b"<card>*", "value", "entry/card"),
        (b"<card>AQEB", b"<card>", "size", "entry/card"),
    ],
)  # fmt: skip
def test_what_breaks_the_schema_is_named_by_rule_and_place(old: bytes, new: bytes, rule: str, inside: str) -> None:
    """In the contract's words: neither a value nor a name that was sent shows."""
    raw = encode(registration())
    assert raw.count(old)

    with pytest.raises(SchemaFault) as caught:
        reread(raw.replace(old, new, 1), RegisterSignals)
    place = inside if inside.startswith("RegisterSignals") else f"RegisterSignals/record/{inside}"
    assert (caught.value.rule, caught.value.place) == (rule, place)
    assert "Piet" not in str(caught.value)


@settings(max_examples=300, deadline=None, database=None)
@given(st.text(st.sampled_from("AQgw048/+= \n\t-_é\u2003"), max_size=12))
def test_base64_is_taken_as_the_schema_type_takes_it(text: str) -> None:
    """We read it ourselves, because libxml2 is slow at it, and lets characters through that are none of base64."""
    of_type = etree.XMLSchema(
        etree.XML(
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="card" type="xs:base64Binary"/>'
            "</xs:schema>"
        )
    )
    element = etree.Element("card")
    element.text = text
    try:
        read: bytes | None = binary(text)
    except ValueError:
        read = None

    assert (read is not None) == (of_type.validate(element) and not set(text) & set("-_é\u2003"))
    assert read is None or read == base64.b64decode("".join(text.split()))


def test_we_read_ourselves_what_the_schemas_have_as_base64() -> None:
    """Every element of that type and no other, in both contracts."""
    of_type = {
        element.get("name")
        for file in HERE.glob("*.xsd")
        for element in etree.parse(file).iterfind(".//{http://www.w3.org/2001/XMLSchema}element")
        if element.get("type") == "xs:base64Binary"
    }

    assert of_type == LONG_BASE64
    named = [e for file in HERE.glob("*.xsd") for e in etree.parse(file).iter("{*}element") if e.get("name") in of_type]
    assert {element.get("type") for element in named} == {"xs:base64Binary"}


def test_a_tag_is_taken_as_its_pattern_has_it() -> None:
    """The pattern says nothing of the bits that base64 leaves over: what the published schema takes, we take."""
    raw = encode(registration())
    tag = raw.partition(b"<tag>")[2].partition(b"</tag>")[0]
    other = tag[:-2] + bytes([tag[-2] + 1]) + b"="

    assert reread(raw.replace(tag, other), RegisterSignals) == registration()


def test_the_place_counts_records() -> None:
    """The third record, by its own number."""
    raw = encode(registration(5)).split(b"<record>")
    raw[3] = raw[3].replace(b"live", b"dead")

    with pytest.raises(SchemaFault, match=r"RegisterSignals/record\[3\]/state"):
        reread(b"<record>".join(raw), RegisterSignals)

    raw[3] = raw[3].replace(b"dead", b"live").replace(b"<card>", b"<card>*")
    with pytest.raises(SchemaFault, match=r"value at RegisterSignals/record\[3\]/entry/card"):
        reread(b"<record>".join(raw), RegisterSignals)


@pytest.mark.parametrize("spoiled", [b"<batchId>1b9d<!-- -->6bcd", b"<batchId>1b9d<?x?>6bcd"])
def test_a_comment_or_instruction_inside_a_value_is_refused(spoiled: bytes) -> None:
    """Also when the element does not come from our own parser."""
    raw = encode(registration()).replace(b"<batchId>1b9d6bcd", spoiled)

    with pytest.raises(SchemaFault, match="markup"):
        reread(raw, RegisterSignals)


def test_attributes_are_refused() -> None:
    """The contract has none; xsi attributes would pass any schema."""
    for attribute in (b'xsi:schemaLocation="urn:x x.xsd"', b'xsi:type="t:Uuid"', b'x="1"'):
        namespace = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        raw = encode(registration()).replace(b"<batchId", b"<batchId" + namespace + attribute)
        with pytest.raises(SchemaFault, match="attribute"):
            reread(raw, RegisterSignals)


def test_another_message_is_refused() -> None:
    """A message is read as what it is."""
    with pytest.raises(SchemaFault, match="name"):
        reread(encode(GetStatus()), RegisterSignals)


def test_a_moment_that_does_not_exist_is_refused() -> None:
    """XML Schema knows 24:00:00."""
    sent = GetStatusResponse(datetime(2026, 1, 1, tzinfo=UTC), "1", registration().batch_id, 1, 1, False)
    raw = encode(sent).replace(b"T00:00:00Z", b"T24:00:00Z")

    with pytest.raises(SchemaFault, match="value at GetStatusResponse/hubTime"):
        reread(raw, GetStatusResponse)


def test_values_of_another_lexical_form_are_read() -> None:
    """What XML Schema calls the same value: 1 is true, space around a number collapses."""
    raw = encode(CollectMatches(None, 10, 5, True))
    raw = raw.replace(b">true<", b"> 1 <").replace(b">10<", b">\n 010<")

    assert reread(raw, CollectMatches) == CollectMatches(None, 10, 5, True)


def test_what_no_message_may_carry_is_not_written() -> None:
    """Our own mistakes are found before they leave."""
    short = dataclasses.replace(record().entries[0], card=b"x")
    wrong = dataclasses.replace(record(), entries=(short,))
    with pytest.raises(ValueError, match=r"Entry\.card"):
        encode(dataclasses.replace(registration(), records=(wrong,)))
    naive = datetime(2026, 1, 1)  # noqa: DTZ001  the mistake
    with pytest.raises(ValueError, match="zone"):
        encode(GetStatusResponse(naive, "1", registration().batch_id, 1, 1, False))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="character"):
        encode(GetStatusResponse(moment, "\x00", registration().batch_id, 1, 1, False))


def test_only_messages_have_a_root() -> None:
    """Parts of a message are never written by themselves."""
    for part in (PairCount, date):
        with pytest.raises(LookupError):
            root_of(part)
    assert root_of(SendSealedMessage) == ("urn:verwijsindex:hub:v1", "SendSealedMessage")
    assert camel("herhaal_na_seconden") == "herhaalNaSeconden"
