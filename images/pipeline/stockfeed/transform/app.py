"""The role `build`: decides whether there is anything to build, and tells what failed."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import structlog

from stockfeed import logs
from stockfeed.contract import env, outputs
from stockfeed.errors import DataError, StockfeedError
from stockfeed.settings import BuildSettings

_LEFT_OUT_CHARACTERS: Final = 2000

_log = structlog.get_logger()


def main(environment: Mapping[str, str], daily: bool = False, rebuild: str | None = None) -> int:
    """Builds the models, unless nothing was loaded since the last build that got through.

    What the load before left out fails this run too, whatever is built.

    Args:
        environment: the settings.
        daily: runs the selector `daily` (all tests, over whole tables) whatever was loaded.
        rebuild: makes this model and all that follow it anew, whatever was loaded.

    Returns:
        The exit code: 1 when a model or a test failed, or the load left something out.

    Raises:
        ConfigurationError: a setting or a credential is missing or wrong.
        DataError: the load's outputs are not what the contract says.
        TransientError: Snowflake did not answer.
    """
    settings = BuildSettings.from_env(environment)
    logs.configure(settings.log_level, settings.log_format)
    left_out = _left_out(settings.outputs_dir)
    failures: list[str] = []
    try:
        if daily or rebuild is not None or _is_due(settings):
            failures = _timed(settings, environment, "daily" if daily else "minute", rebuild)
    except StockfeedError as error:
        if not left_out:
            raise
        failures = [f"{type(error).__name__}: {error}"]
    return _farewell(left_out, failures)


def _left_out(outputs_dir: Path | None) -> str:
    """Why the load before left objects out; empty when it did not."""
    file = None if outputs_dir is None else outputs_dir / outputs.LOAD_FAILURE
    return file.read_text() if file is not None and file.exists() else ""


def _is_due(settings: BuildSettings) -> bool:
    if rows_loaded(settings.outputs_dir) != 0:
        return True
    if _is_behind(settings):
        _log.warning("nothing was loaded, but an earlier build did not get through")
        return True
    _log.info("nothing was loaded, so there is nothing to build")
    return False


def rows_loaded(outputs_dir: Path | None) -> int | None:
    """How many rows the load says it loaded; None when it says nothing.

    Raises:
        DataError: the file holds no number.
    """
    file = None if outputs_dir is None else outputs_dir / outputs.ROWS
    if file is None or not file.exists():
        return None
    text = file.read_text().strip()
    try:
        return int(text)
    except ValueError as error:
        raise DataError(f"{file} holds {text!r}, not the number of rows loaded") from error


def _is_behind(settings: BuildSettings) -> bool:
    # Snowflake's connector takes a second to import: only a run without rows needs it here.
    behind: bool = import_module("stockfeed.transform.backlog").is_behind(settings)
    return behind


def _timed(
    settings: BuildSettings, environment: Mapping[str, str], selector: str, rebuild: str | None
) -> list[str]:
    """Builds, and says how long it took if all went well."""
    # dbt cancels its queries on an interrupt; a plain SIGTERM would leave them running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    failures = _build(settings, environment, selector, rebuild)
    seconds = time.monotonic() - started
    _log.info("built", seconds=round(seconds, 3), failures=len(failures))
    if settings.outputs_dir is not None and not failures:
        (settings.outputs_dir / outputs.BUILD_SECONDS).write_text(f"{seconds:.3f}")
    return failures


def _build(
    settings: BuildSettings, environment: Mapping[str, str], selector: str, rebuild: str | None
) -> list[str]:
    # dbt takes seconds to import: not for a run that builds nothing.
    invocation = import_module("stockfeed.transform.invocation")
    os.environ.update(invocation.exported(settings))
    if rebuild is None:  # a rebuild reads whole tables
        newest = import_module("stockfeed.transform.backlog").newest_batches(settings)
        os.environ[env.NEWEST_BATCHES] = json.dumps(newest)
    target = environment.get("DBT_TARGET_PATH")
    failures: list[str] = invocation.build(
        settings, selector, None if target is None else Path(target), rebuild
    )
    return failures


def _farewell(left_out: str, failures: list[str]) -> int:
    # Both must fit the termination log; the load's whole text is in its own log too.
    parts = [f"the load left objects out: {left_out[:_LEFT_OUT_CHARACTERS]}"] if left_out else []
    if failures:
        parts.append("\n  ".join([outputs.BUILD_FAILED, *failures]))
    if not parts:
        return 0
    message = "\n".join(parts)
    logs.write_termination_message(message)
    sys.stderr.write(message + "\n")
    return 1
