"""The role `build`: decides whether there is anything to build, and tells what failed."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import structlog

from stockfeed import logs, termination
from stockfeed.contract import outputs
from stockfeed.errors import DataError
from stockfeed.settings import BuildSettings

_log = structlog.get_logger()


def main(environment: Mapping[str, str], daily: bool = False) -> int:
    """Builds the models, unless nothing was loaded since the last build that got through.

    Args:
        environment: the settings.
        daily: runs the selector `daily` (all tests, over whole tables) whatever was loaded.

    Returns:
        The exit code: 1 when a model or a test failed.

    Raises:
        ConfigurationError: a setting or a credential is missing or wrong.
        DataError: the load's outputs are not what the contract says.
        TransientError: Snowflake did not answer.
    """
    settings = BuildSettings.from_env(environment)
    logs.configure(settings.log_level, settings.log_format)
    if not daily and rows_loaded(settings.outputs_dir) == 0:
        if not _is_behind(settings):
            _log.info("nothing was loaded, so there is nothing to build")
            return 0
        _log.warning("nothing was loaded, but an earlier build did not get through")
    # dbt cancels its queries on an interrupt; a plain SIGTERM would leave them running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    failures = _build(settings, environment, "daily" if daily else "minute")
    seconds = time.monotonic() - started
    _log.info("built", seconds=round(seconds, 3), failures=len(failures))
    if settings.outputs_dir is not None:
        (settings.outputs_dir / outputs.BUILD_SECONDS).write_text(f"{seconds:.3f}")
    return _farewell(failures)


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
    behind: bool = import_module("stockfeed.build.backlog").is_behind(settings)
    return behind


def _build(settings: BuildSettings, environment: Mapping[str, str], selector: str) -> list[str]:
    # dbt takes seconds to import: not for a run that builds nothing.
    invocation = import_module("stockfeed.build.invocation")
    os.environ.update(invocation.exported(settings))
    target = environment.get("DBT_TARGET_PATH")
    failures: list[str] = invocation.build(
        settings, selector, None if target is None else Path(target)
    )
    return failures


def _farewell(failures: list[str]) -> int:
    if not failures:
        return 0
    message = "dbt build failed:\n  " + "\n  ".join(failures)
    termination.report(message)
    sys.stderr.write(message + "\n")
    return 1
