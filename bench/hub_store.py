"""How many records a second does the bare store take? Batches of 250 with full cards, durable and matched.

Beside it the limit in the same run: the same bytes written to a file and made durable, one fsync for each batch.
Run: python -m bench.hub_store [--records 50000]
"""

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path

from bench.hub_world import BATCH, SCHEDULE, HubBench, offers_of


async def measure(directory: Path, records: int, matched: bool) -> tuple[float, float]:
    """Records a second into the store, and the same bytes a second into a file, as records."""
    bench = HubBench(directory)
    try:
        batches = [
            offers_of(bench.pepper, batch)
            for batch in bench.batches(records, children=records // 2 if matched else None)
        ]
        began = time.perf_counter()
        for number, batch in enumerate(batches):
            await bench.store.register(bench.sender(number), bench.id(), None, batch, SCHEDULE)
        stored = records / (time.perf_counter() - began)
    finally:
        bench.close()
    blocks = [
        b"".join(entry.card + entry.held_tag + entry.digest for o in batch for entry in o.entries) for batch in batches
    ]
    began = time.perf_counter()
    with (directory / "bytes").open("wb", buffering=0) as file:
        for block in blocks:
            file.write(block)
            os.fsync(file.fileno())
    return stored, records / (time.perf_counter() - began)


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    records: int = parser.parse_args().records // BATCH * BATCH
    for matched in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            stored, bare = asyncio.run(measure(Path(directory), records, matched))
        what = "every second one meets another region's" if matched else "no matches"
        print(f"{records} records in batches of {BATCH}, {what}:")
        print(f"  store              {stored:>10,.0f} records/s")
        print(f"  file with fsync    {bare:>10,.0f} records/s   (store at {stored / bare:.0%})")


if __name__ == "__main__":
    main()
