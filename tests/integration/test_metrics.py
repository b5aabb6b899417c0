"""Compares the catalogue with running processes, which need none of their services for this."""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stockfeed.contract.metrics import consumer, loader, producer
from stockfeed_local.stack.ports import free_ports
from stockfeed_local.stack.process import Process

ROLES = {"producer": producer, "consumer": consumer, "loader": loader}


def environment(port: int) -> dict[str, str]:
    nowhere = "127.0.0.1:1"
    return {
        "PATH": os.environ["PATH"],
        "STOCKFEED_FEED": "us",
        "STOCKFEED_GROUP": "autos",
        "STOCKFEED_HTTP_PORT": str(port),
        "STOCKFEED_SOURCE_BASE_URL": f"http://{nowhere}",
        "STOCKFEED_SOURCE_API_KEY": "key",
        "STOCKFEED_SYMBOLS": "F",
        "STOCKFEED_KAFKA_BOOTSTRAP_SERVERS": nowhere,
        "STOCKFEED_KAFKA_TOPIC": "quotes",
        "STOCKFEED_KAFKA_CONSUMER_GROUP": "us",
        "STOCKFEED_S3_ENDPOINT": f"http://{nowhere}",
        "STOCKFEED_S3_BUCKET": "raw",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
        "SNOWFLAKE_ACCOUNT": "local",
        "SNOWFLAKE_USER": "loader",
        "SNOWFLAKE_PASSWORD": "local",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": "1",
        "SNOWFLAKE_PROTOCOL": "http",
    }


def scrape(process: Process, port: int) -> str:
    deadline = time.monotonic() + 180
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            assert process.alive, process.log_tail()
            assert time.monotonic() < deadline, process.log_tail()
            time.sleep(0.2)


@pytest.mark.parametrize("role", ROLES)
def test_running_role_exports_exactly_the_catalogued_metrics(role: str, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    command = [str(Path(sys.executable).with_name("stockfeed")), role]
    process = Process(role, command, tmp_path, environment(port))
    process.start()
    try:
        answer = scrape(process, port)
    finally:
        process.kill()
    families = {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in text_string_to_metric_families(answer)
    }
    assert families == {metric.name: metric.kind for metric in ROLES[role].METRICS}
