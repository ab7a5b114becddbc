"""The scheme owner's program: epochs, admissions, removals, and steps that were stopped half-way."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from certs import hpke
from certs.authority import DevPki
from certs.identity import read_identity
from certs.keyring import PURPOSES, EpochFile, RegionSecret, read_scheme_key, verify_epoch_file, write_public_keys
from certs.oprf import VOPRF
from certs.region_keys import RegionKeys
from certs.scheme import (
    SchemeRefused,
    SealedSecretRefused,
    admit,
    init,
    open_secret,
    publish,
    read_sealed_secrets,
    remove,
    set_epoch,
)
from certs.scheme_command import scheme as command
from certs.scheme_state import Scheme
from certs.statements import KeyEnding, KeyKind, SignedStatement, make_statement
from certs.trust import TrustStore, Use
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
BEGINS, ENDS = date(2026, 1, 1), date(2027, 1, 1)
URL = "https://pseudonyms.test/"
OINS = {"amsterdam": "00000099000000000101", "haaglanden": "00000099000000000102"}


def public_keys(epoch: str) -> dict[str, bytes]:
    """Public keys of an epoch, the same in each run."""
    return {purpose: VOPRF.derive_key(bytes(32), f"{epoch}|{purpose}".encode()).public() for purpose in PURPOSES}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A scheme with a key and no epoch."""
    init(tmp_path / "scheme", Draws(1))
    return tmp_path / "scheme"


@pytest.fixture
def trust(pki: DevPki) -> TrustStore:
    """The signing authorities."""
    files = pki.files("hub")
    return TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)


class RegionAtHome:
    """A region with its own keys, to be admitted."""

    def __init__(self, name: str, pki: DevPki, directory: Path) -> None:
        files = pki.files(name)
        self.oin = OINS[name]
        self.identity = read_identity(files.signing_certificate, files.signing_key)
        self.keys = RegionKeys(directory / name)
        self.keys.new(KeyKind.SEALING, NOW, Draws(sum(name.encode())))

    def statement(self, serial: int = 1) -> SignedStatement:
        """A statement of its present keys."""
        return SignedStatement(*make_statement(self.oin, serial, self.keys.stated(), NOW, self.identity))


@pytest.fixture
def amsterdam(pki: DevPki, tmp_path: Path) -> RegionAtHome:
    """A region."""
    return RegionAtHome("amsterdam", pki, tmp_path)


@pytest.fixture
def haaglanden(pki: DevPki, tmp_path: Path) -> RegionAtHome:
    """Another."""
    return RegionAtHome("haaglanden", pki, tmp_path)


def an_epoch(state: Path, name: str = "2026", begins: date = BEGINS, ends: date = ENDS, seed: int = 2) -> Scheme:
    """Begin an epoch."""
    return set_epoch(
        state, name, begins=begins, ends=ends, now=NOW, random=Draws(seed), keys=public_keys(name), service=URL
    )


def published(state: Path, now: datetime = NOW) -> EpochFile:
    """The epoch file in a fresh bundle, verified as everyone does."""
    bundle = state / "bundle"
    publish(state, bundle, now)
    key = read_scheme_key((bundle / "scheme.pub").read_text())
    return verify_epoch_file((bundle / "epochs.json").read_bytes(), key)


