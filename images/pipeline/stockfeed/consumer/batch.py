"""What a partition has read and not landed: an open buffer, from which batches are cut.

A batch is the interval [start, end] of offsets; start is the previous end + 1 and not the first
message's offset, so that a partition's batches form one chain whatever offsets are missing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stockfeed.consumer.topic import Record
from stockfeed.contract.objects import BatchMetadata

Encode = Callable[[bytes | None, int, int], tuple[bytes, bool]]
"""From value, offset and timestamp to a line and whether it is an event."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines of the interval [start, end], ready to be landed.

    Attributes:
        start: the first offset of the interval, read or not.
        end: the last offset of the interval.
        lines: landed lines, newlines included, in offset order.
        offsets: the offset of each line.
        timestamps: the message timestamp of each line, Unix milliseconds.
        error_offsets: offsets of the lines that are errors.
        lost: offsets that retention removed before they were read; then there are no lines.
        previous: start of the object before; None where this is the chain's first.
    """

    start: int
    end: int
    lines: Sequence[bytes] = ()
    offsets: Sequence[int] = ()
    timestamps: Sequence[int] = ()
    error_offsets: Sequence[int] = ()
    lost: int = 0
    previous: int | None = None

    @property
    def metadata(self) -> BatchMetadata:
        """What its object says of itself."""
        return BatchMetadata(
            end=self.end,
            records=len(self.lines),
            errors=len(self.error_offsets),
            first_timestamp=self.timestamps[0] if self.timestamps else None,
            last_timestamp=self.timestamps[-1] if self.timestamps else None,
            lost=self.lost,
            previous=self.previous,
        )


def lost_batch(start: int, low: int, previous: int) -> Batch:
    """The empty batch for offsets that retention removed.

    Args:
        start: the first offset that was not landed.
        low: the log's first offset that is still there.
        previous: start of the object before.
    """
    return Batch(start=start, end=low - 1, lost=low - start, previous=previous)


class Buffer:
    """The open interval of a partition: what was read since the last cut.

    Args:
        start: the first offset of the interval.
    """

    def __init__(self, start: int) -> None:
        self.start = start
        self.expected = start
        self.size = 0
        self._lines: list[bytes] = []
        self._offsets: list[int] = []
        self._timestamps: list[int] = []
        self._error_offsets: list[int] = []

    def __len__(self) -> int:
        return len(self._lines)

    def extend(self, records: Iterable[Record], encode: Encode) -> int:
        """Adds messages of the partition; returns how many of them are error lines.

        Messages below the expected offset were landed by another owner and are passed over.
        """
        # The hot loop of the consumer: names are local and nothing is called twice.
        lines, offsets, timestamps = self._lines, self._offsets, self._timestamps
        expected, size, errors = self.expected, self.size, len(self._error_offsets)
        for record in records:
            offset = record.offset()
            if offset < expected:
                continue
            timestamp = record.timestamp()[1]
            line, is_event = encode(record.value(), offset, timestamp)
            lines.append(line)
            offsets.append(offset)
            timestamps.append(timestamp)
            size += len(line)
            expected = offset + 1
            if not is_event:
                self._error_offsets.append(offset)
        self.expected, self.size = expected, size
        return len(self._error_offsets) - errors

    def cut(self, max_bytes: int) -> Batch:
        """Takes a batch from the front: as much as the limit allows, at least one line."""
        count = self._fitting(max_bytes)
        end = self._offsets[count - 1]
        errors = bisect_right(self._error_offsets, end)
        batch = Batch(
            start=self.start,
            end=end,
            lines=self._lines[:count],
            offsets=self._offsets[:count],
            timestamps=self._timestamps[:count],
            error_offsets=self._error_offsets[:errors],
        )
        self._drop(count)
        self.start = end + 1
        return batch

    def put_back(self, batch: Batch) -> None:
        """Puts a batch back in front, because another owner landed a shorter interval."""
        self._lines[:0] = batch.lines
        self._offsets[:0] = batch.offsets
        self._timestamps[:0] = batch.timestamps
        self._error_offsets[:0] = batch.error_offsets
        self.size += sum(map(len, batch.lines))
        self.start = batch.start

    def skip_to(self, offset: int) -> None:
        """Forgets all below `offset`, because it is landed; messages below it are not expected."""
        self._drop(bisect_left(self._offsets, offset))
        self.start = offset
        self.expected = max(self.expected, offset)

    def _fitting(self, max_bytes: int) -> int:
        if self.size <= max_bytes:
            return len(self._lines)
        total = 0
        for count, line in enumerate(self._lines):
            total += len(line)
            if total > max_bytes:
                return max(count, 1)
        return len(self._lines)

    def _drop(self, count: int) -> None:
        self.size -= sum(map(len, self._lines[:count]))
        if count:
            last = self._offsets[count - 1]
            del self._error_offsets[: bisect_right(self._error_offsets, last)]
        del self._lines[:count], self._offsets[:count], self._timestamps[:count]
