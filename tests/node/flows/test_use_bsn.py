"""Who may not use the BSN signals without it, and is shown it nowhere: Jeugdwet 7.1.4.2(3), P3."""

from dataclasses import replace
from datetime import date

import pytest

from node.domain.brp import Address, Sex
from node.domain.bsn import Bsn
from node.domain.confirming import Confirmation
from node.domain.description import Description
from node.domain.errors import NoBsnRight, NotAllowed, NotDesignated
from node.domain.moves import Gemeenten
from node.domain.person import BirthDate, Person, Vsn
from node.domain.rights import Held, Role
from node.flows.ask_again import ask_again
from node.flows.give_bsn import give_bsn
from node.flows.import_lists import import_organisations
from node.flows.look_at_imports import report_import
from node.flows.read_moves import list_moves, read_move
from node.flows.register_by_name import register_by_name
from node.flows.register_confirmed import register_confirmed
from node.flows.register_signal import register_signal
from node.flows.register_without_bsn import register_without_bsn
from node.flows.renew_signal import renew_signal
from node.flows.use_bsn import set_bsn_right
from node.people.organisation_lists import read_organisations
from node.store import counts, organisations
from soap_wsdl.vocabulary import Oin
from tests.bringing_in import bring_in, listed, operator
from tests.node.flows.test_people_and_organisations import holder, last_line
from tests.region import World, made_up_bsn

YOUTH = made_up_bsn(0)
OWN = Oin("00000099000000000101")
SCHOOL = {"organisation": "De School"}
DESCRIBED = Description("Vries", date(2010, 5, 1), Sex.FEMALE, "1011AB", 12)


def without_right(world: World, name: str = "De School") -> None:
    """An organisation that may not use the BSN."""

    world.desk.db.write_now(lambda tx: organisations.set_bsn_right(tx, organisations.named(tx, name).id, said=False))


def noor(world: World, **other: object) -> Bsn:
    """A youth who can be found by name."""
    home = {"surname": "Vries", "sex": Sex.FEMALE, "address": Address("1011AB", 12)}
    return world.person(YOUTH, "2010-05-01", **{**home, **other})


class Listening:
    """The register, and whom it was asked about."""

    def __init__(self, world: World) -> None:
        self.inner = world.desk.people
        self.asked: list[Bsn] = []
        self.find_all, self.search = self.inner.find_all, self.inner.search

    async def find(self, bsn: Bsn) -> Person | None:
        """As the register answers."""
        self.asked.append(bsn)
        return await self.inner.find(bsn)


async def test_who_may_not_use_the_bsn_signals_by_name(world: World) -> None:
    """P3: with the number it is refused, before the register hears of it; by name it goes as any other."""
    anna = world.professional("Anna", **SCHOOL)
    without_right(world)
    noor(world)
    register = Listening(world)

    with pytest.raises(NoBsnRight):
        await register_signal(replace(world.desk, people=register), anna, YOUTH)
    assert register.asked == []
    assert last_line(world, "signal.refused")["why"] == "NoBsnRight"
    done = await register_by_name(world.desk, anna, DESCRIBED)
    assert done.person_known


async def test_a_file_brings_in_no_number_for_who_may_not_use_it(world: World) -> None:
    """Jeugdwet 7.1.4.2(3) holds however many signals come at once: that line is told, the others become signals."""
    await operator(world.desk)
    world.professional("Anna", **SCHOOL)
    world.professional("Bram")
    without_right(world)

    done = await bring_in(world, listed(("Anna", YOUTH), ("Bram", YOUTH)))

    _, lines = await report_import(world.desk, "rik", done.run.number)
    assert [(each.line, each.kind) for each in lines] == [(2, "NoBsnRight")]


async def test_who_may_not_use_the_bsn_confirms_none_and_gives_none(world: World) -> None:
    """P2, P4: neither at once nor later, before the register is asked and before anything is counted."""
    anna = world.professional("Anna", **SCHOOL)
    without_right(world)
    noor(world)
    register, said = Listening(world), Confirmation(BirthDate(2010, 5, 1), "Vries")
    desk = replace(world.desk, people=register)
    known = Vsn("vries", BirthDate(2010, 5, 1), Sex.FEMALE)
    signal = (await register_without_bsn(desk, anna, known)).signal

    with pytest.raises(NoBsnRight):
        await register_confirmed(desk, anna, YOUTH, said)
    with pytest.raises(NoBsnRight):
        await give_bsn(desk, anna, signal.id, YOUTH, said)

    assert register.asked == []
    assert world.desk.db.read_now(lambda tx: counts.missed_on(tx, anna, world.desk.today())) == 0


