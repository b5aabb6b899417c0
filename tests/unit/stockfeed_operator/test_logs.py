import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from stockfeed_operator import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    structlog.reset_defaults()


def test_our_lines_and_kopfs_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger("ours").info("repaired", feed="us")
    logging.getLogger("kopf.reactor").warning("watching %s", "feeds")
    logging.getLogger("kopf.reactor").debug("too much")
    logging.getLogger("kopf.objects").info("Handler 'feed_event' succeeded.")
    ours, kopfs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["feed"], ours["level"]) == ("repaired", "us", "info")
    assert (kopfs["event"], kopfs["level"]) == ("watching feeds", "warning")
    assert {"timestamp"} <= ours.keys() & kopfs.keys()
    assert kopfs["logger"] == "kopf.reactor"


def test_errors_have_their_traceback_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger().error("failed", exc_info=ValueError("a bug"))
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: a bug" in json.loads(line)["exception"]
