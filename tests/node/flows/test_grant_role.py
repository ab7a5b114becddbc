"""A role is asked by one, confirmed by another, and received by a third."""

from datetime import date

import pytest

from node.domain.errors import (
    AlreadyHolds,
    FieldNotFit,
    NotAllowed,
    PersonUnknown,
    RequestUnknown,
    RolesClash,
    TwoPeopleNeeded,
)
from node.domain.rights import Held, Role
from node.flows.grant_role import Where, ask_role, confirm_role, end_role
from node.store import humans, organisations, roles
from tests.region import World

TODAY = date(2026, 3, 10)


def held(world: World, who: str) -> list[Held]:
    """The roles of somebody today."""
    return world.desk.db.read_now(lambda tx: roles.held(tx, humans.find(tx, who), TODAY))


async def granted(world: World, role: Role, to: str, where: Where | None = None) -> int:
    """A role granted by the two regiobeheerders."""
    number = await ask_role(world.desk, "rik", to, role, where or Where())
    await confirm_role(world.desk, "sara", number)
    return number


@pytest.fixture
async def region(world: World) -> World:
    """A region with two regiobeheerders, named at the command line by two others."""
    for name in ("rik", "sara"):
        number = await ask_role(world.desk, "bouwer een", name, Role.REGIOBEHEERDER, Where())
        await confirm_role(world.desk, "bouwer twee", number)
    return world


async def test_the_first_two_regiobeheerders_are_named_by_two_others_and_after_that_it_takes_the_role(
    region: World,
) -> None:
    """B2: a way in that closes behind whoever used it."""
    assert held(region, "rik") == held(region, "sara") == [Held(Role.REGIOBEHEERDER)]
    with pytest.raises(NotAllowed):
        await ask_role(region.desk, "bouwer een", "tom", Role.REGIOBEHEERDER, Where())
    with pytest.raises(PersonUnknown):
        await ask_role(region.desk, "niemand", "tom", Role.REGIOBEHEERDER, Where())

    await granted(region, Role.REGIOBEHEERDER, "tom")
    assert held(region, "tom") == [Held(Role.REGIOBEHEERDER)]


async def test_one_person_grants_nothing(region: World) -> None:
    """Neither the same one twice, nor one to oneself, nor a receiver who confirms; and nothing is held meanwhile."""
    number = await ask_role(region.desk, "rik", "tom", Role.LOGBEHEERDER, Where())
    assert held(region, "tom") == []
    with pytest.raises(TwoPeopleNeeded):
        await confirm_role(region.desk, "rik", number)
    with pytest.raises(TwoPeopleNeeded):
        await ask_role(region.desk, "rik", "rik", Role.LOGBEHEERDER, Where())
    own = await ask_role(region.desk, "rik", "sara", Role.LOGBEHEERDER, Where())
    with pytest.raises(TwoPeopleNeeded):
        await confirm_role(region.desk, "sara", own)

    await confirm_role(region.desk, "sara", number)
    assert held(region, "tom") == [Held(Role.LOGBEHEERDER)]
    with pytest.raises(RequestUnknown):
        await confirm_role(region.desk, "sara", number)


async def test_one_regiobeheerder_ends_no_others_role_alone(region: World) -> None:
    """B2: the first asks, however often; the holder or a logbeheerder confirms, and nobody without a role does."""
    sara = region.desk.db.read_now(lambda tx: roles.standing(tx, humans.find(tx, "sara"))[0].number)
    await granted(region, Role.LOGBEHEERDER, "lars")
    await granted(region, Role.ACCOUNTHOUDER, "gerda", Where(gemeente="0363"))
    for who in ("lars", "gerda"):
        with pytest.raises(NotAllowed):
            await end_role(region.desk, who, sara)

    assert [await end_role(region.desk, "rik", sara) for _ in range(2)] == [False, False]
    assert held(region, "sara") == [Held(Role.REGIOBEHEERDER)]
    with pytest.raises(NotAllowed):
        await end_role(region.desk, "gerda", sara)
    assert await end_role(region.desk, "lars", sara)
    assert held(region, "sara") == []
    assert [event for event in region.events() if "nd" in event][-2:] == ["role.endAsked", "role.ended"]


