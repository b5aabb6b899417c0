"""The feeds of the core tests, all started first so that their waits overlap."""

from dataclasses import dataclass

import pytest

from support.e2e.feeds import RUN, Feed, group, key_secret, manifest, source
from support.e2e.kube import Kube
from support.e2e.tapes import Tape, start_tape, wait_for_tape

TAPE, MOVING, DRIFT, TWIN = (f"{name}-{RUN}" for name in ("tape", "moving", "drift", "twin"))
NEVER = {"schedule": "0 0 1 1 *"}
NO_GOLD = {**NEVER, "dbt": {"enabled": False}}


@dataclass(frozen=True)
class Market:
    """The feeds and their tapes.

    Attributes:
        tape: replays a short tape to its end.
        moving: replays a long tape, and is changed meanwhile.
        drift: owns one object of each kind, and has no tape.
        twin: shares its API key with a feed that is created later.
    """

    tape: Feed
    tape_server: Tape
    moving: Feed
    moving_server: Tape
    drift: Feed
    twin: Feed


@pytest.fixture(scope="session", autouse=True)
def market(kube: Kube) -> Market:
    """All feeds of the core tests, started."""
    short = start_tape(kube, f"short-{RUN}", {"AAPL": 40, "IBM": 40, "MSFT": 40})
    # At five quotes a second it outlasts the tests, so drains always have quotes in flight.
    symbols = ("AAPL", "GOOG", "IBM", "MSFT")
    long = start_tape(kube, f"long-{RUN}", dict.fromkeys(symbols, 1500))
    for tape in (short, long):
        wait_for_tape(tape)
    for name in (TAPE, MOVING, DRIFT, TWIN):
        kube.apply(key_secret(name))
    return Market(
        tape=_started(kube, _tape(short)),
        tape_server=short,
        moving=_started(kube, _moving(long)),
        moving_server=long,
        drift=_started(kube, _drift()),
        twin=_started(kube, twin(TWIN)),
    )


def _started(kube: Kube, resource: dict[str, object]) -> Feed:
    feed = Feed(kube, str(resource["metadata"]["name"]))  # type: ignore[index]
    feed.apply(resource)
    return feed


def _tape(server: Tape) -> dict[str, object]:
    groups = [group("pair", ["AAPL", "IBM"]), group("single", ["MSFT"])]
    return manifest(TAPE, server.base_url, groups)


def _moving(server: Tape) -> dict[str, object]:
    groups = [group("first", ["AAPL"]), group("second", ["GOOG", "IBM"])]
    return manifest(MOVING, server.base_url, groups, drainTimeout="3m")


def _drift() -> dict[str, object]:
    groups = [group("only", ["AAPL"])]
    groups[0]["consumer"] = {**groups[0]["consumer"], "replicas": 2}
    kafka = {"cluster": "stocks", "partitions": 2, "replicas": 1, "deletionPolicy": "Delete"}
    return manifest(
        DRIFT,
        "http://quotes:8080/api/v1",
        groups,
        kafka=kafka,
        warehouse=NO_GOLD,
        source=source(DRIFT, "http://quotes:8080/api/v1", "30s", requestsPerMinute=60),
    )


def twin(name: str) -> dict[str, object]:
    """Returns a feed that requests 40 of the 60 requests a minute that its key allows."""
    url = "http://quotes:8080/api/v1"
    parts = source(TWIN, url, "3s", requestsPerMinute=60)
    groups = [group("only", ["AAPL", "MSFT"])]
    return manifest(name, url, groups, source=parts, warehouse=NO_GOLD)
