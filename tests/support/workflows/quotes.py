"""Quotes in the bucket, landed by the consumer's own code without a broker."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from stockfeed.consumer.batch import Batch, Buffer
from stockfeed.consumer.lander import Lander
from stockfeed.consumer.lines import LineEncoder
from stockfeed.contract.objects import Chain
from stockfeed.objectstore import ObjectStore

TOPIC_ID = "0123456789abcdef0123456789abcdef"
FIRST_POLL = 1_713_456_789_000
"""Unix milliseconds of the poll at offset 0; polls follow each other by a second."""


@dataclass(frozen=True)
class Message:
    """A Kafka message with confluent-kafka's interface."""

    part: int
    at: int
    symbol: str

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.at

    def timestamp(self) -> tuple[int, int]:
        return 1, FIRST_POLL + self.at * 1000

    def value(self) -> bytes:
        price = 100 + self.at / 4
        prices = {"c": price, "o": 100.0, "h": price + 1, "l": 99.0, "pc": 98.5}
        return orjson.dumps({"symbol": self.symbol, **prices, "t": FIRST_POLL // 1000 + self.at})


@dataclass
class Quotes:
    """Lands quotes, with one symbol per partition.

    Attributes:
        store: the bucket.
        feed: the feed's name.
        ends: the next offset of each partition.
    """

    store: ObjectStore
    feed: str
    ends: dict[int, int] = field(default_factory=dict)

    def land(self, partition: int, count: int) -> str:
        """Lands one object of `count` quotes and returns its key."""
        batch = self._batch(partition, count)
        lander = Lander(self.store, lambda _: batch.end + 1, lambda: TOPIC_ID)
        return lander.land(self._chain(partition), batch).key

    def land_broken(self, partition: int, count: int) -> str:
        """Lands one object that COPY rejects and returns its key."""
        batch = self._batch(partition, count)
        key = self._chain(partition).key(batch.start)
        assert self.store.create(key, b"this is no archive", batch.metadata.to_s3())
        return key

    def _chain(self, partition: int) -> Chain:
        return Chain(self.feed, "autos", TOPIC_ID, partition)

    def _batch(self, partition: int, count: int) -> Batch:
        start = self.ends.get(partition, 0)
        self.ends[partition] = start + count
        buffer = Buffer(start)
        encoder = LineEncoder(f"stock-quotes.{self.feed}.autos", partition)
        buffer.extend(self._messages(partition, start, count), encoder.encode)
        return buffer.cut(1 << 30)

    def _messages(self, partition: int, start: int, count: int) -> Iterator[Message]:
        symbol = ("F", "GM", "TSLA")[partition]
        return (Message(partition, offset, symbol) for offset in range(start, start + count))
