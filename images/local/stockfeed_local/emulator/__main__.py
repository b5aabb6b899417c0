"""`python -m stockfeed_local.emulator`: serves Snowflake's protocol until SIGTERM."""

from pathlib import Path

import click

from stockfeed_local.emulator.serve import IDLE_TRANSACTION_TIMEOUT, serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port to listen on; 0 picks a free one.")
@click.option(
    "--db-path",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Directory of the databases and staged files; created if missing.",
)
@click.option(
    "--port-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the port to, once the server listens.",
)
@click.option(
    "--idle-transaction-timeout",
    default=IDLE_TRANSACTION_TIMEOUT,
    show_default=True,
    help="Seconds after which an idle transaction that blocks another one is aborted.",
)
def main(
    host: str, port: int, db_path: Path, port_file: Path | None, idle_transaction_timeout: float
) -> None:
    """Emulate Snowflake for local use, with DuckDB as the database."""
    serve(
        db_path,
        host=host,
        port=port,
        port_file=port_file,
        idle_transaction_timeout=idle_transaction_timeout,
    )


if __name__ == "__main__":
    main()
