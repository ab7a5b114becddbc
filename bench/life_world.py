"""People for the benches of a signal's life: professionals who may signal, and numbers that belong to nobody."""

from collections.abc import Iterator
from datetime import date

from ledger import Tx
from node.domain.bsn import Bsn, passes_elfproef
from node.domain.organisation import Agreement, Category
from node.domain.period import Period
from node.domain.professional import Contact, Domain, Professional
from node.flows.desk import Desk
from node.store import designations, organisations, professionals
from node.store.professionals import Profile
from verwijsindex.demo.world import PUBLISHED

SINCE = date(2020, 1, 1)
"""Since when agreements and designations hold."""
TEAM = 20
"""Professionals in one organisation."""


def numbers_of_nobody() -> Iterator[Bsn]:
    """Numbers in 9999xxxxx that pass the elfproef and were not published for a made-up person."""
    tails = (f"9999{tail:05d}" for tail in range(100_000))
    return (Bsn(number) for number in tails if passes_elfproef(number) and number not in PUBLISHED)


def add_professionals(desk: Desk, count: int, team: int = TEAM) -> list[Professional]:
    """So many who may signal, ``team`` to an organisation with an agreement, and to its one location."""

    def change(tx: Tx) -> list[Professional]:
        found = []
        for at in range(count):
            contact = Contact(
                f"Stichting {at // team}",
                Domain.JEUGDHULP,
                "wijkteam",
                f"Locatie {at // team}",
                "jeugdhulpverlener",
                f"Meting {at}",
                "000 1234567",
                f"m{at}@meting.example",
            )
            reference = f"meting-{at}"
            profile = Profile(reference, reference, contact, 12, Category.JEUGDHULPAANBIEDER)
            professionals.put(tx, profile, desk.new_id)
            professional = professionals.by_reference(tx, reference)
            designations.put(tx, professional.id, Period(SINCE))
            if not organisations.agreements_of(tx, professional.organisation):
                made = Agreement(desk.new_id(), professional.organisation, "0363", SINCE, Period(SINCE), "convenant")
                organisations.put_agreement(tx, made)
            found.append(professional)
        return found

    return desk.db.write_now(change)
