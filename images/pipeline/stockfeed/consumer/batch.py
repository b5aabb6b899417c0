"""Buffer of a partition's unlanded messages, and the batches that are cut from it.

A batch covers the offsets [start, end]. Start is the previous end + 1, not the first message's
offset, so batches form an unbroken chain even where offsets are missing from the log. Offsets can
be missing, e.g. after compaction or transactions.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stockfeed.consumer.topic import Record
from stockfeed.contract.objects import BatchMetadata

Encode = Callable[[bytes | None, int, int], tuple[bytes, bool]]
"""Encodes value, offset and timestamp as a line; the flag is False for an error line."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded messages of the offsets [start, end], ready to be landed.

    Attributes:
        start: first offset of the interval; it need not have a message.
        end: last offset of the interval.
        lines: one line per message, with newline, in offset order.
        offsets: each line's offset.
        timestamps: each line's message timestamp, Unix milliseconds.
        error_offsets: offsets of the error lines.
        lost: number of offsets that Kafka's retention deleted before they were read; such a batch
            has no lines.
        previous: start of the preceding object; None if this is the chain's first.
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
        """The metadata of the batch's object."""
        return BatchMetadata(
            end=self.end,
            records=len(self.lines),
            errors=len(self.error_offsets),
            first_timestamp=self.timestamps[0] if self.timestamps else None,
            last_timestamp=self.timestamps[-1] if self.timestamps else None,
            lost=self.lost,
            previous=self.previous,
        )


def lost_batch(start: int, low: int, previous: int | None) -> Batch:
    """Returns the empty batch that records offsets deleted by Kafka's retention.

    Args:
        start: the first offset that was not landed.
        low: the first offset that the log still holds.
        previous: start of the preceding object; None if the chain begins with the lost offsets.
    """
    return Batch(start=start, end=low - 1, lost=low - start, previous=previous)


class Buffer:
    """A partition's messages read since the last cut.

    Args:
        start: first offset of the next batch.

    Attributes:
        start: first offset of the next batch.
        expected: the lowest offset that has not been read.
        size: bytes of the buffered lines.
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
        """Appends messages and returns the number of error lines among them.

        Messages below the expected offset are skipped, because another consumer has landed them.
        """
        # The consumer's hot loop: local names avoid attribute lookups for each message.
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
        """Removes and returns a batch from the front, with at least one line.

        Args:
            max_bytes: limit for the batch's lines; a single longer line is returned alone.
        """
        count = self._lines_within(max_bytes)
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
        """Returns a batch to the front, because another consumer landed a shorter interval."""
        self._lines[:0] = batch.lines
        self._offsets[:0] = batch.offsets
        self._timestamps[:0] = batch.timestamps
        self._error_offsets[:0] = batch.error_offsets
        self.size += sum(map(len, batch.lines))
        self.start = batch.start

    def skip_to(self, offset: int) -> None:
        """Drops everything below `offset`, which is landed, and skips such messages from now on."""
        self._drop(bisect_left(self._offsets, offset))
        self.start = offset
        self.expected = max(self.expected, offset)

    def _lines_within(self, max_bytes: int) -> int:
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
