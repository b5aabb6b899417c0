"""Apache Kafka: broker and controller in one KRaft process."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stockfeed_local.stack.broker import Broker, responds
from stockfeed_local.stack.kafka_jars import POM, find_java, kafka_jars
from stockfeed_local.stack.ports import HOST, free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import ProcessService, ServiceError

_CLUSTER_ID: Final = "c3RvY2tmZWVkLWxvY2FsLQ"  # 16 bytes in base64, the format of Kafka's Uuid
_JVM: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOG4J: Final = POM.parent / "log4j2.properties"
_FORMAT_SECONDS: Final = 60


class JavaKafka(ProcessService, Broker):
    """One broker; it keeps its address and data across restarts.

    Args:
        data_dir: Directory of the message log; created if missing.
        log_dir: Directory of `kafka.log`.
        settings: Broker settings that override those of `server_properties`.

    Raises:
        KafkaUnavailableError: There is no suitable JDK, or the jars cannot be downloaded.
    """

    def __init__(
        self, data_dir: Path, log_dir: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        java = find_java(os.environ)
        self._jars = kafka_jars(os.environ)
        self._data_dir = data_dir
        self._config = data_dir / "server.properties"
        self._broker, controller = free_ports(2)
        self._settings = {
            **server_properties(data_dir / "log", self._broker, controller),
            **(settings or {}),
        }
        self._java = (java, "-cp", f"{self._jars}/*", *_JVM, f"-Dlog4j2.configurationFile={_LOG4J}")
        super().__init__(Process("kafka", [*self._java, "kafka.Kafka", str(self._config)], log_dir))

    @property
    def endpoint(self) -> str:
        """The bootstrap address."""
        return f"{HOST}:{self._broker}"

    @property
    def description(self) -> str:
        """`Apache Kafka` and its version."""
        return f"Apache Kafka {self._jars.name.rpartition('-')[0]}"

    @property
    def waits_for(self) -> str:
        """A response to a metadata request."""
        return f"metadata from {self.endpoint}"

    def is_ready(self) -> bool:
        """Returns whether the broker returns its metadata within a second."""
        return responds(self.endpoint, timeout=1.0)

    def start(self) -> None:
        """Starts the broker; formats its storage before the first start."""
        if not self._config.exists():
            self._format()
        super().start()

    def _format(self) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self._settings.items()]
        self._config.write_text("".join(lines))
        tool = ["kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._config)]
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [*self._java, *tool],
            capture_output=True,
            text=True,
            timeout=_FORMAT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            self._config.unlink()
            raise ServiceError(f"Kafka cannot format {self._data_dir}: {done.stdout}{done.stderr}")


def server_properties(log_dir: Path, broker: int, controller: int) -> dict[str, str]:
    """Returns the settings of a single broker that starts fast and listens on loopback.

    Args:
        log_dir: Directory of the message log.
        broker: Port of the broker.
        controller: Port of the controller.
    """
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{broker},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(log_dir),
        # As on the cluster: a topic must be created, with its number of partitions, before use.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # The default is 6 s; tests expect a killed consumer's partitions to move within a second.
        "group.min.session.timeout.ms": "1000",
    }
