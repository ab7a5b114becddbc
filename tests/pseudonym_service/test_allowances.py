"""An allowance takes effect with two operators' signatures over the same text, and with nothing less."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pseudonym_service.allowances import (
    AllowanceRefused,
    Document,
    new_operator_key,
    operator_key,
    operator_public_key,
    read,
    sign,
    verify,
)
from pseudonym_service.store import Allowance
from soap_wsdl.vocabulary import Oin

NOW = datetime(2026, 5, 20, 10, 0, tzinfo=UTC)
SERVICE = Oin("00000099000000000002")
ANNE = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"a")
BRAM = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"b")
OPERATORS = {"anne": ANNE.public_key(), "bram": BRAM.public_key()}
DOCUMENT = Document(
    Allowance(UUID(int=9), Oin("00000099000000000101"), "import", 5000, 0, NOW, NOW + timedelta(days=2)),
    SERVICE,
)


def test_two_operators_open_a_budget() -> None:
    """Made, signed twice, read from its file, verified."""
    signed = sign(sign(DOCUMENT, "anne", ANNE), "bram", BRAM)

    assert verify(read(signed.text()), OPERATORS, SERVICE, NOW) == ("anne", "bram")


def test_what_is_read_is_what_was_made() -> None:
    """The file says all there is to sign, in plain JSON."""
    signed = sign(DOCUMENT, "anne", ANNE)

    assert read(signed.text()) == signed
    assert json.loads(signed.text())["allowance"]["elements"] == 5000


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (DOCUMENT, "two operators"),
        (sign(DOCUMENT, "anne", ANNE), "two operators"),
        (sign(sign(DOCUMENT, "anne", ANNE), "anne", ANNE), "two operators"),
        (sign(sign(DOCUMENT, "anne", ANNE), "bram", ANNE), "bram"),
        (sign(sign(DOCUMENT, "anne", ANNE), "cees", BRAM), "no operator"),
    ],
)
def test_one_operator_is_not_two(document: Document, why: str) -> None:
    """No signature, one, one twice, one under another's name, a stranger's."""
    with pytest.raises(AllowanceRefused, match=why):
        verify(document, OPERATORS, SERVICE, NOW)


def test_one_key_under_two_names_is_one_operator() -> None:
    """Settings that list the same key twice do not make a second pair of eyes."""
    signed = sign(sign(DOCUMENT, "anne", ANNE), "also-anne", ANNE)

    with pytest.raises(AllowanceRefused, match="two operators"):
        verify(signed, {"anne": ANNE.public_key(), "also-anne": ANNE.public_key()}, SERVICE, NOW)


def changed(field: str, value: object) -> Document:
    """The twice signed document with one field changed afterwards."""
    outer: dict[str, Any] = json.loads(sign(sign(DOCUMENT, "anne", ANNE), "bram", BRAM).text())
    outer["allowance"][field] = value
    return read(json.dumps(outer).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("elements", 50_000),
        ("region", "00000099000000000102"),
        ("reason", "rotation"),
        ("until", "2027-05-22T10:00:00Z"),
        ("id", "00000000-0000-0000-0000-000000000010"),
    ],
)
def test_an_allowance_that_was_changed_after_signing_is_refused(field: str, value: object) -> None:
    """Both signatures are over every field."""
    with pytest.raises(AllowanceRefused, match="not over this allowance"):
        verify(changed(field, value), OPERATORS, SERVICE, NOW)


def test_an_allowance_of_another_service_is_refused() -> None:
    """The document names the service it opens."""
    signed = sign(sign(replace(DOCUMENT, service=Oin("00000099000000000009")), "anne", ANNE), "bram", BRAM)

    with pytest.raises(AllowanceRefused, match="another service"):
        verify(signed, OPERATORS, SERVICE, NOW)


def test_an_allowance_that_is_over_is_refused() -> None:
    """Entering it would open nothing."""
    signed = sign(sign(DOCUMENT, "anne", ANNE), "bram", BRAM)

    with pytest.raises(AllowanceRefused, match="over"):
        verify(signed, OPERATORS, SERVICE, NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reason", "curiosity"),
        ("elements", 0),
        ("elements", "many"),
        ("until", "2026-05-20T10:00:00Z"),
        ("region", "1"),
        ("from", "tomorrow"),
        ("version", 2),
        ("note", "please"),
    ],
)
def test_nonsense_is_not_read(field: str, value: object) -> None:
    """Another reason, no elements, no duration, no region, no date, another version, more fields."""
    with pytest.raises(AllowanceRefused):
        changed(field, value)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"allowance": 1, "signatures": 2}', b"\xff"])
def test_a_file_that_is_no_allowance_is_refused(text: bytes) -> None:
    """Whatever it is instead."""
    with pytest.raises(AllowanceRefused):
        read(text)


def test_an_operator_key_is_private_and_made_once(tmp_path: Path) -> None:
    """Mode 0600, never over an existing file, refused when others may read it."""
    path = tmp_path / "anne.key"
    public = new_operator_key(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert operator_key(path).public_key() == operator_public_key(public)
    with pytest.raises(FileExistsError):
        new_operator_key(path)
    path.chmod(0o640)
    with pytest.raises(AllowanceRefused, match="chmod 600"):
        operator_key(path)
