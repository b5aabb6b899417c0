"""Runs the emulator's HTTP server until a signal arrives."""

import gc
import logging
import signal
import warnings
from pathlib import Path

import uvicorn

from stockfeed_local.emulator.app import Server
from stockfeed_local.emulator.instance import Emulator
from stockfeed_local.stack.ports import listen, write_port_file

IDLE_TRANSACTION_TIMEOUT = 300.0
"""Seconds; the default that Snowflake documents in "Transactions", section "Aborting
transactions"."""


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
        directory: Directory of the databases and the staged files.
        host: Address to listen on.
        port: Port to listen on; 0 picks a free one.
        port_file: File to write the port to; None writes none.
        idle_transaction_timeout: Seconds after which an idle transaction that blocks another one
            is aborted.
    """
    _silence_libraries()
    _ignore_signals()
    # COPY creates an object per line, none of them in a cycle: collections would only cost time.
    gc.set_threshold(50_000)
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


def _silence_libraries() -> None:
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")


def _ignore_signals() -> None:
    """Keeps the process alive until the databases are closed.

    uvicorn stops on a signal and then raises it again (`Server.capture_signals`).
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _announce(host: str, port: int, port_file: Path | None) -> None:
    # The socket is already listening: a client that connects now waits in its backlog.
    print(f"Snowflake emulator on http://{host}:{port}", flush=True)
    if port_file is not None:
        write_port_file(port_file, port)
