"""How many records a second does the hub take in signed batches of 250 with full cards, durable, over mutual TLS?

Beside it, in the same run: the bare store with the same bytes, without TLS, SOAP, signatures and schema.
Requests are signed beforehand, so that this measures the hub and not its callers.
Run: python -m bench.hub_batches [--records 20000]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.hub_door import Door
from bench.hub_world import BATCH, SCHEDULE, HubBench, offers_of
from soap_wsdl.vocabulary import Record, RegisterSignals


async def through_the_door(directory: Path, batches: list[list[Record]]) -> float:
    """Seconds for all batches as signed requests, four at a time."""
    HubBench(directory).close()
    door = Door(directory)
    async with door:
        signed = [
            door.signed(RegisterSignals(HubBench.id(), None, tuple(batch)), number)
            for number, batch in enumerate(batches)
        ]
        return await door.seconds_for(signed, at_once=4)


async def into_the_store(directory: Path, batches: list[list[Record]]) -> float:
    """Seconds for the same records into the bare store, four batches at a time."""
    bench = HubBench(directory)
    try:
        queue = list(enumerate(offers_of(bench.hub, batch) for batch in batches))

        async def feed() -> None:
            while queue:
                number, batch = queue.pop(0)
                await bench.store.register(bench.sender(number), bench.id(), None, batch, SCHEDULE)

        began = time.perf_counter()
        await asyncio.gather(*(feed() for _ in range(4)))
        return time.perf_counter() - began
    finally:
        bench.close()


def main() -> None:
    """Print both figures and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    records: int = parser.parse_args().records // BATCH * BATCH
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        batches = list(HubBench.batches(records))
        bare = records / asyncio.run(into_the_store(Path(second), batches))
        signed = records / asyncio.run(through_the_door(Path(first), batches))
    print(f"{records} records in batches of {BATCH} with full cards, RSA-3072:")
    print(f"  signed, over TLS   {signed:>10,.0f} records/s   (aim 8,000, and half of the bare store)")
    print(f"  bare store         {bare:>10,.0f} records/s   (signed at {signed / bare:.0%})")


if __name__ == "__main__":
    main()
