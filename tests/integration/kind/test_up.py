"""up.sh: the order of its steps, repeated runs, and the output of a wait that times out.

docker and kind are stand-ins, and charts from repositories are not downloaded. kubectl is the real
one, with an API that the test fills; our own charts are rendered by the real helm.
"""

from collections.abc import Iterator

import pytest

from support.inmemory.http import StubServer
from support.kind.api import Api
from support.kind.world import World

WAIT = {"WAIT_SECONDS": "1"}


def releases(world: World) -> list[str]:
    return [call[4] for call in world.calls("helm") if call[3] == "upgrade"]


def tags(world: World) -> dict[str, str]:
    """Returns the image tags passed to helm, by the value's name."""
    given = [
        call[call.index("--set-string") + 1] for call in world.calls() if "--set-string" in call
    ]
    return dict(pair.split("=") for pairs in given for pair in pairs.split(","))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The result of a first run in an empty cluster; `World.last` is that run."""
    api = Api()
    with StubServer(api) as server:
        world = World(tmp_path_factory.mktemp("world"), server, api)
        world.make_ready()
        world.run("up.sh")
        yield world


def test_installs_everything_in_order(installed: World) -> None:
    assert installed.last.returncode == 0, installed.last.stderr
    assert releases(installed) == [
        "kube-prometheus-stack",
        "strimzi-kafka-operator",
        "argo-workflows",
        "platform",
        "minio",
        "stockfeed-operator",
    ]
    on_kind = [call[1] for call in installed.calls("kind") if call[1] != "get"]
    assert on_kind == ["create", *["load"] * 4]


def test_applies_the_sample_feed_and_prints_gold(installed: World) -> None:
    feed = installed.api.objects["stocks", "stockfeeds", "us-equities"]
    assert feed["spec"]["warehouse"]["database"] == "STOCKS"
    assert installed.last.stdout.endswith("==> Freshest gold rows\nAAPL 187.42\n")


def test_loads_the_images_that_the_charts_name(installed: World) -> None:
    loaded = (installed.home / "loaded").read_text().split()
    values = {"image.tag": "local"} | {
        f"images.{name}.tag": name for name in ("operator", "pipeline", "dbt")
    }

    assert sorted(loaded) == sorted(
        f"docker.io/stockfeed/{values[value]}:{tag}" for value, tag in tags(installed).items()
    )
    assert len(loaded) == 4


def test_second_run_loads_only_the_changed_image(world: World) -> None:
    world.make_ready()
    steps = ("cluster", "images", "platform", "operator")
    assert world.run("up.sh", *steps).returncode == 0
    before = tags(world)
    world.forget_calls()
    world.set_images(operator="1", pipeline="2", dbt="1", local="1")

    assert world.run("up.sh", *steps).returncode == 0

    assert ["kind", "create"] not in [call[:2] for call in world.calls("kind")]
    loads = [call for call in world.calls("docker") if call[1] == "save"]
    assert [call[-1] for call in loads] == ["docker.io/stockfeed/pipeline:0.1.0-222222222222"]
    changed = {name for name, tag in tags(world).items() if tag != before[name]}
    assert changed == {"images.pipeline.tag"}


def test_runs_single_steps(world: World) -> None:
    world.make_ready()

    done = world.run("up.sh", "feed", "gold")

    assert done.returncode == 0, done.stderr
    assert world.calls("helm") == []
    assert "us-equities created" in done.stdout


def test_unknown_step_lists_the_valid_ones(world: World) -> None:
    done = world.run("up.sh", "fede")

    assert done.returncode == 1
    assert "no step 'fede'; steps are: cluster images upstream" in done.stderr


def test_without_an_engine_it_explains_what_to_install(world: World) -> None:
    (world.home / "bin" / "docker").write_text("#!/bin/sh\nexit 1\n")
    (world.home / "bin" / "podman").symlink_to("docker")

    done = world.run("up.sh")

    assert done.returncode == 1
    assert "install Docker or podman, or start its daemon" in done.stderr
    assert world.calls("kind") == []


def test_uses_podman_if_docker_does_not_respond(world: World) -> None:
    world.make_ready()
    (world.home / "bin" / "podman").write_text((world.home / "bin" / "docker").read_text())
    (world.home / "bin" / "podman").chmod(0o755)
    (world.home / "bin" / "docker").write_text("#!/bin/sh\nexit 1\n")

    done = world.run("up.sh", "platform")

    assert done.returncode == 0, done.stderr
    assert tags(world) == {"image.tag": "0.1.0-111111111111"}


def test_wait_timeout_prints_all_reasons(world: World) -> None:
    world.make_ready()
    stuck = {
        "type": "Ready",
        "status": "False",
        "reason": "ProducersUnavailable",
        "message": "group autos: 0 of 1 producers run",
    }
    world.api.written = lambda feed: feed.update(status={"conditions": [stuck]})
    pulling = {"reason": "ImagePullBackOff", "message": "no such image"}
    waits = [{"name": "main", "state": {"waiting": pulling}}]
    world.pod("stocks", "us-equities-autos", phase="Pending", containerStatuses=waits)
    world.api.logs["us-equities-autos"] = "the last words"
    world.api.add(
        "events",
        "stocks",
        "e1",
        type="Warning",
        reason="Failed",
        message="pull access denied",
        involvedObject={"kind": "Pod", "name": "us-equities-autos"},
    )

    done = world.run("up.sh", "feed", **WAIT)

    assert done.returncode == 1
    for part in (
        "Ready=False ProducersUnavailable: group autos: 0 of 1 producers run",
        "us-equities-autos: Pending\n        main waiting: ImagePullBackOff: no such image",
        "pull access denied",
        "the last words",
        "error: waited 1 s for stockfeed/us-equities in namespace stocks to be Ready",
    ):
        assert part in done.stderr
    assert "gold" not in done.stdout


def test_prints_unschedulable_pods_while_waiting(world: World) -> None:
    world.make_ready()
    del world.api.objects["stocks", "kafkas", "stocks"]
    scheduled = {"type": "PodScheduled", "status": "False", "message": "Insufficient memory."}
    world.pod("stocks", "stocks-brokers-0", phase="Pending", conditions=[scheduled])

    done = world.run("up.sh", "platform", **WAIT)

    assert done.returncode == 1
    assert "stocks-brokers-0: Pending\n        not scheduled: Insufficient memory." in done.stdout
    assert "waited 1 s for kafka/stocks in namespace stocks to be Ready" in done.stderr
    assert 'kafkas "stocks" not found' in done.stderr


def test_prints_the_reason_of_a_crashed_container(world: World) -> None:
    world.make_ready()
    world.api.objects["stocks", "deployments", "snowflake"]["status"] = {"observedGeneration": 1}
    last = {"reason": "Error", "message": "the database is damaged"}
    crashed = {
        "name": "main",
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": last},
    }
    world.pod("stocks", "snowflake-0", phase="Running", containerStatuses=[crashed])

    done = world.run("up.sh", "platform", **WAIT)

    assert "main waiting: CrashLoopBackOff" in done.stderr
    assert "main terminated before: Error: the database is damaged" in done.stderr
    assert "for the rollout of deployment/snowflake in namespace stocks" in done.stderr


def test_completed_pods_do_not_count_as_unready(world: World) -> None:
    world.make_ready()
    world.pod("stocks", "minio-post-job", phase="Succeeded")

    done = world.run("status.sh")

    assert "minio-post-job" not in done.stdout


def test_missing_gold_is_a_timeout_with_the_query_s_output(world: World) -> None:
    world.make_ready()
    world.set_gold("")

    done = world.run("up.sh", "feed", "gold", **WAIT)

    assert done.returncode == 1
    assert "waited 1 s for rows in gold" in done.stderr


@pytest.mark.parametrize("step", ["upstream", "platform", "operator"])
def test_stops_when_helm_fails(world: World, step: str) -> None:
    world.make_ready()
    (world.home / "bin" / "helm").write_text("#!/bin/sh\necho refused >&2\nexit 1\n")

    done = world.run("up.sh", step, **WAIT)

    assert done.returncode == 1
    assert "refused" in done.stderr
    assert "error: helm could not install" in done.stderr
