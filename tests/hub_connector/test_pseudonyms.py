"""From a number to a tag: our own published vectors, and every way in which no tag is made."""

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from voprf import ristretto as peer

from certs.keyring import PURPOSES, Epoch, EpochFile, RegionSecret, sign_epoch_file
from certs.oprf import VOPRF, SecretKey
from certs.ristretto import ZERO
from hub_connector.failures import NotNow, Refused
from hub_connector.inputs import PseudonymInput, address, address_without_bag, canary, parent, vsn, youth
from hub_connector.pseudonyms import (
    BlindingKey,
    BudgetExhausted,
    Derived,
    EpochOver,
    MatchKey,
    NoTag,
    Pseudonyms,
    WrongElement,
    WrongSecret,
    WrongServiceKey,
    keyed_input,
    professional_number,
)
from soap_wsdl.vocabulary import (
    BudgetLeft,
    EpochName,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    GetEpochs,
    GetEpochsResponse,
    Purpose,
)
from tests.draws import Draws

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
EPOCH = EpochName("2026")
SECRET = RegionSecret(bytes(range(32)))
BATCH = UUID(int=1)
KEYS = {purpose: VOPRF.derive_key(bytes(range(32)), purpose.encode()) for purpose in PURPOSES}
CANARY = "C" + "0f" * 32
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "pseudonyms.md"


def epoch_file(keys: dict[str, SecretKey]) -> EpochFile:
    """A file with one epoch under these keys."""
    publics = {purpose: key.public() for purpose, key in keys.items()}
    epoch = Epoch(EPOCH, date(2026, 1, 1), date(2027, 1, 1), publics, SECRET.check())
    scheme = Ed25519PrivateKey.from_private_bytes(bytes(32))
    return sign_epoch_file(scheme, serial=1, made_at=NOW, service="https://x/", regie_rules=(), epochs=[epoch])


@dataclass
class Service:
    """The service's evaluation in-process; ``spoil`` changes an answer on its way, ``fault`` is raised instead."""

    keys: dict[str, SecretKey] = field(default_factory=lambda: dict(KEYS))
    spoil: Callable[[EvaluateBlindedResponse], EvaluateBlindedResponse] = lambda answer: answer
    fault: Exception | None = None
    asked: list[EvaluateBlinded] = field(default_factory=list)

    async def evaluate_blinded(self, message: EvaluateBlinded) -> EvaluateBlindedResponse:
        """Evaluate under the key of the purpose."""
        self.asked.append(message)
        if self.fault is not None:
            raise self.fault
        evaluation = VOPRF.evaluate(self.keys[message.purpose.value], message.blinded, Draws(len(self.asked)))
        return self.spoil(EvaluateBlindedResponse(evaluation.proof, BudgetLeft(1, 1, 0), evaluation.evaluated))

    async def get_epochs(self, message: GetEpochs) -> GetEpochsResponse:
        """The file without sealed secrets."""
        return GetEpochsResponse(epoch_file(self.keys).signed)


def pseudonyms(service: Service, blinding: int = 1, secret: RegionSecret = SECRET) -> Pseudonyms:
    """A node's door, with the right keys pinned."""
    return Pseudonyms(service, epoch_file(KEYS), {EPOCH: secret}, BlindingKey(Draws(blinding)(32)))


async def test_two_regions_derive_the_same_for_the_same_youth() -> None:
    """With different blinds, in different batches, at different places in them."""
    service = Service()
    one = await pseudonyms(service, 1).derive(EPOCH, Purpose.YOUTH, [youth("999993653")], BATCH)
    other = await pseudonyms(service, 2).derive(
        EPOCH, Purpose.YOUTH, [youth("999990019"), youth("999993653")], UUID(int=2)
    )

    assert one[0] == other[1]
    assert other[0] != other[1]
    assert not set(service.asked[0].blinded) & set(service.asked[1].blinded)


