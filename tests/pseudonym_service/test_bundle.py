"""The scheme owner's bundle: read again when it changes, never believed unsigned, never older than before."""

from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import WriteFailed
from pseudonym_service.bundle import Bundle, BundleMissing, Change
from tests.pseudonym_service.scheme_world import AMSTERDAM, HAAGLANDEN, UTRECHT, SchemeWorld, world


def opened(made: SchemeWorld, lowest: int = 0) -> Bundle:
    """The bundle as the service opens it."""
    return Bundle(made.bundle, made.key.public_key(), lowest)


def test_a_new_file_takes_effect_without_a_restart(tmp_path: Path) -> None:
    """The change is told once."""
    made = world(tmp_path)
    bundle = opened(made)
    told: list[Change] = []
    bundle.look(told.append)
    made.epoch("2027", date(2026, 12, 1), date(2028, 1, 1))
    made.publish()

    serials = [bundle.look(told.append).serial for _ in range(3)]

    assert serials == [2, 2, 2]
    assert [change.accepted.serial for change in told if change.accepted] == [1, 2]


def test_a_file_whose_acceptance_cannot_be_noted_is_not_in_effect(tmp_path: Path) -> None:
    """Else a restart would forget that it was accepted, and an older one could come back. It is tried again."""
    made = world(tmp_path)
    bundle = opened(made)
    bundle.look()
    made.publish(serial=5)

    def full(_change: Change) -> None:
        raise WriteFailed("The disk is full.")

    for _ in range(2):
        with pytest.raises(WriteFailed):
            bundle.look(full)
    told: list[Change] = []

    assert bundle.look(told.append).serial == 5
    assert [change.accepted.serial for change in told if change.accepted] == [5]


def test_a_file_of_someone_else_is_told_and_not_used(tmp_path: Path) -> None:
    """The last good one stays in effect."""
    made = world(tmp_path)
    bundle = opened(made)
    bundle.look()
    made.publish(key=Ed25519PrivateKey.from_private_bytes(bytes(31) + b"x"))
    told: list[Change] = []

    assert [bundle.look(told.append).serial for _ in range(2)] == [1, 1]
    assert [change.refused for change in told] == ["The epoch file is not signed by the scheme key in the settings."]


def test_an_older_file_is_not_used_even_after_a_restart(tmp_path: Path) -> None:
    """Who puts an old bundle back does not bring an ended epoch back."""
    made = world(tmp_path)
    made.publish(serial=5)
    bundle = opened(made)
    bundle.look()
    made.publish(serial=4)

    assert bundle.look().serial == 5
    with pytest.raises(BundleMissing):
        opened(made, lowest=5).look()


def test_without_a_bundle_it_says_what_to_do_and_looks_again(tmp_path: Path) -> None:
    """The service may start before the scheme owner is ready."""
    made = SchemeWorld(tmp_path)
    bundle = opened(made)
    with pytest.raises(BundleMissing, match="put the bundle there"):
        bundle.look()
    made.epoch("2026", date(2026, 1, 1), date(2027, 1, 1))
    made.publish()

    assert bundle.look().serial == 1


def test_a_file_that_disappears_leaves_the_last_one_in_effect(tmp_path: Path) -> None:
    """Told once, and not a reason to stop."""
    made = world(tmp_path)
    bundle = opened(made)
    bundle.look()
    (made.bundle / "epochs.json").unlink()
    told: list[Change] = []

    assert bundle.look(told.append).serial == 1
    assert len(told) == 1


def test_a_region_gets_its_own_sealed_secrets_and_no_other(tmp_path: Path) -> None:
    """One that was not admitted, or whose file is damaged, gets none."""
    made = world(tmp_path)
    bundle = opened(made)
    (made.bundle / "sealed" / f"{UTRECHT}.json").write_text("{")

    assert [(one.epoch, one.sealed) for one in bundle.sealed_for(AMSTERDAM)] == [("2026", b"sealed 2026")]
    assert bundle.sealed_for(HAAGLANDEN) == ()
    assert bundle.sealed_for(UTRECHT) == ()
