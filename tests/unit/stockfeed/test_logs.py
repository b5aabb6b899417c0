import json
import logging
import subprocess
import sys

import pytest

from stockfeed import logs

SCRIPT = """
import logging, structlog
from stockfeed import logs
early = structlog.get_logger()
logs.configure({level!r}, {log_format!r})
early.info("loaded", rows=3)
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception("broken")
logging.getLogger("library").warning("from a library")
"""


def run(level, log_format):
    """What a process logs; logging is process-wide, hence a process of its own."""
    script = SCRIPT.format(level=level, log_format=log_format)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_logs_are_one_object_a_line():
    *ours, library = run("info", "json")
    loaded, broken = map(json.loads, ours)
    assert (loaded["event"], loaded["rows"], loaded["level"]) == ("loaded", 3, "info")
    assert loaded["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in broken["exception"]
    assert "from a library" in library


def test_console_logs_are_for_people():
    first = run("info", "console")[0]
    assert "loaded" in first
    assert "rows=3" in first
    assert "\x1b" not in first


@pytest.mark.parametrize(("level", "shown"), [("debug", True), ("info", True), ("error", False)])
def test_less_than_the_level_is_not_logged(level, shown):
    assert any('"loaded"' in line for line in run(level, "json")) == shown
    assert logging.getLevelNamesMapping()[level.upper()]


def test_the_reason_is_written_where_kubernetes_reads_it(tmp_path):
    log = tmp_path / "termination-log"
    log.touch()
    logs.write_termination_message("topic is missing: créez-le", log)
    assert log.read_text() == "topic is missing: créez-le"


def test_the_beginning_of_a_long_reason_is_kept(tmp_path):
    log = tmp_path / "termination-log"
    log.touch()
    logs.write_termination_message("a" * 4096 + "b", log)
    assert log.read_bytes() == b"a" * 4096


def test_outside_a_container_nothing_is_made(tmp_path):
    logs.write_termination_message("reason", tmp_path / "termination-log")
    assert list(tmp_path.iterdir()) == []
