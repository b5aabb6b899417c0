"""Apache Kafka itself: broker and controller in one KRaft process."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stockfeed_local.stack.broker import Broker, answers
from stockfeed_local.stack.kafka_jars import POM, find_java, kafka_jars
from stockfeed_local.stack.ports import HOST, free_ports
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import ProcessService, ServiceError

_CLUSTER_ID: Final = "c3RvY2tmZWVkLWxvY2FsLQ"  # 16 bytes in base64, as Kafka wants it
_JVM: Final = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOG4J: Final = POM.parent / "log4j2.properties"
_FORMAT_SECONDS: Final = 60


class JavaKafka(ProcessService, Broker):
    """One broker; a restart keeps its address and its data.

    Args:
        data_dir: where the log is kept; created if missing.
        log_dir: where `kafka.log` is written.
        settings: broker settings on top of the usual ones, e.g. for a test of retention.

    Raises:
        KafkaUnavailableError: no JDK, or the jars cannot be fetched.
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
        """Name and version."""
        return f"Apache Kafka {self._jars.name.rpartition('-')[0]}"

    @property
    def waits_for(self) -> str:
        """A broker in the metadata."""
        return f"metadata from {self.endpoint}"

    def is_ready(self) -> bool:
        """Whether the broker answers with itself."""
        return answers(self.endpoint, timeout=1.0)

    def start(self) -> None:
        """As `Service.start`; formats the storage the first time."""
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
    """Kafka's settings for a quick single broker that listens on the two ports of loopback."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{broker},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(log_dir),
        # As on the cluster, topics are made by who wants them, with their number of partitions.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # Lets a test see a killed consumer's partitions move within a second.
        "group.min.session.timeout.ms": "1000",
    }
