"""What goes in and out of the JSON door, in the Dutch words of the screens."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from node.domain.brp import Sex
from node.domain.confirming import Confirmation
from node.domain.confirming import Stand as Confirmed
from node.domain.description import Description
from node.domain.errors import FieldNotFit
from node.domain.informing import Ground, Manner, Person, Stand
from node.domain.marks import Mark, Marks
from node.domain.matching import HowEnded, Match, MatchKind
from node.domain.person import BirthDate
from node.domain.signal import Signal
from node.domain.spelling import LONGEST_SURNAME
from node.flows.ending_soon import EndingSoon
from node.flows.read_archive import Earlier, EarlierContact
from node.flows.record_informed import Informing
from node.flows.register_signal import Registered
from node.store.moves import MoveTold
from node.store.reach import Reach

_KINDS = {MatchKind.CLIENT: "client", MatchKind.FAMILY: "gezin", MatchKind.ADDRESS: "adres"}
MARKS = {"contact opgenomen": Mark.CONTACT, "afgestemd": Mark.AGREED}
PERSONS = {"jeugdige": Person.YOUTH, "vertegenwoordiger": Person.REPRESENTATIVE}
MANNERS = {
    "gesprek": Manner.CONVERSATION,
    "telefoon": Manner.TELEPHONE,
    "brief": Manner.LETTER,
    "digitaal": Manner.DIGITAL,
}
GROUNDS = {"veiligheid": Ground.SAFETY, "opsporing": Ground.INVESTIGATION, "niet bereikbaar": Ground.UNREACHABLE}
_STANDS = {
    Stand.DONE: "geïnformeerd",
    Stand.TO_DO: "te doen",
    Stand.POSTPONED: "uitgesteld",
    Stand.OVERDUE: "over tijd",
}
CONFIRMED = {
    Confirmed.CONFIRMED: "bevestigd",
    Confirmed.WAITS: "wacht op register",
    Confirmed.DIFFERS: "komt niet overeen",
    Confirmed.UNSAID: "niet bevestigd",
}
_STATES = {None: "actief", HowEnded.ENDED: "geëindigd", HowEnded.ANNULLED: "vervallen"}


class Body(BaseModel):
    """What every body is: closed to fields it does not know, and silent about what was in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Confirms(Body):
    """What a professional knows of the youth: it must agree with the register. Of the surname the beginning will do."""

    geboortedatum: SecretStr = Field(max_length=10)
    achternaam: SecretStr = Field(max_length=LONGEST_SURNAME)

    def confirmation(self) -> Confirmation:
        """What is to be compared. Raises FieldNotFit."""
        return Confirmation(born_of(self.geboortedatum), self.achternaam.get_secret_value())


class NewSignal(Confirms):
    """POST /api/signalen."""

    bsn: SecretStr = Field(max_length=20)
    looptijdMaanden: Literal[6, 12, 24] | None = None


class NewSignalByName(Body):
    """POST /api/signalen/op-naam: for who may not know the BSN."""

    achternaam: SecretStr = Field(max_length=LONGEST_SURNAME)
    geboortedatum: SecretStr = Field(max_length=10)
    geslacht: Literal["M", "V", "O"]
    postcode: SecretStr = Field(max_length=10)
    huisnummer: int = Field(ge=1, le=99999)
    huisletter: str = Field(default="", max_length=1)
    toevoeging: str = Field(default="", max_length=10)
    looptijdMaanden: Literal[6, 12, 24] | None = None

    def description(self) -> Description:
        """What is to be looked for. Raises FieldNotFit."""
        try:
            born = date.fromisoformat(self.geboortedatum.get_secret_value())
        except ValueError:
            raise FieldNotFit("geboortedatum", "write it as 2009-05-17") from None
        return Description(
            self.achternaam.get_secret_value(),
            born,
            Sex(self.geslacht),
            self.postcode.get_secret_value(),
            self.huisnummer,
            self.huisletter,
            self.toevoeging,
        )


class AtRequest(Body):
    """POST /api/signalen/{id}/verwijderen-op-verzoek: the right under which it goes."""

    grond: Literal["AVG16", "AVG17", "AVG21"]


class EndSignal(Body):
    """POST /api/signalen/{id}/beeindigen."""

    reden: Literal["ONTERECHT", "RISICO_WEG"]


class ExtendSignal(Body):
    """POST /api/signalen/{id}/verlengen."""

    looptijdMaanden: Annotated[Literal[6, 12, 24], Field()]


class MarkMatch(Body):
    """POST /api/matches/{id}/markeren."""

    markering: Literal["contact opgenomen", "afgestemd"]
    op: date | None = None


class UnmarkMatch(Body):
    """POST /api/matches/{id}/markering-intrekken."""

    markering: Literal["contact opgenomen", "afgestemd"]


class RecordInformed(Body):
    """POST /api/signalen/{id}/informeren."""

    wie: list[Literal["jeugdige", "vertegenwoordiger"]] = Field(min_length=1, max_length=2)
    op: date
    wijze: Literal["gesprek", "telefoon", "brief", "digitaal"]


class PostponeInforming(Body):
    """POST /api/signalen/{id}/informeren-uitstellen."""

    grond: Literal["veiligheid", "opsporing", "niet bereikbaar"]
    opnieuwBekijkenOp: date


class RenewSignal(Body):
    """POST /api/signalen/{id}/vernieuwen."""

    looptijdMaanden: Literal[6, 12, 24] | None = None


