"""What goes in and out of the JSON door, in the Dutch words of the screens."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from node.domain.brp import Sex
from node.domain.description import LONGEST_SURNAME, Description
from node.domain.errors import FieldNotFit
from node.domain.matching import HowEnded, Match, MatchKind
from node.domain.signal import Signal
from node.flows.look import Moved
from node.store.reach import Reach

_KINDS = {MatchKind.CLIENT: "client", MatchKind.FAMILY: "gezin", MatchKind.ADDRESS: "adres"}
_STATES = {None: "actief", HowEnded.ENDED: "geëindigd", HowEnded.ANNULLED: "vervallen"}


class Body(BaseModel):
    """What every body is: closed to fields it does not know, and silent about what was in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class NewSignal(Body):
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


class EndSignal(Body):
    """POST /api/signalen/{id}/beeindigen."""

    reden: Literal["ONTERECHT", "RISICO_WEG"]


class ExtendSignal(Body):
    """POST /api/signalen/{id}/verlengen."""

    looptijdMaanden: Annotated[Literal[6, 12, 24], Field()]


def signal_json(
    signal: Signal, youth: str | None, reach: Reach, matches: list[Match], moved: Moved | None = None
) -> dict[str, Any]:
    """A signal of one's own, with who else is involved."""
    return {
        "id": str(signal.id),
        "jeugdige": youth,
        "gemaaktOp": signal.made_at.isoformat(timespec="seconds"),
        "geldigTot": signal.valid_until.isoformat(),
        "landelijk": reach.value,
        "verhuisd": {"op": moved.on.isoformat(), "gemeente": moved.gemeente} if moved else None,
        "matches": [match_json(match) for match in matches],
    }


def match_json(match: Match) -> dict[str, Any]:
    """One side of a match. There is no field for the other youth."""
    contact = match.contact
    return {
        "id": str(match.id),
        "signaal": str(match.signal),
        "soort": _KINDS[match.kind],
        "betreftZelfdeJeugdige": match.kind is MatchKind.CLIENT,
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
        "geldigTot": match.valid_until.isoformat(),
        "gemeldOp": match.told_at.isoformat(timespec="seconds"),
        "geeindigdOp": match.ended_on.isoformat() if match.ended_on else None,
    }
