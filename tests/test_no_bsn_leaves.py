"""No number, name or key is anywhere it does not belong: not in a log, not on the wire, not in a file of any program.

What belongs where, and is therefore allowed there alone:

- A BSN, of a youth or a parent, and the name of a youth: nowhere in a file, a log, a command's output or a message
  that is not sealed. A node keeps both sealed. Its door shows the name to a professional who signalled the youth. It
  shows the BSN in one answer: ``/api/verhuizingen/{id}``, to the coördinator of the gemeente where the youth came to
  live, who could not tell without it whom the list is about (Jeugdwet 7.1.2.3(1)g); that it was read is logged.
- So with surname and birth date of a youth without a BSN, and with what was said to confirm a number that no register
  knows.
- By what a youth is found without the number (surname, postcode): sealed, and in the question to the node's own door.
- x, what a node puts into the OPRF: nowhere; it lives in memory. The regions' secret under it: with the scheme owner.
- A tag: on the wire from a region to the hub, and nowhere else. The hub keeps it under its pepper, a node sealed.
- Name, phone and e-mail of a professional: in the table ``professional`` of that professional's own node. To others
  they travel on sealed cards, which stay sealed where they lie.
"""

import base64
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from certs.scheme_state import read_scheme
from hub_connector.inputs import parent, youth
from hub_connector.pseudonyms import keyed_input
from soap_wsdl.vocabulary import RegisterSignals
from tests.faults.speaker import read
from tests.faults.started import now, town_of
from tests.faults.tap import Tap
from tests.faults.town import MISTAKE, OPERATOR, PROGRAMS, RISK_OVER, Town, worker
from tests.leaks import Search
from tests.leaks_without_bsn import look_for_youth_without_bsn, play_without_bsn
from tests.pki import session_pki
from tests.ways_out import POSTCODE, SURNAME, WAYS, settings

pytestmark = pytest.mark.xdist_group("leaks")

IMPORTING = ("amsterdam", "utrecht")
"""Regions that bring in signals from a file as well."""
BSN, NAME, KEY = "999912345", "Proefkind Zonderling", bytes(range(40, 72))
SHAPES: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "capitals": lambda text: text.upper().encode(),
    "reversed": lambda text: text[::-1].encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex in capitals": lambda text: text.encode().hex().upper().encode(),
    "utf-16 little endian": lambda text: text.encode("utf-16-le"),
    "utf-16 big endian": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 after one byte": lambda text: base64.b64encode(b"?" + text.encode() + b"!"),
    "base64 after two bytes": lambda text: base64.b64encode(b"?>" + text.encode() + b"!"),
    "base64 for a URL": lambda text: base64.urlsafe_b64encode(b"\xff\xfe" + text.encode()),
    "base64 in lines": lambda text: re.sub(rb"(.{5})", rb"\1\r\n", base64.b64encode(text.encode())),
    "JSON": lambda text: f'{{"x": "{text}"}}'.encode(),
    "tag preimage": lambda text: f"vir|v1|youth|{text}".encode(),
}
SPLIT = (
    "999-912-345", "9999.12.345", "9 9 9 9 1 2 3 4 5", "9999 12345", "999,912,345", "9999/12345", "9999_12345",
    BSN[::-1], "543-219-999", "bsn=999912345&", "9999\N{NO-BREAK SPACE}12345",
)  # fmt: skip


def looking_for() -> Search:
    """A search for one number, one name and one key."""
    search = Search()
    search.number("number", BSN)
    search.text("name", NAME)
    search.key("key", KEY)
    return search


