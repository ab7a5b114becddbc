"""The routes of who runs the node: lists of the region with a dry run, and what the nightly run would do."""

import asyncio
import csv
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from aiohttp import web

from node.domain.errors import FieldNotFit
from node.flows import import_lists
from node.flows.desk import Desk
from node.flows.exclude_addresses import compare_excluded, exclude_addresses
from node.flows.expire import ClockInDoubt
from node.flows.foresee import foresee
from node.flows.import_lists import ListReport
from node.people.excluded import read_excluded
from node.people.lines import Line, LineRefused
from node.people.local import read_people
from node.people.organisation_lists import read_agreements, read_designations, read_organisations
from node.people.profiles import read_profiles
from node.web.asking import answered, file_of, operator_asks
from node.web.problems import problem, unreadable, wrong_lines

MOST_BYTES = 16 * 1024 * 1024
"""The largest list."""
_KINDS = frozenset({"text/csv"})
_FATES = {"archive": "archief", "destroy": "vernietigen"}

T = TypeVar("T")
Read = Callable[[Iterable[str]], tuple[list[Line[Any]], list[LineRefused]]]
BringIn = Callable[..., Awaitable[ListReport]]
LISTS: dict[str, tuple[Read, BringIn]] = {
    "organisaties": (read_organisations, import_lists.import_organisations),
    "afspraken": (read_agreements, import_lists.import_agreements),
    "aanwijzingen": (read_designations, import_lists.import_designations),
    "professionals": (read_profiles, import_lists.import_professionals),
}


def list_routes(desk: Desk) -> list[web.RouteDef]:
    """The routes, for the application of the door."""
    routes = ListRoutes(desk)
    return [
        web.post("/api/lijsten/personen", routes.bring_in_people),
        web.post("/api/lijsten/uitgesloten-adressen", routes.exclude),
        web.post("/api/lijsten/uitgesloten-adressen/proef", routes.compare_excluded),
        web.post("/api/lijsten/{lijst}", routes.bring_in),
        web.post("/api/lijsten/{lijst}/proef", routes.try_out),
        web.get("/api/bewaartermijnen", routes.show_outlook),
    ]


class ListRoutes:
    """One method for each route, all for who runs the node."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def bring_in(self, request: web.Request) -> web.Response:
        """A CSV file of organisaties, afspraken, aanwijzingen or professionals: all lines, or none."""
        return await self._list(request, dry_run=False)

    async def try_out(self, request: web.Request) -> web.Response:
        """What such a file would change, and every line that would be refused; nothing is kept."""
        return await self._list(request, dry_run=True)

    async def bring_in_people(self, request: web.Request) -> web.Response:
        """A CSV file of persons, where no BRP is asked: all lines, or none."""
        by = await operator_asks(self._desk, request)
        persons = await _whole(request, read_people)
        if isinstance(persons, web.Response):
            return persons
        try:
            completed = await import_lists.import_people(self._desk, persons, by)
        except ClockInDoubt:
            return _clock_in_doubt()
        return answered({"personen": len(persons), "aangevuld": completed})

    async def compare_excluded(self, request: web.Request) -> web.Response:
        """What a register of excluded addresses would change; nothing is kept."""
        by = await operator_asks(self._desk, request)
        homes = await _whole(request, read_excluded)
        if isinstance(homes, web.Response):
            return homes
        would = await compare_excluded(self._desk, homes, by)
        return answered({"nieuw": would.added, "eraf": would.removed, "blijft": would.unchanged})

    async def exclude(self, request: web.Request) -> web.Response:
        """The whole register of excluded addresses, as CSV: what stands in it never matches, what does not, does."""
        by = await operator_asks(self._desk, request)
        homes = await _whole(request, read_excluded)
        if isinstance(homes, web.Response):
            return homes
        done = await exclude_addresses(self._desk, homes, by)
        return answered(
            {
                "nieuw": done.added,
                "eraf": done.removed,
                "jeugdigen": done.youths,
                "matchesVervallen": done.matches_ended,
                "matchesErbij": done.matches_told,
            }
        )

    async def show_outlook(self, request: web.Request) -> web.Response:
        """What the nightly run would archive and destroy today, as counts by article of law."""
        by = await operator_asks(self._desk, request)
        try:
            outlook = await foresee(self._desk, by)
        except ClockInDoubt:
            return _clock_in_doubt()
        return answered(
            {
                "dag": outlook.day.isoformat(),
                "signalen": [
                    {"lot": _FATES[each.fate.value], "grond": each.article, "aantal": each.signals}
                    for each in outlook.fates
                ],
                "matchesGeeindigd": outlook.matches_ended,
            }
        )

    async def _list(self, request: web.Request, *, dry_run: bool) -> web.Response:
        by = await operator_asks(self._desk, request)
        if request.match_info["lijst"] not in LISTS:
            raise web.HTTPNotFound
        reader, bring_in = LISTS[request.match_info["lijst"]]
        read = await _read(request, reader)
        if isinstance(read, web.Response):
            return read
        lines, refused = read
        if refused and not dry_run:
            return wrong_lines(refused)
        report = await bring_in(self._desk, lines, dry_run=dry_run, by=by)
        wrong = sorted((*refused, *report.refused), key=lambda each: each.line)
        if wrong:
            return wrong_lines(wrong)
        return answered({"regels": report.lines, "veranderd": report.changed, "bewaard": not dry_run})


async def _whole(
    request: web.Request, reader: Callable[[Iterable[str]], tuple[list[T], list[LineRefused]]]
) -> list[T] | web.Response:
    """What a file says, when every line of it can be read."""
    read = await _read(request, reader)
    if isinstance(read, web.Response):
        return read
    found, refused = read
    return wrong_lines(refused) if refused else found


async def _read(
    request: web.Request, reader: Callable[[Iterable[str]], tuple[list[T], list[LineRefused]]]
) -> tuple[list[T], list[LineRefused]] | web.Response:
    content = await file_of(request, _KINDS, MOST_BYTES)
    try:
        return await asyncio.to_thread(reader, content.decode("utf-8-sig").splitlines(keepends=True))
    except UnicodeDecodeError:
        return unreadable(FieldNotFit("file", "not UTF-8; save it as CSV UTF-8"))
    except csv.Error:
        return unreadable(FieldNotFit("file", "not CSV: a value that has no end, or signs that are no text"))


def _clock_in_doubt() -> web.Response:
    return problem(503, "klok", "De klok is onzeker", "Er is niets veranderd. Laat de beheerder eerst de klok nazien.")
