"""What a professional reads of signals and matches at the command line: in Dutch, as on the screens."""

from collections.abc import Iterator
from typing import Any

_MARKS = {"contactOpgenomenOp": "contact opgenomen", "afgestemdOp": "afgestemd"}


def signal_line(one: dict[str, Any]) -> str:
    """A signal, as the door gives it: until when, who answers for it, for whom one sees it, whether the youth moved."""
    parts = [f"Signaal {one['id']}", f"geldig tot {one['geldigTot']}", f"landelijk {one['landelijk']}"]
    if one["verantwoordelijkeGemeente"]:
        parts.append(f"verantwoordelijk gemeente {one['verantwoordelijkeGemeente']}")
    if one["namens"]:
        parts.append(f"namens {one['namens']}")
    if (moved := one["verhuisd"]) is not None:
        where = f" naar gemeente {moved['gemeente']}" if moved["gemeente"] else ""
        parts.append(f"verhuisd op {moved['op']}{where}")
    return f"{', '.join(parts)}:"


def match_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each match; never who the other youth is."""
    for match in found:
        contact = match["contact"]
        parts = [f"  {match['soort']} ({match['status']})", match["regio"] or "", match["organisatie"] or ""]
        if contact is not None:
            parts += [contact["naam"], contact["functie"], contact["telefoon"], contact["email"]]
        if match["matchsleutel"]:
            parts.append(f"matchsleutel {match['matchsleutel']}, betreft niet dezelfde jeugdige")
        for side, said in (("u", match["eigenMarkering"]), ("de ander", match["markeringAnder"] or {})):
            parts += [f"{word} op {said[name]} ({side})" for name, word in _MARKS.items() if said.get(name)]
        parts.append(f"kenmerk {match['id']}")
        yield ", ".join(part for part in parts if part)
    if not found:
        yield "  Nog geen matches."
