"""Staged files of loaders that were killed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from stockfeed.loader import sql
from stockfeed.loader.warehouse import Row, Warehouse

_AGE: Final = timedelta(days=1)
"""No loader works on a batch for so long; and one that did would find its files missing and roll
back."""


def sweep(warehouse: Warehouse) -> None:
    """Removes the batches in the stage whose newest file is older than a day."""
    rows = warehouse.run(sql.list_stage())
    for batch_id in abandoned(rows, datetime.now(UTC)):
        warehouse.run(sql.remove(batch_id))


def abandoned(rows: Sequence[Row], now: datetime) -> list[str]:
    """The ids of old batches.

    Args:
        rows: the answer of LIST: `name` is `<stage>/<batch id>/<key>`, `last_modified` like
            `Fri, 30 Oct 2026 10:10:10 GMT`.
        now: with a time zone.
    """
    newest: dict[str, datetime] = {}
    for row in rows:
        _, _, path = str(row["name"]).partition("/")
        batch_id = path.partition("/")[0]
        modified = parsedate_to_datetime(str(row["last_modified"]))
        newest[batch_id] = max(newest.get(batch_id, modified), modified)
    return [batch_id for batch_id, modified in newest.items() if now - modified > _AGE]
