"""The feed's own WorkflowTemplates prove completeness and trace a quote; runs after gold."""

import pytest

from cluster.e2e.core.conftest import TAPE, Market
from stockfeed.contract import tables
from stockfeed.contract.objects import groups_prefix
from support.cluster.platform.install import BUCKET, ON_KIND, s3_client
from support.e2e.figures import Figures
from support.e2e.kube import Kube

_STAGES = ["poll", "kafka", "object", "ledger", "bronze", "silver", "gold"]


def test_verify_proves_completeness(market: Market, figures: Figures) -> None:
    ended = market.tape.verify(start="3h", patience="0s")
    assert (ended.phase, ended.message) == ("Succeeded", ""), ended.log
    lines = ended.log.splitlines()
    assert lines[-1] == "complete"
    head, *rows = (line.split() for line in lines[2:-2])
    assert rows
    for row in rows:
        kafka, ledger = row[head.index("kafka")], row[head.index("ledger")]
        assert kafka.startswith("0-")
        assert kafka == ledger
    loaded = sum(int(row[head.index("rows")]) for row in rows)
    assert loaded == market.tape.warehouse().loaded()
    figures.note("Verify: quotes proven complete, Kafka to gold", str(loaded))


def test_trace_shows_all_stages_of_a_quote(market: Market) -> None:
    ended = market.tape.submit("trace", {"symbol": "IBM"})
    assert ended.phase == "Succeeded", ended.message
    head, *lines = ended.log.splitlines()
    assert head.startswith(f"{TAPE}: IBM, polled ")
    assert [line.split()[0] for line in lines[:7]] == _STAGES
    assert "; still in the log" in lines[1]


def test_trace_names_an_unknown_symbol(market: Market) -> None:
    ended = market.tape.submit("trace", {"symbol": "IBN"})
    assert ended.phase == "Failed"
    assert "no event of symbol 'IBN'" in ended.message
    assert "it has IBM" in ended.message


def test_daily_run_verifies_and_tests(market: Market, kube: Kube) -> None:
    cron = kube.get("CronWorkflow", f"{TAPE}-daily")
    assert cron is not None
    ended = market.tape.run("daily", cron["spec"]["workflowSpec"])
    assert ended.phase == "Succeeded", ended.message


def test_verify_reports_a_missing_ledger_row_as_a_gap(market: Market) -> None:
    warehouse = market.tape.warehouse()
    second = (
        "GROUP_NAME = 'single' AND START_OFFSET = (SELECT MIN(START_OFFSET) FROM "
        f"{warehouse.database}.{warehouse.raw}.{tables.LEDGER} "
        "WHERE GROUP_NAME = 'single' AND START_OFFSET > 0)"
    )
    with warehouse.without(tables.LEDGER, second):
        ended = market.tape.verify(start="3h", patience="0s")
    assert ended.phase == "Failed"
    assert "NOT complete: " in ended.message
    assert "gap: single/" in ended.message


def test_verify_names_an_object_missing_from_the_bucket(market: Market) -> None:
    if ON_KIND:
        pytest.skip("NOT CHECKED: a removed object. This machine does not reach the bucket on kind")
    client = s3_client()
    prefix = groups_prefix(TAPE)
    key = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix, MaxKeys=1)["Contents"][0]["Key"]
    kept = client.get_object(Bucket=BUCKET, Key=key)
    body = kept["Body"].read()
    client.delete_object(Bucket=BUCKET, Key=key)
    try:
        ended = market.tape.verify(start="3h", patience="0s")
    finally:
        client.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=kept["Metadata"])
    assert ended.phase == "Failed"
    assert "NOT complete: 1 findings" in ended.message
    assert f"{key}: loaded with offsets" in ended.message
    assert market.tape.verify(start="3h", patience="0s").phase == "Succeeded", "it is back"
