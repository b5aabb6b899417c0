"""The rendered stockfeed-platform chart."""

import base64
from functools import cache, partial
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from stockfeed.contract import secret_keys
from stockfeed.contract.topics import consumer_group, topic_name
from stockfeed_local.emulator.__main__ import main as emulator
from stockfeed_local.quotes.__main__ import main as quotes
from support.helm.cli import run, template

CHARTS = Path(__file__).parents[3] / "charts"
CHART = CHARTS / "stockfeed-platform"
KIND = CHART / "values-kind.yaml"
CLOUD = CHART / "examples" / "values-cloud.yaml"
FULL = Path(__file__).parent / "values" / "platform-full.yaml"
OTHER = Path(__file__).parent / "values" / "platform-other.yaml"
NATIVE = ("apps/v1", "v1", "networking.k8s.io/v1")
ALL = [None, KIND, CLOUD, FULL, OTHER]

Objects = list[dict[str, Any]]

# Cached: helm is slow, and tests do not modify its output.
rendered = cache(partial(template, CHART))

every_file = pytest.mark.parametrize("values", ALL, ids=lambda path: path.stem if path else "none")


@pytest.fixture(scope="module")
def kind() -> Objects:
    return rendered(KIND)


@pytest.fixture(scope="module")
def cloud() -> Objects:
    return rendered(CLOUD)


@pytest.fixture(scope="module")
def full() -> Objects:
    return rendered(FULL)


def find(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        part for part in objects if part["kind"] == kind and part["metadata"]["name"] == name
    )
    return found


def kinds(objects: Objects) -> set[tuple[str, str]]:
    return {(part["kind"], part["metadata"]["name"]) for part in objects}


def pods(objects: Objects) -> Objects:
    return [part["spec"]["template"] for part in objects if part["kind"] == "Deployment"]


def containers(objects: Objects) -> Objects:
    return [container for pod in pods(objects) for container in pod["spec"]["containers"]]


def data(objects: Objects, secret: str) -> dict[str, str]:
    content = find(objects, "Secret", secret)["data"]
    return {key: base64.b64decode(value).decode() for key, value in content.items()}


def kafka_config(*options: str) -> dict[str, Any]:
    objects = template(CHART, None, *options)
    return dict(find(objects, "Kafka", "stocks")["spec"]["kafka"]["config"])


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@every_file
def test_native_objects_are_valid(values: Path | None, version: str) -> None:
    for part in rendered(values):
        if part["apiVersion"] in NATIVE:
            kubernetes_validate.validate(part, version, strict=True)


def test_default_values_render_only_kafka() -> None:
    assert kinds(rendered()) == {("Kafka", "stocks"), ("KafkaNodePool", "brokers")}


@pytest.mark.parametrize(
    ("brokers", "copies", "needed"), [(1, 1, 1), (2, 2, 1), (3, 3, 2), (5, 3, 2)]
)
def test_replication_factor_follows_the_number_of_brokers(
    brokers: int, copies: int, needed: int
) -> None:
    config = kafka_config("--set", f"kafka.brokers.replicas={brokers}")
    assert config["default.replication.factor"] == copies
    assert config["offsets.topic.replication.factor"] == copies
    assert config["transaction.state.log.replication.factor"] == copies
    assert config["min.insync.replicas"] == needed
    assert config["transaction.state.log.min.isr"] == needed


def test_broker_settings_can_be_overridden() -> None:
    config = kafka_config("--set", "kafka.config.min\\.insync\\.replicas=3")
    assert config["min.insync.replicas"] == 3
    assert config["auto.create.topics.enable"] is False


def test_brokers_are_controllers_unless_there_are_dedicated_ones(
    kind: Objects, cloud: Objects
) -> None:
    pool = find(kind, "KafkaNodePool", "brokers")["spec"]
    assert (pool["replicas"], pool["roles"]) == (1, ["controller", "broker"])
    roles = {
        name: find(cloud, "KafkaNodePool", name)["spec"]["roles"]
        for name in ("brokers", "controllers")
    }
    assert roles == {"brokers": ["broker"], "controllers": ["controller"]}


def test_listeners_have_the_ports_that_feeds_use(kind: Objects) -> None:
    listeners = find(kind, "Kafka", "stocks")["spec"]["kafka"]["listeners"]
    assert [(part["port"], part["tls"]) for part in listeners] == [(9092, False), (9093, True)]


