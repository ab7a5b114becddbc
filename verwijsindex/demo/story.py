"""The story that the demo plays: each step is done for real, measured, and told as each party sees it.

A step that does not turn out as it should raises StoryBroken; a program that falls meanwhile raises Crashed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from hub.commands import hub
from node.commands import node
from pseudonym_service.commands import pseudonyms
from verwijsindex.demo import ceremony, inside, waiting
from verwijsindex.demo.awaited import (
    all_youths_left,
    archived_at,
    import_done,
    require_contact,
    told_to_hub,
    waiting_for_hub,
    with_matches,
)
from verwijsindex.demo.exchange import Exchange
from verwijsindex.demo.sights import Sight, Step, named, signal_lines
from verwijsindex.demo.waiting import Stopwatch, require
from verwijsindex.demo.world import Involvement, World, signals_csv

T = TypeVar("T")

OPERATOR = "beheerder"
"""Who runs the node of each region."""


class Story:
    """The story in one running exchange. ``play`` gives its steps as they happen; it is played once."""

    def __init__(self, exchange: Exchange, world: World, departure_seconds: int) -> None:
        self._exchange = exchange
        self._world = world
        self._departure_seconds = departure_seconds
        self._amsterdam, self._haaglanden, self._utrecht = (
            exchange.door(who.node, who.reference)
            for who in (world.story.amsterdam, world.story.haaglanden, world.story.utrecht)
        )
        self._signals: dict[str, str] = {}

    def play(self) -> Iterator[Step]:
        """Every step, in order."""
        for step in (
            self._the_regions_fill,
            self._a_signal_ends_today,
            self._haaglanden_signals,
            self._amsterdam_signals,
            self._what_the_hub_holds,
            self._what_the_service_saw,
            self._a_brother_in_utrecht,
            self._amsterdam_withdraws,
            self._the_hub_falls_away,
            self._the_books_are_right,
        ):
            self._exchange.processes.look()
            yield step()

    def _the_regions_fill(self) -> Step:
        watch = Stopwatch()
        for region in self._exchange.regions:
            own = [one for one in self._world.involvements if one.worker.node == region.name]
            self._exchange.import_signals(region.name, signals_csv(self._world, own), OPERATOR, "--no-wait")
        taken_in = watch()
        for region in self._exchange.regions:
            self._wait_for_import(region.name)
        made = watch()
        for region in self._exchange.regions:
            door = self._exchange.door(region.name)
            self._wait(f"{region.title} heeft alles verstuurd", partial(all_youths_left, door))
        self._wait("de regio's hebben alle matches opgehaald", self._nothing_waits)
        return Step(
            "regions-fill",
            "De regio's raken gevuld, elk met een import",
            f"{len(self._world.involvements)} signalen van {len(self._world.workers)} professionals zijn ingelezen uit "
            "een bestand per regio, verstuurd en landelijk vergeleken. Matches uit een import staan bij elkaar.",
            watch(),
            {"ingelezen": taken_in, "signalen gemaakt": made},
            (*(self._counts(region.name, region.title) for region in self._exchange.regions), self._bundled()),
        )

    def _wait_for_import(self, region: str) -> dict[str, Any]:
        """The newest import of a region once it is done, with every line of it a signal."""
        door = self._exchange.door(region, OPERATOR)
        done = self._wait(f"de import van {region} is klaar", lambda: import_done(door.imported()))
        require(done["gemaakt"] == done["regels"], f"de import van {region} maakte niet van elke regel een signaal")
        return done

    def _bundled(self) -> Sight:
        """What an import brought the professional with most signals in it."""
        [(busiest, _)] = Counter(one.worker for one in self._world.involvements).most_common(1)
        lines = [
            f"{len(one['matches'])} matches uit import {one['nummer']} van vandaag, bij {one['signalen']} signalen"
            for one in self._exchange.door(busiest.node, busiest.reference).matches_by_import()
        ]
        return Sight(named(busiest), tuple(lines))

    def _a_signal_ends_today(self) -> Step:
        story = self._world.story
        watch = Stopwatch()
        before = self._exchange.door(story.earlier.node, story.earlier.reference)
        archived = self._wait("het signaal van een jaar geleden staat in het archief", lambda: archived_at(before))
        self._wait("de hub weet dat het voorbij is", partial(all_youths_left, before))
        own = self._ask(before.signals)
        require(story.once.name not in {one["jeugdige"] for one in own}, "het signaal van een jaar geleden loopt nog")
        anew = Involvement(story.newcomer, story.once.bsn, started=self._world.today - timedelta(days=1))
        self._exchange.import_signals(story.newcomer.node, signals_csv(self._world, [anew]), OPERATOR, "--no-wait")
        self._wait_for_import(story.newcomer.node)
        door = self._exchange.door(story.newcomer.node, story.newcomer.reference)
        signal = next(one["id"] for one in self._ask(door.signals) if one["jeugdige"] == story.once.name)
        [earlier] = self._wait("het archief van Amsterdam spreekt", lambda: door.earlier(signal) or None)
        measured = {"het archief spreekt": watch()}
        require(not door.show(signal)["matches"], "een beëindigd signaal gaf een match")
        told = self._ask(lambda: door.fetch_earlier(signal, earlier["id"]))
        require(
            (told["regio"], told["naam"]) == (story.earlier.region, story.earlier.name),
            "het archief noemt iemand anders",
        )
        [after] = self._ask(lambda: door.earlier(signal))
        require(after["opgehaald"] and not after["beschikbaar"], "het archief spreekt een tweede keer")
        return Step(
            "expiry",
            f"Amsterdam: een signaal over {story.once.name} loopt vandaag af",
            f"Een jaar geleden afgegeven door {story.earlier.name}; bij het starten beëindigde de node het vanzelf, op "
            "de dag waarop het afliep, en bewaart het vijf jaar. Zoeken kan daarin niemand. Wie de jeugdige nieuw "
            "signaleert hoort één keer, ook in een andere regio, dat er eerder iemand betrokken was.",
            watch(),
            measured,
            (
                Sight(f"De node van {story.earlier.region}", (f"{archived} signaal in het archief",)),
                Sight(
                    f"{named(story.newcomer)}, sinds gisteren betrokken",
                    (
                        "geen match: nu is er niemand anders",
                        f"eerder betrokken, tot {told['beeindigdOp']}: {told['naam']}, {told['organisatie']}",
                        f"    {told['functie']}, {told['regio']}, {told['telefoon']}, {told['email']}",
                        "daarna: opgehaald, niet nog eens op te halen",
                    ),
                ),
            ),
        )

    def _haaglanden_signals(self) -> Step:
        who, youth = self._world.story.haaglanden, self._world.story.youth
        watch = Stopwatch()
        said = self._ask(lambda: self._haaglanden.register(*youth.confirmed))
        saved = watch()
        self._signals["haaglanden"] = said["id"]
        shown = self._wait("het signaal is bij de hub", lambda: told_to_hub(self._haaglanden.show(said["id"])))
        require(not shown["matches"], "er was al een match voordat de tweede professional signaleerde")
        return Step(
            "haaglanden-signals",
            f"Haaglanden: {who.name} signaleert {youth.name}",
            "Het signaal is bewaard en bij de hub bekend. Nog niemand anders is betrokken.",
            watch(),
            {"bewaard": saved, "bij de hub": watch()},
            (Sight(named(who), signal_lines(shown)),),
        )

    def _amsterdam_signals(self) -> Step:
        story = self._world.story
        watch = Stopwatch()
        said = self._ask(lambda: self._amsterdam.register(*story.youth.confirmed))
        measured = {"bewaard": watch()}
        self._signals["amsterdam"] = said["id"]
        seen: dict[str, dict[str, Any]] = {}

        def look() -> bool | None:
            for name, door in (("amsterdam", self._amsterdam), ("haaglanden", self._haaglanden)):
                if name not in seen and (shown := door.show(self._signals[name]))["matches"]:
                    seen[name] = shown
                    measured[f"{name.title()} ziet de match"] = watch()
            return True if len(seen) == 2 else None

        self._wait("beide regio's zien de match", look)
        require_contact(seen["amsterdam"], story.haaglanden)
        require_contact(seen["haaglanden"], story.amsterdam)
        return Step(
            "amsterdam-signals",
            f"Amsterdam: {story.amsterdam.name} signaleert dezelfde jeugdige",
            "Beide professionals zien hoe ze elkaar bereiken.",
            watch(),
            measured,
            (
                Sight(named(story.amsterdam), signal_lines(seen["amsterdam"])),
                Sight(named(story.haaglanden), signal_lines(seen["haaglanden"])),
            ),
        )

    def _what_the_hub_holds(self) -> Step:
        watch = Stopwatch()
        held = [
            inside.held_by_hub(self._exchange, inside.record_of_youth(self._exchange, name, self._signals[name]))
            for name in ("haaglanden", "amsterdam")
        ]
        require(held[0].held_tag == held[1].held_tag, "de twee registraties hebben niet hetzelfde kenmerk")
        searched = self._nothing_is_in("hub")
        sights = [
            Sight(
                f"De hub, over het signaal van {one.region}",
                (
                    f"registratie  {one.record_id}  (willekeurig)",
                    f"kenmerk      {one.held_tag.hex()}  (versleuteld door de dienst, gepeperd door de hub)",
                    f"kaart        {len(one.card)} bytes, verzegeld: {one.card[:20].hex()}…",
                    f"geldig tot   {one.valid_until}, daarna archief tot {one.archive_until}",
                ),
            )
            for one in held
        ]
        return Step(
            "hub-holds",
            "Wat de hub hierover heeft",
            "Tweemaal hetzelfde gepeperde kenmerk: daaraan zag de hub de match. "
            f"Naam, BSN, telefoon en e-mail staan in geen van de {searched} bestanden van de hub.",
            watch(),
            {},
            tuple(sights),
        )

    def _what_the_service_saw(self) -> Step:
        watch = Stopwatch()
        counts = inside.asked_of_service(self._exchange)
        require(all(counts.values()), "een regio heeft niets aan de pseudoniemdienst gevraagd")
        searched = self._nothing_is_in("pseudonyms")
        lines = tuple(f"{name:<11} {count:>5} vragen vandaag" for name, count in counts.items())
        return Step(
            "service-saw",
            "Wat de pseudoniemdienst hiervan zag",
            "Alleen aantallen. De nummers kwamen geblindeerd binnen en gingen ongezien weer weg; "
            f"ook in zijn {searched} bestanden staat niemand.",
            watch(),
            {},
            (Sight("De pseudoniemdienst", lines),),
        )

    def _a_brother_in_utrecht(self) -> Step:
        story = self._world.story
        watch = Stopwatch()
        said = self._ask(lambda: self._utrecht.register(*story.sibling.confirmed))
        self._signals["utrecht"] = said["id"]
        measured = {"bewaard": watch()}
        own = self._wait(
            "Utrecht ziet de gezinsmatches", lambda: with_matches(self._utrecht.show(said["id"]), "gezin", 2)
        )
        measured["Utrecht ziet de gezinsmatches"] = watch()
        other = self._wait(
            "Haaglanden ziet de gezinsmatch",
            lambda: with_matches(self._haaglanden.show(self._signals["haaglanden"]), "gezin", 1),
        )
        require({m["matchsleutel"] for m in other["matches"]} - {None} != set(), "er is geen matchsleutel")
        return Step(
            "family-match",
            f"Utrecht: {story.utrecht.name} signaleert {story.sibling.name}, een broer",
            f"Een gezinsmatch. Gezinsgegevens vertrekken hier elke {self._departure_seconds} seconden; "
            "in het echt elk kwartier, zodat de hub uit de tijd niet afleidt wie bij wie hoort.",
            watch(),
            measured,
            (
                Sight(named(story.utrecht), signal_lines(own)),
                Sight(named(story.haaglanden), signal_lines(other)),
            ),
        )

    def _amsterdam_withdraws(self) -> Step:
        story = self._world.story
        # The family records of the whole world left with the story's; the nodes are still reading about them.
        self._wait("de regio's hebben alle gezinsmatches opgehaald", self._nothing_waits)
        watch = Stopwatch()
        self._ask(lambda: self._amsterdam.end(self._signals["amsterdam"]))
        measured = {"beëindigd": watch()}

        def ended() -> dict[str, Any] | None:
            shown = self._haaglanden.show(self._signals["haaglanden"])
            clients = [match for match in shown["matches"] if match["soort"] == "client"]
            return shown if clients and all(match["status"] != "actief" for match in clients) else None

        shown = self._wait("Haaglanden hoort dat de match voorbij is", ended)
        measured["Haaglanden hoort het"] = watch()
        gone = [match for match in shown["matches"] if match["soort"] == "client"]
        require(all(match["contact"] is None for match in gone), "de kaart van Amsterdam is niet vernietigd")
        return Step(
            "withdrawal",
            f"Amsterdam: {story.amsterdam.name} is niet meer betrokken",
            "Ook in Haaglanden is de match voorbij, en zijn de contactgegevens daar vernietigd.",
            watch(),
            measured,
            (Sight(named(story.haaglanden), signal_lines(shown)),),
        )

    def _the_hub_falls_away(self) -> Step:
        story = self._world.story
        watch = Stopwatch()
        self._exchange.kill("hub")
        said = self._ask(lambda: self._utrecht.register(*story.youth.confirmed))
        measured = {"bewaard zonder hub": watch()}
        silence = self._wait("de node merkt dat de hub weg is", lambda: waiting_for_hub(self._utrecht, said["id"]))
        self._exchange.start("hub")
        back = Stopwatch()
        own = self._wait("Utrecht haalt in", lambda: with_matches(self._utrecht.show(said["id"]), "client", 1))
        other = self._wait(
            "Haaglanden haalt in", lambda: with_matches(self._haaglanden.show(self._signals["haaglanden"]), "client", 1)
        )
        measured["ingehaald na terugkeer"] = back()
        return Step(
            "hub-away",
            "De hub valt om (kill -9)",
            "De node werkt door, wacht steeds iets langer, en haalt in zodra de hub er weer is.",
            watch(),
            measured,
            (
                Sight(f"{named(story.utrecht)}, zonder hub", (*signal_lines(said), silence)),
                Sight(f"{named(story.utrecht)}, daarna", signal_lines(own)),
                Sight(named(story.haaglanden), signal_lines(other)),
            ),
        )

    def _the_books_are_right(self) -> Step:
        watch = Stopwatch()
        groups = {"hub": hub, "pseudonyms": pseudonyms}
        lines = []
        for name in self._exchange.names:
            group = groups.get(name, node)
            said = ceremony.run(group, "audit", "verify", "--config", str(self._exchange.settings(name)))
            lines.append(f"{name:<11} {said.strip()}")
        alarms = [a for region in self._exchange.regions for a in self._exchange.door(region.name).status()["alarmen"]]
        require(not alarms, "er staan alarmen open")
        return Step(
            "audit",
            "De logboeken",
            "Elke regel hangt aan de vorige: niets is veranderd, tussengevoegd of weggehaald. Geen alarmen.",
            watch(),
            {},
            (Sight("De beheerders (verwijsindex … audit verify)", tuple(lines)),),
        )

    def _nothing_waits(self) -> bool | None:
        return True if inside.notices_waiting(self._exchange) == 0 else None

    def _counts(self, name: str, title: str) -> Sight:
        said = self._exchange.door(name).status()
        matches = said["matches"]
        return Sight(
            title,
            (
                f"{said['signalen']['actief']} signalen, {matches.get('client', 0)} kanten van een cliëntmatch; "
                f"gezinsmatches volgen met het volgende vertrek",
            ),
        )

    def _nothing_is_in(self, party: str) -> int:
        """Search every file of a party for whom the story is about and who is in it. Returns how many files."""
        story = self._world.story
        persons = [
            word
            for citizen in self._world.citizens
            if citizen.bsn in (story.youth.bsn, story.sibling.bsn, *story.youth.parents)
            for word in (citizen.bsn.reveal(), citizen.name)
        ]
        workers = [
            word
            for worker in (story.amsterdam, story.haaglanden, story.utrecht)
            for word in (worker.name, worker.phone, worker.email)
        ]
        searched, found = inside.found_in_files(self._exchange, party, [*persons, *workers])
        require(not found, f"in bestanden van {party} staat iemand: {', '.join(found)}")
        return searched

    def _ask(self, question: Callable[[], T]) -> T:
        return waiting.ask(self._exchange.processes, question)

    def _wait(self, what: str, question: Callable[[], T | None]) -> T:
        return waiting.wait(self._exchange.processes, what, question)
