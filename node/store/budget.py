"""What the pseudonym service last told of our budget: one row."""

from datetime import datetime

from ledger import Tx
from node.domain.days import local_day
from node.domain.importing import BudgetTold
from soap_wsdl.vocabulary import BudgetLeft


def remember(tx: Tx, left: BudgetLeft, asked: int, at: datetime) -> None:
    """The service told this after it evaluated ``asked`` elements. The most of a local day begins anew each day.

    Before they were evaluated there was more, unless an allowance paid: that much the day had at least.
    """
    known = told(tx)
    most = left.today if left.allowance else left.today + asked
    if known is not None and local_day(known.at) == local_day(at):
        most = max(most, known.most_today)
    tx.execute(
        "INSERT INTO budget_told (one, told_at, today, this_month, allowance, most_today) VALUES (1, ?, ?, ?, ?, ?)"
        " ON CONFLICT (one) DO UPDATE SET told_at = excluded.told_at, today = excluded.today,"
        " this_month = excluded.this_month, allowance = excluded.allowance, most_today = excluded.most_today",
        (at.isoformat(), left.today, left.this_month, left.allowance, most),
    )


def told(tx: Tx) -> BudgetTold | None:
    """What it told; None before it told anything."""
    row = tx.one("SELECT told_at, today, this_month, allowance, most_today FROM budget_told")
    if row is None:
        return None
    return BudgetTold(
        datetime.fromisoformat(row["told_at"]), row["today"], row["this_month"], row["allowance"], row["most_today"]
    )
