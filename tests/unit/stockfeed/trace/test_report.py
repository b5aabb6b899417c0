from datetime import timedelta

import orjson

from stockfeed.contract.objects import Chain
from stockfeed.trace import report
from stockfeed.trace.event import Event, EventQuery
from stockfeed.trace.search import Trace
from stockfeed.trace.stages import Stage

EVENT = Event(Chain("us", "autos", "a" * 32, 1), "q", 7, 1_713_456_789_123, {})
STAGES = (
    Stage("poll", "c=1", EVENT.polled_at),
    Stage("kafka", "q, offset 7", None, {"offset": 7}),
    Stage("object", "k", EVENT.polled_at + timedelta(seconds=12.34)),
)
TRACE = Trace(EventQuery("us", "F", None), EVENT, STAGES, "for a load", others=2)


def test_each_stage_is_a_line_with_its_delay_after_the_poll() -> None:
    lines = report.text(TRACE).splitlines()
    assert lines[0] == "us: F, polled 2024-04-18T16:13:09.123Z"
    assert [line.split() for line in lines[1:4]] == [
        ["poll", "2024-04-18T16:13:09.123Z", "c=1"],
        ["kafka", "q,", "offset", "7"],
        ["object", "2024-04-18T16:13:21.463Z", "+12.3", "s", "k"],
    ]
    assert lines[4] == "waits   for a load"
    assert lines[5].startswith("2 more events")


def test_json_has_the_same_content() -> None:
    document = report.document(TRACE)
    assert orjson.loads(orjson.dumps(document)) == document
    assert (document["waits"], document["others"]) == ("for a load", 2)
    assert document["stages"][1] == {
        "stage": "kafka",
        "at": None,
        "secondsAfterPoll": None,
        "offset": 7,
    }
    assert document["stages"][2]["secondsAfterPoll"] == 12.34
