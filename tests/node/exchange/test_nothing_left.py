"""Destroyed means gone: every table of the node's database is walked for what a signal left behind."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from ledger import Tx
from node.domain.brp import Sex, Suspension, SuspensionReason
from node.domain.bsn import Bsn
from node.domain.informing import Ground, Manner, Person
from node.domain.marks import Mark
from node.domain.matching import HowEnded
from node.domain.moves import Gemeenten
from node.domain.person import BirthDate, Vsn
from node.domain.signal import EndReason, ProfessionalId, Signal, SignalId
from node.flows.ask_again import ask_again
from node.flows.end_signal import end_signal
from node.flows.expire import expire
from node.flows.forgetting import forget
from node.flows.look import own_signal
from node.flows.mark_match import mark_match
from node.flows.read_archive import list_archive
from node.flows.record_informed import postpone_informing, record_informed
from node.flows.register_without_bsn import register_without_bsn
from node.flows.remove_by_request import remove_by_request
from node.flows.report_move import report_move
from node.store import moves, people, youths
from soap_wsdl.vocabulary import Oin
from tests.region import officer
from tests.rehearsal import Party, Rehearsal

TODAY = date(2026, 11, 24)
KEPT = {"audit": "names random ids only", "deletion": "the ledger that a restored backup replays"}
"""Tables in which the id of a destroyed signal may stand for good, and why."""
TOMBSTONES = {"hub_record": "Protocol 2.2: revisions go on", "foreign_pair": "a late notice changes nothing"}
"""Tables in which it may stand until every date is past, and why."""


def values_of(party: Party) -> dict[str, list[bytes]]:
    """Every row of every table, as bytes: text and blobs in one."""
    tables = [
        name
        for (name,) in party.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    ]
    return {
        table: [
            b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
            for row in party.rows(f"SELECT * FROM {table}")  # noqa: S608 - the names are the database's own
        ]
        for table in tables
    }


def tables_with(party: Party, *traces: bytes) -> set[str]:
    """The tables in which one of these bytes stands."""
    return {table for table, rows in values_of(party).items() if any(trace in row for row in rows for trace in traces)}


def secrets_of(party: Party, signal: Signal) -> list[bytes]:
    """What only exists because of this signal: the youth's key and seal, relations, records' subjects, tags, cards."""
    key = signal.youth
    found: list[bytes] = [bytes(key)]
    for table, columns in (("youth", "sealed"), ("youth_relation", "relation_key")):
        found += [row[0] for row in party.rows(f"SELECT {columns} FROM {table} WHERE youth_key = ?", key)]  # noqa: S608
    of_signal = "record_id IN (SELECT record_id FROM hub_record WHERE signal_id = ?)"
    for sql in (
        "SELECT subject FROM hub_record WHERE signal_id = ?",
        "SELECT input FROM hub_record WHERE signal_id = ?",
        f"SELECT keys FROM hub_entry WHERE {of_signal}",  # noqa: S608
        f"SELECT card FROM hub_card WHERE {of_signal}",  # noqa: S608
        "SELECT card FROM match WHERE signal_id = ?",
        "SELECT match_key FROM match WHERE signal_id = ? OR other_signal_id = ?1",
        "SELECT match_key FROM foreign_pair WHERE signal_id = ?",
        "SELECT card FROM archive_notice WHERE signal_id = ?",
    ):
        for (value,) in party.rows(sql, str(signal.id)):
            found += [value if isinstance(value, bytes) else value.encode()] if value is not None else []
    return found


async def a_whole_life(rehearsal: Rehearsal) -> tuple[Party, ProfessionalId, Signal]:
    """A signal with all that can hang from one: matches in and across regions, marks, informing, an archive notice,
    and the lists that were told when its youth moved, here and to another region.
    """
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    mother = rehearsal.bsn()
    youth = amsterdam.person(rehearsal.bsn(), born="2004-02-01", parents=(mother,))
    sister = haaglanden.person(rehearsal.bsn(), parents=(mother,))
    before = haaglanden.professional("Eerder")
    await haaglanden.end(before, await haaglanden.signal(before, youth))
    here = amsterdam.professional("Eerder", email="elders@example.nl")
    await amsterdam.end(here, await amsterdam.signal(here, youth))
    await rehearsal.settle()
    await amsterdam.signal(amsterdam.professional("Smit"), youth)
    await haaglanden.signal(haaglanden.professional("Bakker"), youth)
    await haaglanden.signal(haaglanden.professional("Mulder"), sister)
    who = amsterdam.professional("Visser")
    signal = await amsterdam.signal(who, youth, 24)
    await rehearsal.settle()
    for match in (await own_signal(amsterdam.desk, who, signal.id)).matches:
        await mark_match(amsterdam.desk, who, match.id, Mark.CONTACT)
    await postpone_informing(amsterdam.desk, who, signal.id, Ground.SAFETY, date(2026, 12, 24))
    for gemeente, region in (("0363", amsterdam.oin), ("0518", haaglanden.oin)):
        move_to(amsterdam, youth, gemeente, region)
    await rehearsal.settle()
    return amsterdam, who, signal


def move_to(party: Party, youth: Bsn, gemeente: str, region: Oin) -> None:
    """The region learns that the youth moved, to a gemeente of its own or of another region."""
    desk = replace(party.desk, gemeenten=Gemeenten(party.oin))
    party.db.write_now(lambda tx: report_move(tx, desk, youth, gemeente, region, TODAY))


def told_of_moves(party: Party) -> list[bytes]:
    """Every list of reporters that lies here since the youth moved, and what left of it."""
    rows = [
        *party.rows("SELECT content FROM incoming_move"),
        *party.rows("SELECT content FROM sealed_outbox UNION SELECT sealed FROM sealed_outbox"),
    ]
    return [content for (content,) in rows if content is not None]


def in_moves(party: Party) -> set[str]:
    """The names of the reporters in the moves that lie here."""

    def question(tx: Tx) -> set[str]:
        kept = [moves.find(tx, UUID(row["move_id"]), date.min) for row in tx.all("SELECT move_id FROM incoming_move")]
        return {
            each.name
            for move in kept
            if move is not None
            for each in moves.content(tx, party.desk.vault, move).reporters
        }

    return party.db.read_now(question)


async def by_mistake(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> None:
    """The professional says that it should not have been."""
    await end_signal(party.desk, who, signal.id, EndReason.ONTERECHT)


async def at_request(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> None:
    """A privacy officer grants a request."""
    await remove_by_request(party.desk, officer(party), signal.id, EndReason.AVG17)


async def from_the_archive(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> None:
    """The same, for a signal that was archived first."""
    await end_signal(party.desk, who, signal.id, EndReason.RISICO_WEG)
    await rehearsal.settle()
    await remove_by_request(party.desk, officer(party), signal.id, EndReason.AVG17)


async def at_23(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> None:
    """The calendar."""
    rehearsal.later(days=100)
    await expire(party.desk)


async def by_death(rehearsal: Rehearsal, party: Party, who: ProfessionalId, signal: Signal) -> None:
    """The register tells it at night: every signal about the youth goes."""
    youth = party.db.read_now(lambda tx: youths.get(tx, party.desk.vault, signal.youth))
    assert youth.person is not None
    dead = replace(youth.person, suspension=Suspension(SuspensionReason.DEATH))
    party.db.write_now(lambda tx: people.put(tx, party.desk.vault, [dead]))
    await ask_again(party.desk)


Way = Callable[[Rehearsal, Party, ProfessionalId, Signal], Awaitable[None]]


@pytest.mark.parametrize("way", [by_mistake, at_request, from_the_archive, at_23, by_death])
async def test_a_destroyed_signal_leaves_no_trace_in_any_table(rehearsal: Rehearsal, way: Way) -> None:
    """Jeugdwet 7.1.4.6(1): destroyed; what stays are random ids in log and ledger, and tombstones with dates."""
    party, who, signal = await a_whole_life(rehearsal)
    youth = party.db.read_now(lambda tx: youths.get(tx, party.desk.vault, signal.youth))
    secrets = secrets_of(party, signal)
    sides = [
        match.encode() for (match,) in party.rows("SELECT match_id FROM match WHERE signal_id = ?", str(signal.id))
    ]
    assert {
        "signal",
        "match",
        "match_mark",
        "hub_entry",
        "hub_card",
        "archive_notice",
        "archive_notice_here",
        "move_told",
    } <= tables_with(party, *secrets, *sides, str(signal.id).encode())
    shared = secrets_of_others(party, signal)
    haaglanden = rehearsal.parties["haaglanden"]
    told, before = told_of_moves(party) + told_of_moves(haaglanden), in_moves(party) & in_moves(haaglanden)
    await way(rehearsal, party, who, signal)
    await rehearsal.settle()

    assert tables_with(party, *(each for each in secrets if each not in shared)) == set()
    assert tables_with(party, *sides) == {"audit"}
    assert "Visser" in before
    assert "Visser" not in in_moves(party) | in_moves(haaglanden)
    assert tables_with(party, *told) | tables_with(haaglanden, *told) == set()
    assert tables_with(party, str(signal.id).encode()) <= KEPT.keys() | TOMBSTONES.keys()
    assert party.rows("SELECT DISTINCT input, subject, wanted FROM hub_record WHERE signal_id = ?", str(signal.id)) == [
        (None, None, "gone")
    ]
    assert youth.bsn is not None
    assert youth.bsn.reveal().encode() not in b"".join(b"".join(rows) for rows in values_of(party).values())


async def test_the_tombstones_go_when_every_date_is_past(rehearsal: Rehearsal) -> None:
    """Protocol 2.2: they outlive the last date known and no longer; then only log and ledger name the random id."""
    party, who, signal = await a_whole_life(rehearsal)
    await by_mistake(rehearsal, party, who, signal)
    await rehearsal.settle()
    rehearsal.later(days=2 * 366 + 61)
    await expire(party.desk)
    await forget(party.exchange)

    assert tables_with(party, str(signal.id).encode()) == KEPT.keys()


async def test_the_youths_data_go_with_the_last_signal_about_it(rehearsal: Rehearsal) -> None:
    """Nothing is known any more of whom nobody signals."""
    amsterdam = await rehearsal.region("amsterdam")
    who = amsterdam.professional("Visser")
    signal = await amsterdam.signal(who, amsterdam.person(rehearsal.bsn(), parents=(rehearsal.bsn(),)))
    await record_informed(amsterdam.desk, who, signal.id, frozenset(Person), TODAY, Manner.LETTER)
    secrets = secrets_of(amsterdam, signal)
    await amsterdam.end(who, signal, EndReason.ONTERECHT)

    assert tables_with(amsterdam, *secrets) == set()


def secrets_of_others(party: Party, signal: Signal) -> list[bytes]:
    """What other signals about the same youth keep, as long as they stand."""
    others = party.rows(
        "SELECT signal_id FROM signal WHERE youth_key = ? AND signal_id <> ?", signal.youth, str(signal.id)
    )
    found = [value for (other,) in others for value in secrets_of(party, replace(signal, id=SignalId(UUID(other))))]
    return found


async def test_other_regions_hear_that_a_signal_removed_at_request_is_annulled(rehearsal: Rehearsal) -> None:
    """Jeugdwet 7.1.4.6(1): a match that ended before becomes annulled there, and an archive notice falls away."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    bsn, visser, bakker, mulder = (
        rehearsal.bsn(),
        *(
            amsterdam.professional("Visser"),
            haaglanden.professional("Bakker"),
            haaglanden.professional("Mulder"),
        ),
    )
    ours, theirs = await amsterdam.signal(visser, bsn), await haaglanden.signal(bakker, bsn)
    await rehearsal.settle()
    await amsterdam.end(visser, ours)
    await rehearsal.settle()
    newcomer = await haaglanden.signal(mulder, bsn)
    await rehearsal.settle()
    rehearsal.later(minutes=16)
    before = (
        [match.how for match in haaglanden.matches(theirs)],
        len(await list_archive(haaglanden.desk, mulder, newcomer.id)),
    )
    await remove_by_request(amsterdam.desk, officer(amsterdam), ours.id, EndReason.AVG21)
    await rehearsal.settle()

    assert before == ([HowEnded.ENDED], 1)
    assert [(match.how, match.organisation) for match in haaglanden.matches(theirs)] == [(HowEnded.ANNULLED, None)]
    assert await list_archive(haaglanden.desk, mulder, newcomer.id) == []


async def test_nothing_is_left_of_a_youth_without_a_bsn(rehearsal: Rehearsal) -> None:
    """Besluit Jeugdwet 7.3.1: three attributes are destroyed as a number is, also where the register never had them."""
    amsterdam, haaglanden = await rehearsal.region("amsterdam"), await rehearsal.region("haaglanden")
    vsn = Vsn.of("Zonderling", BirthDate(2012, 5, 1), Sex.FEMALE, TODAY)
    for party, name in ((haaglanden, "Bakker"), (amsterdam, "Visser")):
        signal = (await register_without_bsn(party.desk, party.professional(name), vsn)).signal
    await rehearsal.settle()
    secrets = secrets_of(amsterdam, signal)
    assert {"youth", "match", "hub_entry", "hub_record"} <= tables_with(amsterdam, *secrets)
    await by_mistake(rehearsal, amsterdam, signal.professional, signal)
    await rehearsal.settle()

    assert tables_with(amsterdam, *secrets) == set()
    assert tables_with(amsterdam, b"ZONDERLING", b"Zonderling", b"2012-05-01") == set()
    assert tables_with(haaglanden, b"ZONDERLING", b"Zonderling", b"2012-05-01") == set()
