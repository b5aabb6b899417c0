"""The Snowflake emulator as a service."""

import sys
from pathlib import Path

from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService


class SnowflakeEmulator(PortFileService):
    """`python -m stockfeed_local.emulator` on a database directory that a restart keeps.

    Args:
        data_dir: where databases and the port file are kept; created if missing.
        log_dir: where `snowflake.log` is written.
        idle_transaction_timeout: seconds after which a transaction whose client is silent is
            rolled back, so that a killed client's locks go.
    """

    def __init__(
        self, data_dir: Path, log_dir: Path, idle_transaction_timeout: float = 5.0
    ) -> None:
        port_file = data_dir / "port"
        databases = data_dir / "databases"
        databases.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "stockfeed_local.emulator", "--port", "0"]
        command += ["--db-path", str(databases), "--port-file", str(port_file)]
        command += ["--idle-transaction-timeout", f"{idle_transaction_timeout:g}"]
        super().__init__(Process("snowflake", command, log_dir), port_file)

    @property
    def endpoint(self) -> str:
        """The emulator's URL."""
        return f"http://{self.host}:{self.port}"

    @property
    def host(self) -> str:
        """For the connector's `host`; `port` is beside it, `protocol` is http."""
        return HOST
