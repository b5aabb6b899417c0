from collections.abc import Iterator, Sequence

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.backlog import Backlog, pick
from stockfeed.loader.plan import Listed, Piece, Stop
from stockfeed.objectstore import StoredObject

CHAIN = Chain("us", "autos", "ab12", 0)


def backlog(
    starts: Sequence[int], position: int | None = None, chain: Chain = CHAIN, size: int = 100
) -> Backlog:
    objects = (StoredObject(chain.key(start), "etag", size) for start in starts)
    return Backlog(chain, position, objects)


def read(listed: Listed, length: int = 10) -> Piece:
    metadata = BatchMetadata(listed.start + length - 1, length, 0, 1, 2)
    return Piece(listed.chain, listed.start, listed.size, "etag", metadata)


def take_all(source: Backlog) -> list[Listed]:
    return list(iter(source.take, None))


def test_partition_without_a_position_starts_at_its_first_object() -> None:
    source = backlog([40, 50])

    loadable = source.follow([read(listed) for listed in take_all(source)])

    assert [piece.start for piece in loadable.pieces] == [40, 50]
    assert source.stop is None


def test_takes_nothing_after_a_gap_at_the_position() -> None:
    source = backlog([20, 30, 40], position=10)

    assert source.take() is None
    assert source.stop == Stop(
        CHAIN.key(20), "waits for an object that starts at offset 10", failed=False
    )
    assert source.waiting == 3


def test_gap_between_taken_objects_stops_and_counts_the_waiting_objects() -> None:
    source = backlog([0, 10, 30, 40, 50])
    taken = [source.take() for _ in range(4)]

    loadable = source.follow([read(listed) for listed in taken if listed])

    assert [piece.start for piece in loadable.pieces] == [0, 10]
    assert loadable.stop is not None
    assert not loadable.stop.failed
    assert source.waiting == 3
    assert source.take() is None


def test_batch_continues_where_the_last_one_ended() -> None:
    source = backlog([0, 10, 20])
    first = source.take()
    assert first is not None
    source.follow([read(first)])

    assert [listed.start for listed in take_all(source)] == [10, 20]


def test_detects_an_overlap_across_two_batches() -> None:
    source = backlog([0, 5])
    first = source.take()
    assert first is not None

    loadable = source.follow([read(first)])

    assert loadable.pieces == ()
    assert loadable.stop is not None
    assert loadable.stop.failed


def test_foreign_object_stops_its_partition_after_the_good_objects() -> None:
    keys = [CHAIN.key(0), f"{CHAIN.prefix}notes.txt"]
    source = Backlog(CHAIN, None, iter([StoredObject(key, "etag", 1) for key in keys]))

    [only] = take_all(source)
    loadable = source.follow([read(only)])

    assert len(loadable.pieces) == 1
    assert source.take() is None
    assert source.stop is not None
    assert source.stop.failed
    assert "notes.txt" in source.stop.key


def test_counts_at_most_a_thousand_waiting_objects() -> None:
    asked = 0

    def endless() -> Iterator[StoredObject]:
        nonlocal asked
        while True:
            asked += 1
            yield StoredObject(CHAIN.key(asked * 10), "etag", 1)

    source = Backlog(CHAIN, 0, endless())
    source.take()

    assert source.waiting == 1000
    assert asked <= 1002


def test_batch_takes_from_each_partition_in_turn() -> None:
    chains = [Chain("us", "autos", "ab12", number) for number in range(3)]
    long, short, none = (
        backlog(range(0, 1000, 10), chain=chains[0]),
        backlog([0, 10], chain=chains[1]),
        backlog([], chain=chains[2]),
    )

    picked = pick([long, short, none], max_files=6, max_bytes=10**9)

    starts = [(listed.chain.partition, listed.start) for listed in picked]
    assert starts == [(0, 0), (0, 10), (0, 20), (0, 30), (1, 0), (1, 10)]


def test_batch_ends_at_its_byte_limit_but_has_at_least_one_object() -> None:
    assert len(pick([backlog(range(0, 100, 10), size=400)], 1000, max_bytes=1000)) == 3
    assert len(pick([backlog([0], size=10**12)], 1000, max_bytes=1000)) == 1
