"""Every refusal of the JSON door as application/problem+json, in Dutch, without an echo of what was sent."""

import json
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import hdrs, web

from ledger import WriteFailed
from node.domain import errors
from node.domain.days import AMSTERDAM
from node.people.lines import LineRefused

_TABLE: dict[type[Exception], tuple[int, str, str, str]] = {
    errors.NotABsn: (400, "geen-bsn", "Geen geldig BSN", "Het nummer voldoet niet aan de elfproef. Kijk het na."),
    errors.DurationNotOffered: (400, "looptijd", "Looptijd niet mogelijk", "Kies 6, 12 of 24 maanden."),
    errors.FieldNotFit: (400, "veld", "Veld niet goed", "Een van de velden past niet."),
    errors.ProfessionalUnknown: (403, "professional-onbekend", "Professional onbekend", "Wie u bent is niet bekend."),
    errors.ProfessionalNotActive: (
        403,
        "niet-meldingsbevoegd",
        "Niet meldingsbevoegd",
        "U bent (nu) niet aangewezen als meldingsbevoegde.",
    ),
    errors.NotDesignated: (
        403,
        "niet-aangewezen",
        "Niet aangewezen",
        "U bent vandaag niet aangewezen als meldingsbevoegde. Vraag het aan de coördinator van uw organisatie.",
    ),
    errors.NotHereAnyMore: (
        403,
        "zelf-vertrokken",
        "U werkt hier niet meer",
        "Onder dit profiel werkt u hier niet meer. Bent u terug, dan krijgt u een nieuw profiel.",
    ),
    errors.NoAgreement: (
        403,
        "geen-afspraken",
        "Geen afspraken met een gemeente",
        "Uw organisatie heeft nu geen schriftelijke afspraken met een gemeente. Zolang signaleert er niemand.",
    ),
    errors.NoBsnRight: (
        403,
        "geen-bsn-recht",
        "Signaleer op naam",
        "Uw organisatie mag het BSN niet gebruiken. Signaleer op naam: met achternaam, geboortedatum, geslacht,"
        " postcode en huisnummer.",
    ),
    errors.AnotherProfile: (
        409,
        "ander-profiel",
        "Van iemand anders",
        "Dit kenmerk is van een ander mens of een andere organisatie. Laat dat profiel eerst vertrekken, of kies een"
        " nieuw kenmerk.",
    ),
    errors.CategoryNotAllowed: (
        403,
        "categorie-uitgezet",
        "Uw organisatie signaleert hier niet",
        "Uw organisatie hoort bij het preventieve veld. In deze regio geeft dat veld geen signalen.",
    ),
    errors.NotAllowed: (403, "niet-toegestaan", "Niet toegestaan", "Dit mag u niet doen."),
    errors.SignalUnknown: (404, "signaal-onbekend", "Signaal onbekend", "U heeft geen signaal met dit kenmerk."),
    errors.SignalOver: (409, "signaal-beeindigd", "Signaal is beëindigd", "Dit signaal is niet actief meer."),
    errors.MoveUnknown: (
        404,
        "verhuizing-onbekend",
        "Verhuizing onbekend",
        "Er is geen verhuizing met dit kenmerk naar een gemeente waarvan u coördinator bent.",
    ),
    errors.AlreadySignalled: (
        409,
        "al-gesignaleerd",
        "U heeft al een signaal",
        "U heeft over deze jeugdige al een actief signaal. Verleng dat als u langer betrokken bent.",
    ),
    errors.TooManySignals: (429, "te-veel-signalen", "Te veel signalen vandaag", ""),
    errors.YouthTooOld: (409, "23-of-ouder", "23 jaar of ouder", "De verwijsindex is voor wie nog geen 23 is."),
    errors.YouthDeceased: (409, "overleden", "Overleden", "Over wie overleden is kan niet gesignaleerd worden."),
    errors.NobodyFound: (
        409,
        "niemand-gevonden",
        "Niemand gevonden",
        "Bij deze gegevens is niemand gevonden over wie u kunt signaleren. Kijk ze na. Lukt het niet:"
        " mag uw organisatie het BSN gebruiken, signaleer dan daarmee. Vraag het anders aan een collega die dat mag.",
    ),
    errors.SeveralFound: (
        409,
        "meer-gevonden",
        "Meer dan één gevonden",
        "Deze gegevens passen bij meer dan één jeugdige. Vul ook huisletter en toevoeging in."
        " Mag uw organisatie het BSN gebruiken, dan kan het ook daarmee.",
    ),
    errors.DoesNotAgree: (
        409,
        "komt-niet-overeen",
        "Komt niet overeen",
        "BSN, geboortedatum en achternaam horen niet bij elkaar. Kijk ze alle drie na. Er is niets bewaard.",
    ),
    errors.HasBsn: (
        409,
        "heeft-bsn",
        "Heeft al een BSN",
        "Dit signaal gaat al over een BSN. Is het iemand anders, beëindig het dan als onterecht en signaleer opnieuw.",
    ),
    errors.TooManyMissed: (429, "te-veel-gezocht", "Te vaak gezocht vandaag", ""),
    errors.RegisterAway: (
        503,
        "personen-onbereikbaar",
        "Personen zijn nu niet op te zoeken",
        "Er is niets bewaard. Probeer het later opnieuw."
        " Mag uw organisatie het BSN gebruiken, dan kunt u daarmee nu wel signaleren.",
    ),
    errors.NoLaterEnd: (
        409,
        "niet-langer",
        "Verlengen kan niet verder",
        "Een signaal duurt hoogstens twee jaar en eindigt op de 23e verjaardag. Maak zo nodig een nieuw signaal.",
    ),
    errors.NotConfirmed: (
        409,
        "niet-bevestigd",
        "Nog niet bevestigd",
        "Het staat niet vast over wie dit signaal gaat. Bevestig dat eerst, of beëindig het signaal als onterecht.",
    ),
    errors.TooLateToUndo: (
        409,
        "te-laat",
        "Ongedaan maken kan niet meer",
        "Dat kan tot vijftien minuten na het signaal. U kunt het wel beëindigen.",
    ),
    errors.MatchUnknown: (404, "match-onbekend", "Match onbekend", "U heeft geen match met dit kenmerk."),
    errors.MatchOver: (
        409,
        "match-geeindigd",
        "Match is geëindigd",
        "Wat over een geëindigde match is vastgelegd, blijft zoals het is.",
    ),
    errors.NotToInform: (
        400,
        "niet-te-informeren",
        "Deze persoon wordt niet geïnformeerd",
        "Onder 12 jaar alleen de wettelijk vertegenwoordiger, vanaf 16 jaar alleen de jeugdige.",
    ),
    errors.TooSoonToRenew: (
        409,
        "nog-niet-te-vernieuwen",
        "Nog niet te vernieuwen",
        "Vernieuwen kan in de laatste dertig dagen van een signaal. Verlengen kan eerder, binnen de twee jaar.",
    ),
    errors.EarlierGone: (
        410,
        "eerder-signaal-weg",
        "Niet meer op te halen",
        "Een eerder signaal is één keer op te halen, binnen dertig dagen. Dit is opgehaald of vervallen.",
    ),
    errors.PersonUnknown: (404, "onbekend", "Onbekend", "Wie u noemt is hier niet bekend."),
    errors.NotAColleague: (409, "geen-collega", "Geen collega", "Kies iemand anders van dezelfde organisatie."),
    errors.SubstituteNotDesignated: (
        409,
        "vervanger-niet-aangewezen",
        "Vervanger niet aangewezen",
        "Deze collega is niet aangewezen als meldingsbevoegde en kan dus niet vervangen. Kies een ander, of laat de"
        " coördinator van uw organisatie de collega aanwijzen.",
    ),
    errors.AlreadyHolds: (409, "geldt-al", "Geldt al", "Er geldt in deze periode al zoiets. Kies andere data."),
    errors.NothingToEnd: (409, "niets-te-beeindigen", "Niets te beëindigen", "Er loopt niets dat zo heet."),
    errors.ProfessionalLeft: (409, "vertrokken", "Vertrokken", "Deze collega werkt hier niet meer."),
    errors.SignalsLeft: (
        409,
        "signalen-over",
        "Er blijven signalen over",
        "Draag elk actief signaal over aan een collega, of beëindig het.",
    ),
    errors.GemeenteUnknown: (409, "gemeente-onbekend", "Gemeente onbekend", "Geen gemeente heeft deze vier cijfers."),
    errors.OrganisationUnknown: (
        409,
        "organisatie-onbekend",
        "Organisatie onbekend",
        "Geen organisatie, locatie of team heet hier zo. Kijk de naam na.",
    ),
    errors.CategoryNeeded: (
        409,
        "categorie-nodig",
        "Eerst een categorie",
        "Van deze organisatie is niet bekend van welke categorie zij is. Laat de beheerder van de regio dat invullen.",
    ),
    errors.NameTaken: (409, "naam-bezet", "Naam is bezet", "Iets anders heet nu zo. Kies een andere naam."),
    errors.TwoPeopleNeeded: (
        409,
        "twee-mensen",
        "Daar zijn twee mensen voor nodig",
        "Een vraagt de rol aan, een ander bevestigt dat. Geen van beiden krijgt de rol zelf.",
    ),
    errors.RolesClash: (
        409,
        "rollen-botsen",
        "Rollen gaan niet samen",
        "Wie het systeem beheert ziet geen inhoud, en wie inhoud ziet beheert het niet. Kies twee mensen.",
    ),
    errors.RequestUnknown: (
        404,
        "aanvraag-onbekend",
        "Aanvraag onbekend",
        "Er is geen rol of openstaande aanvraag met dit nummer.",
    ),
    errors.TermOver: (
        409,
        "termijn-voorbij",
        "Termijn al voorbij",
        "Geteld vanaf het begin is dit signaal al voorbij.",
    ),
    errors.ImportUnknown: (404, "import-onbekend", "Import onbekend", "Er is geen import met dit nummer (meer)."),
    errors.ImportOver: (409, "import-klaar", "Import is klaar", "Deze import is klaar of geannuleerd."),
    WriteFailed: (503, "opslag", "Nu niet op te slaan", "Er is niets bewaard. Probeer het straks opnieuw."),
}


