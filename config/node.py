"""The settings of a node. `node.example.toml` shows them all."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.certificates import Certificates
from config.kinds import HttpsUrl, OinText, PublicKey
from config.reading import FileName, Settings


def _loopback(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError("it must be a loopback address as a number: 127.0.0.1 or ::1") from None
    if not address.is_loopback:
        raise ValueError("until there is sign-in the node listens on loopback only: 127.0.0.1 or ::1")
    return host


def _on_a_card(name: str) -> str:
    if not name.isprintable() or not 0 < len(name.encode()) <= MOST_REGION_BYTES or '"' in name or "\\" in name:
        raise ValueError(f"it stands on every card: one line, at most {MOST_REGION_BYTES} bytes, no quotes")
    return name


MOST_REGION_BYTES = 50
RegionName = Annotated[str, AfterValidator(_on_a_card)]
HostAndPort = Annotated[str, Field(pattern=r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")]
_CONNECT_TO = (
    "Host and port to connect to instead of those in url, where a forwarder stands in between. It sees TLS alone: "
    "name, certificate and OIN stay those of the other side."
)


class Hub(Settings):
    """The national hub."""

    url: HttpsUrl = Field(description="Its address.")
    oin: OinText = Field(description="Its OIN: no other party is believed at that address.")
    connect_to: HostAndPort | None = Field(default=None, description=_CONNECT_TO)


class Pseudonyms(Settings):
    """The pseudonym service, and whose epochs count."""

    url: HttpsUrl = Field(description="Its address.")
    oin: OinText = Field(description="Its OIN: no other party is believed at that address.")
    connect_to: HostAndPort | None = Field(default=None, description=_CONNECT_TO)
    scheme_key: PublicKey = Field(
        description="The scheme owner's public key in base64; an epoch file signed by another is refused."
    )


class Web(Settings):
    """The JSON door for screens and commands on this machine."""

    host: Annotated[str, AfterValidator(_loopback)] = Field(
        default="127.0.0.1", description="The loopback address to listen on; any other is refused."
    )
    port: int = Field(default=8081, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    token_file: FileName = Field(description="The token that callers show; made at start if absent, mode 0600.")


class Exchange(Settings):
    """How this node deals with the hub."""

    departure_seconds: int = Field(
        default=900, ge=10, description="Seconds between departures of family records; long hides more from the hub."
    )
    canaries: bool = Field(default=True, description="Whether to register made-up pairs that show a hub that hides.")


class Matching(Settings):
    """What this region has switched on; at the next start all follows. Jeugdwet 7.1.2.3(1) c, d and e."""

    family: bool = Field(default=True, description="Match signals about children with a parent in common.")
    address: bool = Field(default=False, description="Match signals about youths at one home address.")
    same_location: bool = Field(default=False, description="Match two professionals of one and the same location.")


class Terms(Settings):
    """How long this region keeps anything, for what is made or ended from now on: the law's maximum, or shorter."""

    active_months: int = Field(
        default=24,
        ge=6,
        le=24,
        description="Months after it was made that a signal is active at most. Jeugdwet 7.1.4.5(2)a: two years.",
    )
    archive_years: int = Field(
        default=5,
        ge=1,
        le=5,
        description="Years in the archive after its removal. Jeugdwet 7.1.4.6(1): five; shorter is the region's to"
        " answer for.",
    )
    age: int = Field(
        default=23,
        ge=12,
        le=23,
        description="The age from which nobody is signalled and nothing is kept. Jeugdwet 7.1.1.1, 7.1.4.5(2)b: 23.",
    )


