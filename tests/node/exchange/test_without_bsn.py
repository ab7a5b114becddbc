"""Youths without a BSN across regions: possible matches over the hub, and what follows when the BSN appears."""

from datetime import date, timedelta

import pytest

from node.domain.brp import Sex
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.matching import HowEnded, MatchKind
from node.domain.person import BirthDate, Vsn
from node.domain.professional import PersonNumber
from node.domain.signal import EndReason, ProfessionalId, Signal
from node.flows.change_contact import NewContact, change_contact
from node.flows.give_bsn import give_bsn
from node.flows.read_archive import list_archive
from node.flows.reconcile import reconcile
from node.flows.register_without_bsn import register_without_bsn
from node.flows.rekey import rekey
from node.flows.remove_by_request import remove_by_request
from node.flows.restore import copy_deletions, replay_deletions
from node.store import professionals
from soap_wsdl.vocabulary import EvaluateBlinded, EvaluateBlindedResponse
from tests.region import officer
from tests.rehearsal import TODAY, Party, Rehearsal

VSN = Vsn.of("de Vries", BirthDate(2012, 5, 1), Sex.FEMALE, TODAY)
SAID = Confirmation(BirthDate(2012, 5, 1), "Vri")


async def without(party: Party, who: ProfessionalId, vsn: Vsn = VSN) -> Signal:
    """A professional signals a youth without a BSN."""
    return (await register_without_bsn(party.desk, who, vsn)).signal


async def numbered(party: Party, signal: Signal, bsn: Bsn) -> Signal:
    """The BSN appears."""
    return (await give_bsn(party.desk, signal.professional, signal.id, bsn, SAID)).signal


async def a_possible_match(rehearsal: Rehearsal) -> tuple[Party, Party, Signal, Signal]:
    """Two regions, two professionals, one set of three attributes."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    ours = await without(amsterdam, amsterdam.professional("Visser"))
    theirs = await without(haaglanden, haaglanden.professional("Bakker"))
    await rehearsal.settle()
    return amsterdam, haaglanden, ours, theirs


def shown(party: Party, signal: Signal) -> list[tuple[MatchKind, bool, HowEnded | None]]:
    """The matches of a signal, oldest first: on what ground, whether only possible, and how it ended."""
    return sorted(
        ((match.kind, match.possible, match.how) for match in party.matches(signal)), key=lambda each: not each[1]
    )


POSSIBLE, CERTAIN = (MatchKind.CLIENT, True, None), (MatchKind.CLIENT, False, None)
LAPSED = (MatchKind.CLIENT, True, HowEnded.ANNULLED)


def purposes(party: Party) -> list[tuple[str, str]]:
    """The records of a region: purpose, and what the hub holds of it."""
    return [(row[0], row[1]) for row in party.rows("SELECT purpose, told_state FROM hub_record ORDER BY purpose")]


async def test_both_regions_see_a_possible_match(rehearsal: Rehearsal) -> None:
    """Besluit Jeugdwet 7.3.1 over the hub, in a namespace of its own; with who to call, and no family."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)

    assert (shown(amsterdam, ours), shown(haaglanden, theirs)) == ([POSSIBLE], [POSSIBLE])
    [match] = amsterdam.living(ours)
    assert match.contact is not None
    assert match.contact.name == "Bakker"
    assert purposes(amsterdam) == [("vsn", "live")]


async def test_a_youth_with_a_bsn_in_another_region_is_not_met(rehearsal: Rehearsal) -> None:
    """The hub compares two namespaces with themselves only."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    theirs = await haaglanden.signal(haaglanden.professional("Bakker"), haaglanden.person(rehearsal.bsn()))
    ours = await without(amsterdam, amsterdam.professional("Visser"))
    await rehearsal.settle()

    assert (amsterdam.matches(ours), haaglanden.matches(theirs)) == ([], [])


@pytest.mark.parametrize(
    ("reason", "how"), [(EndReason.RISICO_WEG, HowEnded.ENDED), (EndReason.ONTERECHT, HowEnded.ANNULLED)]
)
async def test_an_ending_reaches_the_other_side(rehearsal: Rehearsal, reason: EndReason, how: HowEnded) -> None:
    """As of any match; the hub keeps nothing of it, not even in its archive."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    await amsterdam.end(ours.professional, ours, reason)
    await rehearsal.settle()
    late = await without(haaglanden, haaglanden.professional("Smit"))
    await rehearsal.settle()
    rehearsal.later(minutes=16)

    assert shown(haaglanden, theirs)[0] == (MatchKind.CLIENT, True, how)
    assert purposes(amsterdam) == [("vsn", "gone")]
    assert await list_archive(haaglanden.desk, late.professional, late.id) == []
    assert (await reconcile(amsterdam.exchange)).differences == ()


