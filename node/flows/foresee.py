"""What the nightly run would do now, as counts by fate and article of law: nothing is changed, nobody is named.

The same question of the same rows as ``flows.expire`` asks, and the same rule decides; one look at the database, so
that what it says was true at one moment.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from ledger import Tx
from node.domain import retention
from node.domain.professional import PersonNumber
from node.domain.retention import Fate
from node.flows import authority
from node.flows.desk import Desk
from node.flows.expire import require_sure_clock
from node.store import match_endings, signals


@dataclass(frozen=True, slots=True)
class Foreseen:
    """So many signals would meet this fate, on this ground."""

    fate: Fate
    article: str
    signals: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run on ``day`` would do."""

    day: date
    fates: list[Foreseen]
    matches_ended: int


async def foresee(desk: Desk, by: PersonNumber | None = None) -> Outlook:
    """What the run would do today, by fate and article. Raises ClockInDoubt as the run would.

    ``by`` is who runs the node, where it is asked from afar: raises NotAllowed for who does not.
    """
    await require_sure_clock(desk)

    def question(tx: Tx) -> Outlook:
        if by is not None:
            authority.require_operator(tx, desk, by)
        today = desk.today()
        found: Counter[tuple[Fate, str]] = Counter()
        for signal in signals.all_due(tx, today):
            verdict = retention.fate(signal, today)
            found[verdict.fate, verdict.article] += 1
        fates = [Foreseen(fate, article, many) for (fate, article), many in found.items()]
        fates.sort(key=lambda one: (one.fate.value, one.article))
        return Outlook(today, fates, match_endings.count_due(tx, today))

    return await desk.db.read(question)
