"""status.sh, logs.sh and down.sh."""

import pytest

from support.kind.world import READY, World


@pytest.fixture
def ready(world: World) -> World:
    """A cluster in which everything is ready."""
    world.make_ready()
    (world.home / "clusters").write_text("stockfeed\n")
    world.api.add("stockfeeds", "stocks", "us-equities", status={"conditions": [READY]})
    return world


def test_status_shows_feed_unready_pods_and_gold(ready: World) -> None:
    ready.pod("monitoring", "grafana-0", phase="Pending")
    ready.api.add("workflows", "stocks", "us-equities-1763855640")

    done = ready.run("status.sh")

    assert done.returncode == 0, done.stderr
    assert "    monitoring/grafana-0: Pending" in done.stdout
    assert "--- Conditions of feed us-equities\n    Ready=True AsItShould" in done.stdout
    assert "us-equities-1763855640" in done.stdout
    assert done.stdout.endswith("--- Freshest gold rows\nAAPL 187.42\n")


def test_status_continues_after_a_failed_section(ready: World) -> None:
    del ready.api.objects["stocks", "stockfeeds", "us-equities"]

    done = ready.run("status.sh")

    assert done.returncode == 0
    assert '"us-equities" not found' in done.stderr
    assert "AAPL 187.42" in done.stdout


def test_logs_contain_pods_objects_and_kinds_export_but_no_secrets(ready: World) -> None:
    ready.pod("stocks", "consumer-0", phase="Running")
    ready.api.add("secrets", "stocks", "minio", data={"secretAccessKey": "aGlkZGVu"})
    ready.api.logs["consumer-0"] = "landed"
    directory = ready.home / "logs"

    done = ready.run("logs.sh", str(directory))

    assert done.returncode == 0, done.stderr
    assert "landed" in (directory / "stocks" / "consumer-0.log").read_text()
    assert "name: us-equities" in (directory / "stocks" / "objects.yaml").read_text()
    assert (directory / "kind").is_dir()
    texts = [path.read_text() for path in directory.rglob("*") if path.is_file()]
    assert not any("aGlkZGVu" in text for text in texts)


def test_down_deletes_the_cluster_and_can_be_repeated(ready: World) -> None:
    for _ in range(2):
        assert ready.run("down.sh").returncode == 0

    assert (ready.home / "clusters").read_text() == ""