async def test_purposes_and_secrets_give_unrelated_tags() -> None:
    """A parent who is also a youth; two epochs with secrets of their own."""
    youths = await pseudonyms(Service()).derive(EPOCH, Purpose.YOUTH, [youth("999993653")], BATCH)
    parents = await pseudonyms(Service()).derive(EPOCH, Purpose.PARENT, [parent("999993653")], BATCH)

    assert youths[0].tag != parents[0].tag
    assert keyed_input(SECRET, youth("999993653")) != keyed_input(RegionSecret(bytes(32)), youth("999993653"))


async def test_the_four_keys_of_one_input_are_unrelated() -> None:
    """A label each."""
    derived = (await pseudonyms(Service()).derive(EPOCH, Purpose.YOUTH, [youth("999993653")], BATCH))[0]

    assert len({derived.reveal()[at : at + 32] for at in range(0, 128, 32)}) == 4
    assert Derived.from_bytes(derived.reveal()) == derived


def test_the_input_is_keyed_as_the_protocol_says() -> None:
    """x = HMAC-SHA256(s, "vir|v1|" + purpose + "|" + input)."""
    expected = hmac.new(SECRET.reveal(), b"vir|v1|parent|999993653", hashlib.sha256).digest()

    assert keyed_input(SECRET, parent("999993653")) == expected


async def test_a_retry_sends_the_same_elements_also_after_a_crash() -> None:
    """So that the service counts them once; another batch of the same youths looks unrelated."""
    service, inputs = Service(), [youth("999993653"), youth("999990019")]
    await pseudonyms(service).derive(EPOCH, Purpose.YOUTH, inputs, BATCH)
    await pseudonyms(service).derive(EPOCH, Purpose.YOUTH, inputs, BATCH)
    await pseudonyms(service).derive(EPOCH, Purpose.YOUTH, inputs, UUID(int=2))

    first, again, other = (message.blinded for message in service.asked)
    assert first == again
    assert not set(first) & set(other)


async def test_the_same_youth_twice_in_one_batch_does_not_show() -> None:
    """Each place has its own blind."""
    service = Service()
    derived = await pseudonyms(service).derive(EPOCH, Purpose.YOUTH, [youth("999993653")] * 2, BATCH)

    assert derived[0] == derived[1]
    assert len(set(service.asked[0].blinded)) == 2


async def test_over_a_thousand_inputs_travel_in_batches_of_a_thousand() -> None:
    """Each with an id of its own that a retry repeats; the answers stay in order."""
    inputs = [address_without_bag("1011AB", number) for number in range(1, 1003)]
    service = Service()
    derived = await pseudonyms(service).derive(EPOCH, Purpose.ADDRESS, inputs, BATCH)
    await pseudonyms(service).derive(EPOCH, Purpose.ADDRESS, inputs, BATCH)
    alone = await pseudonyms(service).derive(EPOCH, Purpose.ADDRESS, inputs[1001:], UUID(int=9))

    assert [len(message.blinded) for message in service.asked] == [1000, 2, 1000, 2, 1]
    assert service.asked[0].batch_id == BATCH
    assert len({message.batch_id for message in service.asked}) == 3
    assert [each.batch_id for each in service.asked[:2]] == [each.batch_id for each in service.asked[2:4]]
    assert derived[1001] == alone[0]


async def test_nothing_is_asked_for_nothing() -> None:
    """An empty list costs no budget."""
    service = Service()

    assert await pseudonyms(service).derive(EPOCH, Purpose.YOUTH, [], BATCH) == []
    assert service.asked == []


async def refused(
    service: Service, inputs: Sequence[PseudonymInput] = (), *, secret: RegionSecret = SECRET, epoch: str = EPOCH
) -> Exception:
    """What is raised instead of a tag."""
    with pytest.raises((NoTag, NotNow, Refused)) as raised:
        await pseudonyms(service, secret=secret).derive(
            EpochName(epoch), Purpose.YOUTH, inputs or [youth("999993653"), youth("999990019")], BATCH
        )
    return raised.value


