"""How much memory does an idle node take, and an idle hub and pseudonym service?

All three run as they do in production and are looked at once they have been quiet for a while, and again after work.
Beside it: a bare Python process that imported the libraries they cannot do without (aiohttp, zeep) and did nothing.
Run: python -m bench memory [--quiet 20]
"""

import argparse
import subprocess
import sys
import time

from bench.exchange import PROFESSIONALS, doors, until_both_see_it, youths
from bench.measuring import family, machine, megabytes
from verwijsindex.demo.exchange import make_exchange

AIM = 120
MATCHES = 50
BARE = "import sys, {}; print(); sys.stdin.read()"


def bare(libraries: str) -> float:
    """Megabytes of a process that imported these and nothing else."""
    with subprocess.Popen(
        [sys.executable, "-c", BARE.format(libraries)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        return megabytes(process.pid)[0]


def whole(pid: int) -> tuple[float, float]:
    """Megabytes of a program with the processes that it started."""
    each = [megabytes(member) for member in family(pid)]
    return sum(resident for resident, _ in each), sum(shared for _, shared in each)


def main() -> None:
    """Print what each keeps in memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", type=float, default=20.0)
    quiet: float = parser.parse_args().quiet
    print(machine())
    client, server = bare("aiohttp, zeep"), bare("aiohttp, lxml.etree")
    numbers = youths()
    with make_exchange(regions=tuple(PROFESSIONALS), canaries=False) as exchange:
        exchange.start()
        time.sleep(quiet)
        idle = {name: whole(exchange.processes.pid(name)) for name in exchange.names}
        here, there = doors(exchange)
        for _ in range(MATCHES):
            until_both_see_it(here, there, next(numbers))
        worked = {name: whole(exchange.processes.pid(name)) for name in exchange.names}
    print("Resident memory in MB (in brackets: its share of it where pages are shared with other processes)")
    for name, title in (("amsterdam", "node"), ("hub", "hub"), ("pseudonyms", "pseudonym service")):
        reference = client if title == "node" else server
        libraries = "aiohttp and zeep" if title == "node" else "aiohttp and lxml"
        resident, shared = idle[name]
        print(
            f"  {title:<18} idle {resident:>5.0f} ({shared:.0f}), after {MATCHES} matches {worked[name][0]:>5.0f};"
            f" {resident / reference:.1f} times bare Python with {libraries} ({reference:.0f})"
        )
    print(f"Aim: an idle node under {AIM}.")


if __name__ == "__main__":
    main()
