"""The sample feed matches the platform that `make kind-up` installs."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from stockfeed_operator.cli import main
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.yaml import valid_feeds
from support.helm.cli import template

ROOT = Path(__file__).parents[3]
FEED = ROOT / "charts" / "kind" / "feed.yaml"
PLATFORM = ROOT / "charts" / "stockfeed-platform"


@cache
def platform() -> list[dict[str, Any]]:
    return template(PLATFORM, PLATFORM / "values-kind.yaml")


def feed() -> StockFeed:
    (found,) = valid_feeds(FEED.read_text(), FEED.name)
    return found


def named(kind: str) -> set[str]:
    return {part["metadata"]["name"] for part in platform() if part["kind"] == kind}


def test_operator_renders_the_feed() -> None:
    done = CliRunner().invoke(main, ["render", "-f", str(FEED)])

    assert done.exit_code == 0, done.output
    objects = list(yaml.safe_load_all(done.output))
    assert {part["metadata"]["namespace"] for part in objects} == {"stocks"}
    assert sum(part["kind"] == "KafkaTopic" for part in objects) == 2


def test_quote_server_knows_the_symbols() -> None:
    values = yaml.safe_load((PLATFORM / "values.yaml").read_text())["quotes"]

    symbols = {symbol for group in feed().spec.symbol_groups for symbol in group.symbols}

    assert symbols == set(values["symbols"])
    assert feed().spec.source.requests_per_minute == values["requestsPerMinute"]


def test_referenced_objects_exist() -> None:
    spec = feed().spec
    secrets = {
        spec.source.api_key_secret_ref.name,
        spec.warehouse.credentials_secret_ref.name,
        ""
        if spec.landing.credentials_secret_ref is None
        else spec.landing.credentials_secret_ref.name,
    }

    assert secrets <= named("Secret")
    assert spec.kafka.cluster in named("Kafka")
    assert spec.source.base_url == "http://quotes:8080/api/v1"
    services = {part["metadata"]["name"]: part for part in platform() if part["kind"] == "Service"}
    assert [port["port"] for port in services["quotes"]["spec"]["ports"]] == [8080]


def test_landing_is_minio() -> None:
    minio = yaml.safe_load((ROOT / "charts" / "upstream" / "minio.yaml").read_text())

    assert [bucket["name"] for bucket in minio["buckets"]] == [feed().spec.landing.bucket]
    assert feed().spec.landing.endpoint == "http://minio:9000"
