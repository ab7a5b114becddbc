"""What the demo takes from the annual report of region Amsterdam over 2023: who signals how much, and about whom."""

from typing import NamedTuple

from node.domain.organisation import Category


class OrganisationFact(NamedTuple):
    """An organisation, what it is, where it works, and its share of its region's signals."""

    name: str
    category: Category
    kind: str
    place: str
    function: str
    weight: int


class Municipality(NamedTuple):
    """A municipality, its first postcode, and how many signals were about youths who live there."""

    name: str
    postcode: int
    weight: int


class RegionFact(NamedTuple):
    """A region: its name, the area code of its telephones, its share, who is in it, and by its code the gemeente with
    which the organisations have agreements.
    """

    name: str
    area_code: str
    weight: int
    organisations: tuple[OrganisationFact, ...]
    municipalities: tuple[Municipality, ...]
    gemeente: str


_HELP, _GUARD, _LOCAL = Category.JEUGDHULPAANBIEDER, Category.GECERTIFICEERDE_INSTELLING, Category.GEMEENTELIJKE_TOEGANG
_SAFE, _YOUNG, _CARE = Category.VEILIG_THUIS, Category.JEUGDGEZONDHEIDSZORG, Category.GGZ
_SUPPORT, _EARLY = Category.WMO_AANBIEDER, Category.PREVENTIEF_VELD
_POLICE, _COUNCIL = Category.POLITIE, Category.RAAD
_SPECIAL_SCHOOL, _SCHOOL = Category.SPECIAAL_ONDERWIJS, Category.VOORTGEZET_ONDERWIJS
_GUARDIAN = "gecertificeerde instelling"

# The ten that signalled most, with their numbers, then some of those that rose, fell or joined.
AMSTERDAM = RegionFact(
    "Amsterdam",
    "020",
    60,
    (
        OrganisationFact("JBRA", _GUARD, _GUARDIAN, "Amsterdam", "gezinsmanager", 1786),
        OrganisationFact("William Schrikker Stichting", _GUARD, _GUARDIAN, "Diemen", "jeugdzorgwerker", 1066),
        OrganisationFact("Koel&Co", _HELP, "jeugdhulpaanbieder", "Amsterdam", "ambulant hulpverlener", 242),
        OrganisationFact("Altra", _HELP, "jeugdhulpaanbieder", "Amsterdam", "gezinsbehandelaar", 197),
        OrganisationFact("GGD Amsterdam", _YOUNG, "jeugdgezondheidszorg", "Amsterdam", "jeugdverpleegkundige", 189),
        OrganisationFact("Stadsdelen, team veiligheid", _LOCAL, "gemeente", "Amsterdam", "regisseur", 184),
        OrganisationFact("Gemeente Amstelveen", _LOCAL, "wijkteam", "Amstelveen", "consulent", 137),
        OrganisationFact("Indaad", _HELP, "jeugdhulpaanbieder", "Amsterdam", "gezinscoach", 137),
        OrganisationFact("HVO Querido", _SUPPORT, "opvang", "Amsterdam", "woonbegeleider", 132),
        OrganisationFact("Familysupporters", _HELP, "jeugdhulpaanbieder", "Amsterdam", "gezinscoach", 128),
        OrganisationFact("Politie Eenheid Amsterdam", _POLICE, "politie", "Amsterdam", "jeugdagent", 60),
        OrganisationFact("PIT", _EARLY, "preventief jeugdteam", "Amsterdam", "jeugdwerker", 55),
        OrganisationFact("Altra College", _SPECIAL_SCHOOL, "voortgezet speciaal onderwijs", "Amsterdam", "mentor", 40),
        OrganisationFact("Barlaeus Gymnasium", _SCHOOL, "voortgezet onderwijs", "Amsterdam", "zorgcoördinator", 12),
        OrganisationFact("Sociaal Team Waterland", _LOCAL, "wijkteam", "Waterland", "consulent", 12),
        OrganisationFact("Norlandia Kinderopvang", _EARLY, "kinderopvang", "Amsterdam", "pedagogisch coach", 8),
    ),
    (
        Municipality("Aalsmeer", 1431, 181),
        Municipality("Amstelveen", 1181, 390),
        Municipality("Amsterdam", 1011, 3136),
        Municipality("Diemen", 1111, 76),
        Municipality("Edam-Volendam", 1131, 51),
        Municipality("Landsmeer", 1121, 25),
        Municipality("Oostzaan", 1511, 63),
        Municipality("Ouder-Amstel", 1191, 69),
        Municipality("Purmerend", 1441, 227),
        Municipality("Uithoorn", 1421, 195),
        Municipality("Waterland", 1141, 23),
        Municipality("Wormerland", 1531, 96),
        Municipality("Zaanstad", 1501, 504),
    ),
    "0363",
)

# The report names organisations of other regions without numbers; the shares here are made up.
HAAGLANDEN = RegionFact(
    "Haaglanden",
    "070",
    22,
    (
        OrganisationFact("Stichting Jeugdformaat", _HELP, "jeugdhulpaanbieder", "Den Haag", "gezinsbehandelaar", 40),
        OrganisationFact("Veilig Thuis Haaglanden", _SAFE, "Veilig Thuis", "Den Haag", "onderzoeker", 30),
        OrganisationFact("Raad voor de Kinderbescherming", _COUNCIL, "raad", "Den Haag", "raadsonderzoeker", 20),
        OrganisationFact("Prodeba", _HELP, "jeugdhulpaanbieder", "Den Haag", "ambulant hulpverlener", 10),
    ),
    (Municipality("Den Haag", 2511, 70), Municipality("Delft", 2611, 15), Municipality("Zoetermeer", 2711, 15)),
    "0518",
)
UTRECHT = RegionFact(
    "Utrecht",
    "030",
    18,
    (
        OrganisationFact("Youke", _HELP, "jeugdhulpaanbieder", "Utrecht", "gezinsbehandelaar", 40),
        OrganisationFact("Veilig Thuis Utrecht", _SAFE, "Veilig Thuis", "Utrecht", "onderzoeker", 30),
        OrganisationFact("Mental Heroes", _CARE, "ggz", "Utrecht", "psycholoog", 20),
        OrganisationFact("Focuz", _HELP, "jeugdhulpaanbieder", "Utrecht", "gezinscoach", 10),
    ),
    (Municipality("Utrecht", 3511, 70), Municipality("Zeist", 3701, 15), Municipality("Nieuwegein", 3431, 15)),
    "0344",
)
REGIONS = (AMSTERDAM, HAAGLANDEN, UTRECHT)

# Of 5,870 signals: with only client matches, only family matches, both, and none.
ONLY_CLIENT, ONLY_FAMILY, BOTH, NONE = 1346, 1158, 1748, 1618
OTHER_REGION = 57
"""Of a hundred matches, those with a professional of another region."""
SECRET_ADDRESS = 23
"""Of a hundred youths, those whose address is secret or unknown."""
BOYS = 60
"""Of a hundred youths in the region."""
AGES = ((range(0, 4), 30), (range(4, 13), 42), (range(13, 18), 27), (range(18, 23), 1))
"""Years of age, and of a hundred youths those of that age."""
