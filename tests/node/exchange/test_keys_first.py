"""A card leaves only when everyone can look up the key under it, whatever came in between."""

import os

from certs.statements import KeyKind
from soap_wsdl.vocabulary import GetDirectory, PublishKeys, RegisterSignals
from tests.rehearsal import Party, Rehearsal


async def serial_at_hub(party: Party) -> int | None:
    """The serial of the key statement that the hub's directory has of this region."""
    answer = await party.hub.get_directory(GetDirectory())
    [statement] = [region.key_statement for region in answer.regions if region.oin == party.oin]
    return None if statement is None else int(statement.statement.split(b'"serial":')[1].split(b"}")[0].split(b",")[0])


async def test_a_new_card_key_is_published_before_a_card_under_it_leaves(rehearsal: Rehearsal) -> None:
    """The job that publishes keys had not run, or found no hub: the other region would refuse the card for good."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn = rehearsal.bsn()
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), bsn)
    await haaglanden.deliver()
    amsterdam.exchange.region_keys.new(KeyKind.CARD, amsterdam.now(), os.urandom)

    ours = await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await rehearsal.settle()

    sent = [type(each) for each in amsterdam.hub.trouble.sent]
    assert sent[-1 - sent[::-1].index(PublishKeys) :].count(RegisterSignals) == 1
    assert haaglanden.alarms() == []
    assert len(amsterdam.living(ours)) == len(haaglanden.living(theirs)) == 1


async def test_a_hub_that_was_put_back_gets_the_keys_again_that_it_forgot(rehearsal: Rehearsal) -> None:
    """What a node itself verified before does not count as what the hub has."""
    amsterdam = await rehearsal.region("amsterdam")
    bsn = rehearsal.bsn()
    await amsterdam.signal(amsterdam.professional("Visser"), bsn)
    await rehearsal.settle()
    before = await serial_at_hub(amsterdam)

    rehearsal.hub.put_back(None)
    forgotten = await serial_at_hub(amsterdam)
    await rehearsal.settle(5)
    utrecht = await rehearsal.region("utrecht")
    theirs = await utrecht.signal(utrecht.professional("Smit"), bsn)
    await rehearsal.settle()

    assert (before, forgotten) == (1, None)
    assert await serial_at_hub(amsterdam) == 2
    assert utrecht.alarms() == []
    assert len(utrecht.living(theirs)) == 1
