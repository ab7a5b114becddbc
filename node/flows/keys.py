"""Our own keys to the directory, everyone's keys from it, and the epochs with their secrets from the service.

What comes in is verified before it is kept, and what was verified last is worked with when nothing newer comes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from certs import hpke
from certs.keyring import Epoch, EpochFile, EpochFileRefused, RegionSecret, verify_epoch_file
from certs.region_keys import RegionKeyMissing
from certs.scheme import open_secret
from certs.statements import KeyEnding, KeyKind, StatedKey, make_statement
from hub_connector.directory import Directory, Member, verify_directory
from hub_connector.failures import NotNow, Refused
from ledger import Tx
from ledger.audit import record as audit_line
from node import exchange_audit as events
from node.exchange import Exchange
from node.flows import pausing
from node.store import directory, holds, mailbox
from node.store.holds import AlarmKind, Side
from soap_wsdl.vocabulary import (
    EpochName,
    GetDirectory,
    GetDirectoryResponse,
    GetEpochs,
    KeyStatement,
    Oin,
    PublishKeys,
    Region,
    RegionStatus,
    SealedSecret,
)

REPUBLISH_AFTER = timedelta(days=7)
"""A region states its keys anew this often, also when nothing changed: so a statement that is held back shows."""
OLD_AFTER = timedelta(days=30)
"""The statement of a region that takes part is never this old, unless somebody or something holds newer ones back."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """The epoch file as last verified, and the secrets that fit it. ``wrong`` names epochs without a fitting secret."""

    file: EpochFile | None = None
    secrets: Mapping[EpochName, RegionSecret] = field(default_factory=dict, repr=False)
    wrong: frozenset[EpochName] = frozenset()
    _usable: dict[date, tuple[EpochName, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def usable(self, day: date) -> tuple[EpochName, ...]:
        """The epochs in force of which we have the secret, the newest last."""
        if day not in self._usable:
            self._usable[day] = tuple(name for name in self.in_force(day) if name in self.secrets)
        return self._usable[day]

    def in_force(self, day: date) -> tuple[EpochName, ...]:
        """The epochs in force, the newest last."""
        return tuple(EpochName(epoch.name) for epoch in self.file.in_force(day)) if self.file else ()

    def over(self, day: date) -> frozenset[EpochName]:
        """The epochs that have ended."""
        epochs: tuple[Epoch, ...] = self.file.epochs if self.file else ()
        return frozenset(EpochName(epoch.name) for epoch in epochs if day >= epoch.ends)


async def read_scheme(exchange: Exchange) -> Scheme:
    """The scheme as kept. A secret that does not open or fit is left out: in that epoch nothing is derived."""
    return await exchange.db.read(lambda tx: scheme_of(tx, exchange))


def scheme_of(tx: Tx, exchange: Exchange) -> Scheme:
    """``read_scheme`` within a transaction."""
    kept = directory.epoch_file(tx)
    if kept is None:
        return Scheme()
    file = verify_epoch_file(kept, exchange.scheme_key)
    return _opened(exchange, file, directory.secrets(tx))


def _opened(exchange: Exchange, file: EpochFile, sealed: list[SealedSecret]) -> Scheme:
    secrets: dict[EpochName, RegionSecret] = {}
    wrong: set[EpochName] = set()
    known = {EpochName(epoch.name): epoch for epoch in file.epochs}
    for each in sealed:
        epoch = known.get(each.epoch)
        if epoch is None:
            continue
        try:
            key = exchange.region_keys.find(each.key_id).sealing_key
            secret = open_secret(each.sealed, key, each.epoch, exchange.own)
        except (RegionKeyMissing, hpke.SealRefused):
            wrong.add(each.epoch)
            continue
        if epoch.fits(secret):
            secrets[each.epoch] = secret
        else:
            wrong.add(each.epoch)
    return Scheme(file, secrets, frozenset(wrong))


async def fetch_epochs(exchange: Exchange) -> Scheme:
    """Ask the service for the epoch file and our secrets; keep what is believed, alarm about what is not.

    The serial of the file never goes back. Raises NotNow and Refused.
    """
    answer = await exchange.service.get_epochs(GetEpochs())
    now = exchange.clock()
    kept = await exchange.db.read(directory.epoch_file)
    known = verify_epoch_file(kept, exchange.scheme_key) if kept else None
    try:
        file = verify_epoch_file(answer.epoch_file, exchange.scheme_key, known)
    except EpochFileRefused as refusal:
        about = str(refusal)
        await exchange.db.write(lambda tx: holds.ring(tx, AlarmKind.EPOCH_FILE_REFUSED, about, None, now))
        return await read_scheme(exchange)
    scheme = _opened(exchange, file, list(answer.sealed_secrets))
    today = exchange.today()
    # A secret that does not fit never takes the place of one that did.
    fitting = [each for each in answer.sealed_secrets if each.epoch in scheme.secrets]

    def change(tx: Tx) -> Scheme:
        directory.put_epoch_file(tx, file.serial, file.signed, now)
        directory.put_secrets(tx, fitting)
        believed = scheme_of(tx, exchange)
        missing = [name for name in believed.in_force(today) if name not in believed.secrets]
        holds.settle_kind(tx, AlarmKind.EPOCH_FILE_REFUSED, now)
        if not missing:
            holds.settle_kind(tx, AlarmKind.WRONG_SECRET, now)
        for name in missing:
            why = "does not fit its check value" if name in scheme.wrong else "is missing"
            holds.ring(tx, AlarmKind.WRONG_SECRET, f"The secret of epoch {name} {why}: nothing is derived.", None, now)
        return believed

    return await exchange.db.write(change)


async def read_directory(exchange: Exchange) -> Directory:
    """The directory as last verified."""
    return await exchange.db.read(directory_of)


def directory_of(tx: Tx) -> Directory:
    """``read_directory`` within a transaction."""
    return Directory.of(
        Member.verified_before(each.oin, each.name, each.status, each.key_statement) for each in directory.regions(tx)
    )


async def fetch_directory(exchange: Exchange) -> Directory:
    """Ask the hub who takes part; keep what verifies, alarm about what does not. Raises NotNow and Refused."""
    return (await _ask_directory(exchange))[0]


async def _ask_directory(exchange: Exchange) -> tuple[Directory, GetDirectoryResponse]:
    """One question at a time: an answer that overtook an older one would make that look like a hub that goes back."""
    async with exchange.asking_directory:
        answer = await exchange.hub.get_directory(GetDirectory())
        return await _believe(exchange, answer), answer


async def _believe(exchange: Exchange, answer: GetDirectoryResponse) -> Directory:
    now = exchange.clock()

    def change(tx: Tx) -> Directory:
        # Held against what is kept at this very moment: of two answers at once, the older one changes nothing.
        verified, problems = verify_directory(answer, directory_of(tx), exchange.signing_trust, now)
        directory.put_regions(
            tx, (Region(each.oin, each.name, each.status, each.statement) for each in verified.members), now
        )
        for problem in problems:
            holds.ring(tx, AlarmKind.DIRECTORY_REFUSED, problem.text, problem.oin, now)
        return verified

    return await exchange.db.write(change)


async def tell_old_statements(exchange: Exchange) -> None:
    """Alarm about each active region whose statement is old, by our own clock: also when the hub gives no directory.

    Settled by itself once a newer statement came, or the region takes part no more.
    """
    now = exchange.clock()

    def change(tx: Tx) -> None:
        for member in directory_of(tx).members:
            active = member.status is RegionStatus.ACTIVE
            if active and member.keys is not None and now - member.keys.made_at > OLD_AFTER:
                about = (
                    f"The key statement of {member.name} is more than {OLD_AFTER.days} days old:"
                    " its node does not publish, or the hub holds newer ones back."
                )
                holds.ring(tx, AlarmKind.STATEMENT_OLD, about, member.oin, now)
            else:
                holds.settle_peer(tx, AlarmKind.STATEMENT_OLD, member.oin, now)

    await exchange.db.write(change)


async def publish_keys(exchange: Exchange) -> int | None:
    """Put our card and sealing keys in the hub's directory, when it has not got them; returns the serial if it did.

    A region without keys gets its first; a hub that was put back gets again what it forgot. What it has is stated anew
    after ``REPUBLISH_AFTER``. Raises NotNow and Refused.
    """
    ensure_keys(exchange)
    stated = exchange.region_keys.stated()
    known, answer = await _ask_directory(exchange)
    ours = known.member(exchange.own)
    said = next((region.key_statement for region in answer.regions if region.oin == exchange.own), None)
    # What we verified before stays known here, so only the answer itself says what the hub has.
    kept = ours.statement if ours is not None and says_keys(ours, stated) else None
    keys, now = ours.keys if ours is not None else None, exchange.clock()
    fresh = keys is not None and now - keys.made_at < REPUBLISH_AFTER
    if fresh and kept is not None and said is not None and said.statement == kept.statement:
        return None
    serial = (keys.serial if keys is not None else 0) + 1
    statement = make_statement(exchange.own, serial, stated, now, exchange.identity())
    held = await exchange.hub.publish_keys(PublishKeys(KeyStatement(*statement)))
    await exchange.db.write(lambda tx: audit_line(tx, events.KEYS_PUBLISHED, now, serial=held.serial))
    await fetch_directory(exchange)
    return held.serial


async def make_keys_known(exchange: Exchange) -> None:
    """Nothing signed by a card key leaves before the hub's directory has that key: whoever hears it looks there, once.

    Asks the hub only when its directory, as last verified, lacks a key of ours, or when the hub has lost its memory.
    """
    ours, forgot = await exchange.db.read(
        lambda tx: (directory_of(tx).member(exchange.own), mailbox.read(tx).comparison_due)
    )
    if forgot or not says_keys(ours, exchange.region_keys.stated()):
        await publish_keys(exchange)


def says_keys(member: Member | None, stated: Iterable[StatedKey]) -> bool:
    """Whether the statement of a region, as last verified, says exactly these keys."""
    return member is not None and member.keys is not None and set(member.keys.keys) == set(stated)


def ensure_keys(exchange: Exchange) -> None:
    """A region that starts has one card key and one sealing key."""
    for kind in KeyKind:
        try:
            exchange.region_keys.current(kind)
        except RegionKeyMissing:
            exchange.region_keys.new(kind, exchange.clock(), exchange.random)


def renew_key(exchange: Exchange, kind: KeyKind, how: KeyEnding) -> str:
    """Make a new key of this kind and end those before it; the next ``publish_keys`` tells everyone. Returns its id."""
    before = [key for key in exchange.region_keys.every() if key.stated.kind is kind and key.stated.ended is None]
    fresh = exchange.region_keys.new(kind, exchange.clock(), exchange.random)
    for key in before:
        exchange.region_keys.end(key.id, how, exchange.clock())
    return fresh.id


async def refresh(exchange: Exchange) -> bool:
    """At the start and now and then: publish our keys, fetch directory and epochs, tell old statements.

    Each may fail alone. True when both others answered.
    """
    both = True
    try:
        await publish_keys(exchange)
        await pausing.answered(exchange, Side.HUB)
    except (NotNow, Refused) as why:
        await pausing.pause_side(exchange, Side.HUB, why)
        both = False
    await tell_old_statements(exchange)
    try:
        await fetch_epochs(exchange)
    except (NotNow, Refused) as why:
        await pausing.pause_side(exchange, Side.SERVICE, why)
        return False
    # A budget that is used up, or a key that is wrong, is not mended by an answer about epochs.
    if await pausing.waits(exchange, Side.SERVICE) is None:
        await pausing.answered(exchange, Side.SERVICE)
    return both


def active_regions(known: Directory) -> tuple[Oin, ...]:
    """The regions that take part now and have a card key, so that a canary with them can meet."""
    return tuple(
        member.oin for member in known.members if member.status is RegionStatus.ACTIVE and member.keys is not None
    )
