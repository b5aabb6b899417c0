"""Builds the Deployments of producers and consumers."""

from dataclasses import dataclass
from typing import Any, Final

from stockfeed.contract import endpoints, env
from stockfeed_operator.kube.kinds import DEPLOYMENT, Manifest
from stockfeed_operator.manifests import metadata as meta
from stockfeed_operator.manifests import names, pods, secrets
from stockfeed_operator.manifests.connections import Connection
from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.pods import Resources
from stockfeed_operator.spec.source import SymbolGroup

# A role flushes for up to 20 s after SIGTERM; a consumer then also leaves its consumer group.
_GRACE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Role:
    """Settings that differ between the Deployments of producers and consumers.

    Attributes:
        component: `producer` or `consumer`; also the subcommand of `stockfeed`.
        name: the Deployment's name.
        replicas: number of pods; None leaves the number to an autoscaler.
        strategy: the Deployment's update strategy.
        spread: labels of pods that should run on different nodes.
        connection: environment variables and Secrets.
        resources: the container's requests and limits.
        volumes: additional volumes, each with its mount path.
    """

    component: str
    name: str
    replicas: int | None
    strategy: dict[str, Any]
    spread: dict[str, str]
    connection: Connection
    resources: Resources
    volumes: tuple[tuple[dict[str, Any], str], ...] = ()


def deployment(
    feed: StockFeed, group: SymbolGroup, installation: Installation, role: Role
) -> Manifest:
    """Returns the Deployment of one role of a group."""
    labels = meta.selector(feed, role.component, group.name)
    replicas = {} if role.replicas is None else {"replicas": role.replicas}
    return {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.kind,
        "metadata": meta.metadata(feed, installation, role.name, role.component, group.name),
        "spec": {
            **replicas,
            # Kubernetes keeps 10 old ReplicaSets by default; the operator never rolls back to one.
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": labels},
            "strategy": role.strategy,
            "template": _template(feed, group, installation, role),
        },
    }


def _template(
    feed: StockFeed, group: SymbolGroup, installation: Installation, role: Role
) -> dict[str, Any]:
    identity = meta.identity(feed, role.component, group.name)
    priority = feed.spec.pods.priority_class_name
    return {
        "metadata": pods.pod_metadata(feed, identity),
        "spec": {
            "serviceAccountName": names.pods(feed.metadata.name),
            "automountServiceAccountToken": False,
            # Kubernetes would otherwise set variables for every Service in the namespace, which
            # lengthen the environment and may collide with settings.
            "enableServiceLinks": False,
            "securityContext": pods.POD_SECURITY,
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            **({} if priority is None else {"priorityClassName": priority}),
            **pods.placement(feed),
            "topologySpreadConstraints": [_spread(role.spread)],
            "containers": [_container(feed, group, installation, role)],
            "volumes": [
                pods.TMP_VOLUME,
                *secrets.volumes(role.connection.secrets),
                *(volume for volume, _ in role.volumes),
            ],
        },
    }


def _container(
    feed: StockFeed, group: SymbolGroup, installation: Installation, role: Role
) -> dict[str, Any]:
    who = {env.FEED: feed.metadata.name, env.GROUP: group.name}
    return {
        "name": role.component,
        "image": feed.spec.pods.images.pipeline or installation.pipeline_image,
        **pods.pull_policy(feed),
        "command": ["stockfeed", role.component],
        "env": pods.environment({**who, **role.connection.env}),
        "ports": [{"name": endpoints.HTTP_PORT_NAME, "containerPort": endpoints.HTTP_PORT}],
        **pods.probes(),
        "resources": pods.resources(role.resources),
        "securityContext": pods.CONTAINER_SECURITY,
        # If a crashed container wrote no termination message, its last log lines are reported in
        # the feed's status instead.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            pods.TMP_MOUNT,
            *secrets.mounts(role.connection.secrets),
            *(
                {"name": volume["name"], "mountPath": path, "readOnly": True}
                for volume, path in role.volumes
            ),
        ],
    }


def _spread(labels: dict[str, str]) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # A preference: on a single node all pods must run nevertheless.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
    }
