"""The directory: what each region states itself counts; the hub can neither swap a key nor take one away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.authority import DevPki
from certs.identity import Identity, read_identity
from certs.region_keys import RegionKeys
from certs.statements import KeyEnding, KeyKind, StatedKey, make_statement
from certs.trust import TrustStore, Use
from hub_connector.directory import Directory, DirectoryDamaged, Doubt, Member, verify_directory
from soap_wsdl.vocabulary import GetDirectoryResponse, KeyStatement, Oin, Region, RegionStatus
from tests.draws import Draws

AMSTERDAM, HAAGLANDEN = Oin("00000099000000000101"), Oin("00000099000000000102")


@pytest.fixture
def now() -> datetime:
    """Within the life of the certificates."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def trust(pki: DevPki) -> TrustStore:
    """The signing authorities."""
    files = pki.files("hub")
    return TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)


class Home:
    """A region at home: its identity and its keys."""

    def __init__(self, name: str, oin: Oin, pki: DevPki, directory: Path, now: datetime) -> None:
        files = pki.files(name)
        self.oin, self.now = oin, now
        self.identity: Identity = read_identity(files.signing_certificate, files.signing_key)
        self.keys = RegionKeys(directory / name)
        self.card = self.keys.new(KeyKind.CARD, now, Draws(1))
        self.sealing = self.keys.new(KeyKind.SEALING, now, Draws(2))

    def region(self, serial: int = 1, status: RegionStatus = RegionStatus.ACTIVE) -> Region:
        """As the hub lists it."""
        return Region(self.oin, "a region", status, self.statement(serial, self.keys.stated()))

    def statement(self, serial: int, keys: tuple[StatedKey, ...]) -> KeyStatement:
        """A statement of these keys."""
        return KeyStatement(*make_statement(self.oin, serial, keys, self.now, self.identity))


@pytest.fixture
def amsterdam(pki: DevPki, tmp_path: Path, now: datetime) -> Home:
    """A region."""
    return Home("amsterdam", AMSTERDAM, pki, tmp_path, now)


@pytest.fixture
def haaglanden(pki: DevPki, tmp_path: Path, now: datetime) -> Home:
    """Another."""
    return Home("haaglanden", HAAGLANDEN, pki, tmp_path, now)


def answer(*regions: Region) -> GetDirectoryResponse:
    """What the hub says."""
    return GetDirectoryResponse(regions)


def doubts(known: Directory, regions: list[Region], trust: TrustStore, now: datetime) -> tuple[Directory, list[Doubt]]:
    """The directory afterwards, and what was doubted."""
    after, problems = verify_directory(answer(*regions), known, trust, now)
    return after, [problem.doubt for problem in problems]


def test_a_directory_gives_the_keys_that_the_regions_stated(
    amsterdam: Home, haaglanden: Home, trust: TrustStore, now: datetime
) -> None:
    """By region, kind and id; sealing goes to the newest."""
    after, found = doubts(Directory(), [haaglanden.region(), amsterdam.region()], trust, now)

    assert found == []
    assert [member.oin for member in after.members] == [AMSTERDAM, HAAGLANDEN]
    assert after.key(AMSTERDAM, KeyKind.CARD, amsterdam.card.id) == amsterdam.card.stated
    assert after.key(HAAGLANDEN, KeyKind.CARD, amsterdam.sealing.id) is None
    assert after.sealing_key(HAAGLANDEN, now) == haaglanden.sealing.stated
    assert after.key(Oin("0" * 20), KeyKind.CARD, amsterdam.card.id) is None
    assert after.active() == (AMSTERDAM, HAAGLANDEN)


def test_the_hub_cannot_give_one_region_the_statement_of_another(
    amsterdam: Home, haaglanden: Home, trust: TrustStore, now: datetime
) -> None:
    """The signer's OIN must be the region's."""
    swapped = replace(amsterdam.region(), key_statement=haaglanden.region().key_statement)

    after, found = doubts(Directory(), [swapped], trust, now)

    assert found == [Doubt.NOT_BELIEVED]
    assert after.member(AMSTERDAM) == Member(AMSTERDAM, "a region", RegionStatus.ACTIVE)


