"""The table of faults, its page, and a fault on the wire."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from lxml import etree

from soap_wsdl.codec import SchemaFault
from soap_wsdl.wus.faults import TABLE, Code, WusFault, decode_fault, encode_fault

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "faults.md"
SOAP = b'<soap:Body xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">%b</soap:Body>'


def on_the_wire(fault: WusFault) -> etree._Element:
    """The soap:Fault as it is read."""
    return etree.fromstring(SOAP % encode_fault(fault))[0]


@pytest.mark.parametrize("code", list(Code))
def test_every_code_is_in_the_table_and_comes_back(code: Code) -> None:
    """soap:Server may be retried, soap:Client may not."""
    fault = WusFault(code)
    element = on_the_wire(fault)

    assert element[0].text == ("soap:Server" if TABLE[code].retryable else "soap:Client")
    assert decode_fault(element).__reduce__() == fault.__reduce__()
    assert (TABLE[code].retry_after is not None) == TABLE[code].retryable


def test_digikoppelings_codes_are_permanent_but_for_not_available() -> None:
    """0001 to 0011 are the sender's to repair; 0051 passes."""
    digits = {code: TABLE[code].retryable for code in Code if code.value.isdigit()}

    assert digits == {code: code == Code.NOT_AVAILABLE for code in digits}
    assert [str(code) for code in digits] == [f"{number:04}" for number in (*range(1, 12), 51)]


def test_a_fault_is_written_canonically() -> None:
    """As the child of a Body that declares the prefix."""
    raw = SOAP % encode_fault(WusFault(Code.LIMIT, retry_after=7))

    assert etree.tostring(etree.fromstring(raw), method="c14n", exclusive=True) == raw
    assert b"<herhaalNaSeconden>7</herhaalNaSeconden>" in raw


def test_the_detail_holds_what_the_contract_says() -> None:
    """code, omschrijving, herhaalbaar, herhaalNaSeconden."""
    detail = on_the_wire(WusFault(Code.BUDGET, retry_after=60))[2][0]

    assert detail.tag == "{urn:verwijsindex:fault:v1}Fout"
    assert [etree.QName(child).localname for child in detail] == [
        "code",
        "omschrijving",
        "herhaalbaar",
        "herhaalNaSeconden",
    ]


def test_a_permanent_fault_has_no_time_to_try_again() -> None:
    """Whatever the caller of the constructor says."""
    assert WusFault(Code.SCHEMA, retry_after=5).retry_after is None
    assert WusFault(Code.LIMIT).retry_after == 10
    assert WusFault(Code.REPLAY).retry_after == 0


def test_a_code_from_elsewhere_is_kept_with_its_own_words() -> None:
    """A newer hub may know more codes than this node."""
    fault = decode_fault(on_the_wire(WusFault("NIEUW", "Iets nieuws.", True, 30)))

    assert (fault.code, fault.omschrijving, fault.retryable, fault.retry_after) == ("NIEUW", "Iets nieuws.", True, 30)
    with pytest.raises(LookupError):
        WusFault("NIEUW")


def test_a_fault_survives_a_process_border() -> None:
    """Pools hand exceptions over by pickling."""
    fault = WusFault(Code.LIMIT, retry_after=3)

    assert pickle.loads(pickle.dumps(fault)).retry_after == 3  # noqa: S301  our own bytes


def test_something_else_is_no_fault() -> None:
    """An empty one, and one without our detail."""
    for content in (b"<soap:Fault></soap:Fault>", encode_fault(WusFault(Code.LIMIT)).replace(b"LIMIET", b"te lang!")):
        with pytest.raises(SchemaFault):
            decode_fault(etree.fromstring(SOAP % content)[0])


def test_the_page_lists_the_table() -> None:
    """docs/reference/faults.md has a row for each code, word for word, and no other."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    wanted = []
    for code, kind in TABLE.items():
        again = f"yes, after {kind.retry_after} s" if kind.retryable else "no"
        wanted.append(
            f"| `{code}` | {kind.omschrijving} | {again} | `{'soap:Server' if kind.retryable else 'soap:Client'}` |"
        )

    assert rows == wanted
