"""Why a request of a professional is not done: the domain's own words, translated once at the edge.

None of them carries personal data; what they do carry, the one who asked may know.
"""

from datetime import date, datetime
from uuid import UUID


class NotDone(Exception):
    """The base of all of them: asking again unchanged will not help."""

    @property
    def words(self) -> str:
        """What it says, in one sentence or two."""
        return str(self) or (type(self).__doc__ or "").strip().splitlines()[0]


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


class NotDesignated(ProfessionalNotActive):
    """Nobody designated this professional for today: Jeugdwet 7.1.1.2(1)c."""


class NotHereAnyMore(ProfessionalNotActive):
    """This profile left its organisation: nothing is done or shown for it any more."""


class NoAgreement(ProfessionalNotActive):
    """The organisation has no agreement in force with a gemeente: Jeugdwet 7.1.1.2(1)b, 7.1.3.1."""


class NoBsnRight(NotDone):
    """The organisation may not use the BSN: signal by name, without it (Jeugdwet 7.1.4.2(3))."""


class CategoryNotAllowed(ProfessionalNotActive):
    """The preventive field gives no signals in this region: no article of the Besluit Jeugdwet names it."""


class NotAllowed(NotDone):
    """No role that is held today allows this here."""


class SignalUnknown(NotDone):
    """No such signal, or not one of this professional: which of the two is not told."""


class SignalOver(NotDone):
    """The signal is not active any more."""


class MoveUnknown(NotDone):
    """No such move to a gemeente of this coördinator: whether it is another's is not told."""


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


class NotConfirmed(NotDone):
    """Whom this signal is about is not confirmed: say birth date and surname first, or end it as a mistake."""


class TooLateToUndo(NotDone):
    """A signal can be undone within fifteen minutes; after that it can be ended."""


class MatchUnknown(NotDone):
    """No such match, or not one of an active signal of this professional: which of these is not told."""


class MatchOver(NotDone):
    """The match has ended: what was said of it stays as it is."""


class NotToInform(NotDone):
    """At the age of that day this person is not told of a signal: Jeugdwet 7.1.5.1."""


class TooSoonToRenew(NotDone):
    """A signal is renewed in its last thirty days (``from_day`` on), or extended before that."""

    def __init__(self, from_day: date) -> None:
        super().__init__(f"This signal can be renewed from {from_day.isoformat()} on.")
        self.from_day = from_day


class EarlierGone(NotDone):
    """This earlier signal was fetched before, or fell away: the archive speaks once, Jeugdwet 7.1.4.6(2)."""


class GemeenteUnknown(NotDone):
    """No gemeente has this code: four digits of the table of CBS, as in node/domain/gemeenten_table.py."""


class OrganisationUnknown(NotDone):
    """No organisation, location or team of this name or id in this region."""


class CategoryNeeded(NotDone):
    """Agreements are made with organisations of a designated category, Jeugdwet 7.1.1.2(1)a: state it first."""


class AlreadyHolds(NotDone):
    """Something of the same kind holds in this period already: end that first, or choose other dates."""


class SubstituteNotDesignated(NotDone):
    """Who stands in must be designated to signal on the first day of it: Jeugdwet 7.1.1.2(1)c."""


class NothingToEnd(NotDone):
    """There is nothing in force that could end on this day."""


class NameTaken(NotDone):
    """Something else has this name now."""


class PersonUnknown(NotDone):
    """Nobody is known by this reference."""


class TwoPeopleNeeded(NotDone):
    """A role is asked by one person and confirmed by another, and neither of them receives it."""


class RolesClash(NotDone):
    """Who runs the node sees no contents, and who sees contents does not run it: these roles are for two people."""


class RequestUnknown(NotDone):
    """There is no open request of this number."""


class ProfessionalLeft(NotDone):
    """This profile left its organisation: whoever comes back gets a new profile."""


class AnotherProfile(NotDone):
    """This reference is of another person, or of another organisation: let that profile leave first, or give a new
    reference. Active signals go to nobody else by a list.
    """

    @property
    def words(self) -> str:
        return "This kenmerk is of another person or organisation: let that profile leave first, or give a new kenmerk."


class SignalsLeft(NotDone):
    """Each active signal must be transferred or ended before a profile leaves; ``count`` are not provided for."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} active signals are neither transferred nor ended.")
        self.count = count


class NotAColleague(NotDone):
    """That is not somebody else of the same organisation who is still there."""


class NobodyFound(NotDone):
    """No youth in the register fits all that was given. Which part does not fit is not told."""


class SeveralFound(NotDone):
    """More than one youth fits what was given: a house letter or addition may tell them apart."""


class DoesNotAgree(NotDone):
    """Birth date and surname do not both belong to this BSN: look at all three again. Which is wrong is not told."""


class HasBsn(NotDone):
    """The signal is about a BSN already: whom it is about does not change."""


class TooManyMissed(NotDone):
    """This professional asked for youths and missed ``most`` times today; ``again_at`` is when it goes on."""

    def __init__(self, most: int, again_at: datetime) -> None:
        super().__init__(f"No more than {most} questions a day that find no one youth, or do not agree with a BSN.")
        self.most = most
        self.again_at = again_at


class RegisterAway(NotDone):
    """The register of persons cannot be asked now, and without it nobody knows whom this is about: try again later."""


class TermOver(NotDone):
    """Counted from the day on which it began, the term of this signal is over already."""


class ImportUnknown(NotDone):
    """No import with this number; what was done longer ago is not kept."""


class ImportOver(NotDone):
    """This import is done or was cancelled: there is nothing left to pause, resume or cancel."""
