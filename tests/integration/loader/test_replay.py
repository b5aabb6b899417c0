"""A replay loads a range of the raw zone into a side table, and changes nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stockfeed.errors import DataError
from stockfeed.replay import app as replay_app

Replay = Callable[..., str]


@pytest.fixture
def replay(
    target: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Replay:
    """Runs the command in the test's process and returns its output."""
    monkeypatch.setattr("stockfeed.logs.configure", lambda *_: None)

    def run(**options: str) -> str:
        capsys.readouterr()
        assert replay_app.main(target.environment, options) == 0
        return capsys.readouterr().out

    return run


def replayed(target: Any, table: str = "SOURCE_STOCK_QUOTES_REPLAY") -> list[tuple[int, int]]:
    """Returns partition and offset of each row of the side table."""
    rows = target.query(
        f"SELECT V:_meta.partition::NUMBER, V:_meta.offset::NUMBER FROM {table} ORDER BY 1, 2"
    )
    return [(int(row[0]), int(row[1])) for row in rows]


def moment(offset: int) -> str:
    """Returns the poll time of an offset in the landing zone."""
    return datetime.fromtimestamp((1_713_456_789_000 + offset) / 1000, UTC).isoformat()


@pytest.fixture
def loaded(landing: Any, target: Any) -> Any:
    """Two loaded partitions, each with three objects of ten lines."""
    for partition in (0, 1):
        landing.land_many(landing.chain(partition), 0, objects=3)
    target.load()
    return landing


def test_replays_offsets_and_changes_nothing_else(
    loaded: Any, target: Any, replay: Replay, tmp_path: Path
) -> None:
    printed = replay(from_offset="5", to_offset="14", partition="1")

    assert printed.splitlines()[-1].startswith("replayed 10 rows of 2 files")
    assert replayed(target) == [(1, offset) for offset in range(5, 15)]
    assert (tmp_path / "outputs" / "rows").read_text() == "10"
    target.check(loaded)
    assert target.query("SELECT BATCH_SEQ FROM LOAD_LOCK") == [(1,)]
    assert target.query("LIST @STG_STOCK_QUOTES") == []


def test_replays_poll_times_line_by_line(loaded: Any, target: Any, replay: Replay) -> None:
    replay(from_time=moment(8), to_time=moment(12), group="")

    assert replayed(target) == [(part, offset) for part in (0, 1) for offset in range(8, 12)]


def test_repeated_and_overlapping_replays_keep_each_line_once(
    loaded: Any, target: Any, replay: Replay
) -> None:
    for first, last in ((0, 14), (0, 14), (10, 25)):
        replay(from_offset=str(first), to_offset=str(last), into="mine")

    assert replayed(target, "MINE") == [(part, offset) for part in (0, 1) for offset in range(26)]


def test_replays_objects_that_are_not_loaded_yet(loaded: Any, target: Any, replay: Replay) -> None:
    loaded.land(loaded.chain(0), 30)
    loaded.land(loaded.chain(2), 0)
    replay(from_offset="25")

    both = [(part, offset) for part in (0, 1) for offset in range(25, 30)]
    assert replayed(target) == sorted([*both, *((0, offset) for offset in range(30, 40))])
    target.check(loaded, missing=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"from_offset": "90"}, "nothing is landed in this range; loaded so far:"),
        ({"from_offset": "0", "group": "megacaps"}, "group autos, topic 0123456789abcdef"),
        ({"to_time": "2024-01-01T00:00:00Z"}, "polled 2024-04-18T16:13:09.000Z to"),
    ],
)
def test_empty_range_lists_what_is_loaded(
    loaded: Any, replay: Replay, options: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        replay(**options)


def test_unknown_feed_lists_the_buckets_feeds(loaded: Any, target: Any, replay: Replay) -> None:
    target.environment["STOCKFEED_FEED"] = "eu"
    with pytest.raises(DataError, match=r"nothing of feed 'eu' is loaded; .* holds feed=us/"):
        replay(from_offset="0")


def test_names_an_object_that_retention_removed(loaded: Any, replay: Replay) -> None:
    key = loaded.chain(1).key(10)
    loaded.store._delete(key)
    with pytest.raises(
        DataError, match=f"1 loaded objects .* no longer in the bucket, first {key}"
    ):
        replay(from_offset="0", partition="1")


def test_names_a_rejected_object_and_ignores_a_skipped_one(
    loaded: Any, target: Any, replay: Replay
) -> None:
    key = str(loaded.land(loaded.chain(0), 30, body=b'{"symbol":\n', records=1))
    with pytest.raises(DataError, match=f"{key}: COPY reported LOAD_FAILED"):
        replay(from_offset="25", partition="0")
    assert replayed(target) == []

    with pytest.raises(DataError):
        target.load()
    target.skip(key, "broken at the source")
    replay(from_offset="25", partition="0")
    assert replayed(target) == [(0, offset) for offset in range(25, 30)]
