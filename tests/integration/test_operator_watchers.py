"""Watches of the operator's process: hostile objects, and watches that end."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from stockfeed_operator.kube.kinds import CONFIG_MAP, DEPLOYMENT, TOPIC
from stockfeed_operator.manifests.metadata import FEED_LABEL
from stockfeed_operator.settings import PREFIX
from support.inmemory.apiserver import ApiServer
from support.inmemory.feeds import Life
from support.inmemory.http import Request, StubServer
from support.inmemory.process import free_port, operator, until

_SETTINGS = {
    "PIPELINE_IMAGE": "stockfeed/pipeline:1",
    "DBT_IMAGE": "stockfeed/dbt:1",
    "TASK_RESULTS_ROLE": "task-results",
    "LEASE_NAMESPACE": "stockfeed",
    "POD_NAME": "operator-0",
}
# The API server's JSON decoder rejects deeper nesting (maxNestingDepth in Go's encoding/json).
_DEEPEST = 9_900


def _settings(port: int) -> dict[str, str]:
    given = {**_SETTINGS, "HTTP_PORT": str(port)}
    return {PREFIX + name: value for name, value in given.items()}


def _deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.fixture
def deep_recursion() -> Iterator[None]:
    """Lets the API server in this process handle objects of any depth."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(35_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("levels", [1_200, _DEEPEST])
@pytest.mark.usefixtures("deep_recursion")
def test_survives_an_object_nested_as_deeply_as_the_api_server_allows(
    levels: int, tmp_path: Path
) -> None:
    life, log, port = Life(), tmp_path / "log", free_port()
    life.cluster.create(
        {
            "apiVersion": TOPIC.api_version,
            "kind": TOPIC.kind,
            "metadata": {"name": "hostile", "labels": {FEED_LABEL: "other"}},
            "spec": {"config": _deep(levels)},
        }
    )
    server = ApiServer(life.cluster)
    with StubServer(server) as stub, operator(stub.url, tmp_path, _settings(port)) as process:
        life.create()
        until(lambda: life.condition("LoadHealthy"), "the first status", log)
        until(lambda: server.watches.get(TOPIC.plural), "the watch of topics", log)
        assert process.poll() is None
        assert urllib3.request("GET", f"http://127.0.0.1:{port}/healthz").status == 200


@pytest.mark.parametrize("kind", [CONFIG_MAP, DEPLOYMENT])
def test_ends_the_process_when_a_watcher_dies(kind: Any, tmp_path: Path) -> None:
    server, log = ApiServer(Life().cluster), tmp_path / "log"

    def answer(request: Request) -> tuple[int, Any]:
        if "watch=true" in request.path and f"/{kind.plural}?" in request.path:
            return 200, {"type": "ERROR", "object": {"kind": "Status", "code": 500}}
        return server(request)

    with StubServer(answer) as stub, operator(stub.url, tmp_path, _settings(free_port())) as one:
        assert one.wait(60) == 1
    assert "a watcher has died" in log.read_text()
