"""How commands on this machine speak to a node that serves: through its JSON door, with the token, no proxy."""

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

SECONDS = 30.0


class DoorRefused(Exception):
    """The node answered with a problem; the text is what it said, in Dutch."""


class DoorSilent(Exception):
    """The node could not be reached, or its answer did not come. Whether it did what was asked is not known."""


@dataclass(frozen=True, slots=True)
class DoorClient:
    """The door of one node, for one professional (or none, for ``status``)."""

    address: str
    token: str = field(repr=False)
    professional: str | None = None

    def get(self, path: str) -> dict[str, Any]:
        """Ask. Raises DoorRefused, DoorSilent."""
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Change something. Raises DoorRefused, DoorSilent."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        where = urlsplit(self.address)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if self.professional is not None:
            headers["Professional"] = quote(self.professional, safe=" ")
        content = None
        if body is not None:
            content, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = HTTPConnection(where.hostname or "", where.port, timeout=SECONDS)
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read() or b"{}")
        except (OSError, HTTPException, ValueError) as error:
            raise DoorSilent(f"The node does not answer at its door ({type(error).__name__}).") from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise DoorRefused(f"{said.get('title', answer.status)}: {said.get('detail', '')}")
        return said
