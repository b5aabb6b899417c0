"""A claim of the default class gets a volume that a non-root pod can write to."""

from support.cluster import images
from support.cluster.kubectl import apply, kubectl

_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def test_non_root_pod_writes_to_a_claim(namespace: str) -> None:
    metadata = {"name": "writer", "namespace": namespace}
    container = {
        "name": "main",
        "image": images.AGNHOST_IMAGE.image,
        "args": ["mounttest", "--new_file_0644=/data/file"],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    pod = {
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1234, "fsGroup": 1234},
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "writer"}}],
    }
    apply(
        [
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
            | {"spec": _SPEC},
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod},
        ]
    )
    succeeded = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl("wait", "pod/writer", succeeded, f"--namespace={namespace}", "--timeout=60s")
    written = kubectl("logs", "writer", f"--namespace={namespace}")
    assert 'content of file "/data/file": mount-tester new file' in written
