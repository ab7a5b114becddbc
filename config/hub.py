"""The settings of the national hub. `hub.example.toml` shows them all."""

from __future__ import annotations

from pydantic import Field

from config.certificates import Certificates
from config.kinds import HttpsUrl, OinText, PublicKey
from config.reading import FileName, Settings


class RegionLimits(Settings):
    """What one region may ask. In memory: a restart forgets what was asked."""

    requests_per_second: float = Field(
        default=50, gt=0, description="Requests of one region a second, in the long run."
    )
    requests_burst: int = Field(default=500, ge=1, description="Requests that may come at once after a quiet time.")
    records_per_second: float = Field(
        default=4000, gt=0, description="Records of one region a second, in the long run."
    )
    records_burst: int = Field(default=200_000, ge=500, description="Records that may come at once after a quiet time.")
    bytes_per_second: float = Field(
        default=10_000_000, gt=0, description="Bytes in requests of one region a second, in the long run."
    )
    bytes_burst: int = Field(
        default=500_000_000, ge=4_194_304, description="Bytes that may come at once after a quiet time."
    )
    open_polls: int = Field(default=4, ge=1, description="Polls of one region that wait at once; the newest one wins.")
    open_polls_in_all: int = Field(default=512, ge=1, description="Polls that wait at once; more are answered at once.")


class HubSettings(Settings):
    """One hub."""

    oin: OinText = Field(description="Our own OIN, which our certificates carry.")
    public_url: HttpsUrl = Field(description="The address that regions use, with its path.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8443, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    envelope_processes: int = Field(
        default=3,
        ge=2,
        le=16,
        description="Processes of their own that open and sign envelopes; all but one also open large ones.",
    )
    database: FileName = Field(description="The database: records, pairs, mailboxes, audit. Back it up.")
    outside_directory: FileName = Field(
        description="Pepper, generation and ledger of deletions. On another disk; never restored with the database."
    )
    bundle_directory: FileName = Field(description="What the scheme owner made: epochs.json. Read again on change.")
    scheme_key: PublicKey = Field(description="The scheme owner's public key; no other signature is believed.")
    certificates: Certificates = Field(description="Our certificates and whom we trust.")
    limits: RegionLimits = Field(default=RegionLimits(), description="Limits for each region.")
