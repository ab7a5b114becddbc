"""What `status` says of the service, as plain values: counts and dates, nothing about anyone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from certs.keyring import EpochFile
from ledger import Tx
from pseudonym_service import store
from pseudonym_service.budgets import LOCAL, Limits, left_now
from soap_wsdl.vocabulary import Oin


def status_of(
    tx: Tx,
    file: EpochFile | None,
    held: Sequence[str],
    limits: Mapping[Oin, Limits],
    now: datetime,
    alarms_since: datetime,
) -> dict[str, Any]:
    """Epochs and whether their keys are here, the use of each region, open allowances, alarms, the audit head."""
    today = now.astimezone(LOCAL).date()
    epochs = file.epochs if file else ()
    last = tx.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    return {
        "now": now.isoformat(timespec="seconds"),
        "epochFile": file.serial if file else None,
        "epochs": [
            {
                "name": epoch.name,
                "begins": epoch.begins.isoformat(),
                "ends": epoch.ends.isoformat(),
                "inForce": epoch.begins <= today < epoch.ends,
                "keysHere": epoch.name in held,
            }
            for epoch in epochs
        ],
        "keysWithoutEpoch": [name for name in held if name not in {epoch.name for epoch in epochs}],
        "regions": {oin: _region(tx, oin, limit, now) for oin, limit in sorted(limits.items())},
        "allowances": [
            {
                "id": str(one.allowance_id),
                "region": one.oin,
                "reason": one.reason,
                "elements": one.elements,
                "used": one.used,
                "opens": one.opens.isoformat(),
                "closes": one.closes.isoformat(),
            }
            for one in store.allowances(tx, now)
        ],
        "alarms": [
            {
                "region": one.oin,
                "kind": one.kind,
                "period": one.period,
                "toldAt": one.told_at.isoformat(),
                "used": one.used,
                "limit": one.limit,
            }
            for one in store.alarms_since(tx, alarms_since)
        ],
        "audit": {"lines": last["number"] if last else 0, "head": last["hash"].hex() if last else None},
    }


def _region(tx: Tx, oin: Oin, limits: Limits, now: datetime) -> dict[str, int]:
    used = store.used(tx, oin, now)
    left = left_now(used, limits, store.open_allowances(tx, oin, now), now)
    return {
        "usedToday": used.day,
        "dayLimit": limits.day,
        "usedThisMonth": used.month,
        "monthLimit": limits.month,
        "leftToday": left.today,
        "leftThisMonth": left.this_month,
        "leftInAllowances": left.allowance,
    }
