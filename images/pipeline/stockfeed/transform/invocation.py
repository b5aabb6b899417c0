"""One `dbt build`, in this process: starting another one would import dbt's seconds again."""

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
"""The first names the kind of error and the file, the next ones say what it is."""
_MESSAGE_CHARACTERS = 400


def exported(settings: BuildSettings) -> dict[str, str]:
    """What the project's profile reads from the environment, mounted credentials included."""
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
    """Runs `dbt build`; the environment must hold what `exported` gives.

    Args:
        settings: name the project.
        selector: one of the project's selectors.
        target: a directory that is kept, so that the next build need not parse the project again
            (as long as profile and project are the same); None is a temporary one.
        rebuild: a model that is made anew, with all that follow it; takes the selector's place.

    Returns:
        What failed, a line each; empty when all is well.
    """
    with tempfile.TemporaryDirectory() if target is None else nullcontext(target) as directory:
        runner = dbtRunner(manifest=_parsed(settings))
        result = runner.invoke(arguments(settings, selector, Path(directory), rebuild))
    if rebuild is not None and result.success and not _built(result):
        return [f"the project has no model {rebuild!r}, so nothing was rebuilt"]
    return failures(result)


def _parsed(settings: BuildSettings) -> Manifest | None:
    file = settings.dbt_parsed_file
    return None if file is None else parsed.load(file, exported(settings))


def arguments(
    settings: BuildSettings, selector: str, target: Path, rebuild: str | None = None
) -> list[str]:
    """The command line of dbt."""
    project = str(settings.dbt_project_dir)
    return [
        *("--log-format", "json" if settings.log_format == "json" else "text"),
        *("--no-use-colors", "--log-level-file", "none", "--log-path", str(target)),
        "build",
        *(("--selector", selector) if rebuild is None else _anew(rebuild)),
        *("--project-dir", project, "--profiles-dir", project, "--target-path", str(target)),
    ]


def _anew(model: str) -> list[str]:
    # The rows of the models behind come from this one's, so they are made anew with it. Unit tests
    # look at the code, not at what is in the tables.
    return [
        "--full-refresh",
        "--select",
        f"{model}+",
        "--exclude",
        "test_type:unit",
        "test_name:all_at_once",
    ]


def _built(result: dbtRunnerResult) -> bool:
    return isinstance(result.result, RunExecutionResult) and bool(result.result.results)


def failures(result: dbtRunnerResult) -> list[str]:
    """What failed in a run, a line each: models and tests by name, or what kept dbt from running.

    Nodes that were skipped because of a failed one are left out.
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
