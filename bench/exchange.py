"""How long does it take from a registration on one node until the match is seen on the other?

Five real programs on this machine: hub, pseudonym service, two nodes, and this bench as both professionals.
Measured from the request at the JSON door of Amsterdam until the door of Haaglanden shows the match.
Beside it, in the same run: three bare round trips over mutual TLS (blinding, registering, the answer to a poll),
each parsed, checked against the schema and answered, without signatures and databases.
Run: python -m bench exchange [--times 100]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.hub_door import Door
from bench.hub_world import HubBench
from bench.measuring import machine
from node.domain.bsn import passes_elfproef
from soap_wsdl.vocabulary import RegisterSignals
from verwijsindex.demo.exchange import Door as NodeDoor
from verwijsindex.demo.exchange import Exchange, make_exchange
from verwijsindex.demo.world import PUBLISHED

AIM_HALF, AIM_MOST = 100, 300
"""Milliseconds: half of the matches, and all but one in twenty."""
ROUND_TRIPS = 3
CONFIRMED = ("2012-05-01", "Meting")
"""Birth date and surname of everybody: no register knows these youths."""
LOOK_EVERY = 0.002
GIVE_UP = 30.0
COLUMNS = "kenmerk;organisatie;categorie;soort;locatie;functie;naam;telefoon;email;duur;gemeente"
PROFESSIONALS = {
    "amsterdam": f"{COLUMNS}\n"
    "anna;Meting A;jeugdhulpaanbieder;wijkteam;Noord;hulp;A. Meting;000 1234567;a@meting.example;24;0363",
    "haaglanden": f"{COLUMNS}\n"
    "bram;Meting B;jeugdhulpaanbieder;wijkteam;Zuid;hulp;B. Meting;000 7654321;b@meting.example;24;0363",
}


def youths() -> Iterator[str]:
    """Numbers in 9999xxxxx that belong to nobody."""
    return (n for n in (f"9999{tail:05d}" for tail in range(100_000)) if passes_elfproef(n) and n not in PUBLISHED)


def doors(exchange: Exchange) -> tuple[NodeDoor, NodeDoor]:
    """A professional at each node of an exchange that runs."""
    for region, list_ in PROFESSIONALS.items():
        exchange.import_lists(region, professionals=list_)
    return exchange.door("amsterdam", "anna"), exchange.door("haaglanden", "bram")


def until_both_see_it(here: NodeDoor, there: NodeDoor, youth: str) -> float:
    """Seconds from the second registration until the first professional sees the match."""
    first = there.register(youth, *CONFIRMED)
    deadline = time.monotonic() + GIVE_UP
    # Only a registration that the hub has can be met.
    while there.show(first["id"])["landelijk"] != "gemeld":
        if time.monotonic() > deadline:
            raise RuntimeError("the first signal did not reach the hub")
        time.sleep(LOOK_EVERY)
    began = time.perf_counter()
    here.register(youth, *CONFIRMED)
    while not there.show(first["id"])["matches"]:
        if time.perf_counter() - began > GIVE_UP:
            raise RuntimeError("the match did not come")
        time.sleep(LOOK_EVERY)
    return time.perf_counter() - began


async def bare_round_trips(directory: Path, times: int) -> list[float]:
    """Seconds for the round trips that a match cannot do without, one after the other."""
    found = []
    HubBench(directory).close()
    async with Door(directory, directory / "bare", bare=True) as door:
        for number in range(times + 1):
            requests = [
                door.signed(RegisterSignals(HubBench.id(), None, (HubBench.record(),)), number)
                for _ in range(ROUND_TRIPS)
            ]
            done = await door.send(requests, 1)
            found.append(done.clock)
    return found[1:]


def told(name: str, seconds: list[float]) -> str:
    """A line for people."""
    cuts = statistics.quantiles([each * 1000 for each in seconds], n=20)
    return f"  {name:<46}p50 {cuts[9]:>7.1f} ms   p95 {cuts[18]:>7.1f} ms"


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    times: int = parser.parse_args().times
    print(machine())
    numbers = youths()
    with make_exchange(regions=tuple(PROFESSIONALS), canaries=False) as exchange:
        exchange.start()
        here, there = doors(exchange)
        for _ in range(3):
            until_both_see_it(here, there, next(numbers))
        seen = [until_both_see_it(here, there, next(numbers)) for _ in range(times)]
    with tempfile.TemporaryDirectory() as directory:
        bare = asyncio.run(bare_round_trips(Path(directory), times))
    print(f"{times} matches, one after the other:")
    print(told("from registering to seeing it elsewhere", seen))
    print(told(f"{ROUND_TRIPS} bare round trips", bare))
    print(f"  {statistics.median(seen) / statistics.median(bare):.0f} times the bare round trips.", end=" ")
    print(f"Aim: p50 {AIM_HALF} ms, p95 {AIM_MOST} ms.")


if __name__ == "__main__":
    main()
