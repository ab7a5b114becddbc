"""The `[certificates]` section, the same in the settings of node, hub and pseudonym service."""

from __future__ import annotations

from pydantic import Field

from config.reading import FileName, Settings


class Certificates(Settings):
    """Two identities, one for TLS and one for signing, each with its own trust. All files are read again on change."""

    tls_certificate: FileName = Field(description="Our TLS certificate, with its chain up to the root, in PEM.")
    tls_key: FileName = Field(description="Its private key in PEM, readable by its owner alone.")
    tls_trust: FileName = Field(description="The roots and layers whose TLS certificates we accept, in PEM.")
    tls_crls: FileName = Field(description="The directory with the revocation lists (*.crl) of all those layers.")
    signing_certificate: FileName = Field(description="Our signing certificate, with its chain, in PEM.")
    signing_key: FileName = Field(description="Its private key in PEM, readable by its owner alone.")
    signing_trust: FileName = Field(description="The roots and layers whose signing certificates we accept, in PEM.")
    signing_crls: FileName = Field(description="The directory with the revocation lists (*.crl) of all those layers.")
    crl_staleness_hours: float = Field(
        default=0,
        ge=0,
        le=72,
        description="How long after its end a revocation list is still believed. 0, the default, is strict.",
    )
