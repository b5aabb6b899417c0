"""The Snowflake emulator as a service."""

import sys
from pathlib import Path

from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService


class SnowflakeEmulator(PortFileService):
    """`python -m stockfeed_local.emulator`, with databases that survive a restart.

    Args:
        data_dir: Directory of the databases and the port file; created if missing.
        log_dir: Directory of `snowflake.log`.
        idle_transaction_timeout: Seconds after which an idle transaction that blocks another is
            rolled back, so that the locks of a killed client are released.
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
        """The connector's `host`; its `port` is `port`, and its `protocol` is http."""
        return HOST
