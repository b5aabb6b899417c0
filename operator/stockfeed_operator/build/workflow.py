"""The minute's load and build, rendered from `workflows/load-and-build.yaml`.

The file holds what is the same for every feed and can be read, linted and changed as what it is: an
Argo WorkflowTemplate. A template is visible in its own namespace only, so each feed gets its spec
whole.
"""

import copy
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from stockfeed.contract.durations import parse_duration
from stockfeed_operator.build import metadata as meta
from stockfeed_operator.build import names, pods, secrets
from stockfeed_operator.build.connections import Connection, object_store_keys, snowflake_keys
from stockfeed_operator.build.installation import Installation
from stockfeed_operator.kinds import CRON_WORKFLOW, WORKFLOW, Manifest
from stockfeed_operator.spec import StockFeed
from stockfeed_operator.spec_pods import Resources

LAST_LOAD_LABEL: Final = "stockfeed.dev/last-load"
_LOAD: Final = "load"
_MAIN: Final = "main"
# A start that was missed, e.g. while Argo restarted, is made up for within this time.
_STARTING_DEADLINE_SECONDS: Final = 60


def cron_workflow(feed: StockFeed, installation: Installation, suspended: bool) -> Manifest:
    """Loads and builds on the feed's schedule."""
    name = names.load(feed.metadata.name)
    return {
        "apiVersion": CRON_WORKFLOW.api_version,
        "kind": CRON_WORKFLOW.kind,
        "metadata": meta.metadata(feed, installation, name, meta.LOAD),
        "spec": {
            "schedules": [feed.spec.warehouse.schedule],
            "timezone": "Etc/UTC",
            "suspend": suspended,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": 5,
            "failedJobsHistoryLimit": 5,
            "workflowMetadata": {"labels": meta.identity(feed, meta.LOAD)},
            "workflowSpec": workflow_spec(feed, installation),
        },
    }


def last_load(feed: StockFeed, installation: Installation, stop: int) -> Manifest:
    """The one load and build at the end of a stop.

    Args:
        feed: the feed.
        installation: the images.
        stop: Unix seconds at which the stop began.
    """
    name = names.last_load(feed.metadata.name, stop)
    metadata = meta.metadata(feed, installation, name, meta.LOAD)
    metadata["labels"][LAST_LOAD_LABEL] = str(stop)
    return {
        "apiVersion": WORKFLOW.api_version,
        "kind": WORKFLOW.kind,
        "metadata": metadata,
        "spec": workflow_spec(feed, installation),
    }


def workflow_spec(feed: StockFeed, installation: Installation) -> dict[str, Any]:
    """The spec of one run: the file's, with what is the feed's own."""
    spec = copy.deepcopy(_template()["spec"])
    _set_parameters(spec["arguments"]["parameters"], _parameters(feed))
    (template,) = spec["templates"]
    containers = template["containerSet"]["containers"]
    template["containerSet"]["containers"] = _containers(feed, installation, containers)
    secret_files = (object_store_keys(feed) + snowflake_keys(feed)).secrets
    priority = feed.spec.pods.priority_class_name
    return {
        **spec,
        "activeDeadlineSeconds": round(parse_duration(feed.spec.warehouse.run_timeout)),
        "serviceAccountName": names.load(feed.metadata.name),
        "automountServiceAccountToken": True,
        "podMetadata": pods.pod_metadata(feed, meta.identity(feed, meta.LOAD)),
        **({} if priority is None else {"podPriorityClassName": priority}),
        **pods.placement(feed),
        "volumes": [*spec["volumes"], *secrets.volumes(secret_files)],
    }


@cache
def _template() -> dict[str, Any]:
    text = files("stockfeed_operator").joinpath("workflows", "load-and-build.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _parameters(feed: StockFeed) -> dict[str, str]:
    landing, warehouse = feed.spec.landing, feed.spec.warehouse
    return {
        "feed": feed.metadata.name,
        "s3-endpoint": landing.endpoint or "",
        "s3-region": landing.region or "",
        "s3-bucket": landing.bucket,
        "database": warehouse.database,
        "raw-schema": warehouse.schema_name,
        "dbt-schema": warehouse.dbt.schema_name,
        "exchange-timezone": feed.spec.source.exchange_timezone,
    }


def _set_parameters(parameters: list[dict[str, str]], values: dict[str, str]) -> None:
    for parameter in parameters:
        parameter["value"] = values[parameter["name"]]


def _containers(
    feed: StockFeed, installation: Installation, containers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    load, build = containers
    warehouse, images = feed.spec.warehouse, feed.spec.pods.images
    image = images.pipeline or installation.pipeline_image
    connection = object_store_keys(feed) + snowflake_keys(feed)
    load = _completed(feed, load, image, connection, warehouse.resources)
    if not warehouse.dbt.enabled:
        # Argo saves outputs from a container named main only.
        return [{**load, "name": _MAIN}]
    image = images.dbt or installation.dbt_image
    return [
        load,
        _completed(feed, build, image, snowflake_keys(feed), warehouse.dbt.resources),
    ]


def _completed(
    feed: StockFeed,
    container: dict[str, Any],
    image: str,
    connection: Connection,
    resources: Resources,
) -> dict[str, Any]:
    return {
        **container,
        "image": image,
        **pods.pull_policy(feed),
        "env": [*container["env"], *pods.environment(connection.env)],
        "resources": pods.resources(resources),
        "volumeMounts": secrets.mounts(connection.secrets),
    }
