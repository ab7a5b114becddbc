"""Haal Centraal BRP Personen bevragen 2.x: the register of persons of a municipality, asked over HTTPS.

Every question is a POST: no number ever stands in an address. Nothing of a question or an answer shows in a log or an
error; whatever goes wrong on the way is PeopleAway, and the signal is completed later. One person who does not fit is
left out, and keeps nobody else from being read.
"""

import json
import ssl
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import structlog

from node.domain.bsn import Bsn
from node.domain.description import Description, the_one
from node.domain.errors import SeveralFound
from node.domain.person import Person
from node.domain.spelling import plain, without_prefix
from node.people.brp_answers import FIELDS, AnswerUnfit, read_numbers, read_persons
from node.people.protocol import KeyFileUnusable, PeopleAway, PersonUnfit

MOST_AT_ONCE = 20
"""Numbers in one question: the service takes no more."""
MOST_BYTES = 2 * 1024 * 1024
"""The largest answer that is read: twenty persons take a small part of it."""
TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=3.0)
"""Seconds. A professional waits for this, and a signal is saved all the same."""
TOO_MANY = "tooManyResults"

Read = TypeVar("Read")

log = structlog.get_logger("node")


class _TooMany(Exception):
    """A search found more people than the service tells of."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What the register knows us by. It shows itself nowhere but in the header of a question."""

    _text: str = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> "ApiKey":
        """From a file of one line that only its owner reads. Raises KeyFileUnusable."""
        try:
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise KeyFileUnusable(f"{file}: others than its owner may read it; chmod 400 it, or renew the key")
            text = file.read_text("ascii").strip()
        except OSError as error:
            raise KeyFileUnusable(f"{file}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            text = ""
        if not text or not text.isprintable() or " " in text:
            raise KeyFileUnusable(f"{file}: is not one line with a key")
        return cls(text)

    def header(self) -> dict[str, str]:
        """The header that carries it."""
        return {"X-API-KEY": self._text}


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer that believes the authorities in this file and no others; the public ones without a file."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(frozen=True, slots=True)
class HaalCentraal:
    """People, at the address of a service (without ``/personen``). It keeps no connection between questions."""

    url: str
    key: ApiKey
    trust: ssl.SSLContext = field(repr=False)
    timeout: aiohttp.ClientTimeout = field(default=TIMEOUT, repr=False)

    async def find(self, bsn: Bsn) -> Person | None:
        """The person with this number; None when the BRP has none. Raises PersonUnfit, PeopleAway."""
        found = await self.find_all([bsn])
        return _fit(found[bsn]) if bsn in found else None

    async def find_all(self, numbers: Sequence[Bsn]) -> dict[Bsn, Person | None]:
        """Those of these persons whom the BRP has; None for one who does not fit. Raises PeopleAway."""
        async with self._session() as session:
            return await self._read(session, numbers)

    async def search(self, described: Description, today: date) -> Person:
        """The one youth who fits; asked by name and birth date, and by address where that finds nobody or too many.

        What is found is read whole and compared here: a secret address finds nobody. Raises NobodyFound,
        SeveralFound, PeopleAway, and PersonUnfit when one of them does not fit: it might be the youth, or a twin.
        """
        async with self._session() as session:
            found = await self._read(session, await self._candidates(session, described))
        return the_one(described, [_fit(person) for person in found.values()], today)

    async def _candidates(self, session: aiohttp.ClientSession, described: Description) -> list[Bsn]:
        whole = described.surname.replace("*", "").strip()
        found: list[Bsn] = []
        try:
            for surname in dict.fromkeys((without_prefix(whole), whole)):
                by_name = {
                    "type": "ZoekMetGeslachtsnaamEnGeboortedatum",
                    "geslachtsnaam": surname,
                    "geboortedatum": described.born.isoformat(),
                    "geslacht": described.sex.value,
                }
                found += _read_or_away(read_numbers, await self._ask(session, by_name, ["burgerservicenummer"]))
        except _TooMany:
            found = []
        if found:
            return list(dict.fromkeys(found))
        question: dict[str, Any] = {
            "type": "ZoekMetPostcodeEnHuisnummer",
            "postcode": plain(described.postcode),
            "huisnummer": described.number,
        }
        if described.letter:
            question["huisletter"] = described.letter
        if described.addition:
            question["huisnummertoevoeging"] = described.addition
        try:
            return _read_or_away(read_numbers, await self._ask(session, question, ["burgerservicenummer"]))
        except _TooMany:
            raise SeveralFound from None

    async def _read(self, session: aiohttp.ClientSession, numbers: Sequence[Bsn]) -> dict[Bsn, Person | None]:
        found: dict[Bsn, Person | None] = {}
        for start in range(0, len(numbers), MOST_AT_ONCE):
            asked = numbers[start : start + MOST_AT_ONCE]
            question = {
                "type": "RaadpleegMetBurgerservicenummer",
                "burgerservicenummer": [bsn.reveal() for bsn in asked],
            }
            told = _read_or_away(read_persons, await self._ask(session, question, FIELDS))
            for why in told.unfit:
                log.warning("person-unfit", kind=why)
            # Where a number cannot be read it may be anybody's of whom nothing else was told.
            unfit = asked if told.nameless else [bsn for bsn in asked if bsn in told.unfit_numbers]
            found |= dict.fromkeys(unfit)
            found |= {bsn: person for bsn, person in told.persons.items() if bsn in asked}
        return found

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self.trust),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self.timeout,
            trust_env=False,
        )

    async def _ask(self, session: aiohttp.ClientSession, question: dict[str, Any], fields: Sequence[str]) -> Any:
        """One question, and its answer as JSON. Raises PeopleAway, and _TooMany for a search that is too wide."""
        body = json.dumps({**question, "fields": list(fields)}).encode()
        headers = {
            **self.key.header(),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json; charset=utf-8",
        }
        try:
            async with session.post(
                f"{self.url.rstrip('/')}/personen", data=body, headers=headers, allow_redirects=False
            ) as answer:
                status, content = answer.status, await _bounded(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _away(kind=type(error).__name__) from None
        try:
            said = json.loads(content)
        except ValueError:
            raise _away(status=status, kind="no JSON") from None
        if status == 400 and isinstance(said, dict) and said.get("code") == TOO_MANY:
            raise _TooMany
        if status != 200:
            raise _away(status=status, kind="refused" if status < 500 else "broken")
        return said


def _fit(person: Person | None) -> Person:
    """Raises PersonUnfit in place of a person who does not fit."""
    if person is None:
        raise PersonUnfit("What the register of persons tells of this person does not fit.")
    return person


def _read_or_away(reading: Callable[[Any], Read], answer: Any) -> Read:
    """What the reader makes of an answer; one that is not in the contract is no answer: PeopleAway."""
    try:
        return reading(answer)
    except AnswerUnfit as why:
        raise _away(kind=str(why)) from None


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_any():
        content += chunk
        if len(content) > MOST_BYTES:
            raise _away(status=answer.status, kind="too large")
    return bytes(content)


def _away(**said: Any) -> PeopleAway:
    """Logged here, once, for the operator: what kind of trouble, and never whom it was about."""
    log.warning("people-away", **said)
    return PeopleAway("The register of persons cannot be asked now.")