class People(Settings):
    """The register of persons."""

    source: Literal["local", "haal-centraal"] = Field(
        default="local",
        description="`local`: a list imported into this node. `haal-centraal`: BRP Personen bevragen 2.x.",
    )
    url: HttpsUrl | None = Field(
        default=None, description="The address of `haal-centraal`, up to what stands before `/personen`."
    )
    key_file: FileName | None = Field(
        default=None, description="The key that `haal-centraal` gave us: one line, in a file of mode 0400."
    )
    ca_file: FileName | None = Field(
        default=None, description="The authorities that `haal-centraal` is believed under, in PEM, and no others."
    )
    public_authorities: bool = Field(
        default=False, description="Instead of `ca_file`: believe the public authorities that this machine knows."
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.source == "haal-centraal":
            if self.url is None or self.key_file is None:
                raise ValueError("this source needs url and key_file")
            if (self.ca_file is None) != self.public_authorities:
                raise ValueError("give ca_file, or public_authorities = true, and not both")
        return self


class Limits(Settings):
    """How much is too much for a day. Registering is the only question that the index answers, so it is counted."""

    signals_per_day: int = Field(
        default=50, ge=1, description="Signals that one professional may make in a day; the next one is refused."
    )
    taken_back_per_professional: int = Field(
        default=5, ge=0, description="New signals that one professional may take back in a day without an alarm."
    )
    taken_back_in_region: int = Field(
        default=50, ge=0, description="New signals that the whole region may take back in a day without an alarm."
    )
    refused_per_professional: int = Field(
        default=10,
        ge=0,
        description="Signals of one professional that may be refused on a day, for age, death or one that is there"
        " already, without an alarm.",
    )
    searches_missed_per_day: int = Field(
        default=20,
        ge=1,
        description="Searches by name that find no one youth, and BSNs that are not confirmed, in a day;"
        " after them none is answered.",
    )
    tried_per_operator: int = Field(
        default=50,
        ge=0,
        description="Times that dry runs of imports may tell one person on a day that a youth is signalled already,"
        " is too old, has died or is not whom the line says, without an alarm.",
    )


class Imports(Settings):
    """Signals that an operator brings in from a file."""

    days_back: int = Field(
        default=90,
        ge=0,
        le=365,
        description="How many days ago a signal may have begun; its two years count from there.",
    )
    kept_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="The share of a day's budget at the pseudonym service that an import leaves for the day's work.",
    )
    lines_a_second: int = Field(
        default=80,
        ge=1,
        description="Lines that become signals in a second, at most. More ask the pseudonym service too often, unless "
        "it lets this region ask more.",
    )


class NodeSettings(Settings):
    """One region's node."""

    oin: OinText = Field(description="Our own OIN, which our certificates carry.")
    region: RegionName = Field(description="The name of the region, as others see it.")
    database: FileName = Field(description="The database: signals, matches, outbox, audit. Back it up.")
    deletions: FileName = Field(
        description="The ledger of endings beside the database, which a restored backup replays. Keep it apart."
    )
    key_encryption_key: FileName | None = Field(
        default=None, description="The key that seals the keys in the database, in a file of mode 0400."
    )
    key_encryption_credential: str | None = Field(
        default=None, description="The same as the name of a systemd credential; give one of the two."
    )
    region_keys_directory: FileName = Field(description="Our own card and sealing keys, for this program alone.")
    gemeenten: FileName | None = Field(
        default=None,
        description="A CSV file `gemeente,oin`: which region each gemeente is in, the same for all nodes. Without it a "
        "move to another gemeente is an alarm.",
    )
    preventive_field: bool = Field(
        default=True,
        description="Whether organisations of the preventive field, childcare among them, may signal. The Besluit"
        " Jeugdwet (7.1.1 to 7.1.7) does not name that category.",
    )
    hub: Hub = Field(description="The national hub.")
    pseudonyms: Pseudonyms = Field(description="The pseudonym service.")
    certificates: Certificates = Field(description="Our certificates and whom we trust.")
    web: Web = Field(description="The JSON door on this machine.")
    exchange: Exchange = Field(default=Exchange(), description="How this node deals with the hub.")
    matching: Matching = Field(default=Matching(), description="What this region has switched on.")
    terms: Terms = Field(default=Terms(), description="How long this region keeps anything.")
    limits: Limits = Field(default=Limits(), description="How much is too much for a day.")

    people: People = Field(default=People(), description="The register of persons.")
    imports: Imports = Field(default=Imports(), description="Signals that an operator brings in from a file.")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if (self.key_encryption_key is None) == (self.key_encryption_credential is None):
            raise ValueError("give key_encryption_key or key_encryption_credential, and not both")
        return self
