"""An environment with stand-ins for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.inmemory.http import StubServer
from support.kind.api import Api
from support.kind.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Tools and an empty cluster."""
    api = Api()
    with StubServer(api) as server:
        yield World(tmp_path, server, api)
