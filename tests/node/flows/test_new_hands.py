"""A signal in new hands, or of somebody who works elsewhere now: who meets whom, and what the archive offers."""

from node.domain.matching import Match
from node.domain.signal import EndReason, Signal
from node.flows.depart import depart
from node.flows.end_signal import end_signal
from node.flows.import_lists import import_professionals
from node.flows.read_archive import list_archive
from node.flows.register_signal import register_signal
from node.people.profiles import read_profiles
from tests.node.flows.test_people_and_organisations import LEVVEL, coordinator, shown
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
NORTH, SOUTH = {**LEVVEL, "location": "Noord"}, {**LEVVEL, "location": "Zuid"}
HEAD = "kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email\n"
LINE = "Anna;Levvel;jeugdhulpaanbieder;wijkteam;{};jeugdhulpverlener;Anna;020 1234567;anna@example.nl\n"


def living(world: World, signal: Signal) -> list[Match]:
    """The matches of a signal that have not ended."""
    return [match for match in shown(world, signal) if match.ended_on is None]


async def test_colleagues_of_one_location_do_not_stay_matched_after_a_transfer(world: World) -> None:
    """Two of one location do not match, by the region's rule: also when a signal comes there by a transfer."""
    anna, bram = world.professional("Anna", **NORTH), world.professional("Bram", **SOUTH)
    world.professional("Chris", **SOUTH)
    first, second = [(await register_signal(world.desk, who, YOUTH)).signal for who in (anna, bram)]
    assert len(living(world, second)) == 1

    await depart(world.desk, coordinator(world), "Anna", {first.id: "Chris"})

    assert (living(world, first), living(world, second)) == ([], [])


async def test_they_stay_matched_where_the_rules_let_them_meet(world: World) -> None:
    """The rule is a region's own."""
    desk = world.with_rules(same_location=True)
    anna, bram = world.professional("Anna", **NORTH), world.professional("Bram", **SOUTH)
    world.professional("Chris", **SOUTH)
    first, second = [(await register_signal(desk, who, YOUTH)).signal for who in (anna, bram)]

    await depart(desk, coordinator(world), "Anna", {first.id: "Chris"})

    assert [match.contact and match.contact.name for match in living(world, second)] == ["Chris"]


async def test_who_takes_over_is_not_offered_what_they_signalled_before(world: World) -> None:
    """The archive speaks to others: Jeugdwet 7.1.4.6(2), decision 6. What another signalled stays on offer."""
    anna, chris = world.professional("Anna", **LEVVEL), world.professional("Chris", **LEVVEL)
    for who in (chris, world.professional("Dirk")):
        earlier = (await register_signal(world.desk, who, YOUTH)).signal
        await end_signal(world.desk, who, earlier.id, EndReason.RISICO_WEG)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    world.later(minutes=20)
    assert len(await list_archive(world.desk, anna, signal.id)) == 2

    await depart(world.desk, coordinator(world), "Anna", {signal.id: "Chris"})

    assert len(await list_archive(world.desk, chris, signal.id)) == 1


async def test_who_moves_to_another_location_meets_accordingly(world: World) -> None:
    """Together they do not meet; apart they do, and the pair lives again."""
    anna, bram = world.professional("Anna", **NORTH), world.professional("Bram", **SOUTH)
    first, second = [(await register_signal(world.desk, who, YOUTH)).signal for who in (anna, bram)]

    met = []
    for location in ("Zuid", "Noord"):
        report = await import_professionals(world.desk, read_profiles([HEAD, LINE.format(location)])[0])
        assert report.refused == ()
        met.append((len(living(world, first)), len(living(world, second))))

    assert met == [(0, 0), (1, 1)]
