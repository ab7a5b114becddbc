"""The whole exchange in one process: the hub's own operations on its own SQLite store, the pseudonym service's own
operations, and nodes with their own databases, flows and keys. No second matcher anywhere.

Time stands still until a test moves it.
"""

import itertools
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs import scheme
from certs.authority import DevPki
from certs.identity import IdentityFile
from certs.keyring import read_scheme_key, verify_epoch_file
from certs.region_keys import RegionKeys
from certs.sealing import FileKeys, write_new_file
from certs.statements import SignedStatement, make_statement
from certs.trust import TrustStore, Use
from ledger import Database, Steps
from node.domain.bsn import Bsn
from node.domain.limits import Limits
from node.domain.matching import Match
from node.domain.organisation import Category
from node.domain.person import Address, BirthDate, Person
from node.domain.professional import Contact, Domain
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.exchange import Exchange, ExchangeSettings
from node.flows.collect import CollectReport, collect
from node.flows.deliver import DeliveryReport
from node.flows.desk import Desk
from node.flows.end_signal import end_signal
from node.flows.exchange import exchange_now
from node.flows.keys import ensure_keys, refresh
from node.flows.register_signal import register_signal
from node.people.local import LocalRegister
from node.store import holds, matches, people
from node.store.professionals import Profile
from node.store.vault import open_vault
from soap_wsdl.vocabulary import (
    Oin,
)
from tests.region import made_up_bsn, settled
from tests.rehearsal_doors import HubDoorHere, PseudonymDoorHere
from tests.rehearsal_houses import HubHouse, ServiceHouse, replace_database

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
OINS = {
    "amsterdam": Oin("00000099000000000101"),
    "haaglanden": Oin("00000099000000000102"),
    "utrecht": Oin("00000099000000000103"),
}
SERVICE_URL = "https://127.0.0.1/pseudonyms/v1"


