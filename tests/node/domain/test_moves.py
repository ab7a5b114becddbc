"""A move of a youth with active signals: who is on the list, in how many messages, and how long it is kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from node.domain.moves import Gemeenten, keep_until, reports
from node.domain.professional import Contact, Domain
from node.domain.sealed import MOST_REPORTERS, MessageNotUnderstood
from node.domain.signal import ProfessionalId, Signal, SignalId, State, YouthKey
from soap_wsdl.vocabulary import Oin
from tests.region import made_up_bsn

TODAY = date(2026, 11, 24)
YOUTH = made_up_bsn(1)
CONTACT = Contact(
    "Stichting De Brug", Domain.JEUGDHULP, "wijkteam", "Hoofdkantoor", "hulpverlener", "A. Visser", "020 1234567",
    "visser@example.nl",
)  # fmt: skip
SIGNAL = Signal(
    SignalId(UUID(int=1)),
    YouthKey(b"y" * 32),
    ProfessionalId(UUID(int=2)),
    datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    date(2027, 3, 2),
    date(2032, 3, 2),
    State.ACTIVE,
    None,
    None,
)


def test_the_list_says_who_is_involved_since_and_until_when() -> None:
    """Jeugdwet 7.1.2.3(1)g. Days are local: half past eleven in the evening, UTC, is the next day in Amsterdam."""
    [moved] = reports(YOUTH, "0518", TODAY, [(SIGNAL, CONTACT)])

    assert (moved.youth, moved.gemeente, moved.moved_on) == (YOUTH, "0518", TODAY)
    [reporter] = moved.reporters
    assert (reporter.name, reporter.since, reporter.until) == ("A. Visser", date(2026, 3, 2), date(2027, 3, 2))


def test_a_youth_about_whom_nobody_has_an_active_signal_moves_unseen() -> None:
    """There is nothing to pass on."""
    assert reports(YOUTH, "0518", TODAY, []) == ()


def test_more_reporters_than_one_message_holds_make_several_oldest_first() -> None:
    """Nobody is left out."""
    many = [
        (replace(SIGNAL, made_at=SIGNAL.made_at + timedelta(days=number)), CONTACT)
        for number in reversed(range(MOST_REPORTERS + 1))
    ]

    first, second = reports(YOUTH, "0518", TODAY, many)

    assert (len(first.reporters), len(second.reporters)) == (MOST_REPORTERS, 1)
    assert first.reporters[0].since < first.reporters[-1].since < second.reporters[0].since


def test_a_gemeente_is_four_digits() -> None:
    """A code of the national table, not a name."""
    with pytest.raises(MessageNotUnderstood):
        reports(YOUTH, "Delft", TODAY, [(SIGNAL, CONTACT)])


@pytest.mark.parametrize(
    ("received", "until", "kept"),
    [
        (TODAY, date(2027, 3, 2), date(2027, 3, 2)),
        (TODAY, date(2028, 11, 1), date(2027, 11, 24)),
        (date(2028, 2, 29), date(2030, 1, 1), date(2029, 3, 1)),
        (TODAY, date(2026, 11, 1), date(2026, 11, 1)),
    ],
)
def test_a_received_move_goes_with_its_last_signal_and_after_a_year_at_most(
    received: date, until: date, kept: date
) -> None:
    """A list of active signals is no list once none is active; the leap day as well."""
    [moved] = reports(YOUTH, "0518", TODAY, [(replace(SIGNAL, valid_until=until), CONTACT)])

    assert keep_until(received, moved) == kept


def test_a_gemeente_that_the_file_does_not_name_has_no_region() -> None:
    """Then somebody must look; nothing is guessed."""
    own = Oin("00000099000000000101")
    gemeenten = Gemeenten(own, {"0363": own})

    assert (gemeenten.owner("0363"), gemeenten.owner("9999")) == (own, None)