async def test_a_regiobeheerder_goes_with_another_who_agrees(region: World) -> None:
    """Whoever asked first: the holder, or the other."""
    await granted(region, Role.REGIOBEHEERDER, "tom")
    rik, sara, _ = (grant.number for grant in region.desk.db.read_now(roles.every))

    assert [await end_role(region.desk, who, sara) for who in ("sara", "tom")] == [False, True]
    assert [await end_role(region.desk, who, rik) for who in ("tom", "rik")] == [False, True]
    assert (held(region, "rik"), held(region, "tom")) == ([], [Held(Role.REGIOBEHEERDER)])


async def test_a_request_is_withdrawn_by_one(region: World) -> None:
    """Nothing was held yet."""
    number = await ask_role(region.desk, "rik", "tom", Role.REGIOBEHEERDER, Where())

    assert await end_role(region.desk, "rik", number)


async def test_each_step_stands_in_the_log_by_numbers_alone(region: World) -> None:
    """Who asked, who confirmed, who ended; no names."""
    await end_role(region.desk, "sara", await granted(region, Role.LOGBEHEERDER, "tom"))

    assert region.events()[-3:] == ["role.asked", "role.granted", "role.ended"]
    assert held(region, "tom") == []
    lines = region.desk.db.read_now(lambda tx: tx.all("SELECT fields FROM audit"))
    assert not any(name in row["fields"] for row in lines for name in ("rik", "sara", "tom", "bouwer"))


async def test_a_coordinator_grants_only_at_the_own_organisation(region: World) -> None:
    """O1: locatiebeheerders of its locations; a second person confirms, who may do so as well."""
    region.professional("Anna", organisation="Levvel", location="Noord")
    region.professional("Bram")
    await granted(region, Role.INSTELLINGSCOORDINATOR, "karin", Where("Levvel"))
    number = await ask_role(region.desk, "karin", "Anna", Role.LOCATIEBEHEERDER, Where("Levvel", "Noord"))
    await confirm_role(region.desk, "sara", number)
    location = region.desk.db.read_now(
        lambda tx: organisations.find_unit(
            tx, organisations.Unit.LOCATION, "Noord", organisations.named(tx, "Levvel").id
        )
    )

    assert held(region, "Anna") == [Held(Role.LOCATIEBEHEERDER, str(location))]
    with pytest.raises(NotAllowed):
        await ask_role(region.desk, "karin", "tom", Role.LOCATIEBEHEERDER, Where("Stichting Bram", "Hoofdkantoor"))
    with pytest.raises(NotAllowed):
        await ask_role(region.desk, "karin", "tom", Role.INSTELLINGSCOORDINATOR, Where("Levvel"))


async def test_who_runs_the_node_gets_no_role_that_sees_contents_and_the_other_way_round(region: World) -> None:
    """B2: also not when the second role was only asked for, or comes with a profile."""
    region.professional("Anna")
    with pytest.raises(RolesClash):
        await ask_role(region.desk, "rik", "Anna", Role.REGIOBEHEERDER, Where())
    with pytest.raises(RolesClash):
        await ask_role(region.desk, "rik", "sara", Role.COORDINATOR, Where(gemeente="0363"))
    number = await ask_role(region.desk, "rik", "tom", Role.REGIOBEHEERDER, Where())
    with pytest.raises(RolesClash):
        await ask_role(region.desk, "rik", "tom", Role.PRIVACY_OFFICER, Where(gemeente="0363"))
    region.professional("tom")
    with pytest.raises(RolesClash):
        await confirm_role(region.desk, "sara", number)


@pytest.mark.parametrize(
    ("role", "where"),
    [
        (Role.REGIOBEHEERDER, Where(gemeente="0363")),
        (Role.COORDINATOR, Where()),
        (Role.ACCOUNTHOUDER, Where("Levvel")),
        (Role.LOCATIEBEHEERDER, Where("Levvel")),
        (Role.PROFESSIONAL, Where()),
        (Role.MATCHREGISSEUR, Where()),
    ],
)
async def test_a_role_is_granted_for_the_kind_of_place_it_has(region: World, role: Role, where: Where) -> None:
    """Those that come with a profile or a match are not granted at all."""
    with pytest.raises(FieldNotFit):
        await ask_role(region.desk, "rik", "tom", role, where)


async def test_the_same_role_for_the_same_place_is_granted_once(region: World) -> None:
    """A gemeente that was merged is the one that took over."""
    await granted(region, Role.COORDINATOR, "tom", Where(gemeente="0363"))

    with pytest.raises(AlreadyHolds):
        await ask_role(region.desk, "rik", "tom", Role.COORDINATOR, Where(gemeente="0457"))