@dataclass
class Party:
    """One region: its desk for professionals, and its side of the exchange."""

    rehearsal: "Rehearsal"
    name: str
    directory: Path
    oin: Oin
    hub: HubDoorHere
    service: PseudonymDoorHere
    settings: ExchangeSettings
    behind: timedelta = timedelta(0)
    db: Database = field(init=False)
    desk: Desk = field(init=False)
    exchange: Exchange = field(init=False)
    serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def start(self) -> None:
        """Open the database and lay out desk and exchange, as the program does."""
        kek = self.directory / "kek"
        if not kek.exists():
            write_new_file(kek, "first", os.urandom)
        self.db = Database.open(self.directory / "node.db", Steps.of("node.store.migrations"))
        vault = open_vault(self.db, FileKeys.read(kek, os.urandom), os.urandom, self.now())
        files = self.rehearsal.pki.files(self.name)
        roomy = Limits(signals_per_day=10_000)
        self.desk = Desk(self.name, self.db, vault, LocalRegister(self.db, vault), self.now, uuid4, limits=roomy)
        self.exchange = Exchange(
            self.oin,
            self.name,
            self.db,
            self.hub,
            self.service,
            vault,
            RegionKeys(self.directory / "keys"),
            IdentityFile(files.signing_certificate, files.signing_key).current,
            self.rehearsal.signing_trust(),
            self.rehearsal.scheme_key,
            self.now,
            os.urandom,
            self.directory / "deletions.jsonl",
            self.settings,
        )

    def now(self) -> datetime:
        """This party's clock."""
        return self.rehearsal.now() - self.behind

    def close(self) -> None:
        """Stop; the files stay."""
        self.db.close()

    def back_up(self) -> Path:
        """A copy of the database as it is now."""
        target = self.directory / f"backup-{uuid4()}.db"
        self.db.backup(target)
        return target

    def put_back(self, copy: Path) -> None:
        """Restore that copy and start; the ledger of deletions stays as it is."""
        self.db.close()
        replace_database(self.directory / "node.db", copy)
        self.start()

    # --- what people do

    def professional(self, name: str, **other: Any) -> ProfessionalId:
        """A professional of this region, at an organisation of their own unless told otherwise."""
        contact = Contact(
            str(other.get("organisation", f"Stichting {name}")),
            Domain.JEUGDHULP,
            "wijkteam",
            str(other.get("location", "Hoofdkantoor")),
            "jeugdhulpverlener",
            name,
            str(other.get("phone", "020 1234567")),
            str(other.get("email", f"{name.lower()}@{self.name}.example.nl")),
        )
        profile = Profile(name, str(other.get("human", name)), contact, 12, Category.JEUGDHULPAANBIEDER)
        return self.db.write_now(lambda tx: settled(tx, profile, self.desk.new_id))

    def person(
        self,
        bsn: Bsn,
        *,
        born: str = "2012-05-01",
        parents: tuple[Bsn, ...] = (),
        address: Address | None = None,
        address_secret: bool = False,
    ) -> Bsn:
        """Put a person in the local register."""
        known = Person(bsn, "Noor de Vries", BirthDate.parse(born), parents, address, address_secret)
        self.db.write_now(lambda tx: people.put(tx, self.desk.vault, [known]))
        return bsn

    async def signal(self, who: ProfessionalId, bsn: Bsn, months: int | None = None) -> Signal:
        """A professional signals a youth."""
        return (await register_signal(self.desk, who, bsn, months)).signal

    async def end(self, who: ProfessionalId, signal: Signal, reason: EndReason = EndReason.RISICO_WEG) -> None:
        """A professional ends a signal."""
        await end_signal(self.desk, who, signal.id, reason)

    # --- what the program does

    async def deliver(self) -> DeliveryReport:
        """One round of the exchange."""
        return await exchange_now(self.exchange)

    async def collect(self) -> CollectReport:
        """Ask the mailbox."""
        return await collect(self.exchange)

    # --- what can be seen

    def matches(self, signal: Signal) -> list[Match]:
        """The matches of a signal with other regions, newest first."""
        found = self.db.read_now(lambda tx: matches.of_signal(tx, self.desk.vault, signal.id, self.name))
        return [match for match in found if match.peer is not None]

    def living(self, signal: Signal) -> list[Match]:
        """The matches that have not ended."""
        return [match for match in self.matches(signal) if match.ended_on is None]

    def alarms(self) -> list[str]:
        """The kinds of the open alarms."""
        return [alarm.kind.value for alarm in self.db.read_now(holds.alarms)]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the database has."""
        return [tuple(row) for row in self.db.read_now(lambda tx: tx.all(sql, parameters))]


class Rehearsal:
    """All parties, and the clock they share."""

    def __init__(self, directory: Path, pki: DevPki, moment: datetime = NOW) -> None:
        self.directory = directory
        self.pki = pki
        self.moment = moment
        self.parties: dict[str, Party] = {}
        self.scheme_directory = directory / "scheme"
        self.scheme_key: Ed25519PublicKey = read_scheme_key(scheme.init(self.scheme_directory, os.urandom))
        self.bundle = directory / "bundle"
        self.service = ServiceHouse(directory / "service", self)
        self.epoch("2026", date(2026, 1, 1), date(2027, 2, 1))
        self.hub = HubHouse(directory / "hub", self)
        self._bsns = itertools.count()

    def now(self) -> datetime:
        """The true time."""
        return self.moment

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)

    def bsn(self) -> Bsn:
        """A made-up number nobody has had yet."""
        return made_up_bsn(next(self._bsns))

    def signing_trust(self) -> TrustStore:
        """Whom everyone believes when they sign."""
        files = self.pki.files("hub")
        return TrustStore(files.signing_trust, files.signing_crls, Use.SIGNING)

    def epoch(self, name: str, begins: date, ends: date) -> None:
        """The scheme owner makes an epoch, or moves its dates, and publishes."""
        known = (self.bundle / "epochs.json").exists() and name in {
            epoch.name
            for epoch in verify_epoch_file((self.bundle / "epochs.json").read_bytes(), self.scheme_key).epochs
        }
        scheme.set_epoch(
            self.scheme_directory,
            name,
            begins=begins,
            ends=ends,
            now=self.moment,
            random=os.urandom,
            keys=None if known else self.service.new_keys(name),
            service=SERVICE_URL,
        )
        scheme.publish(self.scheme_directory, self.bundle, self.moment)

    async def region(self, name: str, **settings: Any) -> Party:
        """A region that joins: keys made and published, admitted by the scheme owner, directory and epochs fetched."""
        oin = OINS[name]
        directory = self.directory / name
        directory.mkdir()
        party = Party(
            self,
            name,
            directory,
            oin,
            HubDoorHere(oin, self.now, lambda: self.hub.handlers()),
            PseudonymDoorHere(oin, self.now, lambda: self.service.handlers()),
            ExchangeSettings(**{"departure_seconds": 10, "canaries": False, **settings}),
        )
        party.start()
        self.parties[name] = party
        self.hub.add(oin, name)
        self.service.list_region(oin)
        ensure_keys(party.exchange)
        self.admit(party)
        for each in (party, *self.parties.values()):
            await refresh(each.exchange)
        return party

    def admit(self, party: Party) -> None:
        """The scheme owner seals the secrets to a region."""
        stated = party.exchange.region_keys.stated()
        statement = make_statement(party.oin, 1, stated, self.moment, party.exchange.identity())
        scheme.admit(self.scheme_directory, SignedStatement(*statement), self.signing_trust(), self.moment)
        scheme.publish(self.scheme_directory, self.bundle, self.moment)

    async def settle(self, rounds: int = 3) -> None:
        """Let everything that waits happen: departures, deliveries, collections, until nothing is left to do."""
        for _ in range(rounds):
            self.later(seconds=11)
            for party in self.parties.values():
                await party.deliver()
            for party in self.parties.values():
                await party.collect()

    def close(self) -> None:
        """Close every database."""
        for party in self.parties.values():
            party.close()
        self.hub.close()
        self.service.close()


def record_ids(party: Party) -> list[UUID]:
    """The ids of a party's records at the hub."""
    return [UUID(row[0]) for row in party.rows("SELECT record_id FROM hub_record ORDER BY record_id")]
