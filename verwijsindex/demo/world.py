"""A world to show: families that do not exist, professionals who signal them, in the proportions of an annual report.

The same seed and day give the same world. Numbers are published test numbers and 9999xxxxx that pass the elfproef,
postcodes have a letter that none has, telephone numbers begin with a zero where none does, and mail addresses end in
`.example`: nothing here can reach or name anybody.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from node.domain import bsn_right
from node.domain.bsn import Bsn, passes_elfproef
from node.people import local, profiles, signal_lists
from verwijsindex.demo import annual_report
from verwijsindex.demo.annual_report import Municipality, OrganisationFact, RegionFact

_GIRLS = ("Noor", "Yara", "Saar", "Lina", "Fenna", "Amira", "Roos", "Elif", "Sterre", "Jasmijn", "Nova", "Imane")
_BOYS = ("Daan", "Ilyas", "Sem", "Mees", "Kerem", "Lars", "Bilal", "Tijn", "Joris", "Amin", "Boaz", "Niels")
_GROWN_UP = (
    "Marit",
    "Hassan",
    "Ilse",
    "Ruben",
    "Fatma",
    "Jeroen",
    "Sanne",
    "Youssef",
    "Wendy",
    "Erik",
    "Naima",
    "Bram",
)
_NAMES = (
    *("van Testen", "Proefman", "Voorbeeld", "el Voorbeeldi", "Denkbeeld", "Fictief", "van der Proef", "Bedacht"),
    *("Testoğlu", "de Schijn", "Verzonnen", "ten Model", "Maquette", "Schets", "van Oefen", "Modelmans"),
)
_NEVER_GIVEN_OUT = ("QA", "QB", "QC")
"""Ends of a postcode that does not exist: the Q is left out."""
HALF_SIBLINGS = 33
"""Of a hundred pairs of children of a couple, those that have one parent in common; made up."""

# Published with the test persons of the BRP, and kept for the story and for whoever tries things out: no signal of
# the world is about them.
STORY_YOUTH, STORY_SIBLING = "999990408", "999995017"
STORY_PARENTS = ("999993847", "999990421")
LEADING_ZEROS, WITHOUT_PARENTS, SECRET_ADDRESS, DECEASED = "000009921", "999993653", "999993483", "999992077"
TO_TRY = {
    LEADING_ZEROS: "begint met nullen",
    WITHOUT_PARENTS: "ouders niet bekend: alleen cliëntmatches",
    SECRET_ADDRESS: "geheim adres: nooit een adresmatch",
    DECEASED: "overleden: de node weigert",
}
PUBLISHED = frozenset({STORY_YOUTH, STORY_SIBLING, *STORY_PARENTS, *TO_TRY})


@dataclass(frozen=True)
class Citizen:
    """Somebody in the register of persons who does not exist."""

    bsn: Bsn
    name: str = field(repr=False)
    born: date = field(repr=False)
    parents: tuple[Bsn, ...] = ()
    municipality: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    house_number: int = field(default=0, repr=False)
    secret: bool = False
    died: date | None = field(default=None, repr=False)

    @property
    def confirmed(self) -> tuple[str, str, str]:
        """What a professional gives to signal: the number, and birth date and surname to confirm it."""
        return self.bsn.reveal(), self.born.isoformat(), self.name.rpartition(" ")[2]


@dataclass(frozen=True)
class Worker:
    """A professional, by the reference under which a node knows the profile."""

    reference: str
    region: str
    organisation: OrganisationFact
    name: str
    phone: str
    email: str

    @property
    def node(self) -> str:
        """The short name of the region, by which its node goes."""
        return self.region.lower()


@dataclass(frozen=True)
class Involvement:
    """Somebody is involved with a youth, and signals so for some months: since ``started``, or today."""

    worker: Worker
    youth: Bsn
    months: int = 12
    started: date | None = None


@dataclass(frozen=True)
class Story:
    """Who appears in the story that the demo plays.

    ``once`` is a youth with whom ``earlier`` was involved a year ago, and ``newcomer`` is since yesterday.
    """

    youth: Citizen
    sibling: Citizen
    haaglanden: Worker
    amsterdam: Worker
    utrecht: Worker
    once: Citizen
    earlier: Worker
    newcomer: Worker


@dataclass(frozen=True)
class World:
    """Everybody on a day, and the signals in the order in which they are given."""

    citizens: tuple[Citizen, ...]
    workers: tuple[Worker, ...]
    involvements: tuple[Involvement, ...]
    story: Story
    today: date

    def citizen(self, bsn: Bsn) -> Citizen:
        """Somebody by number; raises StopIteration for a number that nobody has."""
        return next(citizen for citizen in self.citizens if citizen.bsn == bsn)

    def workers_of(self, region: str) -> tuple[Worker, ...]:
        """The professionals of one region."""
        return tuple(worker for worker in self.workers if worker.region == region)

    def register_csv(self) -> str:
        """The register of persons, as `verwijsindex node people import` reads it. Every region has the whole of it."""
        rows = []
        for citizen in self.citizens:
            parents = [parent.reveal() for parent in citizen.parents]
            rows.append(
                {
                    "bsn": citizen.bsn.reveal(),
                    "naam": citizen.name,
                    "geboortedatum": citizen.born.isoformat(),
                    "ouder1": parents[0] if parents else "",
                    "ouder2": parents[1] if len(parents) > 1 else "",
                    "postcode": citizen.postcode,
                    "huisnummer": str(citizen.house_number or ""),
                    "geheim": "ja" if citizen.secret else "",
                    "overleden": citizen.died.isoformat() if citizen.died else "",
                }
            )
        return _csv(local.COLUMNS, rows)

    def professionals_csv(self, region: str) -> str:
        """The professionals of one region, as `verwijsindex node professionals import` reads them."""
        [fact] = [fact for fact in annual_report.REGIONS if fact.name == region]
        rows = [
            {
                "kenmerk": worker.reference,
                "organisatie": worker.organisation.name,
                "categorie": worker.organisation.category.value,
                "soort": worker.organisation.kind,
                "locatie": worker.organisation.place,
                "functie": worker.organisation.function,
                "naam": worker.name,
                "telefoon": worker.phone,
                "email": worker.email,
                "gemeente": fact.gemeente,
            }
            for worker in self.workers_of(region)
        ]
        return _csv(profiles.COLUMNS, rows)


def signals_csv(world: World, involvements: Iterable[Involvement]) -> str:
    """Signals in the order in which they are given, as `verwijsindex node signals import` reads them."""
    known = {citizen.bsn: citizen.confirmed for citizen in world.citizens}
    rows = [
        {
            **dict(zip(("bsn", "geboortedatum", "achternaam"), known[one.youth], strict=True)),
            "kenmerk": one.worker.reference,
            "duur": str(one.months),
            "gestart": one.started.isoformat() if one.started else "",
        }
        for one in involvements
    ]
    return _csv(signal_lists.COLUMNS, rows)


def make_world(seed: int, today: date, signals: int = 120) -> World:
    """About this many signals (a household is never cut in two), shaped like the year 2023 of region Amsterdam."""
    random = Random(seed)  # noqa: S311  a made-up world must come out the same each time; nothing secret is drawn
    numbers = _numbers(random)
    workers = [worker for region in annual_report.REGIONS for worker in _workers(region, random)]
    # The story signals by BSN, as who may use it does; schools and the preventive field signal by name.
    may_use_bsn = [worker for worker in workers if bsn_right.may_use(worker.organisation.category, None)]
    citizens: list[Citizen] = []
    involvements: list[Involvement] = []
    for children, each in _households(signals):
        home = random.choices(annual_report.REGIONS, [region.weight for region in annual_report.REGIONS])[0]
        family = _family(random, numbers, home, children, today)
        citizens += family
        youths = [person for person in family if person.parents]
        involvements += _involve(random, may_use_bsn, home, youths, each)
    random.shuffle(involvements)
    story_people, story = _story(workers, today, next(numbers))
    return World((*citizens, *story_people, *_to_try(today)), tuple(workers), tuple(involvements), story, today)


def _households(signals: int) -> Iterator[tuple[int, int]]:
    """Children in a household and signals about each, so that matches come in the proportions of the report."""
    total = annual_report.ONLY_CLIENT + annual_report.ONLY_FAMILY + annual_report.BOTH + annual_report.NONE
    for children, each, share in (
        (1, 1, annual_report.NONE),
        (1, 2, annual_report.ONLY_CLIENT),
        (2, 1, annual_report.ONLY_FAMILY),
        (2, 2, annual_report.BOTH),
    ):
        for _ in range(max(1, round(signals * share / total / (children * each)))):
            yield children, each


def _numbers(random: Random) -> Iterator[Bsn]:
    """Numbers of the form 9999xxxxx that pass the elfproef, each once, none of the published ones used here."""
    possible = [n for n in (f"9999{tail:05d}" for tail in range(100_000)) if passes_elfproef(n) and n not in PUBLISHED]
    random.shuffle(possible)
    yield from map(Bsn, possible)


def _workers(region: RegionFact, random: Random) -> Iterator[Worker]:
    """Three professionals at the organisations that signal most, one at the others."""
    number = 0
    for organisation in region.organisations:
        short = "".join(letter for letter in organisation.name.lower().split(",")[0] if letter.isalnum())
        for place in range(3 if organisation.weight >= 100 else 1):
            number += 1
            name = f"{random.choice(_GROWN_UP)} {random.choice(_NAMES)}"
            yield Worker(
                f"{short}-{place + 1}",
                region.name,
                organisation,
                name,
                f"{region.area_code} 000 {number:04d}",
                f"{short}.{place + 1}@{region.name.lower()}.example",
            )


def _family(
    random: Random, numbers: Iterator[Bsn], home: RegionFact, children: int, today: date
) -> tuple[Citizen, ...]:
    """One or two parents and their children, at one address, which may be secret.

    The second child of a couple may have another father or mother, who lives elsewhere.
    """
    municipality = _weighted(random, home.municipalities)
    surname = random.choice(_NAMES)
    postcode = f"{municipality.postcode + random.randrange(8)}{random.choice(_NEVER_GIVEN_OUT)}"
    house = random.randrange(1, 200)
    secret = random.randrange(100) < annual_report.SECRET_ADDRESS
    youngest_parent = date(today.year - 45, 1, 1)

    def citizen(name: str, born: date, parents: tuple[Bsn, ...]) -> Citizen:
        return Citizen(next(numbers), name, born, parents, municipality.name, postcode, house, secret)

    grown_up = [
        citizen(f"{name} {surname}", youngest_parent + timedelta(days=random.randrange(3000)), ())
        for name in random.sample(_GROWN_UP, random.choice((1, 2, 2)))
    ]
    youths, parents, elsewhere = [], tuple(parent.bsn for parent in grown_up), []
    for place in range(children):
        years = random.choice(random.choices([a for a, _ in annual_report.AGES], [w for _, w in annual_report.AGES])[0])
        born = today - timedelta(days=years * 366 + random.randrange(30, 330))
        first = _BOYS if random.randrange(100) < annual_report.BOYS else _GIRLS
        name = f"{first[(house + place) % len(first)]} {surname}"
        if place == 1 and len(parents) > 1 and random.randrange(100) < HALF_SIBLINGS:
            other = f"{random.choice(_GROWN_UP)} {random.choice(_NAMES)}"
            elsewhere.append(Citizen(next(numbers), other, youngest_parent, (), municipality.name))
            parents = (parents[0], elsewhere[0].bsn)
        youths.append(citizen(name, born, parents))
    return (*grown_up, *elsewhere, *youths)


def _involve(
    random: Random, workers: Sequence[Worker], home: RegionFact, youths: Sequence[Citizen], each: int
) -> Iterator[Involvement]:
    """Signals about a family's youths by people of different organisations; 57 in 100 matches leave the region."""
    taken: set[tuple[str, str]] = set()
    for place, youth in enumerate(y for y in youths for _ in range(each)):
        abroad = place > 0 and random.randrange(100) < annual_report.OTHER_REGION
        near = [w for w in workers if (w.region != home.name) == abroad]
        free = [w for w in near if (w.region, w.organisation.name) not in taken]
        worker = random.choices(free, [w.organisation.weight / _weight_of_region(w) for w in free])[0]
        taken.add((worker.region, worker.organisation.name))
        yield Involvement(worker, youth.bsn, random.choice((6, 12, 12, 24)))


