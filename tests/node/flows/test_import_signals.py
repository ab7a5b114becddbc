"""An operator brings in signals from a file: taken in at once, worked through in steps, nothing twice. B11."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from node.domain.bsn import Bsn
from node.domain.confirming import Stand
from node.domain.days import midnight
from node.domain.errors import DoesNotAgree, NoLaterEnd, NotAllowed, PersonUnknown
from node.domain.organisation import Category
from node.domain.person import Person
from node.domain.professional import Contact, Domain
from node.domain.signal import EndReason
from node.flows.complete_youth import complete_youths
from node.flows.confirm_signal import confirm_signal
from node.flows.end_signal import end_signal
from node.flows.extend_signal import extend_signal
from node.flows.look import own_signals
from node.flows.look_at_imports import list_imports, look_at_import, own_imports, report_import
from node.flows.register_signal import register_signal
from node.flows.take_in_signals import cancel_import, digest_of, take_in
from node.flows.try_import import try_import
from node.flows.work_through import work_on
from node.people.lines import Line
from node.people.local import LocalRegister
from node.people.signal_lists import ListedSignal
from node.store import imports, youths
from node.store.imports import LineTold, Outcome, RunState
from node.store.professionals import Profile
from tests.bringing_in import NOOR, bring_in, listed, operator
from tests.leaks import Leak, Search
from tests.region import NOW, RegisterAway, World, made_up_bsn, settled

YOUTH, BROTHER, SISTER, MOTHER = (made_up_bsn(n) for n in range(4))


def found_in(directory: Path, *numbers: Bsn) -> dict[str, set[Leak]]:
    """Where in the files of the database one of these numbers stands, in any shape."""
    search = Search()
    for number in numbers:
        search.number("a number", number.reveal())
    return search.files(*(file for file in directory.iterdir() if file.name.startswith("node.db")))


async def test_lines_become_signals_like_any_other(world: World) -> None:
    """With matches inside the region, the wish for the hub and the same audit line; the professional sees them."""
    await operator(world.desk)
    anna, bram = world.professional("Anna"), world.professional("Bram")
    world.person(YOUTH, parents=(MOTHER,))
    world.person(BROTHER, parents=(MOTHER,))

    done = await take_in(world.desk, "rik", listed(("Anna", YOUTH), ("Bram", YOUTH), ("Bram", BROTHER)))
    step = await work_on(world.desk)

    run = (await look_at_import(world.desk, "rik", done.run.number)).run
    assert (step.lines, run.state, run.made, run.doubles, run.refused) == (3, RunState.DONE, 3, 0, 0)
    assert (run.matches, run.elements) == (2, 6)
    assert sum(len(one.matches) for one in await own_signals(world.desk, anna)) == 2
    assert sum(len(one.matches) for one in await own_signals(world.desk, bram)) == 2
    assert world.rows("outbox") == 3
    assert world.events().count("signal.registered") == 3
    assert [name for name in world.events() if name.startswith("import.")] == ["import.takenIn", "import.done"]
    assert world.nudges


async def test_what_cannot_be_is_told_by_line_and_stops_nothing(world: World) -> None:
    """Jeugdwet 7.1.1.2, 7.1.4.5(2): an import asks what any other signal is asked; a double is counted, no mistake."""
    await operator(world.desk)
    anna = world.professional("Anna")
    world.professional("Bram", designated=False)
    world.professional("Cor", agreed=False)
    world.person(YOUTH)
    world.person(BROTHER, born="2001-01-01")
    await register_signal(world.desk, anna, YOUTH)

    done = await bring_in(
        world,
        listed(
            ("Anna", YOUTH),
            ("Anna", BROTHER),
            ("Bram", YOUTH),
            ("Cor", YOUTH),
            ("Dirk", YOUTH),
            ("Anna", SISTER, date(2026, 3, 11)),
            ("Anna", SISTER, date(2025, 12, 9)),
            ("Anna", SISTER, date(2025, 12, 10)),
            ("Anna", SISTER),
            said=None,
        ),
    )

    seen, lines = await report_import(world.desk, "rik", done.run.number)
    assert (seen.run.made, seen.run.doubles, seen.run.refused) == (1, 2, 6)
    assert [(each.line, each.outcome, each.kind) for each in lines] == [
        (2, Outcome.DOUBLE, "AlreadySignalled"),
        (3, Outcome.REFUSED, "YouthTooOld"),
        (4, Outcome.REFUSED, "NotDesignated"),
        (5, Outcome.REFUSED, "NoAgreement"),
        (6, Outcome.REFUSED, "ProfessionalUnknown"),
        (7, Outcome.REFUSED, "FieldNotFit"),
        (8, Outcome.REFUSED, "FieldNotFit"),
        (10, Outcome.DOUBLE, "AlreadySignalled"),
    ]


async def test_what_a_line_says_of_the_youth_must_agree(world: World) -> None:
    """P2: a mistyped BSN becomes no signal about a stranger; where the register is away it is compared later."""
    await operator(world.desk)
    anna = world.professional("Anna")
    world.person(YOUTH)
    world.person(BROTHER, born="2001-01-01")

    done = await bring_in(world, listed(("Anna", YOUTH), ("Anna", BROTHER), ("Anna", SISTER)))

    [line] = (await report_import(world.desk, "rik", done.run.number))[1]
    assert (line.line, line.outcome, line.kind) == (3, Outcome.REFUSED, "DoesNotAgree")
    shown = await own_signals(world.desk, anna)
    assert {(one.confirmed, one.youth) for one in shown} == {(Stand.CONFIRMED, "Noor de Vries"), (Stand.WAITS, None)}
    world.person(SISTER, born="2011-01-01")
    await complete_youths(world.desk)
    assert Stand.DIFFERS in {one.confirmed for one in await own_signals(world.desk, anna)}


async def test_a_line_that_says_nothing_confirms_nobody(world: World) -> None:
    """P2, P13: who has the number is not shown until the professional says it; a wrong word changes nothing."""
    await operator(world.desk)
    anna = world.professional("Anna")
    world.person(YOUTH)

    await bring_in(world, listed(("Anna", YOUTH), said=None))

    [before] = await own_signals(world.desk, anna)
    assert (before.confirmed, before.youth, before.responsible) == (Stand.UNSAID, None, None)
    with pytest.raises(DoesNotAgree):
        await confirm_signal(world.desk, anna, before.signal.id, replace(NOOR, surname="Jansen"))
    assert (await own_signals(world.desk, anna))[0].confirmed is Stand.UNSAID
    assert await confirm_signal(world.desk, anna, before.signal.id, NOOR) is Stand.CONFIRMED
    [after] = await own_signals(world.desk, anna)
    assert (after.confirmed, after.youth) == (Stand.CONFIRMED, "Noor de Vries")


@dataclass(frozen=True)
class Listening(LocalRegister):
    """A register that remembers of whom it was asked."""

    asked: list[Bsn] = field(default_factory=list)

    async def find_all(self, numbers: Sequence[Bsn]) -> dict[Bsn, Person]:
        """As the local register; and keeps the numbers."""
        self.asked.extend(numbers)
        return await super().find_all(numbers)


async def test_the_register_hears_of_no_number_that_may_not_be_given(world: World) -> None:
    """Jeugdwet 7.1.4.2(2): nor of those of the preventive field, where a region keeps it from signalling."""
    await operator(world.desk)
    world.professional("Anna")
    world.professional("Bram", designated=False)
    contact = Contact("Opvang", Domain.PREVENTIEF_VELD, "opvang", "Noord", "leidster", "Cor", "020 1", "c@example.nl")
    cor = Profile("Cor", "Cor", contact, 12, Category.PREVENTIEF_VELD)
    world.desk.db.write_now(lambda tx: settled(tx, cor, world.desk.new_id))
    register = Listening(world.desk.db, world.desk.vault)
    world.desk = replace(world.desk, people=register, preventive_field=False)

    done = await bring_in(world, listed(("Anna", YOUTH), ("Bram", BROTHER), ("Cor", SISTER), ("Dirk", MOTHER)))

    lines = (await report_import(world.desk, "rik", done.run.number))[1]
    assert register.asked == [YOUTH]
    assert [each.kind for each in lines] == ["NotDesignated", "CategoryNotAllowed", "ProfessionalUnknown"]


async def test_the_term_counts_from_the_day_on_which_it_began(world: World) -> None:
    """Jeugdwet 7.1.4.5(2)a: two years from then, also after extending."""
    await operator(world.desk)
    anna = world.professional("Anna", months=24)
    world.person(YOUTH)
    started = date(2026, 1, 15)

    await bring_in(world, listed(("Anna", YOUTH, started)))

    [seen] = await own_signals(world.desk, anna)
    assert seen.signal.valid_until == date(2028, 1, 15)
    assert seen.signal.made_at == midnight(started)
    world.later(days=200)
    with pytest.raises(NoLaterEnd):
        await extend_signal(world.desk, anna, seen.signal.id, 24)


async def test_a_signal_that_would_be_over_by_its_own_dates_is_refused(world: World) -> None:
    """Jeugdwet 7.1.4.5(2): where a region lets signals begin long ago, their term may be over before they come in."""
    await operator(world.desk)
    world.professional("Anna", months=6)
    world.person(YOUTH)
    world.desk = replace(world.desk, imports=replace(world.desk.imports, days_back=365))

    done = await bring_in(world, listed(("Anna", YOUTH, date(2025, 9, 10))))

    [line] = (await report_import(world.desk, "rik", done.run.number))[1]
    assert (line.kind, world.rows("signal")) == ("TermOver", 0)


async def test_the_same_lines_are_taken_in_once(world: World) -> None:
    """In another order and from another format too; with one more line it is another import, whose rest is double."""
    await operator(world.desk)
    world.professional("Anna")
    first = await bring_in(world, listed(("Anna", YOUTH), ("Anna", BROTHER)))

    again = await take_in(world.desk, "rik", listed(("Anna", BROTHER), ("Anna", YOUTH)))
    more = await bring_in(world, listed(("Anna", BROTHER), ("Anna", YOUTH), ("Anna", SISTER)))

    assert (again.known, again.run.number) == (True, first.run.number)
    assert not more.known
    run = (await look_at_import(world.desk, "rik", more.run.number)).run
    assert (run.made, run.doubles) == (1, 2)
    assert world.rows("signal") == 3


async def test_what_was_ended_since_is_not_made_again_by_the_same_file(world: World) -> None:
    """The file is recognised, not only the signals that it made."""
    await operator(world.desk)
    anna = world.professional("Anna")
    await bring_in(world, listed(("Anna", YOUTH)))
    [seen] = await own_signals(world.desk, anna)
    await end_signal(world.desk, anna, seen.signal.id, EndReason.ONTERECHT)

    await bring_in(world, listed(("Anna", YOUTH)))

    assert (world.rows("signal"), world.rows("import_signal")) == (0, 0)


async def test_the_register_may_be_away(world: World) -> None:
    """The signal is made all the same, and completed later."""
    await operator(world.desk)
    world.professional("Anna")
    world.desk = replace(world.desk, people=RegisterAway())

    await bring_in(world, listed(("Anna", YOUTH)))

    assert len(world.desk.db.read_now(lambda tx: youths.unknown(tx, 10))) == 1


async def test_the_daily_limit_is_for_hands_alone(world: World) -> None:
    """An import is no part of what its professional may make in a day, and does not pass for it."""
    await operator(world.desk)
    anna = world.professional("Anna")
    world.desk = replace(world.desk, limits=replace(world.desk.limits, signals_per_day=1))

    await bring_in(world, listed(("Anna", YOUTH), ("Anna", BROTHER)))
    await register_signal(world.desk, anna, SISTER)

    assert world.rows("signal") == 3


async def test_only_who_runs_the_node_imports(world: World) -> None:
    """B2: a professional does not, nor somebody who is not known; nobody looks either."""
    await operator(world.desk)
    world.professional("Anna")
    lines = listed(("Anna", YOUTH))
    number = (await take_in(world.desk, "rik", lines)).run.number

    with pytest.raises(NotAllowed):
        await take_in(world.desk, "Anna", lines)
    with pytest.raises(PersonUnknown):
        await take_in(world.desk, "nobody", lines)
    with pytest.raises(NotAllowed):
        await cancel_import(world.desk, "Anna", number)
    with pytest.raises(NotAllowed):
        await list_imports(world.desk, "Anna")
    with pytest.raises(NotAllowed):
        await try_import(world.desk, "Anna", lines)


async def test_matches_are_shown_together_by_import(world: World) -> None:
    """To whoever was brought in, and to whoever was there already; only while they live, and only one's own."""
    await operator(world.desk)
    anna, bram, cor = (world.professional(name) for name in ("Anna", "Bram", "Cor"))
    await register_signal(world.desk, anna, YOUTH)
    done = await bring_in(world, listed(("Bram", YOUTH), ("Bram", BROTHER)))

    [of_anna], [of_bram] = await own_imports(world.desk, anna), await own_imports(world.desk, bram)

    assert (of_anna.run, of_anna.signals, len(of_anna.matches)) == (done.run.number, 0, 1)
    assert (of_bram.run, of_bram.signals, len(of_bram.matches)) == (done.run.number, 2, 1)
    assert await own_imports(world.desk, cor) == []
    [own] = await own_signals(world.desk, anna)
    await end_signal(world.desk, anna, own.signal.id, EndReason.RISICO_WEG)
    assert [one.matches for one in await own_imports(world.desk, bram)] == [()]
    assert await own_imports(world.desk, anna) == []