def test_authentication_leaves_no_unauthenticated_listener(cloud: Objects) -> None:
    kafka = find(cloud, "Kafka", "stocks")["spec"]
    (listener,) = kafka["kafka"]["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}
    assert kafka["kafka"]["authorization"] == {"type": "simple"}
    assert "userOperator" in kafka["entityOperator"]


def test_kafka_user_may_access_the_feeds_topics_and_groups(cloud: Objects) -> None:
    topic = topic_name("stock-quotes", "us-equities", "megacaps")
    group = consumer_group("us-equities", "megacaps")
    user = find(cloud, "KafkaUser", "stockfeed")
    topics, groups = user["spec"]["authorization"]["acls"]
    assert topics["resource"]["patternType"] == groups["resource"]["patternType"] == "prefix"
    assert topic.startswith(topics["resource"]["name"])
    assert group.startswith(groups["resource"]["name"])
    assert {"Read", "Write"} <= set(topics["operations"])
    assert "Write" not in groups["operations"]


def test_secrets_have_the_keys_that_feeds_read(kind: Objects) -> None:
    assert set(data(kind, "minio")) == {
        secret_keys.S3_ACCESS_KEY_ID,
        secret_keys.S3_SECRET_ACCESS_KEY,
    }
    assert set(data(kind, "finnhub")) == {"token"}
    assert set(data(kind, "snowflake")) == {
        secret_keys.SNOWFLAKE_ACCOUNT,
        secret_keys.SNOWFLAKE_USER,
        secret_keys.SNOWFLAKE_PASSWORD,
        secret_keys.SNOWFLAKE_HOST,
        secret_keys.SNOWFLAKE_PORT,
        secret_keys.SNOWFLAKE_PROTOCOL,
    }


def test_snowflake_secret_refers_to_the_emulators_service(kind: Objects) -> None:
    secret = data(kind, "snowflake")
    (port,) = find(kind, "Service", secret["host"])["spec"]["ports"]
    assert (str(port["port"]), secret["protocol"]) == (secret["port"], "http")


def test_services_select_their_pods(kind: Objects) -> None:
    for name in ("snowflake", "quotes"):
        service = find(kind, "Service", name)["spec"]
        pod = find(kind, "Deployment", name)["spec"]["template"]
        policy = find(kind, "NetworkPolicy", name)["spec"]
        labels = pod["metadata"]["labels"].items()
        assert service["selector"].items() <= labels
        assert policy["podSelector"]["matchLabels"].items() <= labels
        (named,) = pod["spec"]["containers"][0]["ports"]
        assert {port["targetPort"] for port in service["ports"]} == {named["name"]}


@pytest.mark.parametrize("values", [KIND, FULL, OTHER], ids=lambda path: path.stem)
@pytest.mark.parametrize(("name", "command"), [("snowflake", emulator), ("quotes", quotes)])
def test_servers_accept_their_arguments(values: Path, name: str, command: Any) -> None:
    deployment = find(rendered(values), "Deployment", name)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    given = command.make_context(name, list(container["args"])).params
    assert container["command"][2] == command.callback.__module__.removesuffix(".__main__")
    assert (given["host"], given["port"]) == ("0.0.0.0", 8080)


def test_quote_server_has_the_symbols_of_the_sample_feed(kind: Objects) -> None:
    feed = yaml.safe_load((CHARTS / "kind" / "feed.yaml").read_text())
    wanted = {symbol for group in feed["spec"]["symbolGroups"] for symbol in group["symbols"]}
    (container,) = find(kind, "Deployment", "quotes")["spec"]["template"]["spec"]["containers"]
    (known,) = (part for part in container["args"] if part.startswith("--symbols="))
    assert wanted <= set(known.removeprefix("--symbols=").split(","))


def test_sample_feed_refers_to_existing_objects(kind: Objects) -> None:
    spec = yaml.safe_load((CHARTS / "kind" / "feed.yaml").read_text())["spec"]
    secrets = [
        spec["source"]["apiKeySecretRef"]["name"],
        spec["landing"]["credentialsSecretRef"]["name"],
        spec["warehouse"]["credentialsSecretRef"]["name"],
    ]
    wanted = {("Kafka", spec["kafka"]["cluster"]), *(("Secret", name) for name in secrets)}
    assert wanted <= kinds(kind)


@pytest.mark.parametrize("values", [KIND, FULL], ids=lambda path: path.stem)
def test_servers_are_hardened(values: Path) -> None:
    objects = rendered(values)
    assert containers(objects)
    for pod in pods(objects):
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["automountServiceAccountToken"] is False
    for container in containers(objects):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def test_image_tags_default_to_the_charts_version(kind: Objects) -> None:
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    images = {container["image"] for container in containers(kind)}
    assert images == {f"docker.io/stockfeed/local:{version}"}


def test_quote_server_restarts_when_its_key_changes(kind: Objects) -> None:
    other = template(CHART, KIND, "--set", "quotes.token=another")
    first, second = (
        find(objects, "Deployment", "quotes")["spec"]["template"]["metadata"]["annotations"]
        for objects in (kind, other)
    )
    assert first != second


def test_kafka_and_servers_accept_connections_from_their_namespace_only(kind: Objects) -> None:
    listeners = find(kind, "Kafka", "stocks")["spec"]["kafka"]["listeners"]
    assert all(part["networkPolicyPeers"] == [{"podSelector": {}}] for part in listeners)
    for name in ("snowflake", "quotes"):
        (rule,) = find(kind, "NetworkPolicy", name)["spec"]["ingress"]
        assert rule["from"] == [{"podSelector": {}}]


@pytest.mark.parametrize("missing", ["accessKeyId", "secretAccessKey", "rootUser", "rootPassword"])
def test_requires_credentials_for_secrets(missing: str) -> None:
    done = run(
        "template", "p", str(CHART), "--values", str(KIND), "--set", f"objectStore.{missing}="
    )
    assert done.returncode != 0
    assert f"objectStore.{missing} is needed with objectStore.createSecrets" in done.stderr


def test_quote_server_requires_a_key() -> None:
    done = run("template", "p", str(CHART), "--set", "quotes.enabled=true")
    assert done.returncode != 0
    assert "quotes.token is needed with quotes.enabled" in done.stderr


@every_file
def test_every_object_has_the_recommended_labels_and_a_namespace(values: Path | None) -> None:
    for part in rendered(values):
        assert part["metadata"]["namespace"] == "streams"
        labels = part["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "sf"
        assert labels["app.kubernetes.io/part-of"] == "stockfeed"


def test_notes_show_what_feeds_refer_to() -> None:
    done = run("install", "p", str(CHART), "--dry-run=client", "--values", str(KIND))
    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:")[2]
    for text in (
        "cluster: stocks",
        "http://quotes:8080/api/v1",
        "{name: minio}",
        "{name: finnhub}",
    ):
        assert text in notes
