"""The objects of each partition that are landed but not loaded yet."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from stockfeed.contract.objects import BadKeyError, Chain
from stockfeed.loader.plan import Listed, Loadable, Piece, Stop, follow, hole
from stockfeed.objectstore import StoredObject

_MAX_WAITING: Final = 1000
"""Waiting objects of a partition are counted up to here: S3 lists that many with one request."""


class Backlog:
    """The objects of one partition that are not loaded yet, listed lazily, page by page.

    Args:
        chain: the partition.
        position: its next offset. None if nothing of it was loaded yet: it then begins with its
            first object.
        objects: the listing from the position on.

    Attributes:
        stop: why loading the partition stopped; None while it continues.
        waiting: the number of objects left over after a stop, at most 1000.
    """

    def __init__(self, chain: Chain, position: int | None, objects: Iterator[StoredObject]) -> None:
        self.chain = chain
        self.stop: Stop | None = None
        self.waiting = 0
        self._objects = objects
        self._taken = 0
        self._head = self._next()
        self._expected = position
        if position is None and isinstance(self._head, Listed):
            self._expected = self._head.start

    @property
    def empty(self) -> bool:
        """Whether the listing has no more objects."""
        return self._head is None

    def take(self) -> Listed | None:
        """Returns the next listed object, or None when the partition ends or stops."""
        if self._taken == 0:
            self._check_head()
        if not isinstance(self._head, Listed):
            return None
        head, self._head = self._head, self._next()
        self._taken += 1
        return head

    def follow(self, found: Sequence[Piece | Stop]) -> Loadable:
        """Returns which of the objects taken since the last call may be loaded.

        Args:
            found: the result of reading each of them, in the order taken.
        """
        next_start = self._head.start if isinstance(self._head, Listed) else None
        loadable = follow(self._expected or 0, found, next_start)
        self._taken = 0
        if loadable.pieces:
            self._expected = loadable.pieces[-1].next_offset
        if loadable.stop is not None:
            self.abandon(loadable.stop, len(found) - len(loadable.pieces))
        return loadable

    def abandon(self, stop: Stop, left: int) -> None:
        """Stops loading the partition, and counts the objects that now wait.

        Args:
            stop: the reason.
            left: the number of objects that were taken but not loaded.
        """
        head = 0 if self._head is None else 1
        rest = sum(1 for _ in islice(self._objects, _MAX_WAITING))
        self.waiting = min(self.waiting + left + head + rest, _MAX_WAITING)
        # A second stop is for an earlier object of the same batch: the first one waits for it.
        self.stop = stop
        self._head = None

    def _check_head(self) -> None:
        """Stops at a gap right at the position, before anything after it is downloaded."""
        head = self._head
        if isinstance(head, Stop):
            self.abandon(head, 0)
        elif head is not None and self._expected is not None and head.start > self._expected:
            self.abandon(hole(self._expected, head.key), 0)

    def _next(self) -> Listed | Stop | None:
        stored = next(self._objects, None)
        if stored is None:
            return None
        try:
            chain, start = Chain.parse(stored.key)
        except BadKeyError as error:
            return Stop(stored.key, f"{error}; move it out of the landing prefix")
        return Listed(chain, start, stored.size)


def pick(backlogs: Iterable[Backlog], max_files: int, max_bytes: int) -> list[Listed]:
    """Picks the objects of the next batch, round robin, so that no partition starves.

    Args:
        backlogs: all partitions.
        max_files: the maximum number of objects.
        max_bytes: picking ends with the object that reaches this number of compressed bytes.

    Returns:
        The objects, partition by partition, in the order of their offsets.
    """
    turns = deque(backlogs)
    picked: list[Listed] = []
    size = 0
    while turns and len(picked) < max_files and size < max_bytes:
        backlog = turns.popleft()
        listed = backlog.take()
        if listed is not None:
            picked.append(listed)
            size += listed.size
            turns.append(backlog)
    return sorted(picked, key=lambda listed: (listed.chain, listed.start))