async def test_a_wrong_service_key_makes_no_tag() -> None:
    """A good proof, but for a key that the scheme owner did not sign."""
    others = {purpose: VOPRF.derive_key(bytes(32), purpose.encode()) for purpose in PURPOSES}

    error = await refused(Service(keys=others))

    assert isinstance(error, WrongServiceKey)
    assert "operator" in str(error)


async def test_a_proof_for_another_purpose_makes_no_tag() -> None:
    """The service may not answer a youth with the key for parents."""
    assert isinstance(await refused(Service(keys={**KEYS, "youth": KEYS["parent"]})), WrongServiceKey)


def _identity(answer: EvaluateBlindedResponse) -> EvaluateBlindedResponse:
    return replace(answer, evaluated=(ZERO, *answer.evaluated[1:]))


def _not_canonical(answer: EvaluateBlindedResponse) -> EvaluateBlindedResponse:
    return replace(answer, evaluated=(bytes.fromhex("ed" + "ff" * 30 + "7f"), *answer.evaluated[1:]))


def _too_few(answer: EvaluateBlindedResponse) -> EvaluateBlindedResponse:
    return replace(answer, evaluated=answer.evaluated[1:])


def _swapped(answer: EvaluateBlindedResponse) -> EvaluateBlindedResponse:
    return replace(answer, evaluated=answer.evaluated[::-1])


def _other_proof(answer: EvaluateBlindedResponse) -> EvaluateBlindedResponse:
    return replace(answer, proof=bytes(64))


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_identity, WrongElement),
        (_not_canonical, WrongElement),
        (_too_few, WrongElement),
        (_swapped, WrongServiceKey),
        (_other_proof, WrongServiceKey),
    ],
)
async def test_a_spoiled_answer_makes_no_tag(
    spoil: Callable[[EvaluateBlindedResponse], EvaluateBlindedResponse], error: type[Exception]
) -> None:
    """Identity, not canonical, too few, another order, another proof: each says what to do."""
    raised = await refused(Service(spoil=spoil))

    assert isinstance(raised, error)
    assert "Nothing was derived" in str(raised)


async def test_a_wrong_secret_derives_nothing_and_asks_nothing() -> None:
    """Its matches would never come, and nobody would know why."""
    service = Service()

    assert isinstance(await refused(service, secret=RegionSecret(bytes(32))), WrongSecret)
    assert service.asked == []


async def test_a_missing_secret_derives_nothing() -> None:
    """The region was not admitted to this epoch."""
    with pytest.raises(WrongSecret):
        await Pseudonyms(Service(), epoch_file(KEYS), {}, BlindingKey(bytes(32))).derive(
            EPOCH, Purpose.YOUTH, [youth("999993653")], BATCH
        )


async def test_an_exhausted_budget_says_until_when() -> None:
    """It is not lost, it waits."""
    error = await refused(Service(fault=NotNow("budget", 3600, "BUDGET")))

    assert isinstance(error, BudgetExhausted)
    assert error.until(NOW) == NOW + timedelta(hours=1)
    assert BudgetExhausted("no word", None, "BUDGET").until(NOW) is None


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (NotNow("over", 0, "EPOCH_OVER"), EpochOver),
        (NotNow("unknown", 3600, "EPOCH_UNKNOWN"), EpochOver),
        (Refused("ELEMENT", "x"), WrongElement),
        (Refused("0002", "x"), Refused),
        (NotNow("away", None, None), NotNow),
    ],
)
async def test_a_fault_of_the_service_gets_its_own_word(fault: Exception, error: type[Exception]) -> None:
    """What is not about pseudonyms passes through as it is."""
    assert type(await refused(Service(fault=fault))) is error


async def test_an_epoch_that_the_file_does_not_know_is_over() -> None:
    """Before anything is asked."""
    assert isinstance(await refused(Service(), epoch="1999"), EpochOver)


