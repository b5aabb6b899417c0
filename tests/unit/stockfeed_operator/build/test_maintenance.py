from typing import Any

import pytest

from inmemory.feeds import INSTALLATION, feed
from stockfeed_operator.build.maintenance import maintenance
from stockfeed_operator.build.specs import containers_of
from stockfeed_operator.build.workflow import cron_workflow
from stockfeed_operator.desired import render
from stockfeed_operator.kinds import Manifest


def _spec(manifest: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]
    return found.get("workflowSpec", found)


def _parameters(manifest: Manifest) -> dict[str, str]:
    listed = _spec(manifest)["arguments"]["parameters"]
    return {part["name"]: part["value"] for part in listed if "value" in part}


def test_every_run_of_a_feed_takes_the_same_mutex_by_its_name() -> None:
    runs = [cron_workflow(feed(), INSTALLATION, False), *maintenance(feed(), INSTALLATION, False)]
    assert len(runs) == 4
    for run in runs:
        assert _spec(run)["synchronization"] == {"mutexes": [{"name": "stockfeed-us"}]}


def test_a_user_gives_the_range_or_the_model_alone() -> None:
    replay, rebuild, _ = maintenance(feed(), INSTALLATION, False)
    given = _parameters(replay)
    assert given["s3-bucket"] == "raw-quotes"
    assert given["into"] == "SOURCE_STOCK_QUOTES_REPLAY"
    assert {name for name, value in given.items() if not value} >= {
        *("from-offset", "to-offset", "from-time", "to-time"),
        *("group", "topic-id", "partition"),
    }
    assert {part["name"] for part in _spec(rebuild)["arguments"]["parameters"]} - {"model"} == set(
        _parameters(rebuild)
    )


def test_a_container_mounts_what_its_role_needs_and_nothing_else() -> None:
    mounts = [
        {mount["name"] for mount in containers_of(_spec(run))[0]["volumeMounts"]}
        for run in maintenance(feed(), INSTALLATION, False)
    ]
    assert mounts == [
        {"workspace", "tmp", "s3", "snowflake"},
        {"tmp", "snowflake"},
        {"tmp", "snowflake"},
    ]
    for run in maintenance(feed(), INSTALLATION, False):
        mounted = {mount["name"] for mount in containers_of(_spec(run))[0]["volumeMounts"]}
        assert {volume["name"] for volume in _spec(run)["volumes"]} == mounted


def test_no_run_of_them_is_taken_for_a_load() -> None:
    for run in maintenance(feed(), INSTALLATION, False):
        assert "workflowMetadata" not in run["spec"]
        assert "workflowMetadata" not in _spec(run)


@pytest.mark.parametrize("suspended", [True, False])
def test_daily_tests_rest_with_the_feed(suspended: bool) -> None:
    manifests = render(feed(suspend=suspended), INSTALLATION)
    (daily,) = [part for part in manifests if part["metadata"]["name"] == "us-daily"]
    assert daily["spec"]["suspend"] is suspended
