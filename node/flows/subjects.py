"""What a signal is about for the exchange: the youth, each parent, the home address, and who signals."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from hub_connector import inputs
from hub_connector.inputs import InputRefused, PseudonymInput
from ledger import Tx
from node.domain.days import local_day
from node.domain.person import Address, Person, Youth
from node.domain.professional import Professional
from node.domain.records import HubDates, family_until, youth_dates
from node.domain.signal import Signal, State
from node.exchange import Exchange
from node.store import homes, professionals, signals, youths
from node.store.records import HubRecord
from node.store.vault import Vault
from soap_wsdl.vocabulary import FAMILY_PURPOSES, Purpose


@dataclass(frozen=True, slots=True)
class Facts:
    """A signal with everything about it that an errand needs. ``home_matches``: the home is not an excluded one.

    ``leaves_on`` is the day on which the youth is past the region's age, as far as that is known.
    """

    signal: Signal
    youth: Youth = field(repr=False)
    professional: Professional
    home_matches: bool = True
    leaves_on: date | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What one record is about. ``key`` is a blind index: the same subject of a signal keeps its record."""

    input: PseudonymInput = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def purpose(self) -> Purpose:
        """The purpose of the record."""
        return self.input.purpose


def facts(tx: Tx, exchange: Exchange, signal_id: UUID) -> Facts | None:
    """The facts of a signal, active or archived; None once it was destroyed."""
    signal = signals.find(tx, signal_id)
    if signal is None:
        return None
    youth = youths.get(tx, exchange.vault, signal.youth)
    return Facts(
        signal,
        youth,
        professionals.get(tx, signal.professional),
        not homes.never_matches(tx, signal.youth),
        exchange.settings.terms.leaves_on(youth.adult_on),
    )


def youth_subject(exchange: Exchange, known: Facts) -> Subject:
    """The youth, by BSN or in the namespace of those without. Raises InputRefused for a number that is none."""
    youth = known.youth
    if youth.bsn is not None:
        return _subject(exchange, inputs.youth(youth.bsn.reveal()))
    assert youth.vsn is not None  # noqa: S101 - a youth is named in one of two ways
    return _subject(exchange, inputs.vsn(youth.vsn.surname, youth.vsn.partial_born, youth.vsn.sex.value))


def family_subjects(exchange: Exchange, known: Facts) -> list[Subject]:
    """The parents, and the home where that is switched on and it may match; none for an archived signal."""
    if known.signal.state is not State.ACTIVE:
        return []
    found = []
    if exchange.settings.family:
        found += [_subject(exchange, inputs.parent(parent.reveal())) for parent in known.youth.parents]
    home = known.youth.address
    if exchange.settings.address and known.home_matches and home is not None:
        try:
            found.append(_subject(exchange, _address(home)))
        except InputRefused:
            # An address that no two regions would write alike meets nobody; the rest of the signal does.
            return found
    return found


def lost_keys(vault: Vault, before: Person, after: Person) -> set[bytes]:
    """The keys of the parents and the home that a person has no more: of records that are about nobody near now."""
    lost = [inputs.parent(parent.reveal()) for parent in before.parents if parent not in after.parents]
    if before.home is not None and before.home != after.home:
        with suppress(InputRefused):
            lost.append(_address(before.home))
    return {_key(vault, what) for what in lost}


def kept_subject(exchange: Exchange, record: HubRecord) -> Subject | None:
    """The subject that a record was made for, from its own sealed input; None once it is gone."""
    if record.input is None or record.subject is None:
        return None
    text = exchange.vault.open("hub_record", str(record.record_id), record.input).decode()
    return Subject(PseudonymInput(record.purpose, text), record.subject)


def seal_input(exchange: Exchange, record_id: UUID, subject: Subject) -> bytes:
    """The input as a record keeps it, for a later epoch."""
    return exchange.vault.seal("hub_record", str(record_id), subject.input.reveal().encode())


def canary_subject(exchange: Exchange, text: str) -> Subject:
    """A canary, in the guise of a youth."""
    return _subject(exchange, inputs.canary(text))


def dates_for(purpose: Purpose, known: Facts, today: date) -> HubDates | None:
    """The dates that the hub gets; None when by them nothing would be left to register."""
    signal, adult_on = known.signal, known.leaves_on
    if purpose in FAMILY_PURPOSES:
        until = family_until(signal.valid_until, local_day(signal.made_at), adult_on)
        return HubDates(until, None) if until > today else None
    ended_on = local_day(signal.ended_at) if signal.ended_at else signal.valid_until
    dates = youth_dates(min(signal.valid_until, ended_on), signal.archive_until, adult_on)
    if purpose is Purpose.VSN:
        # The hub archives nobody whom another child may be taken for.
        dates = HubDates(dates.valid_until, None)
    if dates.archive_until is not None and dates.archive_until <= max(today, dates.valid_until):
        dates = HubDates(dates.valid_until, None)
    return dates if max(dates.valid_until, dates.archive_until or dates.valid_until) > today else None


def _subject(exchange: Exchange, what: PseudonymInput) -> Subject:
    return Subject(what, _key(exchange.vault, what))


def _key(vault: Vault, what: PseudonymInput) -> bytes:
    return vault.blind("hub_record", f"{what.purpose.value}|{what.reveal()}")


def _address(home: Address) -> PseudonymInput:
    if home.bag_id:
        return inputs.address(home.bag_id)
    return inputs.address_without_bag(home.postcode, home.number, home.letter, home.addition)
