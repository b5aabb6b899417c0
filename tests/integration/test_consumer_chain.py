"""Property test of consumers against a real S3 server: every offset lands once, in one chain.

The broker is simulated, so that schedules can contain rare events: two consumers that both own a
partition, crashes between any two steps, lost commits, retention that overtakes the consumer.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast
from uuid import uuid4

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from stockfeed.consumer.lander import Lander
from stockfeed.consumer.partition import Rotation
from stockfeed.consumer.topic import Commit
from stockfeed.consumer.worker import Worker, WorkerConfig
from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import TransientError
from stockfeed.metrics import ConsumerMetrics
from stockfeed.objectstore import ObjectHead, ObjectStore, StoredObject

P = ParamSpec("P")
T = TypeVar("T")
TOPIC_ID = "0" * 31 + "1"


class Crash(BaseException):
    """A simulated crash. Not an Exception, so that no handler of the product catches it."""


@dataclass
class Message:
    at: int
    body: bytes

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def value(self) -> bytes:
        return self.body

    def timestamp(self) -> tuple[int, int]:
        return (1, 1_700_000_000_000 + self.at)


@dataclass
class Broker:
    """A simulated broker: one partition's log, its consumer group's commit, and the clock."""

    messages: list[Message] = field(default_factory=list)
    low: int = 0
    end: int = 0
    commit: Commit | None = None
    now: float = 0.0

    def produce(self, kind: str) -> None:
        bodies = {
            "event": b'{"symbol":"F","n":%d}' % self.end,
            "pretty": b'{\n"symbol":"F",\n"n":%d}' % self.end,
            "poison": b"poison %d" % self.end,
        }
        if kind in bodies:
            self.messages.append(Message(self.end, bodies[kind]))
        self.end += 1  # a "gap" is an offset without a message

    def fetch(self, position: int, number: int) -> list[Message]:
        return [m for m in self.messages if m.at >= max(position, self.low)][:number]


class Owner:
    """A consumer process: its worker, fetch position, and next crash point."""

    def __init__(self, broker: Broker, store: ObjectStore, feed: str) -> None:
        self.broker, self.store = broker, store
        self.crash_at: str | None = None
        self.fail_puts = 0
        self.position = 0
        self.paused = False
        as_store = cast("ObjectStore", self)
        lander = Lander(as_store, lambda _: broker.end, self.topic_id)
        rotation = Rotation(records=4, bytes=500, interval=15.0)
        metrics = ConsumerMetrics(CollectorRegistry())
        self.worker = Worker(
            WorkerConfig(feed, "g", "t", rotation, managed=True),
            self,
            as_store,
            lander,
            Inline(),
            metrics,
            self.clock,
        )

    def reach(self, point: str) -> None:
        if self.crash_at == point:
            raise Crash

    def clock(self) -> float:
        self.broker.now += 0.01  # so that a drain can time out
        return self.broker.now

    # The `Topic` interface.
    def topic_id(self) -> str:
        return TOPIC_ID

    def committed(self, _: int) -> Commit | None:
        return self.broker.commit

    def bounds(self, _: int) -> tuple[int, int]:
        return self.broker.low, self.broker.end

    def commit(self, _: int, commit: Commit, *, wait: bool) -> None:
        self.reach("before commit")
        self.broker.commit = commit
        self.reach("after commit")

    def pause(self, _: int) -> None:
        self.paused = True

    def resume(self, _: int) -> None:
        self.paused = False

    # The `ObjectStore` interface.
    def create(self, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        self.reach("before put")
        if self.fail_puts:
            self.fail_puts -= 1
            if self.fail_puts % 2:  # the put succeeds but its response is lost
                self.store.create(key, body, metadata)
            raise TransientError("no answer")
        created = self.store.create(key, body, metadata)
        self.reach("after put")
        return created

    def head(self, key: str) -> ObjectHead | None:
        return self.store.head(key)

    def list(self, prefix: str, start_after: str = "") -> Iterator[StoredObject]:
        return self.store.list(prefix, start_after)

    # Events.
    def assign(self) -> None:
        self.position = self.worker.assign([0])[0]

    def read(self, number: int) -> None:
        if self.position < self.broker.low:  # out of range: start a new session
            self.worker.revoke([0], 5)
            self.assign()
        messages = [] if self.paused else self.broker.fetch(self.position, number)
        if messages:
            self.position = messages[-1].at + 1
        self.worker.step(messages)


class Inline(Executor):
    """Runs work synchronously, so that a crash has a defined place in the schedule."""

    def submit(self, work: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(work(*arguments, **options))
        except Exception as error:  # noqa: BLE001 - passed on through the future
            future.set_exception(error)
        return future


owners = st.integers(0, 1)
points = st.sampled_from(["before put", "after put", "before commit", "after commit"])
kinds = st.sampled_from(["event", "event", "event", "pretty", "poison", "gap"])
operations = st.one_of(
    st.tuples(st.just("produce"), st.lists(kinds, min_size=1, max_size=8)),
    st.tuples(st.just("read"), owners, st.integers(1, 12)),
    st.tuples(st.just("read"), owners, st.integers(1, 12)),
    st.tuples(st.just("timer"), owners),
    st.tuples(st.just("start"), owners),
    st.tuples(st.just("revoke"), owners),
    st.tuples(st.just("drop"), owners),
    st.tuples(st.just("crash"), owners, points),
    st.tuples(st.just("fail puts"), owners, st.integers(1, 4)),
    st.tuples(st.just("expire offsets")),
    st.tuples(st.just("reset offsets"), st.integers(0, 60)),
    st.tuples(st.just("retention"), st.integers(1, 20)),
)


class Scenario:
    """Runs a schedule of operations and checks the invariants."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.feed = f"scenario-{uuid4().hex}"
        self.chain = Chain(self.feed, "g", TOPIC_ID, 0)
        self.broker = Broker()
        self.alive: dict[int, Owner] = {}

    def run(self, operation: tuple[Any, ...]) -> None:
        name, *arguments = operation
        getattr(self, name.replace(" ", "_"))(*arguments)

    def guarded(self, owner: int, action: Callable[[Owner], object]) -> None:
        """Runs an action; a crash or the end of the session removes the owner."""
        if owner not in self.alive:
            return
        try:
            action(self.alive[owner])
        except (Crash, TransientError) as error:
            event(f"owner ended by {type(error).__name__}")
            del self.alive[owner]

    def produce(self, kinds: list[str]) -> None:
        for kind in kinds:
            self.broker.produce(kind)

    def start(self, owner: int) -> None:
        self.alive[owner] = Owner(self.broker, self.store, self.feed)
        self.guarded(owner, Owner.assign)

    def read(self, owner: int, number: int) -> None:
        self.guarded(owner, lambda o: o.read(number))

    def timer(self, owner: int) -> None:
        self.broker.now += 20
        self.guarded(owner, lambda o: o.worker.step([]))

    def revoke(self, owner: int) -> None:
        self.guarded(owner, lambda o: o.worker.revoke([0], 5))
        self.alive.pop(owner, None)

    def drop(self, owner: int) -> None:
        self.guarded(owner, lambda o: o.worker.drop([0]))
        self.alive.pop(owner, None)

    def crash(self, owner: int, point: str) -> None:
        self.produce(["event"] * 5)
        self.guarded(owner, lambda o: setattr(o, "crash_at", point))
        self.read(owner, 12)
        self.timer(owner)

    def fail_puts(self, owner: int, number: int) -> None:
        self.guarded(owner, lambda o: setattr(o, "fail_puts", number))
        self.read(owner, 12)
        self.timer(owner)

    def expire_offsets(self) -> None:
        self.broker.commit = None

    def reset_offsets(self, _: int) -> None:
        # kafka-consumer-groups --reset-offsets commits without metadata, which counts as none.
        self.broker.commit = None

    def retention(self, number: int) -> None:
        self.broker.low = min(self.broker.low + number, self.broker.end)

    def heal(self) -> None:
        self.alive.clear()
        self.produce(["event"])
        owner = Owner(self.broker, self.store, self.feed)
        owner.assign()
        while owner.position < self.broker.end:
            owner.read(12)
        owner.worker.revoke([0], 60)
        assert not owner.worker.partitions

    def check(self, download: Callable[[str], bytes]) -> None:
        following = 0
        previous: int | None = None
        landed: dict[int, dict[str, Any]] = {}
        lost: set[int] = set()
        for stored in self.store.list(self.chain.prefix):
            chain, start = Chain.parse(stored.key)
            head = self.store.head(stored.key)
            assert head is not None
            metadata = BatchMetadata.from_s3(stored.key, head.metadata)
            assert chain == self.chain
            assert start == following, "a break in the chain"
            assert metadata.previous == previous, "not the preceding object"
            following, previous = metadata.end + 1, start
            if metadata.lost:
                lost |= set(range(start, following))
                assert metadata.lost == following - start
            lines = gzip.decompress(download(stored.key)).splitlines()
            assert metadata.records == len(lines)
            assert metadata.errors == sum(b'"_error"' in line for line in lines)
            for line in map(json.loads, lines):
                offset = line["_meta"]["offset"]
                assert offset not in landed, "landed twice"
                assert start <= offset <= metadata.end
                landed[offset] = line
        assert following == self.broker.end
        assert all(offset < self.broker.low for offset in lost)
        for message in self.broker.messages:
            assert (message.at in landed) != (message.at in lost)
            if message.at in landed:
                assert body_of(landed[message.at]) == message.body.replace(b"\n", b"")
        assert len(landed) + sum(m.at in lost for m in self.broker.messages) == len(
            self.broker.messages
        )


def body_of(line: dict[str, Any]) -> bytes:
    if "_raw" in line:
        return base64.b64decode(line["_raw"])
    return json.dumps(
        {k: v for k, v in line.items() if k != "_meta"}, separators=(",", ":")
    ).encode()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(operations, max_size=40))
def test_every_offset_is_landed_once_in_an_unbroken_chain(
    object_store: ObjectStore, tmp_path: Path, schedule: list[tuple[Any, ...]]
) -> None:
    scenario = Scenario(object_store)
    for operation in [("produce", ["event"] * 5), ("start", 0), *schedule]:
        scenario.run(operation)
    scenario.heal()

    def download(key: str) -> bytes:
        object_store.download(key, tmp_path / "object", limit=1 << 20)
        return (tmp_path / "object").read_bytes()

    scenario.check(download)
