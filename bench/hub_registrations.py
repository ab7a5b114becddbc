"""How many signed single registrations a second does the hub take, durable and matched, with so many records in it?

Beside it, in the same run: the same messages over the same TLS without signatures and without a database, and the
bare RSA signature that no answer can do without, on one core.
All take turns in short rounds, also the hubs with different numbers of records.
Requests are signed beforehand, a round at a time, so that each carries a cursor as a node's would.
Eight regions take turns; one registration in eight meets a record of another region, and both hear it.
Run: python -m bench hub_registrations [--records 100000 1000000] [--rounds 20] [--key-sizes 3072 2048]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from bench.hub_door import Door
from bench.hub_world import REGIONS, SCHEDULE, HubBench, offers_of
from bench.measuring import Figure, Round, machine
from soap_wsdl.vocabulary import RegisterSignals

AT_ONCE = 32
ROUND = 64
"""Requests signed together: few, because each brings the notices since their cursor."""
AIM = 900
AIM_SLOWER = 1.3


Tags = list[list[bytes]]
"""Tags of each region, to be met by others."""


async def filled(directory: Path, records: int) -> Tags:
    """Fill a hub's store and return tags that it now holds."""
    bench = HubBench(directory)
    met: Tags = [[] for _ in REGIONS]
    try:
        for number, batch in enumerate(HubBench.batches(records)):
            if len(known := met[number % len(REGIONS)]) < 10_000:
                known.extend(record.entries[0].tag for record in batch)
            await bench.store.register(bench.sender(number), bench.id(), None, offers_of(bench.pepper, batch), SCHEDULE)
    finally:
        bench.close()
    return met


async def one_round(door: Door, tags: Tags, start: int) -> Round:
    """Sign a round of requests and send them; the regions take turns, and so do those that meet another's record."""
    signed = []
    for number in range(start, start + ROUND):
        region, turn = number % len(REGIONS), number // len(REGIONS)
        others = tags[(region + 1) % len(REGIONS)]
        record = HubBench.record(others[turn % len(others)] if turn % len(REGIONS) == region else None)
        signed.append(door.signed(RegisterSignals(HubBench.id(), door.cursors[region], (record,)), number))
    return await door.send(signed, AT_ONCE)


def bare_signatures(key: rsa.RSAPrivateKey) -> Round:
    """A round of nothing but signatures."""
    began, used = time.perf_counter(), time.thread_time()
    for _ in range(ROUND):
        key.sign(b"signed", padding.PKCS1v15(), SHA256())
    return Round(ROUND, time.perf_counter() - began, time.thread_time() - used)


async def measure(place: Path, hubs: Mapping[int, Tags], rounds: int, key_size: int) -> dict[int, Figure]:
    """A figure for each number of records; the references stand under 0 and -1."""
    key = rsa.generate_private_key(65537, key_size)
    async with AsyncExitStack() as stack:
        doors = {0: await stack.enter_async_context(Door(place, place / f"bare-{key_size}", bare=True))}
        for records in hubs:
            at = place / f"{records}-{key_size}"
            doors[records] = await stack.enter_async_context(Door(place / str(records), at, key_size=key_size))
        found: dict[int, list[Round]] = {-1: [], **{records: [] for records in doors}}
        for number in range(rounds + 2):
            if number > 1:
                found[-1].append(bare_signatures(key))
            for records, door in doors.items():
                done = await one_round(door, hubs.get(records) or next(iter(hubs.values())), number * ROUND)
                # The first rounds open the connections and read the mailbox from its start.
                if number > 1:
                    found[records].append(done)
    names = {-1: f"bare RSA-{key_size} signatures, one core", 0: "no signature, no database"}
    return {
        records: Figure(names.get(records, f"{records:,} records in the hub"), done) for records, done in found.items()
    }


def main() -> None:
    """Print the figures side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--key-sizes", type=int, nargs="+", default=[3072, 2048])
    asked = parser.parse_args()
    least, most = min(asked.records), max(asked.records)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        hubs: dict[int, Tags] = {}
        for records in asked.records:
            (place / str(records)).mkdir()
            hubs[records] = asyncio.run(filled(place / str(records), records))
        for key_size in asked.key_sizes:
            print(machine())
            print(f"RSA-{key_size}: {asked.rounds} rounds of {ROUND}, {AT_ONCE} at once, one in eight met")
            figures = uvloop.run(measure(place, hubs, asked.rounds, key_size))
            for records, figure in figures.items():
                share = f"; {figure.of(figures[0]):.0%} of that without" if records > 0 else ""
                print(figure.line() + share)
            if least != most:
                print(f"  {most:,} records are {figures[least].of(figures[most]):.2f} times slower than {least:,}.")
        print(f"Aim: {AIM} a second with RSA-3072, and no more than {AIM_SLOWER} times slower with 1,000,000 records.")


if __name__ == "__main__":
    main()
