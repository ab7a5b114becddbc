"""Why a request of a professional is not done: the domain's own words, translated once at the edge.

None of them carries personal data; what they do carry, the one who asked may know.
"""

from datetime import date, datetime
from uuid import UUID


class NotDone(Exception):
    """The base of all of them: asking again unchanged will not help."""


class NotABsn(NotDone):
    """What was given is no burgerservicenummer: not nine digits, or it fails the elfproef."""

    def __init__(self) -> None:
        super().__init__("This is not a BSN.")


class FieldNotFit(NotDone):
    """A field is empty, too long, or holds characters that do not belong. Names the field, never the value."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class ProfessionalUnknown(NotDone):
    """No such professional in this region."""


class ProfessionalNotActive(NotDone):
    """This professional may not signal (any more): Jeugdwet 7.1.1.2 asks for a standing designation."""


class NotAllowed(NotDone):
    """This professional has no right to do this."""


class SignalUnknown(NotDone):
    """No such signal, or not one of this professional: which of the two is not told."""


class SignalOver(NotDone):
    """The signal is not active any more."""


class AlreadySignalled(NotDone):
    """This professional has an active signal about this youth: extend that one (``signal_id``)."""

    def __init__(self, signal_id: UUID, valid_until: date) -> None:
        super().__init__("There is an active signal of this professional about this youth.")
        self.signal_id = signal_id
        self.valid_until = valid_until


class TooManySignals(NotDone):
    """This professional made ``most`` signals today, the most that one may; ``again_at`` is when there is room."""

    def __init__(self, most: int, again_at: datetime) -> None:
        super().__init__(f"No more than {most} signals a day by one professional.")
        self.most = most
        self.again_at = again_at


class YouthTooOld(NotDone):
    """The person has reached 23 and is no youth in the sense of Jeugdwet 7.1.1.1."""


class YouthDeceased(NotDone):
    """The person has died: Jeugdwet 7.1.4.5(2)c."""


class DurationNotOffered(NotDone):
    """A signal lasts 6, 12 or 24 months."""


class NoLaterEnd(NotDone):
    """Extending would not move the end: two years after it was made, or the 23rd birthday, is the limit."""


class TooLateToUndo(NotDone):
    """A signal can be undone within fifteen minutes; after that it can be ended."""


class NobodyFound(NotDone):
    """No youth in the register fits all that was given. Which part does not fit is not told."""


class SeveralFound(NotDone):
    """More than one youth fits what was given: a house letter or addition may tell them apart."""


class TooManyMissed(NotDone):
    """This professional looked for youths by name and missed ``most`` times today; ``again_at`` is when it goes on."""

    def __init__(self, most: int, again_at: datetime) -> None:
        super().__init__(f"No more than {most} searches a day that find no one youth.")
        self.most = most
        self.again_at = again_at


class RegisterAway(NotDone):
    """The register of persons cannot be asked now, and without it nobody knows whom this is about: try again later."""
