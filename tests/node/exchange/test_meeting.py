"""Two regions signal the same youth and meet, once, on both sides."""

from node.domain.matching import MatchKind
from tests.rehearsal import Rehearsal


async def test_two_regions_that_signal_one_youth_meet(rehearsal: Rehearsal) -> None:
    """Architecture 4: A sees it in the answer to the delivery, B with the next collection."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await haaglanden.deliver()

    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    report = await amsterdam.deliver()
    await haaglanden.collect()

    assert report.holding is None
    [seen] = amsterdam.living(ours)
    [heard] = haaglanden.living(theirs)
    assert (seen.kind, seen.region, seen.contact and seen.contact.name) == (MatchKind.CLIENT, "haaglanden", "Bakker")
    assert heard.contact is not None
    assert heard.contact.name == "Visser"
    assert heard.valid_until == ours.valid_until
    assert amsterdam.alarms() == haaglanden.alarms() == []
