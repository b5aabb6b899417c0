"""Dependencies among a feed's objects: what an object needs in order to run."""

from collections.abc import Iterable
from typing import Any

from stockfeed_operator.kube.kinds import (
    CONFIG_MAP,
    CRON_WORKFLOW,
    DEPLOYMENT,
    ROLE_BINDING,
    SERVICE_ACCOUNT,
    TOPIC,
    Key,
    Manifest,
    key_of,
    kind_of,
)
from stockfeed_operator.manifests.metadata import GROUP_LABEL


def needs(manifest: Manifest, manifests: Iterable[Manifest]) -> frozenset[Key]:
    """Returns the objects that a manifest refers to: accounts, ConfigMaps and its group's topic.

    Args:
        manifest: the manifest.
        manifests: all manifests of the feed.
    """
    # Otherwise the binding would grant the feed's rights to an account of another owner.
    if kind_of(manifest) is ROLE_BINDING:
        subjects = [(subject["kind"], subject["name"]) for subject in manifest["subjects"]]
        return frozenset(Key(kind, name) for kind, name in subjects)
    pod = _pod_spec(manifest)
    if "serviceAccountName" not in pod:
        return frozenset()
    config_maps = [part["configMap"] for part in pod.get("volumes", ()) if "configMap" in part]
    return frozenset(
        {
            Key(SERVICE_ACCOUNT.kind, pod["serviceAccountName"]),
            *(Key(CONFIG_MAP.kind, part["name"]) for part in config_maps),
            *_topics_of(manifest, manifests),
        }
    )


def idle(manifest: Manifest) -> Manifest | None:
    """Returns the manifest, changed to run no pods; None if its kind starts none by itself."""
    if kind_of(manifest) is DEPLOYMENT:
        return {**manifest, "spec": {**manifest["spec"], "replicas": 0}}
    if kind_of(manifest) is CRON_WORKFLOW:
        return {**manifest, "spec": {**manifest["spec"], "suspend": True}}
    return None


def _pod_spec(manifest: Manifest) -> dict[str, Any]:
    """Returns the part of a manifest that names its pods' account; empty if it has no pods."""
    spec: dict[str, Any] = manifest.get("spec", {})
    if kind_of(manifest) is DEPLOYMENT:
        spec = spec["template"]["spec"]
    elif kind_of(manifest) is CRON_WORKFLOW:
        spec = spec["workflowSpec"]
    return spec  # of a Workflow or WorkflowTemplate, this is where the account is named


def _topics_of(manifest: Manifest, manifests: Iterable[Manifest]) -> Iterable[Key]:
    group = _group(manifest)
    if group is None:
        return ()
    return [key_of(part) for part in manifests if kind_of(part) is TOPIC and _group(part) == group]


def _group(manifest: Manifest) -> str | None:
    labels: dict[str, str] = manifest["metadata"]["labels"]
    return labels.get(GROUP_LABEL)
