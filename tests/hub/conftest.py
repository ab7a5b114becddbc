"""A fresh hub and three regions, for every test of the hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.world import RegionAtHub, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh hub."""
    found = World(tmp_path)
    yield found
    found.close()


@pytest.fixture
def amsterdam(world: World) -> RegionAtHub:
    """A region."""
    return world.region("Amsterdam")


@pytest.fixture
def haaglanden(world: World) -> RegionAtHub:
    """Another region."""
    return world.region("Haaglanden")


@pytest.fixture
def utrecht(world: World) -> RegionAtHub:
    """A third region."""
    return world.region("Utrecht")
