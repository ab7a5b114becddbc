"""A region played by the test itself: it signs its own messages and sends the raw bytes, as often as it likes."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lxml import etree

from certs.authority import Files
from certs.identity import IdentityFile
from soap_wsdl.codec import decode, encode
from soap_wsdl.vocabulary import HUB
from soap_wsdl.wus.signing import sign_request
from tests.faults.tap import Passed, Tap
from verwijsindex.demo.exchange import Exchange

_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


class Speaker:
    """Speaks to the hub of an exchange in the name of a region whose node does not run. Stop it when done."""

    def __init__(self, exchange: Exchange, region: str) -> None:
        self.oin = exchange.region(region).oin
        self._url = exchange.address("hub")
        self._files: Files = exchange.places.pki.files(region)
        self._line = Tap(exchange.ports["hub"], exchange.places.pki.files("hub"), self._files)

    def stop(self) -> None:
        """Done."""
        self._line.stop()

    def sign(self, message: object) -> bytes:
        """The whole HTTP request with a freshly signed message."""
        operation = HUB.operations[type(message).__name__]
        signer = IdentityFile(self._files.signing_certificate, self._files.signing_key).current()
        signed = sign_request(
            encode(message), operation.action, self._url, f"urn:uuid:{uuid4()}", datetime.now(UTC), signer
        )
        head = (
            f"POST {HUB.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
            f'SOAPAction: ""\r\nContent-Length: {len(signed.raw)}\r\n\r\n'
        )
        return head.encode() + signed.raw

    def post(self, request: bytes) -> Passed:
        """Send these bytes as they are."""
        return self._line.say(request)

    def ask(self, message: object) -> Any:
        """A fresh message, and the message that answers it."""
        passed = self.post(self.sign(message))
        assert passed.fault is None, f"the hub answers {passed.fault}"
        return read(passed.answer, HUB.operations[type(message).__name__].response)


def read(http: bytes, cls: type) -> Any:
    """The message in the Body of an HTTP message."""
    envelope = etree.fromstring(http.partition(b"\r\n\r\n")[2])
    body = envelope.find(_BODY)
    assert body is not None
    return decode(body[0], cls)


def events(log: str) -> list[dict[str, Any]]:
    """The lines of a program's log."""
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]
