"""The JSON door on a free port of this machine, for a test, and what a rightful caller sends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.flows.desk import Desk
from node.web.door import door

TOKEN = "a-token-for-the-test-of-the-door-only"
Door = TestClient[web.Request, web.Application]


async def no_status() -> dict[str, Any]:
    """A node of which nothing is told."""
    return {}


@asynccontextmanager
async def open_door(desk: Desk) -> AsyncIterator[Door]:
    """A client of the door, as long as it is open."""
    known: set[str] = set()
    server = TestServer(door(desk, no_status, TOKEN, lambda: frozenset(known)))
    async with TestClient(server) as client:
        known.add(f"127.0.0.1:{server.port}")
        yield client


def headers(who: str, **more: str) -> dict[str, str]:
    """What a rightful caller sends."""
    return {"Authorization": f"Bearer {TOKEN}", "Professional": who, **more}