async def test_inputs_of_another_purpose_are_refused() -> None:
    """A parent's number never comes under the key for youths."""
    assert isinstance(await refused(Service(), [youth("999993653"), parent("999993653")]), WrongElement)


async def test_no_error_tells_what_it_was_about() -> None:
    """Neither number nor keyed input nor element."""
    service = Service(spoil=_other_proof)
    error = str(await refused(service))

    assert "999993653" not in error
    assert service.asked[0].blinded[0].hex() not in error
    assert "999993653" not in repr(service.asked)


async def test_what_is_derived_does_not_show() -> None:
    """Four secrets, each with a type of its own."""
    derived = (await pseudonyms(Service()).derive(EPOCH, Purpose.YOUTH, [youth("999993653")], BATCH))[0]

    assert repr(derived) == (
        "Derived(tag=Tag(hidden), card_key=CardKey(hidden), match_key=MatchKey(hidden), same_key=SameKey(hidden))"
    )
    assert derived.tag.reveal().hex() not in repr(derived)


def test_a_match_key_has_a_word_for_people() -> None:
    """Eight signs, none of I, L, O or U, the same on both sides."""
    assert MatchKey(bytes(32)).word() == "0000-0000"
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", MatchKey(Draws(1)(32)).word())


def test_a_professional_has_the_same_number_in_every_region_and_no_name() -> None:
    """Under one secret; another epoch gives another number."""
    assert professional_number(SECRET, "a@example.nl") == professional_number(SECRET, "a@example.nl")
    assert professional_number(SECRET, "a@example.nl") != professional_number(SECRET, "b@example.nl")
    assert professional_number(SECRET, "a@example.nl") != professional_number(RegionSecret(bytes(32)), "a@example.nl")
    assert len(professional_number(SECRET, "a@example.nl")) == 16


PUBLISHED = {
    "youth `999993653`": youth("999993653"),
    "parent `999993653`": parent("999993653"),
    "address `0363200000123456`": address("0363200000123456"),
    "address `1011AB\\|12\\|A\\|`": address_without_bag("1011 ab", 12, "a"),
    "vsn `MULLER\\|2012-03-04\\|V`": vsn("Müller", date(2012, 3, 4), "V"),
    f"youth `{CANARY}`": canary(CANARY),
}


async def published_rows() -> list[str]:
    """The table of our own test vectors, as the reference page shows it."""
    rows = []
    for name, each in PUBLISHED.items():
        derived = (await pseudonyms(Service()).derive(EPOCH, each.purpose, [each], BATCH))[0]
        secrets = (derived.tag, derived.card_key, derived.match_key, derived.same_key)
        x = keyed_input(SECRET, each).hex()
        rows.append(f"| {name} | `{x}` | " + " | ".join(f"`{one.reveal().hex()}`" for one in secrets) + " |")
    return rows


@pytest.mark.parametrize("name", PUBLISHED)
async def test_our_own_vectors_come_out_of_other_software_alike(name: str) -> None:
    """voprf for the OPRF, cryptography for HKDF-Expand."""
    each = PUBLISHED[name]
    derived = (await pseudonyms(Service()).derive(EPOCH, each.purpose, [each], BATCH))[0]

    server = peer.Evaluator.from_seed(bytes(range(32)), each.purpose.value.encode())
    output = server.evaluate_known_input(keyed_input(SECRET, each))
    labels = (b"vir/tag/v1", b"vir/card-key/v1", b"vir/match-key/v1", b"vir/same-key/v1")

    assert derived.reveal() == b"".join(HKDFExpand(SHA256(), 32, label).derive(output) for label in labels)


async def test_our_own_vectors_are_those_on_the_reference_page() -> None:
    """Whoever builds another node can check it against the page."""
    page = REFERENCE.read_text()

    for row in await published_rows():
        assert row in page
    for purpose, key in KEYS.items():
        assert f"| {purpose} | `{key.reveal().hex()}` | `{key.public().hex()}` |" in page
    assert f"`{SECRET.check().hex()}`" in page