def born_of(said: SecretStr) -> BirthDate:
    """A birth date, of which the day, or day and month, may be missing. Raises FieldNotFit, which repeats nothing."""
    try:
        return BirthDate.parse(said.get_secret_value())
    except FieldNotFit:
        raise FieldNotFit(
            "geboortedatum", "write it as 2009-05-17; without the day, or the month, if unknown"
        ) from None


def signal_json(
    signal: Signal,
    youth: str | None,
    reach: Reach,
    matches: list[Match],
    moved: MoveTold | None = None,
    *,
    without_bsn: bool = False,
    confirmed: Confirmed = Confirmed.CONFIRMED,
) -> dict[str, Any]:
    """A signal of one's own, with who else is involved. What is not confirmed tells no day on which anything ends: it
    may be the birthday of a stranger.
    """
    return {
        "id": str(signal.id),
        "jeugdige": youth,
        "gemaaktOp": signal.made_at.isoformat(timespec="seconds"),
        "geldigTot": None if confirmed.hides else signal.valid_until.isoformat(),
        "landelijk": reach.value,
        "matches": [match_json(match, confirmed) for match in matches],
        "verhuisd": moved and {"op": moved.moved_on.isoformat(), "gemeente": moved.gemeente},
        "zonderBsn": without_bsn,
        "bevestiging": None if without_bsn else CONFIRMED[confirmed],
    }


def registered_json(done: Registered) -> dict[str, Any]:
    """A signal that was just made: on its way to other regions. The youth is not named: who asked knows."""
    shown = signal_json(
        done.signal, None, Reach.ON_ITS_WAY, done.matches, without_bsn=done.without_bsn, confirmed=done.confirmed
    )
    return {**shown, "persoonBekend": done.person_known}


def match_json(match: Match, confirmed: Confirmed = Confirmed.CONFIRMED) -> dict[str, Any]:
    """One side of a match. There is no field for the other youth; of a possible match nobody knows who it is."""
    contact = match.contact
    return {
        "id": str(match.id),
        "signaal": str(match.signal),
        "soort": _KINDS[match.kind],
        "mogelijk": match.possible,
        "betreftZelfdeJeugdige": None if match.possible else match.kind is MatchKind.CLIENT,
        "status": _STATES[match.how],
        "regio": match.region,
        "organisatie": match.organisation,
        "contact": None
        if contact is None
        else {
            "organisatie": contact.organisation,
            "domein": contact.domain.value,
            "soort": contact.kind,
            "locatie": contact.location,
            "functie": contact.function,
            "naam": contact.name,
            "telefoon": contact.phone,
            "email": contact.email,
        },
        "sinds": match.since,
        "matchsleutel": match.match_key,
        "geldigTot": None if confirmed.hides else match.valid_until.isoformat(),
        "gemeldOp": match.told_at.isoformat(timespec="seconds"),
        "geeindigdOp": match.ended_on.isoformat() if match.ended_on else None,
        "eigenMarkering": _marks_json(match.own),
        "markeringAnder": _marks_json(match.theirs),
    }


def _marks_json(said: Marks) -> dict[str, str | None]:
    return {
        "contactOpgenomenOp": said.contact.isoformat() if said.contact else None,
        "afgestemdOp": said.agreed.isoformat() if said.agreed else None,
    }


def informing_json(one: Informing) -> dict[str, Any]:
    """Who must be told of a signal, who was, and what waits."""
    persons = {person: word for word, person in PERSONS.items()}
    manners = {manner: word for word, manner in MANNERS.items()}
    grounds = {ground: word for word, ground in GROUNDS.items()}
    return {
        "signaal": str(one.signal),
        "stand": _STANDS[one.stand],
        "teInformeren": sorted(persons[person] for person in one.missing),
        "geinformeerd": [
            {"wie": persons[person], "op": told.day.isoformat(), "wijze": manners[told.manner]}
            for person, told in sorted(one.told.items(), key=lambda pair: pair[0].value)
        ],
        "uitgesteld": None
        if one.postponed is None
        else {"grond": grounds[one.postponed.ground], "opnieuwBekijkenOp": one.postponed.review_on.isoformat()},
        "namens": one.on_behalf_of,
    }


def ending_json(one: EndingSoon) -> dict[str, Any]:
    """A signal that ends soon, and what can be done about it."""
    return {
        "signaal": str(one.signal.id),
        "geldigTot": one.signal.valid_until.isoformat(),
        "nogDagen": one.days_left,
        "herinnering": one.reminder,
        "kanVerlengen": one.can_extend,
        "kanVernieuwen": one.can_renew,
        "namens": one.on_behalf_of,
    }


def earlier_json(one: Earlier) -> dict[str, Any]:
    """That there was an earlier signal, in this region or another; ``mogelijk``: it may be about another child."""
    return {
        "id": str(one.id),
        "andereRegio": one.peer,
        "opgehaald": one.fetched,
        "beschikbaar": one.available,
        "mogelijk": one.possible,
    }


def earlier_contact_json(one: EarlierContact) -> dict[str, Any]:
    """Who had signalled, and until when: told once."""
    return {
        "regio": one.region,
        "organisatie": one.organisation,
        "locatie": one.location,
        "functie": one.function,
        "naam": one.name,
        "telefoon": one.phone,
        "email": one.email,
        "beeindigdOp": one.ended.isoformat(),
        "mogelijk": one.possible,
    }
