"""What an operator reads: one language, and whatever asks for attention at the end."""

from typing import Any

from node.status_lines import status_lines

AT = "2026-03-10T09:30:00+00:00"


def stands(**other: Any) -> dict[str, Any]:
    """A node that is well, unless told otherwise."""
    return {
        "bedient": True,
        "regio": "Amsterdam",
        "oin": "00000099000000000101",
        "op": AT,
        "signalen": {"actief": 2, "archief": 1},
        "matches": {"client": 1, "family": 0, "address": 0, "geeindigd": 3},
        "matchregels": {"gezin": True, "adres": False, "zelfdeLocatie": False, "toegepast": True},
        "personen": {"register": 10, "ontbreekt": 0},
        "uitgaand": leaving(),
        "brievenbus": {"nummer": 7, "opgehaaldOp": AT, "vergelijkingNodig": False, "teruggezet": False},
        "wacht": {"hub": None, "service": None},
        "klokverschilSeconden": None,
        "afsprakenEindigen": [],
        "alarmen": [],
        "taken": [job()],
        "audit": {"regels": 12, "kop": "ab"},
        "certificaten": [],
        **other,
    }


def leaving(**other: int) -> dict[str, int]:
    """Nothing leaves, unless told otherwise."""
    nothing = dict.fromkeys(("wensen", "wachtend", "onderweg", "terzijde", "verzegeld", "verzegeldZonderSleutel"), 0)
    return {**nothing, **other}


def job(**other: Any) -> dict[str, Any]:
    """A job that ran well."""
    well = {"naam": "keys", "gestartOp": AT, "klaarOp": AT, "uitkomst": "done", "fout": None, "keren": 4}
    return {**well, "mislukt": 0, "gemist": 0, **other}


def test_a_node_that_is_well_says_so_in_plain_words() -> None:
    """No braces, no names meant for programs."""
    told = list(status_lines(stands()))

    assert told[:2] == [f"Amsterdam (00000099000000000101), serving, {AT}", "Signals: 2 active, 1 in the archive."]
    assert told[-1] == "Nothing asks for attention."
    assert not any(sign in line for line in told for sign in ("{", "null", "!"))


def test_all_that_asks_for_attention_is_said() -> None:
    """Certificates, a database that was put back, pauses, clocks, jobs and alarms: none of them only in the JSON."""
    hold = {"sinds": AT, "totEnMet": AT, "pogingen": 3, "reden": "The other side cannot be reached."}
    told = list(
        status_lines(
            stands(
                uitgaand=leaving(wensen=1, terzijde=2, verzegeld=3, verzegeldZonderSleutel=3),
                brievenbus={"nummer": None, "opgehaaldOp": None, "vergelijkingNodig": True, "teruggezet": True},
                wacht={"hub": hold, "service": hold},
                klokverschilSeconden=600.0,
                afsprakenEindigen=[
                    {
                        "organisatie": "Levvel",
                        "gemeente": "0363",
                        "eindigtOp": "2026-04-01",
                        "nogDagen": 22,
                        "herinnering": 30,
                    }
                ],
                alarmen=[{"nummer": 4, "op": AT, "soort": "takenBack", "over": "Somebody took back many."}],
                matchregels={"gezin": True, "adres": True, "zelfdeLocatie": False, "toegepast": False},
                taken=[job(), job(naam="reconcile", uitkomst="failed", fout="OSError", mislukt=1, gemist=2)],
                certificaten=["tls.pem ends in 6 days."],
            )
        )
    )

    assert [line[:28] for line in told if line.startswith("!")] == [
        "! This database was put back",
        "! A comparison with the hub ",
        "! These rules of matching do",
        "! Something was set aside: s",
        "! 3 sealed messages wait for",
        "! Waits for the hub since 20",
        "! Waits for the pseudonym se",
        "! The clocks differ by 600 s",
        "! Job reconcile: 1 failed, 2",
        "! Alarm 4, 2026-03-10T09:30:",
        "! The agreements of Levvel w",
        "! tls.pem ends in 6 days.",
    ]
