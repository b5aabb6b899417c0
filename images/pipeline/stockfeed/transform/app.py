"""`stockfeed build`: decides whether there is anything to build, and reports what failed."""

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

_LOAD_FAILURE_CHARACTERS: Final = 2000

_log = structlog.get_logger()


def main(environment: Mapping[str, str], daily: bool = False, rebuild: str | None = None) -> int:
    """Builds the models, unless nothing was loaded since the last successful build.

    If the load of the same run failed for some objects, this exits with 1, whatever is built.

    Args:
        environment: see `stockfeed.settings.BuildSettings`.
        daily: runs the selector `daily` (all tests, over entire tables), even without new rows.
        rebuild: rebuilds this model and everything downstream, even without new rows.

    Returns:
        The exit status: 1 if a model or a test failed, or if the load failed for some objects.

    Raises:
        ConfigurationError: a setting or a credential is missing or wrong.
        DataError: the load's output files do not follow the contract.
        TransientError: Snowflake did not answer.
    """
    settings = BuildSettings.from_env(environment)
    logs.configure(settings.log_level, settings.log_format)
    load_failure = _load_failure(settings.outputs_dir)
    failures: list[str] = []
    try:
        if daily or rebuild is not None or _is_due(settings):
            failures = _timed(settings, environment, "daily" if daily else "minute", rebuild)
    except StockfeedError as error:
        if not load_failure:
            raise
        failures = [f"{type(error).__name__}: {error}"]
    return _report_exit(load_failure, failures)


def _load_failure(outputs_dir: Path | None) -> str:
    """Returns why the load failed for some objects; empty if it did not."""
    file = None if outputs_dir is None else outputs_dir / outputs.LOAD_FAILURE
    return file.read_text() if file is not None and file.exists() else ""


def _is_due(settings: BuildSettings) -> bool:
    if rows_loaded(settings.outputs_dir) != 0:
        return True
    if _is_behind(settings):
        _log.warning("nothing was loaded, but an earlier build failed")
        return True
    _log.info("nothing was loaded, so there is nothing to build")
    return False


def rows_loaded(outputs_dir: Path | None) -> int | None:
    """Returns the number of rows that the load wrote to its outputs; None without that file.

    Raises:
        DataError: the file does not hold a number.
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
    # Importing Snowflake's connector takes a second, and only a run without new rows needs it.
    behind: bool = import_module("stockfeed.transform.backlog").is_behind(settings)
    return behind


def _timed(
    settings: BuildSettings, environment: Mapping[str, str], selector: str, rebuild: str | None
) -> list[str]:
    """Builds, and writes the duration to the outputs if nothing failed."""
    # dbt cancels its queries on KeyboardInterrupt; a plain SIGTERM would leave them running.
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
    # Importing dbt takes seconds, and a run that builds nothing does not need it.
    invocation = import_module("stockfeed.transform.invocation")
    os.environ.update(invocation.exported(settings))
    if rebuild is None:  # a rebuild reads entire tables
        newest = import_module("stockfeed.transform.backlog").newest_batches(settings)
        os.environ[env.NEWEST_BATCHES] = json.dumps(newest)
    target = environment.get("DBT_TARGET_PATH")
    failures: list[str] = invocation.build(
        settings, selector, None if target is None else Path(target), rebuild
    )
    return failures


def _report_exit(load_failure: str, failures: list[str]) -> int:
    # Both must fit the termination log; the load's complete message is in its own log.
    parts = []
    if load_failure:
        parts.append(f"the load left objects out: {load_failure[:_LOAD_FAILURE_CHARACTERS]}")
    if failures:
        parts.append("\n  ".join([outputs.BUILD_FAILED, *failures]))
    if not parts:
        return 0
    message = "\n".join(parts)
    logs.write_termination_message(message)
    sys.stderr.write(message + "\n")
    return 1
