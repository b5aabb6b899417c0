"""What lies in the raw zone beyond a partition's position."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from stockfeed.contract.objects import BadKeyError, Chain
from stockfeed.loader.plan import Listed, Loadable, Piece, Stop, follow, hole
from stockfeed.objectstore import StoredObject

_COUNTED_WAITING: Final = 1000
"""A partition's waiting objects are counted up to here: one page of a listing."""


class Backlog:
    """The objects of one partition that are not loaded yet, listed page by page.

    Args:
        chain: the partition.
        position: its next offset; None when nothing of it was loaded yet: then it starts where
            its first object starts.
        objects: the listing from the position on.

    Attributes:
        stop: why the partition goes no further, once it does not.
        waiting: how many objects are then left behind, up to a thousand.
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
        """Nothing is listed any more."""
        return self._head is None

    def take(self) -> Listed | None:
        """The next listed object, or None where the partition ends or stops."""
        if self._taken == 0:
            self._stop_at_head()
        if not isinstance(self._head, Listed):
            return None
        head, self._head = self._head, self._next()
        self._taken += 1
        return head

    def follow(self, found: Sequence[Piece | Stop]) -> Loadable:
        """The unbroken run among the objects taken since the last call.

        Args:
            found: what came of them, in the order taken.
        """
        behind = self._head.start if isinstance(self._head, Listed) else None
        run = follow(self._expected or 0, found, behind)
        self._taken = 0
        if run.pieces:
            self._expected = run.pieces[-1].next_offset
        if run.stop is not None:
            self.give_up(run.stop, len(found) - len(run.pieces))
        return run

    def give_up(self, stop: Stop, left: int) -> None:
        """Ends the partition and counts what waits.

        Args:
            stop: why.
            left: objects that were taken and are not loaded.
        """
        head = 0 if self._head is None else 1
        rest = sum(1 for _ in islice(self._objects, _COUNTED_WAITING))
        self.waiting = min(self.waiting + left + head + rest, _COUNTED_WAITING)
        # A batch that fails names the earlier object: what follows it waits for that one.
        self.stop = stop
        self._head = None

    def _stop_at_head(self) -> None:
        """Sees a hole right at the position before anything behind it is downloaded."""
        head = self._head
        if isinstance(head, Stop):
            self.give_up(head, 0)
        elif head is not None and self._expected is not None and head.start > self._expected:
            self.give_up(hole(self._expected, head.key), 0)

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
    """The objects of the next batch, from each partition in turn so that none starves.

    Args:
        backlogs: all partitions.
        max_files: at most so many objects.
        max_bytes: no more objects once so many compressed bytes are reached.

    Returns:
        partition by partition, in the order of their offsets.
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
