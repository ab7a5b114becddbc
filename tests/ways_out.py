"""More ways by which a number or a name could leave a region, each played once in the town of the search for leaks.

A new way is a function over the town, and a line in ``WAYS``. What it writes anywhere is searched like all the rest.
"""

from collections.abc import Callable
from pathlib import Path

from tests.faults.town import MISTAKE, Given, Town, worker

SURNAME, POSTCODE, NUMBER = "Zonderlingveen", "9998ZX", 4711
"""By what a professional who may not know the number names a youth. Nobody is called so, and nobody lives there."""
HERE, THERE = "0363", "0518"
"""A gemeente of Amsterdam, and one of Haaglanden."""


def settings(directory: Path) -> dict[str, dict[str, str]]:
    """What the ways need of a region's settings beyond those of every exchange: which region has which gemeente."""
    file = directory / "gemeenten.csv"
    file.write_text(f"gemeente,oin\n{HERE},00000099000000000101\n{THERE},00000099000000000102\n", "utf-8")
    return {"amsterdam": {"gemeenten": str(file)}}


def a_move_and_a_signal_by_name(town: Town) -> None:
    """A youth moves to another region's gemeente, and is signalled without the number (Jeugdwet 7.1.4.2(3)).

    The register tells the move when it is asked for that signal: its list leaves sealed, over the hub, and after the
    signal is taken for a mistake a second message says who is still involved.
    """
    moved = next(one for one in town.living() if one.region == "amsterdam")
    busy = {one.who for one in town.living() if one.region == "amsterdam" and one.child == moved.child}
    who = next(who for number in range(town.workers) if (who := worker("amsterdam", number)) not in busy)
    registered(town, moved, HERE)
    town.command("amsterdam", "people", "ask-again")
    registered(town, moved, THERE)
    named = {"achternaam": SURNAME, "geboortedatum": "2012-05-01", "geslacht": "V"}
    answer = town.door("amsterdam", who).client.post(
        "/api/signalen/op-naam", {**named, "postcode": POSTCODE, "huisnummer": NUMBER}
    )
    town.given.append(Given("amsterdam", who, moved.child, str(answer["id"])))
    town.wait_until_met()
    town.wait_until_nothing_waits()
    town.end(moved, MISTAKE)


def registered(town: Town, one: Given, gemeente: str) -> None:
    """The register of Amsterdam has this child whole, living in this gemeente."""
    child = one.child
    head = "bsn,naam,geslachtsnaam,geboortedatum,geslacht,ouder1,ouder2,gemeente,postcode,huisnummer"
    parents = [*child.parents, "", ""][:2]
    row = [child.bsn, child.name, SURNAME, "2012-05-01", "V", *parents, gemeente, POSTCODE, str(NUMBER)]
    town.exchange.import_lists("amsterdam", people=f"{head}\n{','.join(row)}\n")


WAYS: list[Callable[[Town], None]] = [a_move_and_a_signal_by_name]
"""Each is played once, one after the other, after the matches and endings of the town."""
