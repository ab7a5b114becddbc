"""Cards: who sealed them shows, whom they are for decides who opens them, and every one of them fits."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.keyring import canonical
from certs.region_keys import CardSigningKey, RegionKey, RegionKeys
from certs.statements import KeyEnding, KeyKind, StatedKey, StatedKeys
from hub_connector import cards
from hub_connector.cards import (
    FIELD_BYTES,
    Card,
    CardFieldRefused,
    CardPlace,
    CardReason,
    CardRefused,
    is_same_youth,
    lock_card,
    open_card,
    require_fits,
    same_youth_mark,
    write_card,
)
from hub_connector.directory import Directory, Member
from hub_connector.pseudonyms import CardKey, SameKey, Tag
from soap_wsdl.vocabulary import SEALED_CARD_SIZE, EpochName, Oin, Purpose, RegionStatus
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, 30, 15, tzinfo=UTC)
AMSTERDAM, HAAGLANDEN = Oin("00000099000000000101"), Oin("00000099000000000102")
KEY, OTHER_KEY = CardKey(Draws(1)(32)), CardKey(Draws(2)(32))
PLACE = CardPlace(EpochName("2026"), Purpose.YOUTH, AMSTERDAM, UUID(int=7), 3, date(2028, 5, 4), Tag(Draws(3)(32)))
FAMILY_PLACE = replace(PLACE, purpose=Purpose.PARENT)
CARD = Card(
    organisation="Stichting Één Gezin",
    domain="jeugdhulp",
    kind="jeugdhulpaanbieder",
    location="Osdorp",
    function="gezinscoach",
    name="J. de Vries",
    phone="020 1234567",
    email="j.devries@example.nl",
    region="Amsterdam",
    professional=bytes(range(16)),
    since=NOW,
    ends=date(2028, 5, 4),
    signal=UUID(int=9),
)


def with_texts(texts: dict[str, Any]) -> Card:
    """The card with other texts on it."""
    return replace(CARD, **texts)


@pytest.fixture
def signing(tmp_path: Path) -> RegionKey:
    """Amsterdam's card key."""
    return RegionKeys(tmp_path / "amsterdam").new(KeyKind.CARD, NOW - timedelta(days=1), Draws(4))


def directory(*keys: StatedKey, oin: Oin = AMSTERDAM, status: RegionStatus = RegionStatus.ACTIVE) -> Directory:
    """A verified directory in which a region has these keys."""
    return Directory.of([Member(oin, "Amsterdam", status, None, StatedKeys(oin, 1, NOW, keys))])


def sealed_by(signing: RegionKey, card: Card = CARD, place: CardPlace = PLACE, now: datetime = NOW) -> bytes:
    """A card, sealed."""
    return lock_card(write_card(card, place, KEY, signing, now), signing.card_key, Draws(5))


def reason(sealed: bytes, known: Directory, place: CardPlace = PLACE, key: CardKey = KEY) -> CardReason:
    """Why this card is refused."""
    with pytest.raises(CardRefused) as refused:
        open_card(sealed, place, key, known)
    return refused.value.reason


def test_a_card_opens_for_whoever_derived_the_same_tag(signing: RegionKey) -> None:
    """Word for word, with who sealed it and when."""
    opened = open_card(sealed_by(signing), PLACE, KEY, directory(signing.stated))

    assert opened.card == CARD
    assert (opened.key_id, opened.sealed_at) == (signing.id, NOW)


def test_every_card_has_one_size(signing: RegionKey) -> None:
    """The emptiest, a usual one, and the fullest there can be."""
    longest = {name: "é" * (size // 2) for name, size in FIELD_BYTES.items()}
    empty = replace(with_texts(dict.fromkeys(FIELD_BYTES, "")), signal=None)
    fullest = with_texts(longest)
    long_id = replace(signing, stated=replace(signing.stated, id="k" * 64))
    family = fullest.for_family(bytes(16), bytes(16))

    for card, place in ((empty, PLACE), (CARD, PLACE), (fullest, PLACE), (family, FAMILY_PLACE)):
        sealed = sealed_by(long_id, card, place)
        assert len(sealed) == SEALED_CARD_SIZE
        assert open_card(sealed, place, KEY, directory(long_id.stated)).card == card


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELD_BYTES)), st.text(st.characters(blacklist_categories=["Cs"]), max_size=60)
    )
)
def test_whatever_text_is_accepted_fits_and_comes_back(texts: dict[str, str]) -> None:
    """Quotes, backslashes, emoji: what enters a card leaves it the same."""
    signing = RegionKey(StatedKey("k" * 64, KeyKind.CARD, _PRIVATE.public(), NOW, None, None), _PRIVATE)
    try:
        card = with_texts(texts)
    except CardFieldRefused:
        return

    assert open_card(sealed_by(signing, card), PLACE, KEY, directory(signing.stated)).card == card


