"""From a number to a tag: key it, blind it, have it evaluated, verify the proof, finalize, and derive what is kept.

Nothing is derived before the proof holds under the public key that the scheme owner signed. Should two services of
different operators be chained one day, the one evaluation in ``Pseudonyms.ask`` becomes two.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid5

from certs import ristretto
from certs.keyring import Epoch, EpochFile, EpochUnknown, RegionSecret
from certs.oprf import VOPRF, BatchRefused, ElementRefused, Evaluation, ProofRefused
from certs.oprf_apart import Asker
from certs.ristretto import Scalar
from certs.secret import Secret
from hub_connector.doors import PseudonymDoor
from hub_connector.failures import NotNow, Refused
from hub_connector.inputs import PseudonymInput
from soap_wsdl.vocabulary import (
    MAX_ELEMENTS,
    EpochName,
    EvaluateBlinded,
    EvaluateBlindedResponse,
    Purpose,
)

T = TypeVar("T")
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALONE = 8
"""Up to this many elements are calculated at once; more go to a thread, so that the loop goes on."""


class Tag(Secret):
    """What the hub gets: equal for equal inputs of one epoch and purpose, and says nothing else."""

    __slots__ = ()


class CardKey(Secret):
    """Opens and seals the cards of everyone who derived the same tag."""

    __slots__ = ()


class MatchKey(Secret):
    """The shared key word of a family: both sides have it, the hub has not."""

    __slots__ = ()

    def word(self) -> str:
        """The matchsleutel for people: eight signs in two groups, without letters that look like digits."""
        number = int.from_bytes(self.reveal()[:5], "big")
        signs = "".join(_SIGNS[number >> shift & 31] for shift in range(35, -1, -5))
        return f"{signs[:4]}-{signs[4:]}"


class SameKey(Secret):
    """Recognises that two family cards are about the same youth."""

    __slots__ = ()


class BlindingKey(Secret):
    """This node's own secret from which blinds follow; no other region and no service may have it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """What is kept of one input in one epoch, sealed like the BSN, for as long as the record lives."""

    tag: Tag
    card_key: CardKey
    match_key: MatchKey
    same_key: SameKey

    def reveal(self) -> bytes:
        """The four after each other, 128 bytes, for one sealed column."""
        return b"".join(each.reveal() for each in (self.tag, self.card_key, self.match_key, self.same_key))

    @classmethod
    def from_bytes(cls, content: bytes) -> "Derived":
        """Back from ``reveal``."""
        tag, card_key, match_key, same_key = (content[at : at + 32] for at in range(0, 128, 32))
        return cls(Tag(tag), CardKey(card_key), MatchKey(match_key), SameKey(same_key))


class NoTag(Exception):
    """No tag was made. ``remedy`` says in one sentence what to do."""

    remedy = ""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text} {self.remedy}".strip())


class WrongServiceKey(NoTag):
    """The service's proof does not hold under the public key in the signed epoch file."""

    remedy = (
        "Nothing was derived. Ask the operator of the pseudonym service which key it uses; do not try again blindly."
    )


class WrongElement(NoTag):
    """An element is the identity or not canonical, or the batch does not fit."""

    remedy = "Nothing was derived. Report this to the operator of the pseudonym service."


class WrongSecret(NoTag):
    """The regions' secret of this epoch is missing here, or its check value is not the one in the epoch file."""

    remedy = "Nothing was derived. Fetch the sealed secret anew, or ask the scheme owner to admit this region again."


class EpochOver(NoTag):
    """The service does not evaluate for this epoch: it is over, has not begun, or is unknown."""

    remedy = "Fetch the epoch file and derive anew in an epoch that is in force."


class BudgetExhausted(NotNow):
    """This region has asked for as many elements as it may: it is not lost, it waits."""

    def until(self, now: datetime) -> datetime | None:
        """When the service has room again, if it said so."""
        return None if self.retry_after is None else now + timedelta(seconds=self.retry_after)


@dataclass(frozen=True, slots=True)
class Question:
    """A blinded batch, with what is needed to verify and finalize its answer."""

    message: EvaluateBlinded
    public: bytes
    keyed: list[bytes] = field(repr=False)
    blinds: list[Scalar] = field(repr=False)


