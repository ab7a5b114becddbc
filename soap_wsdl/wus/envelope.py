"""An envelope from bytes: hardened parsing, the headers by name, and nothing that the profile does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from soap_wsdl.wus.demands import Demand, NotInProfile

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = WSS + "wssecurity-secext-1.0.xsd"
WSU = WSS + "wssecurity-utility-1.0.xsd"
WSSE11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
X509V3 = WSS + "x509-token-profile-1.0#X509v3"
BASE64 = WSS + "soap-message-security-1.0#Base64Binary"
ANONYMOUS = WSA + "/anonymous"
REPLY = WSA + "/reply"

WSU_ID = f"{{{WSU}}}Id"
_MUST_UNDERSTAND = f"{{{SOAP}}}mustUnderstand"
_REQUEST = frozenset({"To", "Action", "MessageID", "ReplyTo"})
_RESPONSE = frozenset({"To", "Action", "MessageID", "RelatesTo"})
_URI = re.compile(r"[!-~]{1,255}")
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_MOST_PREFIXES = 256
"""Declarations of prefixes in a document. Canonical XML compares each with each: by the ten thousands, for minutes."""
_CROWDED = etree.XPath("count(//@*) > 256", smart_strings=False)
"""More attributes than any message of the profile has; on one element, their order is found by comparing them all."""
_BOM = b"\xef\xbb\xbf"
_ATTRIBUTES = etree.XPath("//@*[contains('|id|Id|ID|iD|', concat('|', local-name(), '|'))]", smart_strings=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The elements of one message, each found once. Nothing in it is believed yet."""

    body: etree._Element
    content: etree._Element
    """The Body's one child."""
    headers: Mapping[str, etree._Element]
    """The WS-Addressing header blocks by local name."""
    security: etree._Element
    token: etree._Element
    timestamp: etree._Element
    signature: etree._Element
    confirmation: etree._Element | None

    def header(self, name: str) -> str:
        """The text of a header; empty when it is absent."""
        found = self.headers.get(name)
        return "" if found is None else (found.text or "").strip()


