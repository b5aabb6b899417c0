"""Reads results of loads from a feed's Workflows."""

from collections.abc import Iterable
from datetime import datetime

from stockfeed.contract import outputs
from stockfeed.contract.times import format_rfc3339, parse_optional_rfc3339, parse_rfc3339
from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.spec.feed_status import LastLoad

_FAILED = ("Failed", "Error")

SUCCEEDED = "LoadSucceeded"
LOAD_FAILED = "LoadFailed"
BUILD_FAILED = "BuildFailed"
OBJECTS_LEFT_OUT = "ObjectsLeftOut"


def last_load(workflows: Iterable[Manifest], before: LastLoad | None) -> LastLoad | None:
    """Returns the newest load that loaded anything.

    Args:
        workflows: the feed's existing Workflows.
        before: the newest load so far, returned if no Workflow is newer.
    """
    loads = [load for load in map(_load, finished(workflows)) if load is not None]
    known = loads if before is None else [before, *loads]
    if not known:
        return None
    # The newest load may contain late quotes only, while the warehouse already has newer ones.
    quotes = [load.newest_quote_at for load in known if load.newest_quote_at is not None]
    latest = max(known, key=lambda load: load.finished_at)
    return latest.model_copy(update={"newest_quote_at": max(quotes, default=None)})


def newest(workflows: Iterable[Manifest]) -> Manifest | None:
    """Returns the Workflow that finished last, successful or not."""
    return max(finished(workflows), key=_finished_at, default=None)


def finished(workflows: Iterable[Manifest]) -> list[Manifest]:
    """Returns the Workflows that have finished."""
    return [workflow for workflow in workflows if (workflow.get("status") or {}).get("finishedAt")]


def failed(workflow: Manifest) -> bool:
    """Returns whether a finished Workflow failed."""
    return workflow["status"].get("phase") in _FAILED


def reason_of_failure(workflow: Manifest, message: str) -> str:
    """Returns the condition reason for a failed Workflow, which names the part that failed.

    Args:
        workflow: the Workflow.
        message: error message of the Workflow or its pods.
    """
    if outputs.BUILD_FAILED in message:
        return BUILD_FAILED  # takes precedence over skipped objects: no model is updated
    if _integer(_outputs(workflow), outputs.PARTITIONS_FAILED) > 0:
        return OBJECTS_LEFT_OUT
    return LOAD_FAILED


def running(workflows: Iterable[Manifest]) -> list[Manifest]:
    """Returns the Workflows that have not finished yet."""
    return [
        workflow
        for workflow in workflows
        if (workflow.get("status") or {}).get("phase") in ("Pending", "Running")
    ]


def _finished_at(workflow: Manifest) -> datetime:
    return parse_rfc3339(workflow["status"]["finishedAt"])


def _load(workflow: Manifest) -> LastLoad | None:
    values = _outputs(workflow)
    files = _integer(values, outputs.FILES)
    # A run that failed because it skipped an object has loaded and built all others.
    built = _number(values, outputs.BUILD_SECONDS)
    if files == 0 or not (workflow["status"].get("phase") == "Succeeded" or built):
        return None
    newest_quote = parse_optional_rfc3339(values.get(outputs.NEWEST_QUOTE_AT))
    return LastLoad(
        workflow=workflow["metadata"]["name"],
        finished_at=format_rfc3339(_finished_at(workflow), "seconds"),
        newest_quote_at=None if newest_quote is None else format_rfc3339(newest_quote, "seconds"),
        rows=_integer(values, outputs.ROWS),
        files=files,
        bytes=_integer(values, outputs.BYTES),
        load_seconds=_number(values, outputs.LOAD_SECONDS),
        build_seconds=built,
    )


def _outputs(workflow: Manifest) -> dict[str, str]:
    parameters = (workflow["status"].get("outputs") or {}).get("parameters") or ()
    return {parameter["name"]: parameter.get("value", "") for parameter in parameters}


def _integer(values: dict[str, str], name: str) -> int:
    # An output whose file was not written has the default that the workflow declares, if any.
    return int(values.get(name) or 0)


def _number(values: dict[str, str], name: str) -> float | None:
    return float(values[name]) if values.get(name) else None
