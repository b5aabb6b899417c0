import json
import logging
import subprocess
import sys
from pathlib import Path

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


def run(level: str, log_format: str) -> list[str]:
    """Returns the log lines of a subprocess, because logging is configured per process."""
    script = SCRIPT.format(level=level, log_format=log_format)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_format_writes_one_object_per_line() -> None:
    *structured, library = run("info", "json")
    loaded, broken = map(json.loads, structured)
    assert (loaded["event"], loaded["rows"], loaded["level"]) == ("loaded", 3, "info")
    assert loaded["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in broken["exception"]
    assert "from a library" in library


def test_console_format_is_readable_and_uncoloured_in_a_pipe() -> None:
    first = run("info", "console")[0]
    assert "loaded" in first
    assert "rows=3" in first
    assert "\x1b" not in first


@pytest.mark.parametrize(("level", "shown"), [("debug", True), ("info", True), ("error", False)])
def test_drops_messages_below_the_level(level: str, shown: bool) -> None:
    assert any('"loaded"' in line for line in run(level, "json")) == shown
    assert logging.getLevelNamesMapping()[level.upper()]


def test_writes_the_message_to_the_termination_log(tmp_path: Path) -> None:
    log = tmp_path / "termination-log"
    log.touch()
    logs.write_termination_message("topic is missing: créez-le", log)
    assert log.read_text() == "topic is missing: créez-le"


def test_cuts_a_long_termination_message_at_the_end(tmp_path: Path) -> None:
    log = tmp_path / "termination-log"
    log.touch()
    logs.write_termination_message("a" * 4096 + "b", log)
    assert log.read_bytes() == b"a" * 4096


def test_writes_no_file_outside_a_container(tmp_path: Path) -> None:
    logs.write_termination_message("reason", tmp_path / "termination-log")
    assert list(tmp_path.iterdir()) == []
