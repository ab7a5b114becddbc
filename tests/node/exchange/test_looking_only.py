"""A signal that ends right after another region was met may have been a question: it is counted."""

from node.domain.signal import EndReason
from tests.rehearsal import Rehearsal


async def test_a_signal_that_ends_within_a_day_of_a_match_elsewhere_counts(rehearsal: Rehearsal) -> None:
    """Protocol 1.5: also as "the risk is gone", and also long after it was made; a day later it does not."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    who = amsterdam.professional("Visser")
    first, second = rehearsal.bsn(), rehearsal.bsn()
    ours, other = await amsterdam.signal(who, first), await amsterdam.signal(who, second)
    await rehearsal.settle()
    rehearsal.later(days=40)
    for bsn in (first, second):
        await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await rehearsal.settle()
    met = [len(amsterdam.matches(signal)) for signal in (ours, other)]

    rehearsal.later(hours=3)
    await amsterdam.end(who, ours, EndReason.RISICO_WEG)
    rehearsal.later(hours=22)
    await amsterdam.end(who, other, EndReason.RISICO_WEG)

    assert met == [1, 1]
    assert amsterdam.rows("SELECT professional_id FROM taken_back") == [(str(who),)]
