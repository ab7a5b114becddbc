"""A region's own keys in files: made, found, ended, and readable for their owner only."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs import hpke
from certs.region_keys import RegionKeyMissing, RegionKeys, RegionKeyUnusable
from certs.statements import KeyEnding, KeyKind
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


@pytest.fixture
def keys(tmp_path: Path) -> RegionKeys:
    """An empty directory of keys."""
    return RegionKeys(tmp_path / "keys")


def test_a_new_key_is_found_again_with_its_private_half(keys: RegionKeys) -> None:
    """By another process too: only the directory is needed."""
    card = keys.new(KeyKind.CARD, NOW, Draws(1))
    sealing = keys.new(KeyKind.SEALING, NOW, Draws(2))
    again = RegionKeys(keys.directory)

    Ed25519PublicKey.from_public_bytes(card.stated.public).verify(again.find(card.id).card_key.sign(b"x"), b"x")
    sealed = hpke.seal(sealing.stated.public, b"x", b"")
    assert hpke.open_sealed(again.find(sealing.id).sealing_key, sealed, b"") == b"x"
    assert again.stated() == tuple(sorted((card.stated, sealing.stated), key=lambda key: (key.valid_from, key.id)))


def test_the_files_are_for_their_owner_only(keys: RegionKeys) -> None:
    """Mode 0600 in a directory of mode 0700; nothing is left beside them."""
    keys.new(KeyKind.CARD, NOW, Draws(1))

    assert [file.stat().st_mode & 0o777 for file in keys.directory.iterdir()] == [0o600]
    assert keys.directory.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_may_read_is_refused(keys: RegionKeys) -> None:
    """The message names the file."""
    key = keys.new(KeyKind.CARD, NOW, Draws(1))
    (keys.directory / f"{key.id}.json").chmod(0o644)

    with pytest.raises(RegionKeyUnusable, match=key.id):
        keys.find(key.id)


def test_a_damaged_file_is_refused_and_not_shown(keys: RegionKeys) -> None:
    """Half a file, or a private half that does not belong to the public one."""
    one, other = keys.new(KeyKind.CARD, NOW, Draws(1)), keys.new(KeyKind.CARD, NOW, Draws(2))
    file = keys.directory / f"{one.id}.json"
    whole = file.read_text()
    swapped = (keys.directory / f"{other.id}.json").read_text().split('"private":"')[1].split('"')[0]
    for wrong in (whole[:50], whole.replace(whole.split('"private":"')[1].split('"')[0], swapped)):
        file.write_text(wrong)
        with pytest.raises(RegionKeyUnusable) as refused:
            keys.every()
        assert swapped not in str(refused.value)


def test_the_newest_key_that_has_not_ended_is_the_one_to_use(keys: RegionKeys) -> None:
    """An older one goes on opening and stays in the statement."""
    old = keys.new(KeyKind.CARD, NOW, Draws(1))
    new = keys.new(KeyKind.CARD, LATER, Draws(2))
    keys.new(KeyKind.SEALING, LATER, Draws(3))

    assert keys.current(KeyKind.CARD).id == new.id
    keys.end(new.id, KeyEnding.ROTATED, LATER)
    assert keys.current(KeyKind.CARD).id == old.id
    assert len(keys.stated()) == 3


def test_a_key_that_another_program_makes_or_ends_counts_at_once(keys: RegionKeys) -> None:
    """The command line and the node share a directory and nothing else."""
    old = keys.new(KeyKind.CARD, NOW, Draws(1))
    assert keys.current(KeyKind.CARD).id == old.id

    new = RegionKeys(keys.directory).new(KeyKind.CARD, LATER, Draws(2))
    assert keys.current(KeyKind.CARD).id == new.id
    RegionKeys(keys.directory).end(new.id, KeyEnding.COMPROMISED, LATER)
    assert keys.current(KeyKind.CARD).id == old.id


def test_ending_says_when_and_how(keys: RegionKeys) -> None:
    """Twice changes nothing; a rotated key may turn out compromised, never the other way round."""
    key = keys.new(KeyKind.CARD, NOW, Draws(1))

    rotated = keys.end(key.id, KeyEnding.ROTATED, LATER).stated
    assert (rotated.valid_until, rotated.ended) == (LATER, KeyEnding.ROTATED)
    assert keys.end(key.id, KeyEnding.ROTATED, LATER + timedelta(days=1)).stated == rotated
    assert keys.end(key.id, KeyEnding.COMPROMISED, LATER).stated.ended is KeyEnding.COMPROMISED
    assert keys.end(key.id, KeyEnding.ROTATED, LATER).stated.ended is KeyEnding.COMPROMISED
    assert keys.find(key.id).stated.ended is KeyEnding.COMPROMISED


def test_a_missing_key_says_how_to_make_one(keys: RegionKeys) -> None:
    """Nothing is made silently."""
    with pytest.raises(RegionKeyMissing, match="node keys new"):
        keys.current(KeyKind.CARD)
    with pytest.raises(RegionKeyMissing):
        keys.find("card-none")
    card = keys.new(KeyKind.CARD, NOW, Draws(1))
    with pytest.raises(RegionKeyMissing):
        _ = card.sealing_key


def test_a_private_half_does_not_show(keys: RegionKeys) -> None:
    """Not in a repr."""
    key = keys.new(KeyKind.CARD, NOW, Draws(1))

    assert "private" not in repr(key)
    assert repr(key.private) == "CardSigningKey(hidden)"
