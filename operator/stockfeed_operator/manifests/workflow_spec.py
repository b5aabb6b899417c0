"""Renders workflow specs from the files in `workflows/`.

The files contain everything that is the same for all feeds. They are valid Argo WorkflowTemplates,
so that they can be read and linted. Argo resolves a template only within its namespace, so each
feed gets complete specs instead of references.
"""

import copy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

from stockfeed.contract import env
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names, pods, secrets
from stockfeed_operator.manifests.connections import (
    Connection,
    kafka_keys,
    object_store_keys,
    owner,
    snowflake_keys,
    topic_origin,
)
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.pods import Resources

Container = dict[str, Any]

_DBT: Final = "stockfeed-dbt"
"""Placeholder image of dbt containers in the files; all other containers use the pipeline image."""


@dataclass(frozen=True, slots=True)
class _Role:
    """Image, connections and resources of a container."""

    image: str
    connection: Connection
    resources: Resources


def spec_of(feed: StockFeed, installation: Installation, name: str) -> dict[str, Any]:
    """Returns the spec from the file `<name>.yaml`, completed with the feed's settings.

    Args:
        feed: the feed.
        installation: provides default images.
        name: name of the file without suffix.
    """
    # The file is cached, and the spec is changed in place below.
    spec = copy.deepcopy(_file(name)["spec"])
    set_parameters(spec["arguments"]["parameters"], _parameters(feed))
    if "synchronization" in spec:
        # The literal name rather than a parameter: a restarted controller looks up the mutex's
        # holder by it.
        spec["synchronization"] = {"mutexes": [{"name": names.mutex(feed.metadata.name)}]}
    containers = containers_of(spec)
    roles = [_role(feed, installation, container) for container in containers]
    for container, role in zip(containers, roles, strict=True):
        _complete(feed, container, role)
    mounted = dict.fromkeys(one for role in roles for one in role.connection.secrets)
    _mount(spec, secrets.mounts(mounted))
    priority = feed.spec.pods.priority_class_name
    return {
        **spec,
        "serviceAccountName": names.load(feed.metadata.name),
        "podMetadata": pods.pod_metadata(feed, meta.identity(feed, meta.LOAD)),
        **({} if priority is None else {"podPriorityClassName": priority}),
        **pods.placement(feed),
        "volumes": [*spec["volumes"], *secrets.volumes(mounted)],
    }


def _mount(spec: dict[str, Any], mounts: list[dict[str, Any]]) -> None:
    """Mounts Secrets in the spec's only template.

    For a container set, Argo adds only those volumes to the pod that the set itself mounts. If only
    a container mounted a volume, the API server would reject the pod.
    """
    (template,) = spec["templates"]
    part = template.get("containerSet") or template["container"]
    part["volumeMounts"] = [*part.get("volumeMounts", ()), *mounts]


def containers_of(spec: dict[str, Any]) -> list[Container]:
    """Returns the containers of the spec's only template."""
    (template,) = spec["templates"]
    if "container" in template:
        return [template["container"]]
    found: list[Container] = template["containerSet"]["containers"]
    return found


@cache
def _file(name: str) -> dict[str, Any]:
    text = files("stockfeed_operator").joinpath("workflows", f"{name}.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def _parameters(feed: StockFeed) -> dict[str, str]:
    kafka, landing, warehouse = feed.spec.kafka, feed.spec.landing, feed.spec.warehouse
    return {
        "feed": feed.metadata.name,
        "kafka-bootstrap": kafka.bootstrap,
        "kafka-topic-prefix": kafka.topic_prefix,
        "s3-endpoint": landing.endpoint or "",
        "s3-region": landing.region or "",
        "s3-bucket": landing.bucket,
        "s3-retention": landing.retention or "",
        "database": warehouse.database,
        "raw-schema": warehouse.schema_name,
        "dbt-schema": warehouse.dbt.schema_name,
        "exchange-timezone": feed.spec.source.exchange_timezone,
    }


def set_parameters(parameters: list[dict[str, str]], values: dict[str, str]) -> None:
    """Sets the given parameters; the others are set when the template is submitted."""
    for parameter in parameters:
        if parameter["name"] in values:
            parameter["value"] = values[parameter["name"]]


def _role(feed: StockFeed, installation: Installation, container: Container) -> _Role:
    warehouse, images = feed.spec.warehouse, feed.spec.pods.images
    if container["image"] == _DBT:
        own = images.dbt or installation.dbt_image
        return _Role(own, snowflake_keys(feed), warehouse.dbt.resources)
    own = images.pipeline or installation.pipeline_image
    connection = object_store_keys(feed) + owner(feed, installation) + snowflake_keys(feed)
    if env.KAFKA_BOOTSTRAP_SERVERS in {variable["name"] for variable in container["env"]}:
        connection += kafka_keys(feed) + topic_origin(feed)
    return _Role(own, connection, warehouse.resources)


def _complete(feed: StockFeed, container: Container, role: _Role) -> None:
    container.update(
        image=role.image,
        **pods.pull_policy(feed),
        env=[*container["env"], *pods.environment(role.connection.env)],
        resources=pods.resources(role.resources),
    )