async def test_a_signal_by_name_is_renewed_without_the_number(world: World) -> None:
    """Renewing asks for no number, so it asks for no right to one."""
    anna = world.professional("Anna", **SCHOOL)
    without_right(world)
    noor(world)
    first = (await register_by_name(world.desk, anna, DESCRIBED, 6)).signal
    world.later(days=170)

    second = (await renew_signal(world.desk, anna, first.id)).signal

    assert second.youth == first.youth


async def test_who_may_not_signal_at_all_hears_that_first(world: World) -> None:
    """Jeugdwet 7.1.1.2 comes before 7.1.4.2."""
    anna = world.professional("Anna", designated=False, **SCHOOL)
    without_right(world)

    with pytest.raises(NotDesignated):
        await register_signal(world.desk, anna, YOUTH)


async def test_a_move_shows_no_number_to_who_may_not_use_it(world: World) -> None:
    """P3: masked for that user; who to call is there."""
    desk = replace(world.desk, gemeenten=Gemeenten(OWN, {"0363": OWN, "0479": OWN}))
    anna = world.professional("Anna")
    world.professional("Co", organisation="Buurtwerk")
    co = world.granted("Co", Role.COORDINATOR, "0479")
    noor(world, gemeente="0363")
    await register_signal(desk, anna, YOUTH)
    noor(world, gemeente="0479")
    world.later(days=1)
    await ask_again(desk)
    [move] = await list_moves(desk, co)

    assert (await read_move(desk, co, move.id)).shows_bsn
    without_right(world, "Buurtwerk")
    read = await read_move(desk, co, move.id)
    assert (read.shows_bsn, [each.name for each in read.moved.reporters]) == (False, ["Anna"])


async def test_an_accounthouder_says_it_of_an_organisation_with_agreements_there(world: World) -> None:
    """O7: logged, and in force at once; another gemeente has no say."""
    anna = world.professional("Anna", **SCHOOL)
    here, elsewhere = (holder(world, c, Held(Role.ACCOUNTHOUDER, c)) for c in ("0363", "0479"))
    noor(world)

    with pytest.raises(NotAllowed):
        await set_bsn_right(world.desk, elsewhere, "De School", said=False)
    assert await set_bsn_right(world.desk, here, "De School", said=False)
    assert not await set_bsn_right(world.desk, here, "De School", said=False)
    assert (last_line(world, "organisation.bsnRightSet")["may"], world.events().count("organisation.bsnRightSet")) == (
        False,
        1,
    )
    with pytest.raises(NoBsnRight):
        await register_signal(world.desk, anna, YOUTH)
    assert await set_bsn_right(world.desk, here, "De School", said=None)
    await register_signal(world.desk, anna, YOUTH)


async def test_nobody_says_it_of_an_organisation_without_agreements(world: World) -> None:
    """Nobody there signals, so there is nothing to say."""
    world.professional("Anna", agreed=False, **SCHOOL)

    with pytest.raises(NotAllowed):
        await set_bsn_right(
            world.desk, holder(world, "Gerda", Held(Role.ACCOUNTHOUDER, "0363")), "De School", said=True
        )


async def test_the_list_of_organisations_says_it_too(world: World) -> None:
    """Nothing said leaves it as it was, ``categorie`` leaves it to the category; another word is told by line."""
    head = "organisatie;categorie;bsn\n"

    async def after(word: str) -> bool | None:
        lines, refused = read_organisations([head, f"Stek;Halt;{word}\n"])
        assert refused == []
        await import_organisations(world.desk, lines)
        return world.desk.db.read_now(lambda tx: organisations.named(tx, "Stek").bsn_right)

    assert [await after(word) for word in ("", "ja", "", "categorie")] == [None, True, True, None]
    assert [one.line for one in read_organisations([head, "Stek;Halt;misschien\n"])[1]] == [2]
