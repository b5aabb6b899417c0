from typing import Any

import pytest

from stockfeed_operator.kube.kinds import Manifest
from stockfeed_operator.manifests.maintenance import maintenance
from stockfeed_operator.manifests.workflow import cron_workflow
from stockfeed_operator.manifests.workflow_spec import containers_of
from stockfeed_operator.plan.desired import render
from support.inmemory.feeds import INSTALLATION, feed


def _spec(manifest: Manifest) -> dict[str, Any]:
    spec = manifest["spec"]
    found: dict[str, Any] = spec.get("workflowSpec", spec)
    return found


def _parameters(manifest: Manifest) -> dict[str, str]:
    listed = _spec(manifest)["arguments"]["parameters"]
    return {part["name"]: part["value"] for part in listed if "value" in part}


def _named(**spec: Any) -> dict[str, Manifest]:
    """Returns the maintenance manifests, keyed by name without the feed's prefix."""
    runs = maintenance(feed(**spec), INSTALLATION, False)
    return {run["metadata"]["name"].removeprefix("us-"): run for run in runs}


def test_all_writing_runs_share_a_mutex() -> None:
    runs = {"load": cron_workflow(feed(), INSTALLATION, False), **_named()}
    taken = {name for name, run in runs.items() if "synchronization" in _spec(run)}
    assert taken == {"load", "replay", "rebuild", "daily"}
    for name in taken:
        assert _spec(runs[name])["synchronization"] == {"mutexes": [{"name": "stockfeed-us"}]}


def test_templates_leave_only_user_parameters_open() -> None:
    runs = _named()
    for name, own in (("rebuild", {"model"}), ("trace", {"symbol"}), ("verify", set())):
        declared = {part["name"] for part in _spec(runs[name])["arguments"]["parameters"]}
        assert declared - own == set(_parameters(runs[name]))
    given = _parameters(runs["replay"])
    assert given["s3-bucket"] == "raw-quotes"
    assert given["into"] == "SOURCE_STOCK_QUOTES_REPLAY"
    assert {name for name, value in given.items() if not value} >= {
        *("from-offset", "to-offset", "from-time", "to-time"),
        *("group", "topic-id", "partition"),
    }


def test_pods_mount_only_the_secrets_of_their_role() -> None:
    tls = {"tls": {"clientCertificateSecretRef": {"name": "client"}}}
    sasl = {"sasl": {"username": "u", "credentialsSecretRef": {"name": "password"}}}
    runs = _named(kafka=tls | sasl)
    kafka = {"kafka-ca", "kafka-client", "kafka-credentials"}
    assert {name: _mounts(run) for name, run in runs.items()} == {
        "replay": {"workspace", "tmp", "s3", "snowflake"},
        "verify": {"tmp", "s3", "snowflake", *kafka},
        "trace": {"tmp", "s3", "snowflake", *kafka},
        "rebuild": {"tmp", "snowflake"},
        "daily": {"tmp", "s3", "snowflake", *kafka},
    }
    for run in runs.values():
        assert {volume["name"] for volume in _spec(run)["volumes"]} == _mounts(run)


def _mounts(run: Manifest) -> set[str]:
    (template,) = _spec(run)["templates"]
    part = template.get("containerSet") or template["container"]
    return {mount["name"] for mount in part["volumeMounts"]}


def test_dbt_container_has_no_kafka_settings() -> None:
    verify, main = containers_of(_spec(_named()["daily"]))
    assert [container["name"] for container in (verify, main)] == ["verify", "main"]
    assert not any("KAFKA" in variable["name"] for variable in main["env"])
    assert "dependencies" not in main


def test_feed_without_dbt_is_verified_without_models() -> None:
    runs = _named(warehouse={"dbt": {"enabled": False}})
    assert set(runs) == {"replay", "verify", "trace", "daily"}
    (verify,), (main,) = (containers_of(_spec(runs[name])) for name in ("verify", "daily"))
    assert verify["args"][-1] == main["args"][-1] == "--no-models"
    assert (main["name"], main["command"]) == ("main", ["stockfeed", "verify"])


@pytest.mark.parametrize(
    ("schedule", "patience", "start", "end"),
    [
        ("* * * * *", "5m", "1560m", "60m"),
        ("*/5 * * * *", "75m", "1575m", "75m"),
        ("0 */6 * * ?", "1500m", "3000m", "1500m"),
        ("* 13-21 * * 1-5", "11520m", "13020m", "11520m"),
    ],
)
def test_verify_allows_for_the_wait_of_the_schedule(
    schedule: str, patience: str, start: str, end: str
) -> None:
    runs = _named(warehouse={"schedule": schedule})
    assert _parameters(runs["verify"])["patience"] == patience
    daily = _parameters(runs["daily"])
    assert (daily["from"], daily["to"]) == (start, end)


def test_maintenance_runs_do_not_count_as_loads() -> None:
    for run in maintenance(feed(), INSTALLATION, False):
        assert "workflowMetadata" not in run["spec"]
        assert "workflowMetadata" not in _spec(run)


@pytest.mark.parametrize("suspended", [True, False])
def test_daily_checks_are_suspended_with_the_feed(suspended: bool) -> None:
    manifests = render(feed(suspend=suspended), INSTALLATION)
    (daily,) = [part for part in manifests if part["metadata"]["name"] == "us-daily"]
    assert daily["spec"]["suspend"] is suspended
