from pathlib import Path

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.loader.plan import Piece, Stop
from stockfeed.loader.report import Report

CHAIN = Chain("us", "autos", "ab12", 0)
QUOTES = Piece(CHAIN, 0, 1234, "etag", BatchMetadata(9, 10, 0, 1_000, 1_713_456_789_123))
LATE = Piece(CHAIN, 10, 100, "etag", BatchMetadata(19, 5, 0, 500, 900))
LOST = Piece(CHAIN, 20, 20, "etag", BatchMetadata(29, 0, 0, None, None, lost=10))


def test_adds_up_batches_and_keeps_the_newest_time() -> None:
    report = Report()
    report.add([QUOTES])
    report.add([LATE, LOST])

    assert (report.rows, report.files, report.bytes) == (15, 3, 1354)
    assert report.newest_quote_at == "2024-04-18T16:13:09.123Z"
    assert report.freshness(1_713_456_799.123) == 10.0


def test_writes_zeros_if_nothing_was_loaded(tmp_path: Path) -> None:
    Report(seconds=1.5).write(tmp_path / "out")

    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "rows": "0",
        "files": "0",
        "bytes": "0",
        "newest-quote-at": "",
        "load-seconds": "1.500",
        "partitions-waiting": "0",
        "partitions-failed": "0",
    }


def test_replaces_the_outputs_of_an_earlier_load(tmp_path: Path) -> None:
    report = Report()
    report.write(tmp_path)
    report.add([QUOTES])
    report.write(tmp_path)

    assert (tmp_path / "rows").read_text() == "10"
    assert (tmp_path / "newest-quote-at").read_text() == "2024-04-18T16:13:09.123Z"


def test_writes_the_number_of_stopped_partitions_by_cause(tmp_path: Path) -> None:
    stops = [Stop("k1", "waits", failed=False), Stop("k2", "bad"), Stop("k3", "bad")]
    Report(stops=stops).write(tmp_path)

    assert (tmp_path / "partitions-waiting").read_text() == "1"
    assert (tmp_path / "partitions-failed").read_text() == "2"


def test_summary_names_waiting_and_failed_partitions() -> None:
    report = Report(waiting=4, seconds=2.04)
    report.add([QUOTES])
    report.stops = [Stop("k1", "waits for an object", failed=False), Stop("k2", "is broken")]

    assert report.summary(1_713_456_799.123).splitlines() == [
        "loaded 10 rows from 1 files (1234 bytes) in 2.0 s; freshness 10.0 s",
        "waiting k1: waits for an object",
        "failed k2: is broken",
        "4 objects are waiting behind these",
    ]
    assert report.failures == [Stop("k2", "is broken")]


def test_summary_of_an_empty_load() -> None:
    assert Report().summary(0.0) == "loaded 0 rows from 0 files (0 bytes) in 0.0 s; nothing new"
