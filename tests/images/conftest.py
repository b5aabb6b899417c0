"""Fixtures for the tests of images."""

import os
import sys
from collections.abc import Callable

import pytest

from support.images import engine


@pytest.fixture(scope="session")
def built() -> Callable[[str], str]:
    """Builds an image once and returns its reference."""
    able = sys.platform == "linux" and os.geteuid() == 0
    if not able and not os.environ.get("CI"):
        pytest.skip("containers need root on Linux here")
    return engine.build