@pytest.mark.parametrize("what", ["number", "name"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_search_finds_a_number_and_a_name_in_every_shape(what: str, shape: str) -> None:
    """A test that cannot fail is no test."""
    planted = b"\x00\x9flevel " + SHAPES[shape](BSN if what == "number" else NAME) + b" \xf3\x01"

    found = {leak.what for leak in looking_for().content(planted)}

    assert found == {what}


@pytest.mark.parametrize("split", SPLIT)
def test_the_search_finds_digits_that_are_split_or_reversed(split: str) -> None:
    """As people write numbers down."""
    assert {leak.what for leak in looking_for().content(f"about {split}.".encode())} == {"number"}


@pytest.mark.parametrize(
    "planted",
    [KEY, KEY[::-1], KEY.hex().encode(), KEY.hex().upper().encode(), base64.b64encode(b"12" + KEY + b"3")],
    ids=["bare", "reversed", "hex", "hex in capitals", "base64"],
)
def test_the_search_finds_a_key(planted: bytes) -> None:
    """In every shape that bytes take."""
    assert {leak.what for leak in looking_for().content(b"\x07" + planted + b"\x08")} == {"key"}


def test_the_search_finds_nothing_where_nothing_is() -> None:
    """Other numbers, names and keys, and the same digits far apart."""
    clean = f"999912346 Proefkind Zonder 9999 and 12345 {KEY[::2].hex()} 2026-11-24T10:09:08.999912Z".encode()

    assert looking_for().content(clean) == set()


def test_the_search_finds_what_stands_in_a_database(tmp_path: Path) -> None:
    """As a number in a cell, as text, and in the file and the log beside it while somebody still writes."""
    file = tmp_path / "node.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE kept (number INTEGER, text TEXT, bytes BLOB)")
        db.execute("INSERT INTO kept VALUES (?, ?, ?)", (int(BSN), f"by {NAME}", b"\x01" + KEY))

        cells = looking_for().cells(file)
        files = looking_for().files(*tmp_path.iterdir())

    assert {place: {leak.what for leak in leaks} for place, leaks in cells.items()} == {
        "kept.number": {"number"},
        "kept.text": {"name"},
        "kept.bytes": {"key"},
    }
    assert {leak.what for leaks in files.values() for leak in leaks} == {"name", "key"}
    assert looking_for().cells(file, ["kept"]) == {}


@dataclass(frozen=True)
class Played:
    """An exchange in which everything happened, with all that passed between the programs, before TLS."""

    town: Town
    taps: dict[tuple[str, str], Tap]

    def passed(self, party: str) -> dict[str, list[bytes]]:
        """Every message to this party and every answer, as they went through, by region and operation."""
        said: dict[str, list[bytes]] = {}
        for (region, other), tap in self.taps.items():
            for each in tap.call(lambda: list(tap.passed)) if other == party else ():  # noqa: B023  called at once
                said.setdefault(f"{region} to {party}: {each.operation}", []).extend([each.request, each.answer])
        return said

    def files(self, *parties: str) -> list[Path]:
        """Every file of these parties: databases and what SQLite keeps beside them, settings, keys, logs."""
        homes = [file for party in parties for file in self.town.exchange.places.home(party).rglob("*")]
        return [*(file for file in homes if file.is_file()), *(self.town.exchange.log(party) for party in parties)]

    def said_by_commands(self) -> dict[str, list[bytes]]:
        """What operators see of each program."""
        said = {name: [("status",)] for name in self.town.exchange.names}
        for region in self.town.regions:
            said[region] += [("status", "--json"), ("outbox", "list"), ("alarms", "list")]  # type: ignore[list-item]
        for region in IMPORTING:
            said[region] += [("imports", "report", "1", "--as", OPERATOR)]  # type: ignore[list-item]
        return {
            name: [self.town.command(name, *words).output.encode() for words in commands]
            for name, commands in said.items()
        }


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Matches, family matches, endings, annulments, imports; hub, service and nodes are killed meanwhile."""
    pki = session_pki(tmp_path_factory)
    taps: dict[tuple[str, str], Tap] = {}

    def route(region: str, party: str, port: int) -> int:
        tap = taps[region, party] = Tap(port, pki.files(party), pki.files(region))
        return tap.port

    try:
        more = settings(tmp_path_factory.mktemp("gemeenten"))
        with town_of(tmp_path_factory, lone=9, siblings=3, start=False, route=route, more=more) as town:
            for region in town.regions:
                town.exchange.import_lists(region, professionals=profiles(region, town))
            town.exchange.start()
            play(town)
            yield Played(town, taps)
    finally:
        for tap in taps.values():
            tap.stop()


def phone(region: str, number: int) -> str:
    """A number that nobody has, unlike any other in the run."""
    return f"000-{4_081_926 + 7_919 * number + 104_729 * len(region)}"


def email(region: str, number: int) -> str:
    """The e-mail address of a professional."""
    return f"post.van.{number}@{region}.example"


def everybody(town: Town) -> range:
    """Who works in a region, by number: those of the town, and one who signals a youth without a BSN."""
    return range(town.workers + 1)


def profiles(region: str, town: Town) -> str:
    """The professionals of a region, each to be told from all else."""
    lines = ["kenmerk,organisatie,categorie,soort,locatie,functie,naam,telefoon,email,gemeente"]
    for number in everybody(town):
        who = worker(region, number)
        lines.append(
            f"{who},Stichting {who},jeugdhulpaanbieder,wijkteam,Locatie {who},jeugdhulpverlener,"
            f"{town.name_of(who)},{phone(region, number)},{email(region, number)},0363"
        )
    return "\n".join(lines) + "\n"


def play(town: Town) -> None:
    """The run itself."""
    for number, child in enumerate(town.children):
        if number == 4:
            town.exchange.kill("hub")
        for place, region in enumerate(town.regions):
            if (number + place) % 4:
                town.signal(region, (number + place) % town.workers, child)
        if number == 5:
            town.exchange.start("hub")
        if number == 8:
            town.exchange.kill("utrecht")
            town.exchange.start("utrecht")
            town.exchange.restart("pseudonyms")
    bring_in(town)
    town.wait_until_met()
    for number, one in enumerate(list(town.given[::4])):
        town.end(one, MISTAKE if number % 2 else RISK_OVER)
    town.wait_until_met()
    for way in WAYS:
        way(town)
    play_without_bsn(town)
    town.wait_until_met()
    town.wait_until_nothing_waits()
    for region in town.regions:
        town.command(region, "reconcile", "--dry-run")


def bring_in(town: Town) -> None:
    """Signals from a file, at a node that is killed before they are through, and where none serves."""
    for region in IMPORTING:
        town.exchange.name_operator(region, OPERATOR)
    served, alone = IMPORTING
    file = [child for number, child in enumerate(town.children) if number % 4 == 0]
    twice = town.take_in(served, 0, [*file, file[0]], "--no-wait")
    town.exchange.kill(served)
    town.exchange.start(served)
    town.wait_taken_in(served, 0, file)
    assert "as import 1" in town.take_in(served, 0, [file[0], *file], "--no-wait"), twice
    file = [child for number, child in enumerate(town.children) if (number + 2) % 4 == 0]
    town.exchange.stop(alone)
    assert f"done, {len(file)} of {len(file)} lines" in town.take_in(alone, 0, file)
    town.exchange.start(alone)
    town.wait_taken_in(alone, 0, file)


@pytest.fixture(scope="module")
def nowhere(played: Played) -> Search:
    """What must be in no file, no log and no message at all."""
    search = Search()
    secrets = read_scheme(played.town.exchange.places.scheme, now()).secrets.values()
    look_for_youth_without_bsn(search, secrets)
    for child in played.town.children:
        search.number(f"the BSN of {child.name}", child.bsn)
        search.text("the name of a youth", child.name)
        for digits in child.parents:
            search.number(f"the BSN of a parent of {child.name}", digits)
    search.text("the surname of a youth", SURNAME)
    search.text("where a youth lives", POSTCODE)
    for secret in secrets:
        search.key("the regions' secret", secret.reveal())
        for child in played.town.children:
            search.key(f"x of {child.name}", keyed_input(secret, youth(child.bsn)))
            for digits in child.parents:
                search.key(f"x of a parent of {child.name}", keyed_input(secret, parent(digits)))
    return search


@pytest.fixture(scope="module")
def tags(played: Played) -> Search:
    """Every tag that was registered at the hub."""
    search = Search()
    for (region, party), tap in played.taps.items():
        if party == "hub":
            for each in tap.arrived("RegisterSignals"):
                for record in read(each.request, RegisterSignals).records:
                    for entry in record.entries:
                        search.key(f"a tag of {region}", entry.tag)
    return search


def contacts(town: Town, regions: tuple[str, ...]) -> Search:
    """Name, phone and e-mail of everyone who works in these regions."""
    search = Search()
    for region in regions:
        for number in everybody(town):
            search.text(f"the name of somebody in {region}", town.name_of(worker(region, number)))
            search.number(f"the phone of somebody in {region}", phone(region, number))
            search.text(f"the e-mail address of somebody in {region}", email(region, number))
    return search


def test_the_run_had_everything_in_it(played: Played) -> None:
    """Else it would prove nothing: both kinds of match, both endings, a move, and every operation on the wire."""
    town = played.town
    kinds = {seen.kind for one in town.living() for seen in town.should_see(one)}
    operations = {place.rpartition(" ")[2] for party in PROGRAMS for place in played.passed(party)}

    assert kinds == {"client", "gezin"}
    assert {one.ended for one in town.given} == {None, MISTAKE, RISK_OVER}
    assert [town.rows(region, "SELECT state, made, doubles FROM import_run") for region in IMPORTING] == [
        [("done", 4, 1)], [("done", 4, 0)]
    ]  # fmt: skip
    assert operations >= {
        "RegisterSignals", "WithdrawSignals", "CollectMatches", "CompareRegistrations", "GetDirectory", "PublishKeys",
        "EvaluateBlinded", "GetEpochs", "SendSealedMessage",
    }  # fmt: skip
    heard = {kind for (kind,) in town.rows("haaglanden", "SELECT kind FROM sealed_heard")}
    assert heard == {"moved", "stillInvolved"}


def test_contacts_are_shown_at_the_door(played: Played) -> None:
    """The search finds on a professional's screen what it must find nowhere else."""
    town = played.town
    one = next(one for one in town.living() if one.region == "utrecht" and len(town.should_see(one)) > 1)
    shown = str(town.door(one.region, one.who).show(one.id)).encode()
    search = contacts(town, ("amsterdam", "haaglanden"))
    search.text("youth", one.child.name)

    assert {leak.what.partition(" of")[0] for leak in search.content(shown)} == {
        "the name", "the phone", "the e-mail address", "youth",
    }  # fmt: skip


def test_no_number_name_or_key_crosses_the_wire(played: Played, nowhere: Search) -> None:
    """As hub and service received it and answered, whole HTTP messages; and nothing there is compressed."""
    everyone = contacts(played.town, played.town.regions)
    for party in PROGRAMS:
        passed = played.passed(party)

        assert nowhere.messages(passed) == {}
        assert everyone.messages(passed) == {}
        assert not [place for place, said in passed.items() if any(b"content-encoding" in one.lower() for one in said)]


def test_no_number_name_or_key_is_in_any_file_or_log(played: Played, nowhere: Search) -> None:
    """Of any program, its outbox and errands included; nor in what the scheme owner hands out."""
    exchange = played.town.exchange
    bundle = [file for file in exchange.places.bundle.rglob("*") if file.is_file()]

    assert nowhere.files(*played.files(*exchange.names), *bundle) == {}
    for name in exchange.names:
        assert nowhere.cells(exchange.places.database(name)) == {}


def test_a_professional_is_in_the_own_nodes_table_of_professionals_alone(played: Played) -> None:
    """Not at hub or service, not in another region's files, not in any log, and nowhere else in the own database."""
    town = played.town
    everyone = contacts(town, town.regions)
    assert everyone.files(*played.files(*PROGRAMS), *(town.exchange.log(region) for region in town.regions)) == {}
    for region in town.regions:
        own, others = contacts(town, (region,)), contacts(town, tuple(r for r in town.regions if r != region))
        database = town.exchange.places.database(region)

        assert set(own.cells(database)) == {"professional.name", "professional.phone", "professional.email"}
        assert others.cells(database) == {}
        assert others.files(*played.files(region)) == {}


def test_a_tag_goes_to_the_hub_and_is_kept_by_nobody(played: Played, tags: Search) -> None:
    """The service never sees one; hub and nodes keep none that can be read, and log none."""
    to_hub = {place.rpartition(" ")[2] for place in tags.messages(played.passed("hub"))}

    assert to_hub == {"RegisterSignals"}
    assert tags.messages(played.passed("pseudonyms")) == {}
    assert tags.files(*played.files(*played.town.exchange.names)) == {}


def test_operators_see_no_number_or_name(played: Played, nowhere: Search) -> None:
    """What the commands print about the state of a program."""
    said = played.said_by_commands()

    assert nowhere.messages(said) == {}
    assert contacts(played.town, played.town.regions).messages(said) == {}
