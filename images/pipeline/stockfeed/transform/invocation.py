"""Runs `dbt build` in this process, because a subprocess would spend seconds importing dbt."""

import tempfile
from contextlib import nullcontext
from pathlib import Path

from dbt.artifacts.schemas.run import RunExecutionResult, RunResult
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from stockfeed.contract import env
from stockfeed.settings import BuildSettings
from stockfeed.transform import parsed

_FAILED = frozenset({"error", "fail", "runtime error"})
"""Values of dbt's RunStatus and TestStatus."""
_MESSAGE_LINES = 3
"""The first line names the kind of error and the file, the next ones give the reason."""
_MESSAGE_CHARACTERS = 400


def exported(settings: BuildSettings) -> dict[str, str]:
    """Returns the environment that the project's profile reads, including mounted credentials."""
    found = {name: secret.find() for name, secret in settings.snowflake.items()}
    return {
        env.WAREHOUSE_DATABASE: settings.database,
        env.WAREHOUSE_SCHEMA: settings.raw_schema,
        env.DBT_SCHEMA: settings.dbt_schema,
        env.EXCHANGE_TIMEZONE: settings.exchange_timezone.key,
        **{name: value for name, value in found.items() if value is not None},
    }


def build(
    settings: BuildSettings, selector: str, target: Path | None, rebuild: str | None = None
) -> list[str]:
    """Runs `dbt build`; the environment must include the result of `exported`.

    Args:
        settings: the project.
        selector: one of the project's selectors.
        target: dbt's target directory; if it is kept, the next build with the same profile and
            project does not parse the project again. None for a temporary one.
        rebuild: a model to rebuild together with everything downstream, instead of the selector.

    Returns:
        A line for each failure.
    """
    with tempfile.TemporaryDirectory() if target is None else nullcontext(target) as directory:
        runner = dbtRunner(manifest=_parsed(settings))
        result = runner.invoke(arguments(settings, selector, Path(directory), rebuild))
    if rebuild is not None and result.success and not _ran_nodes(result):
        return [f"the project has no model {rebuild!r}, so nothing was rebuilt"]
    return failures(result)


def _parsed(settings: BuildSettings) -> Manifest | None:
    file = settings.dbt_parsed_file
    return None if file is None else parsed.load(file, exported(settings))


def arguments(
    settings: BuildSettings, selector: str, target: Path, rebuild: str | None = None
) -> list[str]:
    """Returns dbt's command line."""
    project = str(settings.dbt_project_dir)
    return [
        *("--log-format", "json" if settings.log_format == "json" else "text"),
        *("--no-use-colors", "--log-level-file", "none", "--log-path", str(target)),
        "build",
        *(("--selector", selector) if rebuild is None else _full_refresh(rebuild)),
        *("--project-dir", project, "--profiles-dir", project, "--target-path", str(target)),
    ]


def _full_refresh(model: str) -> list[str]:
    # Downstream rows are derived from this model's, so they are rebuilt with it. Unit tests check
    # the code, not the tables.
    return [
        "--full-refresh",
        "--select",
        f"{model}+",
        "--exclude",
        "test_type:unit",
        "test_name:all_at_once",
    ]


def _ran_nodes(result: dbtRunnerResult) -> bool:
    return isinstance(result.result, RunExecutionResult) and bool(result.result.results)


def failures(result: dbtRunnerResult) -> list[str]:
    """Returns a line for each failed model or test, or the reason why dbt did not run.

    Nodes that were skipped because of a failed one are not included.
    """
    if isinstance(result.result, RunExecutionResult):
        failed = [_line(row) for row in result.result.results if row.status in _FAILED]
        if failed:
            return failed
    if result.success:
        return []
    if isinstance(result.exception, KeyboardInterrupt):
        return ["stopped by a signal"]
    return [_first_lines(str(result.exception or "dbt gave no reason; see its log"))]


def _line(row: RunResult) -> str:
    return f"{row.node.resource_type} {row.node.name}: {_first_lines(row.message or row.status)}"


def _first_lines(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(lines[:_MESSAGE_LINES])[:_MESSAGE_CHARACTERS]
