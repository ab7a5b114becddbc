"""The status of a node as an operator reads it: in English, as all of an operator's commands are.

``--json`` and the JSON door keep the names that programs know; here each of them is said in words. What asks for
attention stands last, where the eye is.
"""

from collections.abc import Iterator
from typing import Any

_SIDES = {"hub": "hub", "service": "pseudonym service"}


def status_lines(said: dict[str, Any]) -> Iterator[str]:
    """One line for each thing, from what ``node.status.status`` gives and whether the node serves (``bedient``)."""
    signals, matches, people = said["signalen"], said["matches"], said["personen"]
    leaving, mailbox = said["uitgaand"], said["brievenbus"]
    yield f"{said['regio']} ({said['oin']}), {'serving' if said['bedient'] else 'not serving'}, {said['op']}"
    yield f"Signals: {signals['actief']} active, {signals['archief']} in the archive."
    living = ", ".join(f"{number} {kind}" for kind, number in matches.items() if kind != "geeindigd") or "none"
    yield f"Matches: {living}, {matches['geeindigd']} ended."
    rules = said["matchregels"]
    switched = ", ".join(
        f"{word} {'on' if rules[name] else 'off'}"
        for name, word in (("gezin", "family"), ("adres", "address"), ("zelfdeLocatie", "same location"))
    )
    yield f"Rules of matching: {switched}."
    yield f"Persons: {people['register']} in the local register; {people['ontbreekt']} youths without person data."
    yield (
        f"Leaving: {leaving['wensen']} to prepare, {leaving['wachtend']} waiting, {leaving['onderweg']} under way,"
        f" {leaving['terzijde']} set aside; {leaving['verzegeld']} sealed messages."
    )
    for run in said["imports"]:
        yield f"Import {run['nummer']}: {run['wachtend']} lines wait."
    yield f"Mailbox: at notice {_or(mailbox['nummer'], 'none')}, last asked {_or(mailbox['opgehaaldOp'], 'never')}."
    for job in said["taken"]:
        yield f"Job {job['naam']}: {_run(job)}."
    yield f"Audit log: {said['audit']['regels']} lines, head {said['audit']['kop'] or '-'}."
    attention = list(_attention(said))
    yield from attention or ["Nothing asks for attention."]


def _attention(said: dict[str, Any]) -> Iterator[str]:
    if said["brievenbus"]["teruggezet"]:
        yield "! This database was put back: decide with `verwijsindex node reconcile` what only the hub has."
    if said["brievenbus"]["vergelijkingNodig"]:
        yield "! A comparison with the hub is due; it begins by itself once everything was told again."
    if not said["matchregels"]["toegepast"]:
        yield "! These rules of matching do not hold for all that is there yet: a node that serves sees to it."
    if said["uitgaand"]["terzijde"]:
        yield "! Something was set aside: see `verwijsindex node outbox list`."
    if leaving := said["uitgaand"]["verzegeldZonderSleutel"]:
        yield f"! {leaving} sealed messages wait for a key of their region: see `verwijsindex node outbox list`."
    for run in said["imports"]:
        if run["gepauzeerd"]:
            yield f"! Import {run['nummer']} is paused: `verwijsindex node imports resume {run['nummer']}`, or cancel."
    for side, hold in said["wacht"].items():
        if hold is not None:
            yield (
                f"! Waits for the {_SIDES[side]} since {hold['sinds']}, {hold['pogingen']} tries, next after"
                f" {hold['totEnMet']}: {hold['reden']}"
            )
    if said["klokverschilSeconden"] is not None:
        yield f"! The clocks differ by {said['klokverschilSeconden']:.0f} seconds: nothing leaves until they agree."
    for job in said["taken"]:
        if job["fout"] or job["gemist"]:
            yield f"! Job {job['naam']}: {job['mislukt']} failed, {job['gemist']} missed. {job['fout'] or ''}".rstrip()
    for alarm in said["alarmen"]:
        yield f"! Alarm {alarm['nummer']}, {alarm['op']}, {alarm['soort']}: {alarm['over']}"
    for agreed in said["afsprakenEindigen"]:
        yield (
            f"! The agreements of {agreed['organisatie']} with gemeente {agreed['gemeente']} end on"
            f" {agreed['eindigtOp']}, in {agreed['nogDagen']} days, and none follow:"
            " see `verwijsindex node agreements list --ending`."
        )
    for certificate in said["certificaten"]:
        yield f"! {certificate}"


def _run(job: dict[str, Any]) -> str:
    if job["klaarOp"] is None:
        return f"under way since {job['gestartOp']}" if job["gestartOp"] else "has not run"
    return f"{job['uitkomst']} {job['klaarOp']}, {job['keren']} runs"


def _or(value: object, absent: str) -> object:
    return absent if value is None else value