class Pseudonyms:
    """The door to the service, with the keys that belong to it.

    ``blinding`` makes the blinds: the same batch id with the same inputs in the same order gives the same blinded
    elements, also after a crash, so that the service counts them once. To others they look random. ``asker`` blinds
    and verifies: here, or in a process of its own for a long run.
    """

    def __init__(
        self,
        door: PseudonymDoor,
        epochs: EpochFile,
        secrets: Mapping[EpochName, RegionSecret],
        blinding: BlindingKey,
        asker: Asker = VOPRF,
    ) -> None:
        self._door = door
        self._epochs = epochs
        self._secrets = dict(secrets)
        self._blinding = blinding
        self._asker = asker

    async def derive(
        self, epoch: EpochName, purpose: Purpose, inputs: Sequence[PseudonymInput], batch_id: UUID
    ) -> list[Derived]:
        """Tag and keys of each input, in order. Over 1,000 inputs travel as several batches with ids of their own.

        A retry passes the same batch id and the same inputs in the same order. Raises WrongServiceKey, WrongElement,
        WrongSecret, EpochOver, BudgetExhausted, and what the door raises; then nothing was derived.
        """
        derived: list[Derived] = []
        for question in await self.blind(epoch, purpose, inputs, batch_id):
            derived += await self.finish(question, await self.ask(question))
        return derived

    async def blind(
        self, epoch: EpochName, purpose: Purpose, inputs: Sequence[PseudonymInput], batch_id: UUID
    ) -> list[Question]:
        """The first of the three steps of ``derive``, for who has more to do meanwhile: nothing is asked yet."""
        known = self._known(epoch)
        secret = self._secret(known)
        if any(each.purpose is not purpose for each in inputs):
            raise WrongElement("The inputs are not all of this purpose.")
        questions = []
        for number, start in enumerate(range(0, len(inputs), MAX_ELEMENTS)):
            part_id = batch_id if number == 0 else uuid5(batch_id, str(number))
            keyed = [keyed_input(secret, each) for each in inputs[start : start + MAX_ELEMENTS]]
            blinds = blinds_of(self._blinding, part_id, known.name, purpose, keyed)
            blinded = await _calculate(len(keyed), partial(self._asker.blind, keyed, blinds))
            message = EvaluateBlinded(part_id, epoch, purpose, tuple(blinded))
            questions.append(Question(message, known.keys[purpose.value], keyed, blinds))
        return questions

    async def ask(self, question: Question) -> EvaluateBlindedResponse:
        """The second step: what the service answers, which is not believed yet."""
        try:
            return await self._door.evaluate_blinded(question.message)
        except (NotNow, Refused) as fault:
            if fault.code == "BUDGET":
                after = fault.retry_after if isinstance(fault, NotNow) else None
                text = "The budget of this region at the pseudonym service is used up; what waits goes out later."
                raise BudgetExhausted(text, after, fault.code) from None
            if fault.code in ("EPOCH_OVER", "EPOCH_UNKNOWN"):
                raise EpochOver("The pseudonym service does not evaluate for this epoch.") from None
            if fault.code == "ELEMENT":
                raise WrongElement("The pseudonym service refused a blinded element.") from None
            raise

    async def finish(self, question: Question, response: EvaluateBlindedResponse) -> list[Derived]:
        """The third step: tag and keys of each input of the question, once the proof holds."""
        evaluation = Evaluation(response.evaluated, response.proof)
        finalized = partial(
            self._asker.verify_and_finalize,
            question.keyed, question.blinds, question.message.blinded, evaluation, question.public,
        )  # fmt: skip
        try:
            outputs = await _calculate(len(question.keyed), finalized)
        except ProofRefused:
            raise WrongServiceKey("The proof of the pseudonym service does not hold.") from None
        except (ElementRefused, BatchRefused):
            raise WrongElement("The pseudonym service answered with elements that are none.") from None
        return [derived_from(output) for output in outputs]

    def _known(self, name: EpochName) -> Epoch:
        try:
            return self._epochs.epoch(name)
        except EpochUnknown:
            raise EpochOver("The epoch file knows no such epoch.") from None

    def _secret(self, epoch: Epoch) -> RegionSecret:
        secret = self._secrets.get(EpochName(epoch.name))
        if secret is None:
            raise WrongSecret(f"There is no secret of epoch {epoch.name} here.")
        if not epoch.fits(secret):
            raise WrongSecret(f"The secret of epoch {epoch.name} is not the one that the scheme owner drew.")
        return secret


def keyed_input(secret: RegionSecret, what: PseudonymInput) -> bytes:
    """x = HMAC-SHA256(s, "vir|v1|" + purpose + "|" + input)."""
    return hmac.digest(secret.reveal(), f"vir|v1|{what.purpose.value}|{what.reveal()}".encode(), "sha256")


def blinds_of(key: BlindingKey, batch_id: UUID, epoch: str, purpose: Purpose, keyed: Sequence[bytes]) -> list[Scalar]:
    """The blinds of a batch: pseudorandom to whoever has not the key, the same for the same batch."""
    start = b"vir/blind/v1|" + f"{batch_id}|{epoch}|{purpose.value}|".encode()
    return [
        Scalar(ristretto.reduce(hmac.digest(key.reveal(), start + at.to_bytes(2, "big") + x, "sha512")))
        for at, x in enumerate(keyed)
    ]


def derived_from(output: bytes) -> Derived:
    """HKDF-Expand-SHA256 of the OPRF's output, with a label for each of the four."""
    return Derived(
        Tag(_expand(output, b"vir/tag/v1")),
        CardKey(_expand(output, b"vir/card-key/v1")),
        MatchKey(_expand(output, b"vir/match-key/v1")),
        SameKey(_expand(output, b"vir/same-key/v1")),
    )


def professional_number(secret: RegionSecret, person: str) -> bytes:
    """The pseudonymous number of a professional on a card, 16 bytes: HMAC(s, "vir|v1|professional|" + person).

    ``person`` is what names the human, the same in every region, such as the e-mail address in lower case. Regions
    share s, so that someone with profiles in two regions does not meet himself.
    """
    return hmac.digest(secret.reveal(), f"vir|v1|professional|{person}".encode(), "sha256")[:16]


def _expand(output: bytes, label: bytes) -> bytes:
    # RFC 5869, 2.3: one block of SHA-256 is all that 32 bytes need.
    return hmac.digest(output, label + b"\x01", "sha256")


async def _calculate(size: int, work: Callable[[], list[T]]) -> list[T]:
    return work() if size <= _ALONE else await asyncio.to_thread(work)