def problem(status: int, slug: str, title: str, detail: str, **more: Any) -> web.Response:
    """A problem document."""
    body = {"type": f"urn:verwijsindex:probleem:{slug}", "status": status, "title": title, "detail": detail, **more}
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/problem+json",
    )


def unreadable(why: errors.FieldNotFit) -> web.Response:
    """A file that cannot be read at all."""
    return problem(400, "bestand", "Bestand niet te lezen", f"Er is niets ingelezen ({why.words}).")


def wrong_lines(refused: Sequence[LineRefused]) -> web.Response:
    """A file with lines that are wrong: each by its number, and why."""
    wrong = [{"regel": each.line, "waarom": each.why} for each in refused]
    return problem(400, "regels", "Regels niet goed", "Er is niets ingelezen. Verbeter deze regels.", regels=wrong)


def problems() -> dict[type[Exception], tuple[int, str, str]]:
    """Status, name and title of every refusal that has words of its own."""
    return {kind: entry[:3] for kind, entry in _TABLE.items()}


def explained(error: Exception) -> web.Response | None:
    """The problem document of an error of the domain; None for one that is not in the table."""
    entry = _TABLE.get(type(error))
    if entry is None:
        return None
    more: dict[str, Any] = {}
    if isinstance(error, errors.AlreadySignalled):
        more = {"signaal": str(error.signal_id), "geldigTot": error.valid_until.isoformat()}
    if isinstance(error, errors.FieldNotFit):
        more = {"veld": error.field}
        entry = (*entry[:3], f"Het veld {error.field} past niet.")
    if isinstance(error, errors.TooSoonToRenew):
        more = {"vanaf": error.from_day.isoformat()}
    if isinstance(error, errors.SignalsLeft):
        more = {"signalen": error.count}
    if isinstance(error, errors.TooManySignals):
        return _too_many(
            error.again_at, f"U kunt {error.most} signalen op een dag maken, en dat is gebeurd.", *entry[:3]
        )
    if isinstance(error, errors.TooManyMissed):
        done = f"Er is vandaag {error.most} keer gezocht of bevestigd zonder dat het om één jeugdige ging."
        return _too_many(error.again_at, done, *entry[:3])
    return problem(*entry, **more)


def title_of(kind: str) -> str | None:
    """The title of a refusal by the name of its kind, for a report; None for one that is not in the table."""
    return next((entry[2] for error, entry in _TABLE.items() if error.__name__ == kind and entry[1] != "veld"), None)


def _too_many(again_at: datetime, done: str, status: int, slug: str, title: str) -> web.Response:
    day = again_at.astimezone(AMSTERDAM).strftime("%d-%m-%Y")
    detail = f"{done} Vanaf {day} om 00:00 uur kan het weer."
    answer = problem(status, slug, title, detail, weerVanaf=again_at.isoformat())
    answer.headers[hdrs.RETRY_AFTER] = format_datetime(again_at, usegmt=True)
    return answer
