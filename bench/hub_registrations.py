"""How many signed single registrations a second does the hub take, durable and matched, with so many records in it?

Beside it, in the same run: the same messages over the same TLS without signatures and without a database.
Requests are signed beforehand, in rounds, so that each carries a cursor as a node's would.
One in eight meets a record of the other region, and both hear it.
Run: python -m bench.hub_registrations [--records 100000 1000000] [--requests 2000] [--key-sizes 3072 2048]
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench.hub_door import Door
from bench.hub_world import BATCH, SCHEDULE, HubBench, offers_of
from soap_wsdl.vocabulary import RegisterSignals

AT_ONCE = 32
ROUND = 128
"""Requests signed together: few, because each brings the notices since their cursor."""


async def filled(directory: Path, records: int) -> list[bytes]:
    """Fill a hub's store and return tags of the first region, to be met."""
    bench = HubBench(directory)
    met: list[bytes] = []
    try:
        for number, batch in enumerate(HubBench.batches(records)):
            # Region one has the even batches: what is signalled next by region two meets them.
            if number % 2 == 0 and len(met) < 100_000:
                met.extend(record.entries[0].tag for record in batch)
            await bench.store.register(bench.sender(number), bench.id(), None, offers_of(bench.hub, batch), SCHEDULE)
    finally:
        bench.close()
    return met


async def measure(directory: Path, requests: int, tags: list[bytes], *, key_size: int, bare: bool) -> float:
    """Requests a second."""
    door = Door(directory, key_size=key_size, bare=bare)
    seconds = 0.0
    async with door:
        for start in range(0, requests, ROUND):
            signed = []
            for number in range(start, min(start + ROUND, requests)):
                # Region two's turn is every odd one: it meets region one's record.
                record = HubBench.record(tags[number % len(tags)] if number % 8 == 1 else None)
                cursor = door.cursors[number % 2]
                signed.append(door.signed(RegisterSignals(HubBench.id(), cursor, (record,)), number))
            took = await door.seconds_for(signed, AT_ONCE)
            # The first round opens the connections and reads the mailbox from its start.
            seconds += took if start else 0.0
    return (requests - ROUND) / seconds


def main() -> None:
    """Print the figures side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--key-sizes", type=int, nargs="+", default=[3072, 2048])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        tags = asyncio.run(filled(Path(directory), BATCH))
        bare = asyncio.run(measure(Path(directory), asked.requests, tags, key_size=2048, bare=True))
    print(f"{asked.requests} single registrations, {AT_ONCE} at once, one in eight met:")
    print(f"  without signature and database            {bare:>8,.0f} requests/s")
    for key_size in asked.key_sizes:
        for records in asked.records:
            with tempfile.TemporaryDirectory() as directory:
                tags = asyncio.run(filled(Path(directory), records))
                found = asyncio.run(measure(Path(directory), asked.requests, tags, key_size=key_size, bare=False))
            print(
                f"  RSA-{key_size}, {records:>9,} records in the hub  {found:>8,.0f} requests/s   ({found / bare:.0%})"
            )


if __name__ == "__main__":
    main()