async def test_nothing_of_the_file_is_kept_longer_than_it_takes(world: World, tmp_path: Path) -> None:
    """Numbers lie sealed until their line is done; then no table of an import has anything about a youth."""
    await operator(world.desk)
    world.professional("Anna")
    await take_in(world.desk, "rik", listed(("Anna", YOUTH), ("Dirk", BROTHER)))
    assert world.rows("import_block") == 1
    assert found_in(tmp_path, YOUTH, BROTHER) == {}

    await work_on(world.desk)

    assert world.rows("import_block") == 0
    assert world.desk.db.read_now(lambda tx: imports.lines_told(tx, 1)) == [
        LineTold(3, Outcome.REFUSED, "ProfessionalUnknown", "No such professional in this region.")
    ]


async def test_a_report_is_forgotten_after_a_while(world: World) -> None:
    """With which signals came of it; the signals themselves stay."""
    await operator(world.desk)
    world.professional("Anna")
    await bring_in(world, listed(("Anna", YOUTH), ("Dirk", BROTHER)))
    await take_in(world.desk, "rik", listed(("Anna", SISTER)))

    early = world.desk.db.write_now(lambda tx: imports.forget(tx, NOW))
    late = world.desk.db.write_now(lambda tx: imports.forget(tx, NOW + timedelta(days=1)))

    assert (early, late, world.rows("import_run")) == (0, 1, 1)
    assert {world.rows(table) for table in ("import_line", "import_signal")} == {0}
    assert world.rows("signal") == 1


def test_the_digest_knows_the_lines_and_not_their_order() -> None:
    """Another professional, youth, term or day is another file."""
    one = ListedSignal("Anna", YOUTH, None, None)
    others = [
        replace(one, reference="Bram"),
        replace(one, bsn=BROTHER),
        replace(one, months=12),
        replace(one, started=date(2026, 3, 1)),
        replace(one, said=NOOR),
    ]

    digests = {digest_of([Line(2, each)]) for each in (one, *others)}

    assert len(digests) == 6
    assert digest_of([Line(1, one), Line(2, others[0])]) == digest_of([Line(8, others[0]), Line(9, one)])