def test_the_hub_cannot_bring_back_an_older_statement(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """In which a key that was stolen since still stands."""
    old = amsterdam.region(1)
    amsterdam.keys.end(amsterdam.card.id, KeyEnding.COMPROMISED, now)
    known, _ = doubts(Directory(), [amsterdam.region(2)], trust, now)

    after, found = doubts(known, [old], trust, now)

    assert found == [Doubt.SERIAL_WENT_BACK]
    assert after == known
    key = after.key(AMSTERDAM, KeyKind.CARD, amsterdam.card.id)
    assert key is not None
    assert key.ended is KeyEnding.COMPROMISED


def test_two_statements_with_one_serial_are_doubted(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """A region that says two things at once."""
    known, _ = doubts(Directory(), [amsterdam.region(1)], trust, now)
    amsterdam.keys.new(KeyKind.CARD, now, Draws(9))

    after, found = doubts(known, [amsterdam.region(1)], trust, now)

    assert found == [Doubt.TWO_STATEMENTS]
    assert after == known


def test_a_newer_statement_replaces_the_one_before(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """Rotation: the old key stays findable."""
    known, _ = doubts(Directory(), [amsterdam.region(1)], trust, now)
    newer = amsterdam.keys.new(KeyKind.CARD, now, Draws(9))
    amsterdam.keys.end(amsterdam.card.id, KeyEnding.ROTATED, now)

    after, found = doubts(known, [amsterdam.region(2)], trust, now)

    assert found == []
    assert after.key(AMSTERDAM, KeyKind.CARD, newer.id) == newer.stated
    old = after.key(AMSTERDAM, KeyKind.CARD, amsterdam.card.id)
    assert old is not None
    assert old.ended is KeyEnding.ROTATED


def test_a_known_key_is_never_given_to_another_nor_cleared(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """Another public key under its id; compromised taken back, or left out."""
    amsterdam.keys.end(amsterdam.card.id, KeyEnding.COMPROMISED, now)
    known, _ = doubts(Directory(), [amsterdam.region(1)], trust, now)
    bad, good = amsterdam.keys.find(amsterdam.card.id).stated, amsterdam.sealing.stated
    other = Draws(9)(32)

    for keys in (
        (good, replace(bad, public=other)),
        (good, replace(bad, ended=KeyEnding.ROTATED)),
        (good, replace(bad, ended=None, valid_until=None)),
        (good,),
    ):
        region = replace(amsterdam.region(), key_statement=amsterdam.statement(2, keys))
        after, found = doubts(known, [region], trust, now)
        assert found == [Doubt.KEY_CHANGED]
        assert after == known


def test_a_region_that_the_hub_leaves_out_stays(
    amsterdam: Home, haaglanden: Home, trust: TrustStore, now: datetime
) -> None:
    """Its old cards still verify; that it is missing is told."""
    known, _ = doubts(Directory(), [amsterdam.region(), haaglanden.region()], trust, now)

    after, found = doubts(known, [amsterdam.region()], trust, now)

    assert found == [Doubt.MISSING]
    assert after == known


def test_a_statement_that_the_hub_leaves_out_stays(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """And that is told too."""
    known, _ = doubts(Directory(), [amsterdam.region()], trust, now)

    after, found = doubts(known, [replace(amsterdam.region(), key_statement=None)], trust, now)

    assert found == [Doubt.MISSING]
    assert after == known


def test_a_departed_region_stays_listed_with_its_keys(amsterdam: Home, trust: TrustStore, now: datetime) -> None:
    """But takes no part."""
    after, found = doubts(Directory(), [amsterdam.region(status=RegionStatus.DEPARTED)], trust, now)

    assert found == []
    assert after.active() == ()
    assert after.key(AMSTERDAM, KeyKind.CARD, amsterdam.card.id) == amsterdam.card.stated


def test_what_was_verified_stays_believed_when_its_certificate_ends(
    amsterdam: Home, haaglanden: Home, trust: TrustStore, now: datetime
) -> None:
    """The same statement, in twenty years; a new one under the same certificate is not believed."""
    known, _ = doubts(Directory(), [amsterdam.region(1)], trust, now)
    later = now + timedelta(days=20 * 365)

    after, found = doubts(known, [amsterdam.region(1)], trust, later)
    assert (after, found) == (known, [])
    after, found = doubts(known, [amsterdam.region(2)], trust, later)
    assert (after, found) == (known, [Doubt.NOT_BELIEVED])


def test_name_and_status_follow_the_hub_even_when_the_keys_do_not(
    amsterdam: Home, trust: TrustStore, now: datetime
) -> None:
    """They are the hub's word; the keys are the region's."""
    known, _ = doubts(Directory(), [amsterdam.region(2)], trust, now)
    gone = replace(amsterdam.region(1), name="Groot-Amsterdam", status=RegionStatus.SUSPENDED)

    after, _ = doubts(known, [gone], trust, now)

    member = after.member(AMSTERDAM)
    assert member is not None
    assert (member.name, member.status) == ("Groot-Amsterdam", RegionStatus.SUSPENDED)
    assert member.keys is not None
    assert member.keys.serial == 2


def test_a_directory_is_stored_and_loaded_without_the_hub(
    amsterdam: Home, haaglanden: Home, trust: TrustStore, now: datetime
) -> None:
    """A node works on with the last one that it verified."""
    bare = Region(Oin("00000099000000000103"), "Utrecht", RegionStatus.ACTIVE)
    known, _ = doubts(Directory(), [amsterdam.region(), haaglanden.region(), bare], trust, now)

    assert Directory.from_json(known.to_json()) == known
    assert (
        Directory.of(Member.verified_before(each.oin, each.name, each.status, each.statement) for each in known.members)
        == known
    )
    for wrong in (b"", b"{}", known.to_json().replace(b'"version":1', b'"version":2')):
        with pytest.raises(DirectoryDamaged):
            Directory.from_json(wrong)
    with pytest.raises(DirectoryDamaged):
        Member.verified_before(HAAGLANDEN, "x", RegionStatus.ACTIVE, amsterdam.region().key_statement)
