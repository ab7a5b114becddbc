"""How a node stands: counts, times and what an operator should look at. Never a person, never a number of one."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from certs.own import due_of
from config.node import NodeSettings
from ledger import Tx
from node.domain.organisation import ending
from node.domain.signal import State
from node.flows.apply_rules import rules_hold
from node.flows.desk import Desk
from node.store import (
    errands,
    holds,
    imports,
    jobs,
    mailbox,
    matches,
    organisations,
    outbox,
    people,
    sealed,
    signals,
    youths,
)
from node.store.holds import Side
from node.store.imports import RunState

UNKNOWN_SHOWN = 1000
"""Youths without person data are counted up to here."""


async def status(desk: Desk, settings: NodeSettings) -> dict[str, Any]:
    """The whole of it, as the JSON door and the command line show it."""
    found = await desk.db.read(lambda tx: counted(tx, desk))
    return {
        "regio": settings.region,
        "oin": settings.oin,
        "op": desk.clock().isoformat(timespec="seconds"),
        **found,
        "certificaten": list(await asyncio.to_thread(certificates_due, settings, desk.clock())),
    }


def certificates_due(settings: NodeSettings, now: datetime) -> tuple[str, ...]:
    """What somebody should do about our certificates and revocation lists, one line each; empty when all is well."""
    return due_of(settings.certificates, settings.oin, now)


def counted(tx: Tx, desk: Desk) -> dict[str, Any]:
    """What one look at the database tells."""
    signal_counts, match_counts = signals.counts(tx), matches.counts(tx)
    wishes, wishes_aside = outbox.count(tx)
    waiting, under_way, errands_aside = errands.count(tx)
    letters, letters_wait, letters_aside = sealed.count(tx)
    stands = mailbox.read(tx)
    head = tx.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    return {
        "signalen": {"actief": signal_counts[State.ACTIVE], "archief": signal_counts[State.ARCHIVED]},
        "matches": {
            **{kind.value: number for kind, number in match_counts.living.items()},
            "geeindigd": match_counts.ended,
        },
        "matchregels": {
            "gezin": desk.rules.family,
            "adres": desk.rules.address,
            "zelfdeLocatie": desk.rules.same_location,
            "toegepast": rules_hold(tx, desk),
        },
        "personen": {"register": people.count(tx), "ontbreekt": len(youths.unknown(tx, UNKNOWN_SHOWN))},
        "uitgaand": {
            "wensen": wishes,
            "wachtend": waiting,
            "onderweg": under_way,
            "terzijde": wishes_aside + errands_aside + letters_aside,
            "verzegeld": letters,
            "verzegeldZonderSleutel": letters_wait,
        },
        "imports": [
            {"nummer": run.number, "gepauzeerd": run.state is RunState.PAUSED, "wachtend": run.left}
            for run in imports.waiting(tx)
        ],
        "brievenbus": {
            "nummer": stands.cursor.number if stands.cursor else None,
            "opgehaaldOp": _moment(stands.collected_at),
            "vergelijkingNodig": stands.comparison_due,
            "teruggezet": stands.node_restored,
        },
        "wacht": {side.value: _hold(tx, side) for side in Side},
        "klokverschilSeconden": holds.clock_differs(tx),
        "afsprakenEindigen": [
            {
                "organisatie": organisations.get(tx, one.agreement.organisation).name,
                "gemeente": one.agreement.gemeente,
                "eindigtOp": one.ends.isoformat(),
                "nogDagen": one.days_left,
                "herinnering": one.reminder,
            }
            for one in ending(organisations.every_agreement(tx), desk.today())
        ],
        "alarmen": [
            {"nummer": alarm.number, "op": _moment(alarm.at), "soort": alarm.kind.value, "over": alarm.about}
            for alarm in holds.alarms(tx)
        ],
        "taken": [
            {
                "naam": job.name,
                "gestartOp": _moment(job.started_at),
                "klaarOp": _moment(job.finished_at),
                "uitkomst": job.outcome,
                "fout": job.error,
                "keren": job.runs,
                "mislukt": job.failures,
                "gemist": job.missed,
            }
            for job in jobs.every(tx)
        ],
        "audit": {"regels": head["number"], "kop": head["hash"].hex()} if head else {"regels": 0, "kop": ""},
    }


def _hold(tx: Tx, side: Side) -> dict[str, Any] | None:
    hold = holds.hold(tx, side)
    if hold is None:
        return None
    return {
        "sinds": _moment(hold.since),
        "totEnMet": _moment(hold.not_before),
        "pogingen": hold.tries,
        "reden": hold.reason,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None