def test_the_scheme_key_is_made_once(state: Path) -> None:
    """A second start prints the same and draws nothing."""
    assert init(state, Draws(99)) == init(state, Draws(98))
    assert (state / "scheme.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_scheme_key_is_not_replaced_silently(state: Path) -> None:
    """A new one would leave every region with the old one pinned."""
    an_epoch(state)
    (state / "scheme.key").unlink()

    with pytest.raises(SchemeRefused, match="put scheme"):
        init(state, Draws(99))


def test_a_region_opens_the_secret_that_fits_the_epoch_file(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome, haaglanden: RegionAtHome
) -> None:
    """Admitted before or after the epoch was made: both have the same secret."""
    admit(state, amsterdam.statement(), trust, NOW)
    an_epoch(state)
    admit(state, haaglanden.statement(), trust, NOW)

    epoch = published(state).epoch("2026")
    secrets = [opened(state, region, "2026") for region in (amsterdam, haaglanden)]

    assert secrets[0] == secrets[1]
    assert epoch.fits(secrets[0])


def opened(state: Path, region: RegionAtHome, epoch: str) -> RegionSecret:
    """What this region finds in the bundle for an epoch."""
    sealed = read_sealed_secrets((state / "bundle" / "sealed" / f"{region.oin}.json").read_bytes())
    found = next(each for each in sealed if each.epoch == epoch)
    return open_secret(found.sealed, region.keys.find(found.key_id).sealing_key, epoch, region.oin)


def test_a_sealed_secret_opens_for_its_own_region_and_epoch_only(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome
) -> None:
    """What is sealed says for whom and for when."""
    an_epoch(state)
    known, _ = admit(state, amsterdam.statement(), trust, NOW)
    sealed = known.regions[amsterdam.oin].sealed[0]
    key = amsterdam.keys.find(sealed.key_id).sealing_key

    for epoch, oin in (("2027", amsterdam.oin), ("2026", OINS["haaglanden"])):
        with pytest.raises(hpke.SealRefused):
            open_secret(sealed.sealed, key, epoch, oin)


def test_the_same_step_again_changes_nothing(state: Path, trust: TrustStore, amsterdam: RegionAtHome) -> None:
    """The bundle stays byte for byte the same, serial and sealed secrets too."""
    an_epoch(state)
    admit(state, amsterdam.statement(), trust, NOW)
    publish(state, state / "bundle", NOW)
    before = _contents(state / "bundle")

    an_epoch(state, seed=77)
    admit(state, amsterdam.statement(), trust, NOW + timedelta(hours=1))
    publish(state, state / "bundle", NOW + timedelta(hours=1))

    assert _contents(state / "bundle") == before


def test_a_step_that_stopped_before_publishing_is_finished_by_the_same_command(state: Path) -> None:
    """The state was written, the bundle was not."""
    an_epoch(state)

    an_epoch(state)

    assert published(state).serial == 1


def test_the_serial_rises_with_every_change_of_the_file(state: Path) -> None:
    """A new epoch, a moved end, other rules."""
    an_epoch(state)
    an_epoch(state, "2027", date(2026, 12, 1), date(2028, 1, 1))
    an_epoch(state, ends=date(2026, 12, 15))
    set_epoch(
        state, "2026", begins=BEGINS, ends=date(2026, 12, 15), now=NOW, random=Draws(1), regie_rules=["ggd", "wijkteam"]
    )

    file = published(state)
    assert file.serial == 4
    assert file.epoch("2026").ends == date(2026, 12, 15)
    assert file.regie_rules == ("ggd", "wijkteam")


@pytest.mark.parametrize(
    ("name", "begins", "ends", "why"),
    [
        ("2026", BEGINS, date(2026, 5, 3), "not in the past"),
        ("2026", date(2026, 2, 1), ENDS, "has begun"),
        ("old", date(2025, 1, 1), date(2026, 5, 4), "future"),
        ("Bad Name", BEGINS, ENDS, "name"),
        ("long", date(2027, 1, 1), date(2026, 6, 1), "before it begins"),
    ],
)
def test_dates_that_cannot_be_are_refused_and_change_nothing(
    state: Path, name: str, begins: date, ends: date, why: str
) -> None:
    """The state stays as it was."""
    an_epoch(state)
    before = (state / "scheme.json").read_bytes()

    with pytest.raises(SchemeRefused, match=why):
        an_epoch(state, name, begins, ends)
    assert (state / "scheme.json").read_bytes() == before


def test_the_keys_of_an_epoch_never_change(state: Path) -> None:
    """Tags of one epoch come from one key."""
    an_epoch(state)

    with pytest.raises(SchemeRefused, match="never change"):
        set_epoch(
            state, "2026", begins=BEGINS, ends=ENDS, now=NOW, random=Draws(1), keys=public_keys("other"), service=URL
        )


def test_a_new_epoch_needs_keys_and_the_first_one_an_address(state: Path) -> None:
    """Both are said."""
    with pytest.raises(SchemeRefused, match="public keys"):
        set_epoch(state, "2026", begins=BEGINS, ends=ENDS, now=NOW, random=Draws(1), service=URL)
    with pytest.raises(SchemeRefused, match="address"):
        set_epoch(state, "2026", begins=BEGINS, ends=ENDS, now=NOW, random=Draws(1), keys=public_keys("2026"))


def test_the_secret_of_an_epoch_that_is_over_is_destroyed(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome
) -> None:
    """By the next step that is written; the epoch's dates stay in the file."""
    an_epoch(state)
    admit(state, amsterdam.statement(), trust, NOW)
    later = datetime(2027, 1, 2, tzinfo=UTC)

    known, _ = admit(state, amsterdam.statement(), trust, later)

    assert dict(known.secrets) == {}
    assert known.regions[amsterdam.oin].sealed == ()
    assert json.loads((state / "scheme.json").read_text())["secrets"] == {}
    assert published(state, later).epoch("2026").ends == ENDS


def test_a_removed_region_gets_nothing_more(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome, haaglanden: RegionAtHome
) -> None:
    """Its file leaves the bundle, and the next epoch is not sealed to it."""
    an_epoch(state)
    for region in (amsterdam, haaglanden):
        admit(state, region.statement(), trust, NOW)
    publish(state, state / "bundle", NOW)

    remove(state, amsterdam.oin, NOW)
    known = an_epoch(state, "2027", date(2026, 12, 1), date(2028, 1, 1), seed=9)
    publish(state, state / "bundle", NOW)

    assert [file.stem for file in (state / "bundle" / "sealed").iterdir()] == [haaglanden.oin]
    assert [each.epoch for each in known.regions[haaglanden.oin].sealed] == ["2026", "2027"]
    with pytest.raises(SchemeRefused, match="not admitted"):
        remove(state, amsterdam.oin, NOW)


def test_a_region_with_a_newer_sealing_key_is_sealed_to_that(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome
) -> None:
    """Admitting it again is all; an older statement is refused."""
    an_epoch(state)
    admit(state, amsterdam.statement(1), trust, NOW)
    before = opened_after(state, amsterdam)
    old = amsterdam.keys.current(KeyKind.SEALING)
    new = amsterdam.keys.new(KeyKind.SEALING, NOW, Draws(50))
    amsterdam.keys.end(old.id, KeyEnding.ROTATED, NOW)

    known, _ = admit(state, amsterdam.statement(2), trust, NOW)

    assert [each.key_id for each in known.regions[amsterdam.oin].sealed] == [new.id]
    assert opened_after(state, amsterdam) == before
    with pytest.raises(SchemeRefused, match="older"):
        admit(state, amsterdam.statement(1), trust, NOW)


def opened_after(state: Path, region: RegionAtHome) -> RegionSecret:
    """Publish, and let the region open its secret."""
    publish(state, state / "bundle", NOW)
    return opened(state, region, "2026")


def test_a_statement_that_is_not_believed_admits_nobody(
    state: Path, trust: TrustStore, amsterdam: RegionAtHome, haaglanden: RegionAtHome
) -> None:
    """Signed by another region, or without a key to seal to."""
    lent = make_statement(amsterdam.oin, 1, amsterdam.keys.stated(), NOW, haaglanden.identity)
    bare = make_statement(amsterdam.oin, 1, (), NOW, amsterdam.identity)

    for statement in (lent, bare):
        with pytest.raises(SchemeRefused):
            admit(state, SignedStatement(*statement), trust, NOW)


def test_the_files_of_the_scheme_are_for_its_owner_only(state: Path) -> None:
    """The bundle is for others, the rest is not."""
    an_epoch(state)
    publish(state, state / "bundle", NOW)

    assert {file.name: file.stat().st_mode & 0o777 for file in state.iterdir() if file.name.startswith("scheme.")} == {
        "scheme.key": 0o600,
        "scheme.json": 0o600,
    }
    (state / "scheme.json").chmod(0o644)
    with pytest.raises(SchemeRefused, match="others"):
        an_epoch(state)


def test_the_secret_is_in_no_bundle_and_in_no_output(state: Path, trust: TrustStore, amsterdam: RegionAtHome) -> None:
    """Neither as bytes nor in base64; a repr hides it."""
    known = an_epoch(state)
    admit(state, amsterdam.statement(), trust, NOW)
    publish(state, state / "bundle", NOW)
    kept = json.loads((state / "scheme.json").read_text())["secrets"]["2026"]

    assert all(kept.encode() not in content for content in _contents(state / "bundle").values())
    assert kept not in repr(known)
    assert "hidden" in repr(known)


def test_the_whole_ceremony_runs_from_the_command_line(tmp_path: Path, pki: DevPki, amsterdam: RegionAtHome) -> None:
    """init, epoch, admit, remove; each says what it did, and no step shows a secret."""
    state, files = tmp_path / "owner", pki.files("hub")
    keys, statement = tmp_path / "keys.json", tmp_path / "statement.json"
    keys.write_bytes(write_public_keys("2026", public_keys("2026")))
    statement.write_bytes(amsterdam.statement().to_file())
    begins, ends = date.today().isoformat(), (date.today() + timedelta(days=300)).isoformat()  # noqa: DTZ011
    steps = [
        f"init --state {state}",
        f"epoch 2026 --state {state} --begins {begins} --ends {ends} --public-keys {keys} --service {URL}",
        f"admit {statement} --state {state} --signing-trust {files.signing_trust} --signing-crls {files.signing_crls}",
        f"remove {amsterdam.oin} --state {state}",
    ]

    outputs = []
    for step in steps:
        result = CliRunner().invoke(command, step.split())
        assert result.exit_code == 0, result.output
        outputs.append(result.output)
    secret = json.loads((state / "scheme.json").read_text())["secrets"]["2026"]

    assert "admitted to 2026" in outputs[2]
    assert "begin a new epoch" in outputs[3]
    assert secret not in "".join(outputs)
    assert (state / "bundle" / "epochs.json").exists()


def test_a_refusal_on_the_command_line_is_one_plain_sentence(tmp_path: Path) -> None:
    """No traceback."""
    result = CliRunner().invoke(command, ["remove", "1", "--state", str(tmp_path / "none")])

    assert result.exit_code == 1
    assert "verwijsindex scheme init" in result.output


def test_what_holds_no_sealed_secrets_is_refused() -> None:
    """The service and the node say so in one word."""
    for wrong in (b"", b"{}", b'{"version":1,"secrets":[{}]}'):
        with pytest.raises(SealedSecretRefused):
            read_sealed_secrets(wrong)


def _contents(directory: Path) -> dict[str, bytes]:
    return {str(file.relative_to(directory)): file.read_bytes() for file in directory.rglob("*") if file.is_file()}
