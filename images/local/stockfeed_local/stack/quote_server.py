"""The quote server as a service."""

import sys
from collections.abc import Sequence
from pathlib import Path

from stockfeed_local.stack.ports import HOST
from stockfeed_local.stack.process import Process
from stockfeed_local.stack.service import PortFileService


class QuoteServer(PortFileService):
    """`python -m stockfeed_local.quotes` with the given options.

    Args:
        data_dir: Directory of the port file; created if missing.
        log_dir: Directory of `quotes.log`.
        options: Further command-line options, e.g. `["--random-walk"]`.
    """

    def __init__(self, data_dir: Path, log_dir: Path, options: Sequence[str] = ()) -> None:
        port_file = data_dir / "port"
        command = [sys.executable, "-m", "stockfeed_local.quotes", "--port", "0"]
        command += ["--port-file", str(port_file), *options]
        super().__init__(Process("quotes", command, log_dir), port_file)

    @property
    def endpoint(self) -> str:
        """The server's root URL, under which `/control/…` is served."""
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """The provider's base URL for a producer's settings."""
        return f"{self.endpoint}/api/v1"
