"""One development PKI for a whole test run, made afresh and shared by all workers; no key is ever committed."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta

import pytest

from certs.authority import PARTIES, DevPki, Lifetimes, dev_pki

# Long enough that both a fixed TODAY in a test and OpenSSL's own clock fall inside.
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIMES = Lifetimes(
    leaf=timedelta(days=20 * 365), authority=timedelta(days=30 * 365), lists=timedelta(days=20 * 365)
)  # fmt: skip


def session_pki(tmp_path_factory: pytest.TempPathFactory) -> DevPki:
    """The PKI of this run: made by whichever worker comes first. Do not revoke in it; `copy` it and revoke there."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    directory = base / "shared-pki"
    with (base / "shared-pki.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            dev_pki(base / "shared-pki.new", PARTIES, MADE_AT, lifetimes=LIFETIMES).directory.rename(directory)
    return DevPki(directory)
