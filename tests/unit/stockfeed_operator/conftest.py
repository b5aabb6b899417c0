import pytest

from support.inmemory.feeds import Life


@pytest.fixture
def life() -> Life:
    """A feed in steady state, after its first load."""
    one = Life()
    one.create()
    one.rest()
    one.load("us-load-1")
    one.rest()
    one.cluster.writes.clear()
    one.cluster.events.clear()
    return one
