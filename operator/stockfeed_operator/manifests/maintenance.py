"""Builds the WorkflowTemplates for manual runs, and the CronWorkflow of the daily checks.

Their Workflows do not have the feed's label, so that their results do not affect LoadHealthy.
"""

from typing import Any, Final

from stockfeed_operator.kube.kinds import CRON_WORKFLOW, WORKFLOW_TEMPLATE, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.manifests.workflow_spec import containers_of, set_parameters, spec_of
from stockfeed_operator.spec.feed import StockFeed

# 06:30 UTC: Asian exchanges have closed or are about to, European and American ones are not open.
_DAILY: Final = "30 6 * * *"
# If Argo is down at the scheduled time, the run still starts within this time.
_STARTING_DEADLINE_SECONDS: Final = 3600
# One day, plus the time by which a daily run may start later than the previous one.
_DAY_MINUTES: Final = 25 * 60
# The maximum time for which a daily run may delay loads.
_LEAST_MINUTES: Final = 60


def maintenance(feed: StockFeed, installation: Installation, suspended: bool) -> list[Manifest]:
    """Returns the WorkflowTemplates for manual runs, and the CronWorkflow of the daily checks.

    Args:
        feed: the feed.
        installation: provides default images.
        suspended: whether to suspend the daily checks.
    """
    name = feed.metadata.name
    return [
        _template(feed, names.replay(name), installation, spec_of(feed, installation, "replay")),
        _template(feed, names.verify(name), installation, _verify(feed, installation)),
        _template(feed, names.trace(name), installation, spec_of(feed, installation, "trace")),
        *_rebuild(feed, installation),
        _daily(feed, installation, suspended),
    ]


def _template(
    feed: StockFeed, name: str, installation: Installation, spec: dict[str, Any]
) -> Manifest:
    return {
        "apiVersion": WORKFLOW_TEMPLATE.api_version,
        "kind": WORKFLOW_TEMPLATE.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": spec,
    }


def _rebuild(feed: StockFeed, installation: Installation) -> list[Manifest]:
    if not feed.spec.warehouse.dbt.enabled:
        return []
    name = names.rebuild(feed.metadata.name)
    return [_template(feed, name, installation, spec_of(feed, installation, "rebuild"))]


def _verify(feed: StockFeed, installation: Installation) -> dict[str, Any]:
    spec = spec_of(feed, installation, "verify")
    patience = f"{_on_its_way_minutes(feed.spec.warehouse.schedule)}m"
    set_parameters(spec["arguments"]["parameters"], {"patience": patience})
    if not feed.spec.warehouse.dbt.enabled:
        (container,) = containers_of(spec)
        container["args"].append("--no-models")
    return spec


def _daily(feed: StockFeed, installation: Installation, suspended: bool) -> Manifest:
    name = names.daily(feed.metadata.name)
    return {
        "apiVersion": CRON_WORKFLOW.api_version,
        "kind": CRON_WORKFLOW.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": {
            "schedules": [_DAILY],
            "timezone": "Etc/UTC",
            "suspend": suspended,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": 2,
            "failedJobsHistoryLimit": 5,
            "workflowSpec": _daily_spec(feed, installation),
        },
    }


def _daily_spec(feed: StockFeed, installation: Installation) -> dict[str, Any]:
    """Returns the spec of the daily checks.

    They verify a range that ended a while ago, because the run itself delays loads.
    """
    spec = spec_of(feed, installation, "daily")
    end = max(_LEAST_MINUTES, _on_its_way_minutes(feed.spec.warehouse.schedule))
    days = {"from": f"{end + _DAY_MINUTES}m", "to": f"{end}m"}
    set_parameters(spec["arguments"]["parameters"], days)
    if not feed.spec.warehouse.dbt.enabled:
        _verify_alone(spec)
    return spec


def _verify_alone(spec: dict[str, Any]) -> None:
    """Removes the dbt test container when dbt is disabled."""
    (template,) = spec["templates"]
    verify, _ = containers_of(spec)
    verify["args"].append("--no-models")
    # Argo's tools show the logs of the container `main` by default.
    template["containerSet"]["containers"] = [{**verify, "name": "main"}]


def _on_its_way_minutes(schedule: str) -> int:
    """Returns the maximum minutes that a quote of a healthy feed takes to reach gold.

    This exceeds the longest gap between two loads, unless the schedule skips entire weeks.
    """
    minute, hour, *days = schedule.split()
    if any(day not in ("*", "?") for day in days):
        return 8 * 24 * 60
    if hour != "*":
        return 25 * 60
    return 5 if minute == "*" else 75