@pytest.mark.parametrize("name", sorted(FIELD_BYTES))
def test_a_field_that_is_too_long_is_refused_where_it_enters(name: str) -> None:
    """The field is named, the text is not repeated."""
    most = FIELD_BYTES[name]
    require_fits(name, "x" * most)

    for text in ("x" * (most + 1), "é" * (most // 2 + 1), '"' * (most // 2 + 1), "a\nb", "a\x7fb", "a\x00"):
        with pytest.raises(CardFieldRefused) as refused:
            with_texts({name: text})
        assert refused.value.field == name
        assert text not in str(refused.value)


CHANGES: list[Callable[[CardPlace], CardPlace]] = [
    lambda place: replace(place, epoch=EpochName("2027")),
    lambda place: replace(place, purpose=Purpose.PARENT),
    lambda place: replace(place, region=HAAGLANDEN),
    lambda place: replace(place, record_id=UUID(int=8)),
    lambda place: replace(place, revision=4),
    lambda place: replace(place, valid_until=date(2028, 5, 5)),
    lambda place: replace(place, tag=Tag(bytes(32))),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_card_belongs_to_one_record_revision_date_epoch_and_tag(
    signing: RegionKey, change: Callable[[CardPlace], CardPlace]
) -> None:
    """The hub cannot put it anywhere else, nor give an old one for a new one."""
    assert reason(sealed_by(signing), directory(signing.stated), change(PLACE)) is CardReason.LOCK


def test_the_parts_of_a_place_cannot_flow_into_each_other() -> None:
    """Each has its length before it."""
    one = replace(PLACE, epoch=EpochName("2026y"), purpose=Purpose.YOUTH)
    other = replace(PLACE, epoch=EpochName("2026"))

    assert one.bound() != other.bound()
    assert len({change(PLACE).bound() for change in CHANGES} | {PLACE.bound()}) == len(CHANGES) + 1


def test_a_card_for_another_youth_does_not_open(signing: RegionKey) -> None:
    """The lock is the youth's."""
    assert reason(sealed_by(signing), directory(signing.stated), key=OTHER_KEY) is CardReason.LOCK


def test_a_changed_card_is_refused_wherever_the_change_is(signing: RegionKey) -> None:
    """Version, salt, nonce, content, authentication tag; or another size."""
    sealed = sealed_by(signing)
    for at in (0, 1, 17, 29, 500, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        assert reason(bytes(changed), directory(signing.stated)) in (CardReason.LOCK, CardReason.SIZE)
    for wrong in (b"", sealed[:-1], sealed + b"x"):
        assert reason(wrong, directory(signing.stated)) is CardReason.SIZE


def test_another_region_that_knows_the_youth_cannot_speak_for_this_one(signing: RegionKey, tmp_path: Path) -> None:
    """It can close the lock, but not sign."""
    theirs = RegionKeys(tmp_path / "haaglanden").new(KeyKind.CARD, NOW - timedelta(days=1), Draws(6))
    posing = replace(theirs, stated=replace(theirs.stated, id=signing.id))

    assert reason(sealed_by(posing), directory(signing.stated)) is CardReason.SIGNATURE


def test_a_signed_card_cannot_be_taken_out_and_sealed_for_another_record(signing: RegionKey) -> None:
    """Someone who knows two youths opens the one and closes the other: the signature is over the place as well."""
    sealed = sealed_by(signing)
    elsewhere = replace(PLACE, tag=Tag(bytes(32)))
    inside = AESGCM(cards._lock(KEY, sealed[1:17])).decrypt(sealed[17:29], sealed[29:], PLACE.bound())
    moved = AESGCM(cards._lock(OTHER_KEY, sealed[1:17])).encrypt(sealed[17:29], inside, elsewhere.bound())

    assert reason(sealed[:29] + moved, directory(signing.stated), elsewhere, OTHER_KEY) is CardReason.SIGNATURE


def test_an_unknown_key_says_that_a_newer_directory_may_help(signing: RegionKey) -> None:
    """A region may have rotated since; after that it is an alarm."""
    for known in (Directory(), directory(), directory(signing.stated, oin=HAAGLANDEN)):
        with pytest.raises(CardRefused) as refused:
            open_card(sealed_by(signing), PLACE, KEY, known)
        assert refused.value.reason is CardReason.UNKNOWN_KEY
        assert refused.value.newer_directory_may_help


def test_a_card_verifies_if_its_key_was_valid_when_it_was_sealed(signing: RegionKey) -> None:
    """Rotated since: the old card stands, a card dated after the end does not."""
    ended = replace(signing.stated, valid_until=NOW + timedelta(hours=1), ended=KeyEnding.ROTATED)
    late = sealed_by(signing, now=NOW + timedelta(hours=1))

    assert open_card(sealed_by(signing), PLACE, KEY, directory(ended)).card == CARD
    assert reason(late, directory(ended)) is CardReason.KEY_NOT_VALID


def test_a_key_that_ended_by_compromise_is_refused_whenever_it_signed(signing: RegionKey) -> None:
    """Its thief can date a card as he likes."""
    stolen = replace(signing.stated, valid_until=NOW + timedelta(hours=1), ended=KeyEnding.COMPROMISED)

    assert reason(sealed_by(signing), directory(stolen)) is CardReason.COMPROMISED


def test_the_old_card_of_a_departed_region_still_verifies(signing: RegionKey) -> None:
    """Departed regions stay listed."""
    departed = directory(signing.stated, status=RegionStatus.DEPARTED)

    assert open_card(sealed_by(signing), PLACE, KEY, departed).card == CARD


def test_a_clock_that_was_set_back_does_not_date_a_card_before_its_key(signing: RegionKey) -> None:
    """Else peers would refuse it until the clock has caught up."""
    sealed = sealed_by(signing, now=signing.stated.valid_from - timedelta(minutes=10))

    opened = open_card(sealed, PLACE, KEY, directory(signing.stated))
    assert opened.sealed_at == signing.stated.valid_from


def test_a_card_without_sense_inside_is_refused(signing: RegionKey) -> None:
    """Well locked, but not laid out as a card: not JSON, a length that lies, padding that is none."""
    good = _inside(sealed_by(signing))
    wrongs = [
        good[:64] + (958).to_bytes(2, "big") + good[66:],
        good[:64] + (60000).to_bytes(2, "big") + good[66:],
        good[:-1] + b"x",
        good[:64] + (2).to_bytes(2, "big") + b"{}".ljust(958, b"\x00"),
        good[:64] + (4).to_bytes(2, "big") + b"null".ljust(958, b"\x00"),
        good[:64] + (900).to_bytes(2, "big") + b"[" * 900 + bytes(58),
    ]
    for inside in wrongs:
        locked = AESGCM(cards._lock(KEY, bytes(16))).encrypt(bytes(12), inside, PLACE.bound())
        sealed = b"\x01" + bytes(28) + locked
        assert reason(sealed, directory(signing.stated)) is CardReason.CONTENT


def test_a_family_card_comes_with_a_family_record_only(signing: RegionKey) -> None:
    """And a client card never with one."""
    family = CARD.for_family(bytes(16), bytes(16))

    assert reason(sealed_by(signing, family), directory(signing.stated)) is CardReason.CONTENT
    assert reason(sealed_by(signing, CARD, FAMILY_PLACE), directory(signing.stated), FAMILY_PLACE) is CardReason.CONTENT


def test_a_family_card_leaves_out_the_signal_and_tells_the_month_only() -> None:
    """The month of the local day: the evening of 30 April in UTC is 1 May in Amsterdam."""
    late = replace(CARD, since=datetime(2026, 4, 30, 22, 30, tzinfo=UTC))
    family = late.for_family(b"f" * 16, b"s" * 16)
    said = canonical(family.to_json()).decode()

    assert family.since == datetime(2026, 5, 1, tzinfo=UTC)
    assert json.loads(said)["since"] == "2026-05"
    assert "signal" not in said
    assert Card.from_json(json.loads(said)) == family
    with pytest.raises(CardFieldRefused):
        replace(family, signal=UUID(int=9))


def test_the_same_youth_is_recognised_with_its_own_key_only() -> None:
    """And two cards about one child are not linked by the mark: the record's id is in it."""
    youth, other = SameKey(Draws(1)(32)), SameKey(Draws(2)(32))
    one, two = UUID(int=1), UUID(int=2)
    family = CARD.for_family(bytes(16), same_youth_mark(youth, one)).family

    assert family is not None
    assert is_same_youth(family, youth, one)
    assert not is_same_youth(family, other, one)
    assert not is_same_youth(family, youth, two)
    assert same_youth_mark(youth, one) != same_youth_mark(youth, two)


def test_the_reference_page_names_every_field_limit_and_reason() -> None:
    """Whoever builds another node reads it there."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "pseudonyms.md").read_text("utf-8")

    assert all(f"| {name} | {size} | |" in page for name, size in FIELD_BYTES.items())
    assert all(f"*{each.value}*" in page for each in CardReason)


def test_a_refusal_tells_whose_card_it_was_and_nothing_of_it(signing: RegionKey) -> None:
    """An alarm is read by many."""
    with pytest.raises(CardRefused) as refused:
        open_card(sealed_by(signing), PLACE, OTHER_KEY, directory(signing.stated))

    assert str(refused.value) == f"A card of region {AMSTERDAM} was refused: lock."
    assert PLACE.tag.reveal().hex() not in repr(PLACE)


def _inside(sealed: bytes) -> bytes:
    return AESGCM(cards._lock(KEY, sealed[1:17])).decrypt(sealed[17:29], sealed[29:], PLACE.bound())


_PRIVATE = CardSigningKey(Draws(4)(32))
