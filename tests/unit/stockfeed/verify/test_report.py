from dataclasses import replace

import orjson

from stockfeed.verify import report
from stockfeed.verify.collect import Collected
from stockfeed.verify.facts import PartitionFacts, Window
from stockfeed.verify.findings import Finding, Kind
from stockfeed.verify.verdict import judge


def test_complete_feed_is_a_table_and_a_result(complete: PartitionFacts, window: Window) -> None:
    lines = report.text(judge("us", window, Collected([complete], []))).splitlines()
    assert lines[0] == "us from 1970-01-01T00:01:40.000Z to 1970-01-01T00:16:40.000Z"
    assert lines[2].split()[:4] == ["group", "topic", "partition", "kafka"]
    assert lines[3].split()[:6] == ["autos", "aaaaaaaa", "1", "0-39", "0-39", "4"]
    assert lines[3].split()[6:] == ["40", "4", "0", "0", "36", "4", "-", "complete"]
    assert lines[-1] == "complete"


def test_each_finding_has_a_line_with_its_partition(
    complete: PartitionFacts, window: Window
) -> None:
    facts = replace(complete, objects=complete.objects[1:])
    gold = Finding(Kind.GOLD, "F: the 1m candle")
    lines = report.text(judge("us", window, Collected([facts], [gold]))).splitlines()
    assert lines[-3].startswith("missing-object: autos/aaaaaaaa/1: feed=us/")
    assert lines[-2:] == ["gold: F: the 1m candle", "NOT complete: 2 findings"]


def test_summary_starts_with_the_result(complete: PartitionFacts, window: Window) -> None:
    facts = replace(complete, objects=complete.objects[1:])
    lines = report.summary(judge("us", window, Collected([facts], []))).splitlines()
    assert lines[0] == "NOT complete: 1 findings"
    assert lines[1].startswith("missing-object: autos/aaaaaaaa/1: feed=us/")


def test_reports_a_range_without_data(window: Window) -> None:
    assert "no data in this range" in report.text(judge("us", window, Collected([], [])))


def test_json_has_the_same_content(complete: PartitionFacts, window: Window) -> None:
    facts = replace(complete, objects=complete.objects[1:], silver=None, broker_log=None)
    document = report.document(judge("us", window, Collected([facts], [])))
    assert orjson.loads(orjson.dumps(document)) == document
    (part,) = document["partitions"]
    assert document["complete"] is False
    assert (part["kafka"], part["silver"]) == (None, None)
    assert part["ledger"] == {"first": 0, "last": 39}
    assert [found["kind"] for found in part["findings"]] == ["missing-object"]