def _weight_of_region(worker: Worker) -> int:
    """Makes organisations of two regions comparable: a share of one region's signals."""
    [region] = [fact for fact in annual_report.REGIONS if fact.name == worker.region]
    return sum(organisation.weight for organisation in region.organisations)


def _weighted(random: Random, municipalities: Sequence[Municipality]) -> Municipality:
    return random.choices(municipalities, [municipality.weight for municipality in municipalities])[0]


def _story(workers: Sequence[Worker], today: date, number: Bsn) -> tuple[tuple[Citizen, ...], Story]:
    """A youth of fifteen and a younger brother, two parents, and the three professionals who meet over them.

    And apart from them a youth whose signal ends today, by whom it was, and somebody elsewhere who comes anew.
    """
    parents = tuple(Bsn(number) for number in STORY_PARENTS)
    grown_up = tuple(
        Citizen(bsn, name, date(today.year - age, 4, 9), (), "Den Haag", "2511QA", 12)
        for bsn, name, age in zip(parents, ("Marit Proefman", "Hassan Proefman"), (41, 44), strict=True)
    )
    youth = Citizen(Bsn(STORY_YOUTH), "Yara Proefman", date(today.year - 15, 3, 14), parents, "Den Haag", "2511QA", 12)
    sibling = Citizen(Bsn(STORY_SIBLING), "Sem Proefman", date(today.year - 9, 9, 2), parents, "Den Haag", "2511QA", 12)
    first = {worker.organisation.name: worker for worker in reversed(workers)}
    story = Story(
        youth,
        sibling,
        first["Stichting Jeugdformaat"],
        first["Politie Eenheid Amsterdam"],
        first["Youke"],
        Citizen(number, "Fenna Verzonnen", date(today.year - 14, 6, 21), (), "Delft", "2611QC", 5),
        first["GGD Amsterdam"],
        first["Veilig Thuis Haaglanden"],
    )
    return (*grown_up, youth, sibling, story.once), story


def _to_try(today: date) -> tuple[Citizen, ...]:
    """Published test persons with something about them, for whoever tries the demo."""
    return (
        Citizen(Bsn(LEADING_ZEROS), "Mees Modelmans", date(today.year - 12, 2, 8), (), "Utrecht", "3511QA", 3),
        Citizen(Bsn(WITHOUT_PARENTS), "Imane Denkbeeld", date(today.year - 16, 7, 1), (), "Delft", "2611QB", 8),
        Citizen(Bsn(SECRET_ADDRESS), "Tijn Schets", date(today.year - 7, 5, 20), (), "Zaanstad", "1501QC", 21, True),
        Citizen(Bsn(DECEASED), "Roos Bedacht", date(today.year - 14, 11, 3), died=date(today.year - 1, 6, 30)),
    )


def _csv(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
