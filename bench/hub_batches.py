"""How many records a second does the hub take in signed batches of 250 with full cards, durable, over mutual TLS?

Beside it, in the same run: the bare store with the same bytes, without TLS, SOAP, signatures and schema.
Requests are signed beforehand, so that this measures the hub and not its callers; they share the machine all the same.
The two take turns, in rounds so long that the first and last batches of one, when not all is at work, count for little.
Run: python -m bench hub_batches [--rounds 12] [--batches 48]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

import uvloop

from bench.hub_door import Door
from bench.hub_world import BATCH, SCHEDULE, HubBench, offers_of
from bench.measuring import Figure, Round, machine
from config.memory import collect_seldom
from soap_wsdl.vocabulary import Record, RegisterSignals

AT_ONCE = 4
AIM = 8_000


async def into_the_store(bench: HubBench, batches: list[list[Record]]) -> Round:
    """The bare store: batches from more than one region wait in its queue together, as they do in a hub."""
    offered = list(enumerate(offers_of(bench.pepper, batch) for batch in batches))

    async def feed() -> None:
        while offered:
            number, batch = offered.pop(0)
            await bench.store.register(bench.sender(number), bench.id(), None, batch, SCHEDULE)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(feed() for _ in range(AT_ONCE)))
    return Round(len(batches) * BATCH, time.perf_counter() - began, time.process_time() - used)


async def measure(directory: Path, rounds: int, size: int) -> tuple[Figure, Figure]:
    """The hub and the bare store, each on a database of its own."""
    (directory / "bare").mkdir()
    (directory / "data").mkdir()
    HubBench(directory / "data").close()
    bench = HubBench(directory / "bare")
    through: list[Round] = []
    bare: list[Round] = []
    try:
        async with Door(directory / "data", directory / "door") as door:
            for number in range(rounds + 1):
                batches = list(HubBench.batches(size * BATCH))
                requests = [
                    door.signed(RegisterSignals(HubBench.id(), None, tuple(batch)), at)
                    for at, batch in enumerate(batches)
                ]
                sent = await door.send(requests, AT_ONCE)
                stored = await into_the_store(bench, batches)
                # The first round opens connections and warms both.
                if number:
                    through.append(Round(sent.done * BATCH, sent.clock, sent.processor))
                    bare.append(stored)
    finally:
        bench.close()
    return Figure("signed, over TLS", through, "records/s"), Figure("bare store", bare, "records/s")


def main() -> None:
    """Print both figures and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--batches", type=int, default=48)
    asked = parser.parse_args()
    print(machine())
    # As the hub does, so that the bare store has no more to clear up than the one behind the door.
    collect_seldom()
    with tempfile.TemporaryDirectory() as directory:
        signed, bare = uvloop.run(measure(Path(directory), asked.rounds, asked.batches))
    print(f"{asked.rounds} rounds of {asked.batches} batches of {BATCH} records with full cards, RSA-3072:")
    print(signed.line())
    print(bare.line())
    print(f"  The hub reaches {signed.of(bare):.0%} of its bare store. Aim: half, and {AIM:,} records/s.")


if __name__ == "__main__":
    main()
