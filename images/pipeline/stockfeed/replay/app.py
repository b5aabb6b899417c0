"""`stockfeed replay`: settings and signals around a replay."""

import re
import threading
from collections.abc import Mapping
from typing import Final

from stockfeed import logs
from stockfeed.contract import tables
from stockfeed.errors import ConfigurationError, TransientError
from stockfeed.loader.run import THREADS
from stockfeed.loader.warehouse import Warehouse
from stockfeed.objectstore import object_store
from stockfeed.ownership import check_owner, owner_of
from stockfeed.replay.replay import Replay
from stockfeed.replay.selection import Selection
from stockfeed.settings import LoaderSettings
from stockfeed.signals import on_stop_signal

_LOADER_TABLES: Final = frozenset({tables.QUOTES, tables.LEDGER, tables.POSITION, tables.LOCK})
_TABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def main(environ: Mapping[str, str], options: Mapping[str, str | None]) -> int:
    """Replays a range and prints the counts.

    Args:
        environ: see `stockfeed.settings.LoaderSettings`.
        options: see `Selection.parse`; also `into`, the side table.

    Returns:
        The exit status.

    Raises:
        StockfeedError: the message says what to do. What was replayed before stays; the same
            replay may be run again.
    """
    settings = LoaderSettings.from_env(environ)
    logs.configure(settings.log_level, settings.log_format)
    selection, table = Selection.parse(options), _side_table(options.get("into") or tables.REPLAY)
    stop = threading.Event()

    def checkpoint() -> None:
        if stop.is_set():
            raise TransientError("stopped by a signal before everything was replayed; run it again")

    store = object_store(settings, max_connections=THREADS)
    check_owner(store, settings.feed, owner_of(settings))
    with on_stop_signal(stop.set), Warehouse(settings) as warehouse:
        done = Replay(store, warehouse, settings.feed, selection, table, checkpoint).run()
    if settings.outputs_dir is not None:
        done.write(settings.outputs_dir)
    target = f"{settings.database}.{settings.raw_schema}.{table}"
    print(f"replayed {done.rows} rows of {done.files} files ({done.bytes} bytes) into {target}")
    return 0


def _side_table(name: str) -> str:
    if not _TABLE_NAME.fullmatch(name):
        raise ConfigurationError(
            f"--into: {name!r} is not a table name; the table is in the raw schema"
        )
    if name.upper() in _LOADER_TABLES:
        raise ConfigurationError(f"--into: {name} belongs to the loader; name another table")
    return name.upper()
