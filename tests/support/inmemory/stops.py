"""Feeds to stop in the in-memory cluster, consumers that lag, and crashes of the operator."""

from collections.abc import Callable

from stockfeed_operator.kube.api import DrainStatus
from stockfeed_operator.kube.kinds import Manifest
from support.inmemory.feeds import Life

BEHIND = DrainStatus(drained=False, lag=12, buffered=4, partitions=frozenset(range(3)))
DRAINED = DrainStatus(drained=True, lag=0, buffered=0, partitions=frozenset(range(3)))


def autos_behind(pod: Manifest) -> DrainStatus:
    """Answers for the consumers: those of the group autos lag, the others are drained."""
    return BEHIND if "autos" in pod["metadata"]["name"] else DRAINED


def running(**spec: object) -> Life:
    """Returns a feed in steady state, without recorded writes and events."""
    life = Life()
    life.create(**spec)
    life.rest()
    life.cluster.writes.clear()
    life.cluster.events.clear()
    return life


def event_reasons(life: Life) -> list[str]:
    """Returns the reasons of all recorded events, oldest first."""
    return [event.reason for event in life.cluster.events]


class CrashError(Exception):
    """Simulates a crash of the operator."""


def crashes_at(number: int) -> Callable[[str], None]:
    """Returns a hook that raises CrashError before the write with this number, counted from 0."""
    countdown = iter(range(number, -1, -1))

    def before_write(write: str) -> None:
        if next(countdown, None) == 0:
            raise CrashError(write)

    return before_write
