"""Every demand of the profile: its number, the fault that follows when it is not met, and its sentence.

The order is the order in which a message is examined. docs/reference/wus-profile.md lists each with its test.
"""

from dataclasses import dataclass
from enum import Enum

from soap_wsdl.wus.faults import Code


@dataclass(frozen=True, slots=True)
class Rule:
    """One demand."""

    number: str
    code: Code
    sentence: str


class Demand(Enum):
    """What a message must satisfy. The first that it does not satisfy ends the examination."""

    ENCODING = Rule("3.1", Code.ENCODING, "The bytes are UTF-8 and an XML declaration says nothing else.")
    MARKUP = Rule("3.2", Code.ENVELOPE, "No document type, comment, CDATA section or processing instruction.")
    WELL_FORMED = Rule("3.3", Code.ENVELOPE, "One well-formed document within the parser's limits.")
    ENVELOPE = Rule("4.1", Code.ENVELOPE, "A SOAP 1.1 Envelope of exactly one Header and one Body, nothing beside.")
    BODY = Rule("4.2", Code.ENVELOPE, "The Body has exactly one child.")
    OTHER_HEADERS = Rule(
        "4.3", Code.OTHER_HEADERS, "No header blocks but Security and those of WS-Addressing named here."
    )
    HEADER_ONCE = Rule("4.4", Code.HEADER_VALUE, "Each header block occurs at most once.")
    HEADER_FORM = Rule(
        "4.5", Code.HEADER_VALUE, "A WS-Addressing header is plain text without other attributes or actor."
    )
    TO = Rule("4.6", Code.TO_MISSING, "A request has wsa:To.")
    ACTION = Rule("4.7", Code.ACTION_MISSING, "wsa:Action is present.")
    MESSAGE_ID = Rule("4.8", Code.MESSAGE_ID_MISSING, "wsa:MessageID is present.")
    REPLY_TO = Rule("4.9", Code.HEADER_VALUE, "wsa:ReplyTo is anonymous or absent.")
    SECURITY = Rule(
        "5.1", Code.SECURITY_MISSING, "One Security with one token, one Timestamp and one Signature, nothing else."
    )
    TOKEN = Rule("5.2", Code.HEADER_VALUE, "The token is one X.509 v3 certificate in base64, before the Signature.")
    IDS = Rule("6", Code.ENVELOPE, "Every Id in the document is unique.")
    SIGNED_INFO = Rule("7", Code.HEADER_VALUE, "SignedInfo holds only what the allow-list names.")
    COVERAGE = Rule(
        "8",
        Code.NOT_AUTHORISED,
        "Signed is exactly Body, Timestamp, every WS-Addressing header and any confirmation; the token may be.",
    )
    KEY_REFERENCE = Rule("9", Code.NOT_AUTHORISED, "KeyInfo refers to that token and to nothing else.")
    CERTIFICATE = Rule("10", Code.NOT_AUTHORISED, "The certificate is valid, trusted, not revoked and carries an OIN.")
    KEY = Rule("10.1", Code.NOT_AUTHORISED, "The certificate's key is RSA of at least 2,048 bits.")
    DIGEST = Rule("11.1", Code.NOT_AUTHORISED, "Every digest is that of the element it refers to.")
    SIGNATURE = Rule("11.2", Code.NOT_AUTHORISED, "The signature holds under the certificate's key.")
    TIMESTAMP_FORM = Rule(
        "12.1", Code.HEADER_VALUE, "Created and Expires in UTC, at most three decimals, at most 5 minutes apart."
    )
    CLOCK = Rule("12.2", Code.CLOCK, "Created at most 60 s ahead, Expires at most 60 s past.")
    SAME_PARTY = Rule("13", Code.NOT_AUTHORISED, "The OIN of the signature is the OIN of the connection.")
    SOAP_ACTION = Rule("14.1", Code.SOAP_ACTION, "SOAPAction is empty or equal to wsa:Action.")
    ADDRESSED = Rule("14.2", Code.HEADER_VALUE, "wsa:To is this endpoint.")
    ACTION_OF_BODY = Rule(
        "14.3", Code.HEADER_VALUE, "wsa:Action is that of the operation whose message is in the Body."
    )
    SCHEMA = Rule("15", Code.SCHEMA, "The Body's child holds against the schema.")
    RELATES_TO = Rule("17.1", Code.HEADER_VALUE, "A response relates to the request that was sent.")
    CONFIRMATION = Rule("17.2", Code.HEADER_VALUE, "A response confirms the signature of the request that was sent.")
    EXPECTED_PARTY = Rule("17.3", Code.NOT_AUTHORISED, "A response is signed by the party that was asked.")

    @property
    def key(self) -> str:
        """Its name on the page and in a fault's text."""
        return self.name.lower().replace("_", "-")


class NotInProfile(Exception):
    """A message does not satisfy a demand. Carries our words only."""

    def __init__(self, demand: Demand, place: str = "") -> None:
        super().__init__(f"{demand.value.number} {demand.key}" + (f": {place}" if place else ""))
        self.demand = demand
        self.place = place
