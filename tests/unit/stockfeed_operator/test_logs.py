import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from stockfeed_operator import logs


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.reset_defaults()


def test_writes_operator_and_kopf_logs_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger("operator").info("repaired", feed="us")
    logging.getLogger("kopf.reactor").warning("watching %s", "feeds")
    logging.getLogger("kopf.reactor").debug("too much")
    logging.getLogger("kopf.objects").info("Handler 'feed_event' succeeded.")
    operator, kopf = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (operator["event"], operator["feed"], operator["level"]) == ("repaired", "us", "info")
    assert (kopf["event"], kopf["level"]) == ("watching feeds", "warning")
    assert {"timestamp"} <= operator.keys() & kopf.keys()
    assert kopf["logger"] == "kopf.reactor"


def test_puts_the_traceback_into_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger().error("failed", exc_info=ValueError("a bug"))
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: a bug" in json.loads(line)["exception"]