def parse(raw: bytes) -> etree._Element:
    """The root of the document: demands 3.1 to 3.3. What is refused here never reaches the parser's dark corners."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotInProfile(Demand.ENCODING) from None
    raw = raw.removeprefix(_BOM)
    if b"\x00" in raw:
        raise NotInProfile(Demand.ENCODING)
    if declared := _DECLARATION.match(raw):
        named = _ENCODING.search(declared.group())
        if named and named.group(1).upper() != b"UTF-8":
            raise NotInProfile(Demand.ENCODING)
        raw = raw[declared.end() :]
    # In UTF-8 a comment, a document type or a CDATA section cannot begin in any other way, nor an instruction.
    # One byte is found ten times faster than two: the longer look is for the few documents that hold it at all.
    if (b"!" in raw and b"<!" in raw) or (b"?" in raw and b"<?" in raw):
        raise NotInProfile(Demand.MARKUP)
    if raw.count(b":") > _MOST_PREFIXES and raw.count(b"xmlns:") > _MOST_PREFIXES:
        raise NotInProfile(Demand.WELL_FORMED)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise NotInProfile(Demand.WELL_FORMED) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotInProfile(Demand.MARKUP)
    if _CROWDED(root):
        raise NotInProfile(Demand.WELL_FORMED)
    return root


def open_request(root: etree._Element) -> Envelope:
    """The elements of a request: demands 4 and 5."""
    headers, security, body = _blocks(root, _REQUEST)
    for name, demand in (("To", Demand.TO), ("Action", Demand.ACTION), ("MessageID", Demand.MESSAGE_ID)):
        if name not in headers:
            raise NotInProfile(demand)
    if "ReplyTo" in headers:
        _require_anonymous(headers["ReplyTo"])
    return _envelope(headers, security, body, confirmed=False)


def open_response(root: etree._Element) -> Envelope:
    """The elements of a response or fault: demands 4, 5, and the presence of what 17 looks at."""
    headers, security, body = _blocks(root, _RESPONSE)
    for name, demand in (("Action", Demand.ACTION), ("MessageID", Demand.MESSAGE_ID)):
        if name not in headers:
            raise NotInProfile(demand)
    if "To" in headers and (headers["To"].text or "").strip() != ANONYMOUS:
        raise NotInProfile(Demand.HEADER_FORM, "To")
    return _envelope(headers, security, body, confirmed=True)


def message_id_of(root: etree._Element) -> str | None:
    """The MessageID of a request that is refused, for the RelatesTo of the fault; None when it has not just one."""
    if root.tag != f"{{{SOAP}}}Envelope":
        return None
    found = root.findall(f"{{{SOAP}}}Header/{{{WSA}}}MessageID")
    text = (found[0].text or "").strip() if len(found) == 1 else ""
    return text if _URI.fullmatch(text) else None


def require_unique_ids(root: etree._Element) -> None:
    """Demand 6, over everything that any reader might take for an Id, whatever its namespace."""
    found = _ATTRIBUTES(root)
    if not isinstance(found, list) or len(found) != len(set(found)):
        raise NotInProfile(Demand.IDS)


def only_children(element: etree._Element, demand: Demand) -> list[etree._Element]:
    """The children of an element that has no text of its own."""
    children = list(element)
    text = element.text
    if text and not text.isspace():
        raise NotInProfile(demand)
    for child in children:
        tail = child.tail
        if tail and not tail.isspace():
            raise NotInProfile(demand)
    return children


def _blocks(
    root: etree._Element, allowed: frozenset[str]
) -> tuple[dict[str, etree._Element], etree._Element, etree._Element]:
    if root.tag != f"{{{SOAP}}}Envelope" or len(root.attrib):
        raise NotInProfile(Demand.ENVELOPE)
    parts = only_children(root, Demand.ENVELOPE)
    if [part.tag for part in parts] != [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]:
        raise NotInProfile(Demand.ENVELOPE)
    header, body = parts
    if len(header.attrib) or set(body.attrib) - {WSU_ID}:
        raise NotInProfile(Demand.ENVELOPE)
    if len(only_children(body, Demand.BODY)) != 1:
        raise NotInProfile(Demand.BODY)
    headers: dict[str, etree._Element] = {}
    security: etree._Element | None = None
    for block in only_children(header, Demand.ENVELOPE):
        if block.tag == f"{{{WSSE}}}Security":
            if security is not None:
                raise NotInProfile(Demand.HEADER_ONCE, "Security")
            security = block
            continue
        name = etree.QName(block)
        if name.namespace != WSA or name.localname not in allowed:
            raise NotInProfile(Demand.OTHER_HEADERS)
        if name.localname in headers:
            raise NotInProfile(Demand.HEADER_ONCE, name.localname)
        _require_form(block, name.localname)
        headers[name.localname] = block
    if security is None:
        raise NotInProfile(Demand.SECURITY)
    return headers, security, body


def _require_form(block: etree._Element, name: str) -> None:
    """Demand 4.5."""
    attributes = dict(block.attrib)
    attributes.pop(WSU_ID, None)
    if attributes.pop(_MUST_UNDERSTAND, "1") not in ("0", "1"):
        raise NotInProfile(Demand.HEADER_FORM, name)
    if name == "RelatesTo" and attributes.pop("RelationshipType", REPLY) != REPLY:
        raise NotInProfile(Demand.HEADER_FORM, name)
    if attributes:
        raise NotInProfile(Demand.HEADER_FORM, name)
    if name != "ReplyTo" and (len(block) or not _URI.fullmatch((block.text or "").strip())):
        raise NotInProfile(Demand.HEADER_FORM, name)


def _require_anonymous(reply_to: etree._Element) -> None:
    """Demand 4.9."""
    children = only_children(reply_to, Demand.REPLY_TO)
    if len(children) != 1 or children[0].tag != f"{{{WSA}}}Address" or len(children[0]) or len(children[0].attrib):
        raise NotInProfile(Demand.REPLY_TO)
    if (children[0].text or "").strip() != ANONYMOUS:
        raise NotInProfile(Demand.REPLY_TO)


def _envelope(
    headers: dict[str, etree._Element], security: etree._Element, body: etree._Element, *, confirmed: bool
) -> Envelope:
    if set(security.attrib) - {_MUST_UNDERSTAND}:
        raise NotInProfile(Demand.SECURITY)
    found: dict[str, etree._Element] = {}
    allowed = {
        f"{{{WSSE}}}BinarySecurityToken": "token",
        f"{{{WSU}}}Timestamp": "timestamp",
        f"{{{DS}}}Signature": "signature",
    }
    if confirmed:
        allowed[f"{{{WSSE11}}}SignatureConfirmation"] = "confirmation"
    for child in only_children(security, Demand.SECURITY):
        part = allowed.get(str(child.tag))
        if part is None or part in found:
            raise NotInProfile(Demand.SECURITY)
        found[part] = child
        if part == "signature" and "token" not in found:
            raise NotInProfile(Demand.TOKEN)  # the token comes before the reference to it
    if not {"token", "timestamp", "signature"} <= set(found):
        raise NotInProfile(Demand.SECURITY)
    return Envelope(
        body,
        body[0],
        headers,
        security,
        found["token"],
        found["timestamp"],
        found["signature"],
        found.get("confirmation"),
    )
