"""Starts and stops the emulator's server."""

import gc
import logging
import signal
import warnings
from pathlib import Path

import uvicorn

from stockfeed_local.emulator.app import Server
from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.stack.ports import listen

IDLE_TRANSACTION_TIMEOUT = 300.0
"""Seconds; Snowflake's own, see its documentation of "Transactions", aborting transactions."""


def serve(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    port_file: Path | None = None,
    idle_transaction_timeout: float = IDLE_TRANSACTION_TIMEOUT,
) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        directory: Where databases and staged files are kept.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        port_file: Where the port is written once clients can connect.
        idle_transaction_timeout: Seconds after which an idle transaction that blocks another
            is aborted.
    """
    _be_quiet()
    _survive_signals()
    gc.set_threshold(50_000)  # COPY makes an object per line, and none in cycles
    with listen(host, port) as listener:
        bound = listener.getsockname()[1]
        server = Server(Emulator(directory, idle_transaction_timeout))
        config = uvicorn.Config(
            server.app(), log_level="warning", access_log=False, timeout_graceful_shutdown=3
        )
        _announce(host, bound, port_file)
        try:
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            server.close()


def _be_quiet() -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")


def _survive_signals() -> None:
    """Uvicorn stops on a signal and then raises it again: databases must be closed first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _announce(host: str, port: int, port_file: Path | None) -> None:
    # The socket already listens: a client that connects now waits in its backlog.
    print(f"Snowflake emulator on http://{host}:{port}", flush=True)
    if port_file is not None:
        partial = port_file.with_name(port_file.name + ".partial")
        partial.write_text(f"{port}\n")
        partial.replace(port_file)
