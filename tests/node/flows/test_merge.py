"""Organisations and locations that go into one another: nothing is left behind, and everything is found (O8)."""

from datetime import date

import pytest

from ledger import Tx
from node.domain.errors import FieldNotFit, NotAllowed, OrganisationUnknown
from node.domain.matching import Match
from node.domain.rights import Held, Role
from node.domain.signal import Signal
from node.flows.import_lists import import_professionals
from node.flows.look import own_signals
from node.flows.merge import merge_locations, merge_organisations
from node.flows.register_signal import register_signal
from node.people.profiles import read_profiles
from node.store import humans, organisations, professionals, roles
from node.store.organisations import Unit
from node.store.outbox import Intent
from tests.node.flows.test_people_and_organisations import coordinator, holder, last_line, shown, wishes
from tests.region import World, made_up_bsn

YOUTH, OTHER = (made_up_bsn(n) for n in range(2))
TODAY = date(2026, 3, 10)


def living(world: World, signal: Signal) -> list[Match]:
    """The matches of a signal that have not ended."""
    return [match for match in shown(world, signal) if match.ended_on is None]


def place_of(world: World, name: str, location: str) -> str:
    """The id of a location."""

    def look(tx: Tx) -> str:
        return str(organisations.find_unit(tx, Unit.LOCATION, location, organisations.named(tx, name).id))

    return world.desk.db.read_now(look)


async def test_an_organisation_goes_into_another_with_all_it_has(world: World) -> None:
    """People, signals and agreements go along; the old name is history, and still finds it."""
    anna = world.professional("Anna", organisation="Stek", location="Noord")
    world.professional("Bram", organisation="Levvel", location="Zuid", agreed=False)
    signal = (await register_signal(world.desk, anna, YOUTH)).signal
    regio = holder(world, "Rik", Held(Role.REGIOBEHEERDER))

    assert await merge_organisations(world.desk, regio, "Stek", "Levvel") == 1

    levvel = world.desk.db.read_now(lambda tx: organisations.named(tx, "Stek"))
    assert levvel.name == "Levvel"
    assert [one.name for one in world.desk.db.read_now(organisations.every)] == ["Levvel"]
    names = world.desk.db.read_now(lambda tx: organisations.names(tx, Unit.ORGANISATION, levvel.id))
    assert [(one.name, one.valid_until) for one in names] == [("Stek", TODAY), ("Levvel", None)]
    [seen] = await own_signals(world.desk, anna)
    assert seen.signal == signal
    contact = world.desk.db.read_now(lambda tx: professionals.get(tx, anna)).contact
    assert (contact.organisation, contact.location) == ("Levvel", "Noord")
    await register_signal(world.desk, anna, OTHER)
    assert wishes(world)[:2] == [(signal.id, Intent.OFFER), (signal.id, Intent.CHANGE)]
    assert (last_line(world, "merged")["professionals"], last_line(world, "merged")["signals"]) == (1, 1)


async def test_locations_of_one_name_become_one_and_colleagues_there_meet_no_more(world: World) -> None:
    """As the region's rule is for one location."""
    anna, bram = (
        world.professional(who, organisation=name, location="Noord")
        for who, name in (("Anna", "Stek"), ("Bram", "Levvel"))
    )
    first, second = [(await register_signal(world.desk, who, YOUTH)).signal for who in (anna, bram)]
    assert len(living(world, second)) == 1

    await merge_organisations(world.desk, holder(world, "Rik", Held(Role.REGIOBEHEERDER)), "Stek", "Levvel")

    assert (living(world, first), living(world, second)) == ([], [])
    assert world.rows("location") == 1
    assert world.rows("agreement") == 2


async def test_roles_lead_to_the_one_that_stays_and_none_is_held_twice(world: World) -> None:
    """For the organisation and for a location of it."""
    world.professional("Anna", organisation="Stek", location="Noord")
    world.professional("Bram", organisation="Levvel", location="Noord")
    every = world.desk.db.read_now(organisations.every)
    ids = {one.name: str(one.id) for one in every}
    holder(
        world,
        "Karin",
        Held(Role.INSTELLINGSCOORDINATOR, ids["Levvel"]),
        Held(Role.INSTELLINGSCOORDINATOR, ids["Stek"]),
        Held(Role.LOCATIEBEHEERDER, place_of(world, "Stek", "Noord")),
    )

    await merge_organisations(world.desk, holder(world, "Rik", Held(Role.REGIOBEHEERDER)), "Stek", "Levvel")

    held = world.desk.db.read_now(lambda tx: roles.held(tx, humans.find(tx, "Karin"), TODAY))
    assert held == [
        Held(Role.INSTELLINGSCOORDINATOR, ids["Levvel"]),
        Held(Role.LOCATIEBEHEERDER, place_of(world, "Levvel", "Noord")),
    ]


async def test_lists_that_use_the_old_name_find_the_same_organisation(world: World) -> None:
    """A list made before the merger changes nobody's organisation."""
    world.professional("Anna", organisation="Stek", location="Noord")
    world.professional("Bram", organisation="Levvel")
    await merge_organisations(world.desk, holder(world, "Rik", Held(Role.REGIOBEHEERDER)), "Stek", "Levvel")
    lines = [
        "kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email\n",
        "Anna;Stek;jeugdhulpaanbieder;wijkteam;Noord;jeugdhulpverlener;Anna;020 1234567;anna@example.nl\n",
    ]

    report = await import_professionals(world.desk, read_profiles(lines)[0])

    assert (report.changed, report.refused) == (0, ())


async def test_a_location_goes_into_another_of_its_organisation(world: World) -> None:
    """By who coordinates there."""
    anna = world.professional("Anna", organisation="Levvel", location="Noord")
    world.professional("Bram", organisation="Levvel", location="Zuid")

    await merge_locations(world.desk, coordinator(world), "Levvel", "Noord", "Zuid")

    assert world.desk.db.read_now(lambda tx: professionals.get(tx, anna)).contact.location == "Zuid"
    assert place_of(world, "Levvel", "Noord") == place_of(world, "Levvel", "Zuid")


async def test_it_takes_the_right_at_both(world: World) -> None:
    """Nobody takes over another organisation; and nothing goes into itself."""
    world.professional("Anna", organisation="Stek")
    world.professional("Bram", organisation="Levvel")
    regio = holder(world, "Rik", Held(Role.REGIOBEHEERDER))

    for pair in (("Stek", "Levvel"), ("Levvel", "Stek")):
        with pytest.raises(NotAllowed):
            await merge_organisations(world.desk, coordinator(world), *pair)
    with pytest.raises(FieldNotFit):
        await merge_organisations(world.desk, regio, "Stek", "Stek")
    with pytest.raises(OrganisationUnknown):
        await merge_organisations(world.desk, regio, "Niemand", "Stek")
    assert world.rows("organisation") == 2
