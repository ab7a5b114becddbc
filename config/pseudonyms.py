"""The settings of the pseudonym service. `pseudonyms.example.toml` shows them all."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from config.certificates import Certificates
from config.kinds import HttpsUrl, OinText, PublicKey
from config.reading import FileName, Settings

FULL_BATCH = 1000
"""Elements in the largest batch: a day's budget under this could never be asked for in one."""


class Budget(Settings):
    """What a region may ask for outside allowances, unless its own section says otherwise."""

    day: int = Field(ge=FULL_BATCH, description="Elements in a local day; about three times what is normal.")
    month: int = Field(ge=FULL_BATCH, description="Elements in a local month; about three times what is normal.")
    hour_share: float = Field(
        default=0.25, gt=0, le=1, description="The share of a day's budget that is an alarm within one hour."
    )

    @model_validator(mode="after")
    def _a_month_holds_a_day(self) -> Self:
        if self.month < self.day:
            raise ValueError("a month's budget is at least a day's")
        return self


class Region(Settings):
    """A region that may ask. Who is not listed gets nothing, whatever its certificate."""

    name: str = Field(min_length=1, description="Its name, for people.")
    budget: Budget | None = Field(default=None, description="Its own budget; absent: the one for all.")


class Limits(Settings):
    """What keeps one region from keeping the others out. In memory: a restart forgets it."""

    requests_a_minute: int = Field(default=240, ge=1, description="Requests of one region in a minute.")
    at_once: int = Field(default=4, ge=1, description="Requests of one region that may be under way at once.")
    threads: int = Field(default=0, ge=0, le=64, description="Threads that evaluate; 0: one for each core.")


class PseudonymSettings(Settings):
    """One pseudonym service."""

    oin: OinText = Field(description="Our own OIN, which our certificates carry.")
    public_url: HttpsUrl = Field(description="The address that regions use, as in the epoch file.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8444, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    database: FileName = Field(description="The database: use, batches, allowances, audit. Back it up.")
    keys_directory: FileName = Field(description="The directory with the sealed secret keys, for this program alone.")
    key_encryption_key: FileName = Field(
        description="What seals the secret keys, in a file of mode 0400 that migrate makes."
    )
    bundle_directory: FileName = Field(description="What the scheme owner made: epochs.json and sealed/OIN.json.")
    scheme_key: PublicKey = Field(description="The scheme owner's public key; no other signature is believed.")
    certificates: Certificates = Field(description="Our certificates and whom we trust.")
    budget: Budget = Field(description="The budget of every region that has none of its own.")
    regions: dict[OinText, Region] = Field(min_length=1, description="The regions that may ask, by OIN.")
    operators: dict[str, PublicKey] = Field(
        default={}, description="Who may sign allowances: name and public key. Two of them are needed for one."
    )
    limits: Limits = Field(default=Limits(), description="Limits on requests.")

    def budget_of(self, oin: str) -> Budget:
        """The budget that counts for a listed region."""
        return self.regions[oin].budget or self.budget
