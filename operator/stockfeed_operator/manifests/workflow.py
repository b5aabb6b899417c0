"""Builds the scheduled load and build, and the last load of a stop.

Both are rendered from `workflows/load-and-build.yaml`.
"""

from typing import Any, Final

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.kube.kinds import CRON_WORKFLOW, WORKFLOW, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.manifests.workflow_spec import containers_of, spec_of
from stockfeed_operator.spec.feed import StockFeed

FINAL_LOAD_LABEL: Final = "stockfeed.dev/last-load"
_MAIN: Final = "main"
# A start missed while Argo was down is caught up within this time.
_STARTING_DEADLINE_SECONDS: Final = 60


def cron_workflow(feed: StockFeed, installation: Installation, suspended: bool) -> Manifest:
    """Returns the CronWorkflow that loads and builds on the feed's schedule."""
    name = names.load(feed.metadata.name)
    return {
        "apiVersion": CRON_WORKFLOW.api_version,
        "kind": CRON_WORKFLOW.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": {
            "schedules": [feed.spec.warehouse.schedule],
            "timezone": "Etc/UTC",
            "suspend": suspended,
            # Loads are serialised in the warehouse anyway; a second run would only wait for the
            # lock.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": 5,
            "failedJobsHistoryLimit": 5,
            "workflowMetadata": {"labels": meta.identity(feed, meta.LOAD)},
            "workflowSpec": workflow_spec(feed, installation),
        },
    }


def final_load(feed: StockFeed, installation: Installation, stop: int) -> Manifest:
    """Returns the Workflow of the last load and build at the end of a stop.

    Args:
        feed: the feed.
        installation: provides default images.
        stop: start of the stop in Unix seconds.
    """
    name = names.final_load(feed.metadata.name, stop)
    metadata = meta.metadata(feed, installation, name, meta.LOAD)
    # The label, not the name, identifies the stop, so that another stop's load is not mistaken for
    # this one's.
    metadata["labels"][FINAL_LOAD_LABEL] = str(stop)
    return {
        "apiVersion": WORKFLOW.api_version,
        "kind": WORKFLOW.kind,
        "metadata": metadata,
        "spec": workflow_spec(feed, installation),
    }


def workflow_spec(feed: StockFeed, installation: Installation) -> dict[str, Any]:
    """Returns the workflow spec of a load and build for a feed."""
    spec = spec_of(feed, installation, "load-and-build")
    if not feed.spec.warehouse.dbt.enabled:
        _load_alone(spec)
    timeout = parse_duration(feed.spec.warehouse.run_timeout)
    return {**spec, "activeDeadlineSeconds": round(timeout)}


def _load_alone(spec: dict[str, Any]) -> None:
    """Removes the build, and the load's argument that leaves reporting failures to the build."""
    (template,) = spec["templates"]
    load, _ = containers_of(spec)
    del load["args"]
    # In a container set, Argo saves outputs only from the container named main.
    template["containerSet"]["containers"] = [{**load, "name": _MAIN}]
