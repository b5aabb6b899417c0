"""The running cluster, with a namespace for the tests of the harness itself."""

from collections.abc import Iterator

import pytest

from support.cluster import images, lifecycle
from support.cluster.kubectl import apply, kubectl


@pytest.fixture(scope="session")
def cluster() -> None:
    lifecycle.up()
    images.load(images.AGNHOST_IMAGE)


# Per module, because the last module stops the cluster.
@pytest.fixture(scope="module")
def namespace(cluster: None) -> Iterator[str]:
    name = "harness"
    apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}])
    yield name
    kubectl("delete", "namespace", name, "--timeout=90s")
