"""Storage for claims: a default class, and volumes that are directories of the node.

The volumes are of type `local` and created in advance, because those respect a pod's `fsGroup`, as
a cloud's volumes do. Volumes of the API server's own host path provisioner belong to root.
"""

from pathlib import Path
from typing import Any

from support.cluster.layout import NODE_NAME, NODE_STATE, STATE

_CLASS = "standard"
_COUNT = 12
_DIRECTORY = Path("volumes")


def make_directories() -> None:
    """Creates the volumes' directories on the host."""
    for name in _names():
        (STATE / _DIRECTORY / name).mkdir(parents=True, exist_ok=True)


def manifests() -> list[dict[str, Any]]:
    """Returns the storage class and a volume for each directory."""
    return [_storage_class(), *(_volume(name) for name in _names())]


def _names() -> list[str]:
    return [f"volume-{number:02d}" for number in range(_COUNT)]


def _storage_class() -> dict[str, Any]:
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": _CLASS, "annotations": default},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _volume(name: str) -> dict[str, Any]:
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE_NAME]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": _CLASS,
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(NODE_STATE / _DIRECTORY / name)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }
