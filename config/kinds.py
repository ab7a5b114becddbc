"""Kinds of value that the settings of more than one program have: an OIN, a public key, an address."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, Field


def _ed25519_public_key(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except binascii.Error:
        size = 0
    if size != 32:
        raise ValueError("it must be a public key of 32 bytes in base64")
    return text


OinText = Annotated[str, Field(pattern=r"^[0-9]{20}$")]
PublicKey = Annotated[str, AfterValidator(_ed25519_public_key)]
HttpsUrl = Annotated[str, Field(pattern=r"^https://")]
