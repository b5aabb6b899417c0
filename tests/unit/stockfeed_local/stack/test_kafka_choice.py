from pathlib import Path

import pytest

from stockfeed.errors import ConfigurationError
from stockfeed_local.stack.broker import ExternalKafka
from stockfeed_local.stack.kafka_choice import choose_kafka
from stockfeed_local.stack.kafka_jars import KafkaUnavailableError
from stockfeed_local.stack.mock_kafka import MockKafka


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.usefixtures("no_java")
def test_auto_falls_back_to_the_mock_and_gives_the_reason(tmp_path: Path) -> None:
    choice = choose_kafka("auto", tmp_path, tmp_path)

    assert isinstance(choice.broker, MockKafka)
    assert choice.fallback_reason == "no java in PATH; install a JDK >= 17"


@pytest.mark.usefixtures("no_java")
def test_java_does_not_fall_back(tmp_path: Path) -> None:
    with pytest.raises(KafkaUnavailableError, match="no java in PATH"):
        choose_kafka("java", tmp_path, tmp_path)


def test_mock_and_external_broker_have_no_fallback_reason(tmp_path: Path) -> None:
    mock = choose_kafka("mock", tmp_path, tmp_path)
    external = choose_kafka("broker.example:9092", tmp_path, tmp_path)

    assert isinstance(mock.broker, MockKafka)
    assert isinstance(external.broker, ExternalKafka)
    assert external.broker.endpoint == "broker.example:9092"
    assert (mock.fallback_reason, external.fallback_reason) == (None, None)


@pytest.mark.parametrize("mode", ["", "kafka", "localhost", "localhost:", ":9092", "host:port"])
def test_invalid_mode_raises_error(tmp_path: Path, mode: str) -> None:
    with pytest.raises(ConfigurationError, match="use auto, java, mock or HOST:PORT"):
        choose_kafka(mode, tmp_path, tmp_path)
