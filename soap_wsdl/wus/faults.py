"""The fault codes: what each says in Dutch, whether to try again and when, and its soap:Fault on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from lxml import etree

from soap_wsdl.codec import SchemaFault, decode, encode
from soap_wsdl.vocabulary import FaultDetail


class Code(StrEnum):
    """Every code that a fault can carry. Digits are Digikoppeling's, words are ours."""

    ENVELOPE = "0001"
    NOT_AUTHORISED = "0002"
    SOAP_ACTION = "0003"
    SCHEMA = "0004"
    TO_MISSING = "0005"
    ACTION_MISSING = "0006"
    MESSAGE_ID_MISSING = "0007"
    SECURITY_MISSING = "0008"
    ENCODING = "0009"
    OTHER_HEADERS = "0010"
    HEADER_VALUE = "0011"
    NOT_AVAILABLE = "0051"
    CLOCK = "KLOK"
    REPLAY = "REPLAY"
    LIMIT = "LIMIET"
    BUDGET = "BUDGET"
    EPOCH_OVER = "EPOCH_OVER"
    EPOCH_UNKNOWN = "EPOCH_UNKNOWN"
    ELEMENT = "ELEMENT"
    CURSOR = "CURSOR"
    BATCH = "BATCH"
    MIXED = "GEMENGD"
    SERIAL = "SERIE"
    STATEMENT = "VERKLARING"
    RECIPIENT = "ONTVANGER"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code means: the text, whether the same request may succeed later, and after how many seconds."""

    omschrijving: str
    retryable: bool
    retry_after: int | None = None


TABLE: dict[str, Kind] = {
    Code.ENVELOPE: Kind("Het bericht is geen SOAP 1.1-envelop volgens het profiel.", False),
    Code.NOT_AUTHORISED: Kind("Afzender niet geautoriseerd: certificaat, OIN of handtekening is geweigerd.", False),
    Code.SOAP_ACTION: Kind("SOAPAction is niet leeg en niet gelijk aan wsa:Action.", False),
    Code.SCHEMA: Kind("De inhoud van het bericht voldoet niet aan het schema.", False),
    Code.TO_MISSING: Kind("wsa:To ontbreekt.", False),
    Code.ACTION_MISSING: Kind("wsa:Action ontbreekt.", False),
    Code.MESSAGE_ID_MISSING: Kind("wsa:MessageID ontbreekt.", False),
    Code.SECURITY_MISSING: Kind("wsse:Security ontbreekt of is niet volledig.", False),
    Code.ENCODING: Kind("Het bericht is niet in UTF-8.", False),
    Code.OTHER_HEADERS: Kind("Het bericht bevat headers die het profiel niet kent.", False),
    Code.HEADER_VALUE: Kind("Een header heeft een waarde die het profiel niet toestaat.", False),
    Code.NOT_AVAILABLE: Kind("De dienst is nu niet beschikbaar.", True, 60),
    Code.CLOCK: Kind("Het tijdstempel valt buiten het venster: de klokken verschillen.", True, 60),
    Code.REPLAY: Kind("Dit wsa:MessageID is al verwerkt: stuur een nieuw bericht.", True, 0),
    Code.LIMIT: Kind("Te veel verzoeken tegelijk of te snel na elkaar.", True, 10),
    Code.BUDGET: Kind("Het budget van deze regio is verbruikt.", True, 3600),
    Code.EPOCH_OVER: Kind("Het tijdvak van de pseudoniemen is voorbij: leid opnieuw af.", True, 0),
    Code.EPOCH_UNKNOWN: Kind("Het tijdvak van de pseudoniemen is hier niet bekend.", True, 3600),
    Code.ELEMENT: Kind("Een van de elementen is geen geldig punt van de groep.", False),
    Code.CURSOR: Kind("De cursor ligt verder dan de postbus.", False),
    Code.BATCH: Kind("Dit batchId is al gebruikt met een andere inhoud.", False),
    Code.MIXED: Kind("Jeugd- en gezinsregistraties mogen niet samen in een bericht.", False),
    Code.SERIAL: Kind("Een sleutelverklaring met een hoger volgnummer is al bekend.", False),
    Code.STATEMENT: Kind("De sleutelverklaring is niet geldig of niet van deze regio.", False),
    Code.RECIPIENT: Kind("De ontvanger is geen actieve deelnemer.", False),
}
"""The whole list; docs/reference/faults.md is held against it."""


class WusFault(Exception):
    """A fault to give to the caller, or a verified fault that the other side gave. Never repeats what was sent."""

    def __init__(
        self, code: str, omschrijving: str | None = None, retryable: bool | None = None, retry_after: int | None = None
    ) -> None:
        """What is left out comes from the table; a code that the table lacks needs its own text and retryable."""
        kind = TABLE.get(code)
        if kind is None:
            if omschrijving is None or retryable is None:
                raise LookupError("a code outside the table needs its own text and retryable")
            kind = Kind(omschrijving, retryable)
        self.code = str(code)
        self.omschrijving = kind.omschrijving if omschrijving is None else omschrijving
        self.retryable = kind.retryable if retryable is None else retryable
        self.retry_after = (kind.retry_after if retry_after is None else retry_after) if self.retryable else None
        super().__init__(f"{self.code}: {self.omschrijving}")

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), (self.code, self.omschrijving, self.retryable, self.retry_after)


def encode_fault(fault: WusFault) -> bytes:
    """The soap:Fault as the one child of a Body that declares the prefix soap: soap:Server may be retried."""
    detail = encode(FaultDetail(fault.code, fault.omschrijving, fault.retryable, fault.retry_after))
    who = b"soap:Server" if fault.retryable else b"soap:Client"
    head = b"<soap:Fault><faultcode>%b</faultcode><faultstring>%b</faultstring>" % (who, fault.code.encode())
    return b"%b<detail>%b</detail></soap:Fault>" % (head, detail)


def decode_fault(element: etree._Element) -> WusFault:
    """Read a soap:Fault of ours; SchemaFault when it is not one."""
    if [child.tag for child in element] != ["faultcode", "faultstring", "detail"] or len(element[2]) != 1:
        raise SchemaFault("fault", "Fault")
    detail = decode(element[2][0], FaultDetail)
    return WusFault(detail.code, detail.omschrijving, detail.herhaalbaar, detail.herhaal_na_seconden)
