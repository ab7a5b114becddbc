"""A message from region to region: nobody on the way reads it, forges it, hands it to another or plays it again."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from certs.region_keys import RegionKey, RegionKeys
from certs.statements import KeyEnding, KeyKind, StatedKeys
from hub_connector.directory import Directory, Member
from hub_connector.sealed import (
    MOST_BODY,
    STEP,
    BodyTooLarge,
    Envelope,
    MessageReason,
    MessageRefused,
    open_message,
    seal_message,
)
from soap_wsdl.vocabulary import MAX_SEALED_MESSAGE, Oin, RegionStatus

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SENDER, RECIPIENT, OTHER = (Oin(f"0000009900000000010{number}") for number in (1, 2, 3))
ENVELOPE = Envelope(SENDER, RECIPIENT, UUID(int=7))
BODY = b'{"said":"to you alone"}'


class Regions:
    """Two regions with their keys; the directory says the sender's."""

    def __init__(self, directory: Path) -> None:
        self.sender, self.recipient = RegionKeys(directory / "sender"), RegionKeys(directory / "recipient")
        for keys in (self.sender, self.recipient):
            keys.directory.mkdir()
        self.signing = self.sender.new(KeyKind.CARD, NOW, os.urandom)
        self.opening = self.recipient.new(KeyKind.SEALING, NOW, os.urandom)

    def directory(self) -> Directory:
        """What the sender states now."""
        keys = StatedKeys(SENDER, 1, NOW, self.sender.stated())
        return Directory((Member(SENDER, "Amsterdam", RegionStatus.ACTIVE, None, keys),))

    def sealed(self, envelope: Envelope = ENVELOPE, body: bytes = BODY, signing: RegionKey | None = None) -> bytes:
        """A message under these keys."""
        return seal_message("greeting", body, envelope, self.opening.stated, signing or self.signing, NOW)

    def refusal(self, sealed: bytes, envelope: Envelope = ENVELOPE) -> MessageReason:
        """Why it is refused."""
        with pytest.raises(MessageRefused) as refused:
            open_message(sealed, envelope, self.opening.sealing_key, self.directory())
        return refused.value.reason


@pytest.fixture
def regions(tmp_path: Path) -> Regions:
    """Fresh keys."""
    return Regions(tmp_path)


def test_a_message_opens_for_whom_it_is_sealed_to(regions: Regions) -> None:
    """With who signed it and when."""
    opened = open_message(regions.sealed(), ENVELOPE, regions.opening.sealing_key, regions.directory())

    assert (opened.kind, opened.body, opened.sealed_at) == ("greeting", BODY, NOW)
    assert opened.key_id == regions.signing.id


def test_a_message_opens_with_a_key_that_was_rotated_since(regions: Regions) -> None:
    """On both sides: it was sealed and signed when they were valid."""
    sealed = regions.sealed()
    regions.sender.end(regions.signing.id, KeyEnding.ROTATED, NOW + timedelta(days=1))
    regions.recipient.end(regions.opening.id, KeyEnding.ROTATED, NOW + timedelta(days=1))

    opened = open_message(sealed, ENVELOPE, regions.opening.sealing_key, regions.directory())

    assert opened.body == BODY


@pytest.mark.parametrize(
    "other",
    [
        replace(ENVELOPE, sender=OTHER),
        replace(ENVELOPE, recipient=OTHER),
        replace(ENVELOPE, message_id=UUID(int=8)),
    ],
    ids=["another sender", "another recipient", "another id"],
)
def test_a_message_is_for_one_recipient_from_one_sender_under_one_id(regions: Regions, other: Envelope) -> None:
    """The hub can neither redirect it nor play it again as a new one."""
    assert regions.refusal(regions.sealed(), other) is MessageReason.LOCK


def test_a_changed_byte_closes_a_message(regions: Regions) -> None:
    """Wherever it is."""
    sealed = regions.sealed()
    for at in (0, 1100, 1200, len(sealed) - 1):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert regions.refusal(changed) is MessageReason.LOCK


def test_who_has_only_the_recipients_public_key_cannot_speak_for_a_region(regions: Regions, tmp_path: Path) -> None:
    """The seal alone proves nothing: the signature does."""
    (tmp_path / "forger").mkdir()
    forger = RegionKeys(tmp_path / "forger").new(KeyKind.CARD, NOW, os.urandom)
    same_id = replace(forger, stated=replace(forger.stated, id=regions.signing.id))

    assert regions.refusal(regions.sealed(signing=same_id)) is MessageReason.SIGNATURE


def test_an_unknown_key_asks_for_a_newer_directory(regions: Regions) -> None:
    """Once; then it is an alarm."""
    with pytest.raises(MessageRefused) as refused:
        open_message(regions.sealed(), ENVELOPE, regions.opening.sealing_key, Directory())

    assert refused.value.reason is MessageReason.UNKNOWN_KEY
    assert refused.value.newer_directory_may_help


def test_nothing_under_a_compromised_key_is_believed(regions: Regions) -> None:
    """However old it says it is."""
    sealed = regions.sealed()
    regions.sender.end(regions.signing.id, KeyEnding.COMPROMISED, NOW + timedelta(days=1))

    assert regions.refusal(sealed) is MessageReason.COMPROMISED


def test_a_key_that_had_ended_signs_nothing_any_more(regions: Regions) -> None:
    """Rotated before the message was sealed."""
    regions.sender.end(regions.signing.id, KeyEnding.ROTATED, NOW)

    assert regions.refusal(regions.sealed()) is MessageReason.KEY_NOT_VALID


def test_the_size_tells_steps_only_and_the_longest_fits_the_contract(regions: Regions) -> None:
    """What is sealed is rounded up to whole steps; more than a message holds is refused before it is sealed."""
    sizes = {len(regions.sealed(body=bytes(size))) for size in (1, 100, 3000)}
    next_size = len(regions.sealed(body=bytes(STEP)))

    assert len(sizes) == 1
    assert {next_size - size for size in sizes} == {STEP}
    assert len(regions.sealed(body=bytes(MOST_BODY))) <= MAX_SEALED_MESSAGE
    with pytest.raises(BodyTooLarge):
        regions.sealed(body=bytes(MOST_BODY + 1))
