"""Confirming whom a BSN is about, before a signal is saved: what the professional knows against what the register has.

Pure. The professional says it first and is told only that it agrees or not: nobody learns who belongs to a number.
"""

from dataclasses import dataclass, field
from enum import Enum

from node.domain.errors import FieldNotFit
from node.domain.person import BirthDate, Person
from node.domain.spelling import LONGEST_SURNAME, plain_surname

FEWEST_LETTERS = 3
"""Letters of the surname that are asked for; a shorter surname is given whole."""


class Stand(Enum):
    """How the confirmation of a signal stands, as its professional sees it."""

    CONFIRMED = "confirmed"
    WAITS = "waits"
    """The register could not be asked, or does not know the number: it is compared once it does."""
    DIFFERS = "differs"
    """The register came to know the number, and it is about somebody else than was said."""
    UNSAID = "unsaid"
    """An import made the signal and its line said nothing of the youth: its professional still has to."""

    @property
    def hides(self) -> bool:
        """Whether nothing of whoever the register has under the number is told: it may be a stranger.

        Neither name nor move, nor what follows from an age: until when the signal lasts, and who must be informed.
        """
        return self in (Stand.DIFFERS, Stand.UNSAID)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Two attributes of the youth that the professional knows: birth date, and how the surname begins."""

    born: BirthDate = field(repr=False)
    surname: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raises FieldNotFit for a surname without letters; names the field and never repeats it."""
        if len(self.surname) > LONGEST_SURNAME or not any(sign.isalpha() for sign in plain_surname(self.surname)):
            raise FieldNotFit("achternaam", "a surname has letters: the first three do")

    def agrees(self, person: Person) -> bool:
        """Whether both agree. What the register does not know of somebody cannot disagree.

        Of a birth date every part that the register has must be right. Where the register tells one name only, the
        surname may begin at any word of it.
        """
        return self._born_then(person) and self._named_so(person)

    def _born_then(self, person: Person) -> bool:
        known = person.birth_date
        if known is None:
            return True
        pairs = ((known.year, self.born.year), (known.month, self.born.month), (known.day, self.born.day))
        return all(here is None or here == said for here, said in pairs)

    def _named_so(self, person: Person) -> bool:
        words = person.name.split()
        names = [person.surname] if person.surname else [" ".join(words[at:]) for at in range(len(words))]
        said = plain_surname(self.surname)
        known = [name for name in map(plain_surname, names) if name]
        return not known or any(
            name == said or (len(said) >= FEWEST_LETTERS and name.startswith(said)) for name in known
        )