async def test_removed_at_request_is_annulled_everywhere(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(1)."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    await remove_by_request(amsterdam.desk, officer(amsterdam), ours.id, EndReason.AVG17)
    await rehearsal.settle()

    assert shown(haaglanden, theirs) == [LAPSED]
    assert amsterdam.rows("SELECT count(*) FROM youth") == [(0,)]
    assert amsterdam.rows("SELECT DISTINCT input, subject FROM hub_record") == [(None, None)]


async def test_contact_data_that_change_reach_a_possible_match(rehearsal: Rehearsal) -> None:
    """O3."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    person = PersonNumber(amsterdam.db.read_now(lambda tx: professionals.get(tx, ours.professional)).person)
    await change_contact(amsterdam.desk, person, str(ours.professional), NewContact(phone="020 7654321"))
    await rehearsal.settle()

    [match] = haaglanden.living(theirs)
    assert match.contact is not None
    assert (match.contact.phone, match.possible) == ("020 7654321", True)


async def test_when_the_bsn_appears_both_sides_lose_the_possible_match_and_meet_anew(rehearsal: Rehearsal) -> None:
    """The record without a BSN is annulled; youth and family are offered, and whoever is near them is met."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    mother, child = rehearsal.bsn(), rehearsal.bsn()
    amsterdam.person(child, parents=(mother,))
    same = await haaglanden.signal(haaglanden.professional("Mulder"), child)
    sister = haaglanden.person(rehearsal.bsn(), parents=(mother,))
    near = await haaglanden.signal(haaglanden.professional("Smit"), sister)
    await rehearsal.settle()
    moved = await numbered(amsterdam, ours, child)
    await rehearsal.settle()

    assert shown(haaglanden, theirs) == [LAPSED]
    assert [match.kind for match in haaglanden.living(same)] == [MatchKind.CLIENT]
    assert [match.kind for match in haaglanden.living(near)] == [MatchKind.FAMILY]
    assert sorted(match.kind.value for match in amsterdam.living(moved)) == ["client", "family"]
    assert purposes(amsterdam) == [("parent", "live"), ("vsn", "gone"), ("youth", "live")]
    assert (moved.made_at, moved.valid_until) == (ours.made_at, ours.valid_until)
    assert (await reconcile(amsterdam.exchange)).differences == ()


async def test_what_was_possible_becomes_certain_once(rehearsal: Rehearsal) -> None:
    """Both get the same BSN: one match of the same youth on each side, and one line that it was told."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    child = rehearsal.bsn()
    for party, signal in ((amsterdam, ours), (haaglanden, theirs)):
        party.person(child)
        await numbered(party, signal, child)
        await rehearsal.settle()

    for party, signal in ((amsterdam, ours), (haaglanden, theirs)):
        assert shown(party, signal) == [LAPSED, CERTAIN]
        told = party.rows("SELECT fields ->> 'kind' FROM audit WHERE event = 'match.heard' ORDER BY number")
        assert told == [("possible",), ("client",)]
        assert party.alarms() == []


async def test_an_archived_signal_of_another_region_speaks_then(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(2): from this moment it is a signal about that youth."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    child = amsterdam.person(rehearsal.bsn())
    bakker = haaglanden.professional("Bakker")
    await haaglanden.end(bakker, await haaglanden.signal(bakker, child))
    ours = await without(amsterdam, amsterdam.professional("Visser"))
    await rehearsal.settle()
    await numbered(amsterdam, ours, child)
    await rehearsal.settle()
    rehearsal.later(minutes=16)

    assert len(await list_archive(amsterdam.desk, ours.professional, ours.id)) == 1


async def test_the_bsn_appears_while_the_service_is_away(rehearsal: Rehearsal) -> None:
    """Taking back needs no tag, so the other region hears at once that the possible match lapsed; the rest follows."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    child = amsterdam.person(rehearsal.bsn())
    amsterdam.service.trouble.cut = 1
    await numbered(amsterdam, ours, child)
    await amsterdam.deliver()
    await haaglanden.collect()
    early = shown(haaglanden, theirs)
    rehearsal.later(hours=1)
    await rehearsal.settle()

    assert early == [LAPSED]
    assert purposes(amsterdam) == [("vsn", "gone"), ("youth", "live")]


async def test_the_bsn_appears_before_anything_left(rehearsal: Rehearsal) -> None:
    """The hub never hears of the three attributes."""
    amsterdam = await rehearsal.region("amsterdam")
    ours = await without(amsterdam, amsterdam.professional("Visser"))
    await numbered(amsterdam, ours, amsterdam.person(rehearsal.bsn()))
    await rehearsal.settle()

    assert purposes(amsterdam) == [("youth", "live")]


async def test_a_new_epoch_and_a_restored_hub_keep_possible_matches(rehearsal: Rehearsal) -> None:
    """Rekey brings them over as youth records, everything again after a new seed, and nobody is told twice."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    copy = rehearsal.hub.back_up()
    rehearsal.epoch("2027", TODAY + timedelta(days=30), date(2028, 2, 1))
    rehearsal.moment += timedelta(days=31)
    for party in (amsterdam, haaglanden):
        await rekey(party.exchange)
    await rehearsal.settle()
    epochs = amsterdam.rows("SELECT epoch FROM hub_entry ORDER BY epoch")
    rehearsal.hub.put_back(copy)
    await rehearsal.settle(5)

    assert epochs == [("2026",), ("2027",)]
    assert (shown(amsterdam, ours), shown(haaglanden, theirs)) == ([POSSIBLE], [POSSIBLE])
    assert (await reconcile(amsterdam.exchange)).differences == ()


async def test_a_restored_node_ends_again_what_was_ended_since(rehearsal: Rehearsal) -> None:
    """B18: the ledger of deletions is replayed; nothing of the three attributes comes back."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    copy = amsterdam.back_up()
    await amsterdam.end(ours.professional, ours, EndReason.ONTERECHT)
    await rehearsal.settle()
    await copy_deletions(amsterdam.exchange)
    amsterdam.put_back(copy)
    await replay_deletions(amsterdam.exchange)
    await rehearsal.settle()

    assert amsterdam.rows("SELECT count(*) FROM youth") == [(0,)]
    assert shown(haaglanden, theirs) == [LAPSED]


async def test_the_bsn_appears_while_the_tag_is_being_asked_for(rehearsal: Rehearsal) -> None:
    """What was laid out without the number is taken back by the next run: nothing of it stays at the hub."""
    amsterdam = await rehearsal.region("amsterdam")
    ours = await without(amsterdam, amsterdam.professional("Visser"))
    child = amsterdam.person(rehearsal.bsn())
    asked = amsterdam.service.evaluate_blinded

    async def meanwhile(message: EvaluateBlinded) -> EvaluateBlindedResponse:
        answer = await asked(message)
        if not youths_numbered(amsterdam):
            await numbered(amsterdam, ours, child)
        return answer

    amsterdam.service.evaluate_blinded = meanwhile  # type: ignore[method-assign]
    await rehearsal.settle()

    kept = amsterdam.rows("SELECT purpose, wanted, input IS NULL FROM hub_record ORDER BY purpose")
    assert kept == [("vsn", "gone", 1), ("youth", "live", 0)]
    assert (await reconcile(amsterdam.exchange)).differences == ()


def youths_numbered(party: Party) -> bool:
    """Whether the one youth here has a number by now."""
    return party.rows("SELECT without_bsn FROM youth") == [(0,)]


async def test_a_node_restored_from_before_the_bsn_heals_when_it_is_given_again(rehearsal: Rehearsal) -> None:
    """The backup does not know the number; given again it is the same record at the hub, and nobody is told twice."""
    amsterdam, haaglanden, ours, theirs = await a_possible_match(rehearsal)
    child = amsterdam.person(rehearsal.bsn())
    same = await haaglanden.signal(haaglanden.professional("Mulder"), child)
    copy = amsterdam.back_up()
    await numbered(amsterdam, ours, child)
    await rehearsal.settle()
    amsterdam.put_back(copy)
    await replay_deletions(amsterdam.exchange)
    await rehearsal.settle()
    await numbered(amsterdam, ours, child)
    await rehearsal.settle()
    report = await reconcile(amsterdam.exchange)
    await rehearsal.settle()

    assert report.differences == ()
    assert (shown(haaglanden, theirs), shown(haaglanden, same)) == ([LAPSED], [CERTAIN])
    assert CERTAIN in shown(amsterdam, ours)
    assert amsterdam.rows("SELECT count(*) FROM errand WHERE refusal IS NOT NULL") == [(0,)]
