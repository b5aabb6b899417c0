from pathlib import Path
from typing import Any

import yaml

from stockfeed.contract import outputs
from stockfeed_operator.manifests.workflow import cron_workflow, final_load, workflow_spec
from stockfeed_operator.manifests.workflow_spec import containers_of
from support.inmemory.feeds import INSTALLATION, feed

FILE = Path(__file__).parents[4] / "workflows" / "load-and-build.yaml"


def _names(**changes: Any) -> list[str]:
    (template,) = workflow_spec(feed(**changes), INSTALLATION)["templates"]
    return [container["name"] for container in template["containerSet"]["containers"]]


def test_renders_the_workflow_file() -> None:
    spec = yaml.safe_load(FILE.read_text())["spec"]
    rendered = workflow_spec(feed(), INSTALLATION)
    assert rendered["ttlStrategy"] == spec["ttlStrategy"]
    assert rendered["templates"][0]["metrics"] == spec["templates"][0]["metrics"]


def test_without_a_build_the_load_reports_its_own_failures() -> None:
    load, main = containers_of(workflow_spec(feed(), INSTALLATION))
    assert load["command"] == ["stockfeed", "loader", "--once"]
    assert load["args"] == ["--build-follows"]
    assert main["dependencies"] == ["load"]
    (alone,) = containers_of(
        workflow_spec(feed(warehouse={"dbt": {"enabled": False}}), INSTALLATION)
    )
    assert alone["command"] == ["stockfeed", "loader", "--once"]
    assert "args" not in alone


def test_last_container_is_named_main_so_that_argo_saves_outputs() -> None:
    assert _names() == ["load", "main"]
    assert _names(warehouse={"dbt": {"enabled": False}}) == ["main"]


def test_outputs_match_the_contract_and_have_defaults_and_global_names() -> None:
    (template,) = workflow_spec(feed(), INSTALLATION)["templates"]
    parameters = template["outputs"]["parameters"]
    assert [part["globalName"] for part in parameters] == list(outputs.ALL)
    for part in parameters:
        assert part["name"] == part["globalName"]
        assert part["valueFrom"]["path"] == f"/workspace/{part['name']}"
        assert "default" in part["valueFrom"]


def test_specs_of_two_feeds_are_independent() -> None:
    first = workflow_spec(feed("one"), INSTALLATION)
    second = workflow_spec(feed("two"), INSTALLATION)
    assert first["arguments"]["parameters"][0] == {"name": "feed", "value": "one"}
    assert second["arguments"]["parameters"][0] == {"name": "feed", "value": "two"}


def test_last_load_has_the_spec_of_a_scheduled_run() -> None:
    one = final_load(feed(), INSTALLATION, 1_700_000_000)
    assert (
        one["spec"] == cron_workflow(feed(), INSTALLATION, suspended=True)["spec"]["workflowSpec"]
    )
    assert one["metadata"]["name"] == "us-last-load-1700000000"
    assert one["metadata"]["labels"]["stockfeed.dev/last-load"] == "1700000000"


def test_schedule_of_a_stopped_feed_is_suspended() -> None:
    assert cron_workflow(feed(), INSTALLATION, suspended=True)["spec"]["suspend"] is True
    assert cron_workflow(feed(), INSTALLATION, suspended=False)["spec"]["suspend"] is False
