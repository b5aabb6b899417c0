"""Snowflake's internal stage: uploading a batch's files, copying them, and removing them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from stockfeed.errors import DataError, StockfeedError, TransientError
from stockfeed.loader import sql
from stockfeed.loader.plan import Piece
from stockfeed.loader.sql import Statement
from stockfeed.loader.warehouse import Row, Warehouse

_AGE: Final = timedelta(days=1)
"""No loader works on a batch for so long; and one that did would find its files missing and roll
back."""


class Staged:
    """Objects that are copied together.

    Args:
        warehouse: where to.
        batch_id: names their path in the stage; made of hex digits, never used before.
        pieces: unbroken runs, partition by partition.
        directory: holds the files as `<directory>/<key>`.
    """

    def __init__(
        self, warehouse: Warehouse, batch_id: str, pieces: Sequence[Piece], directory: Path
    ) -> None:
        self._warehouse = warehouse
        self._id = batch_id
        self._pieces = tuple(pieces)
        self._directory = directory

    def stage(self) -> None:
        """Uploads the files.

        Raises:
            TransientError: not every file arrived.
        """
        for chain, pieces in groupby(with_rows(self._pieces), lambda piece: piece.chain):
            expected = {Path(piece.key).name for piece in pieces}
            directory = self._directory / chain.prefix
            # The PUT takes all that lies there: only what is loaded may.
            for file in directory.iterdir():
                if file.name not in expected:
                    file.unlink()
            rows = self._warehouse.run(sql.put(str(directory), self._id, chain))
            _check_uploads(rows, expected)

    def clean(self) -> None:
        """Removes the staged files, if it can: what stays is swept by a later run."""
        # Logging in again where the session broke would cost the time that a next try needs.
        if self._warehouse.connected:
            with suppress(StockfeedError):
                self._warehouse.run(sql.remove(self._id))

    def copy(self, statement: Statement, pieces: Sequence[Piece]) -> None:
        """Runs a COPY of all these pieces that have rows; inside of a transaction.

        Raises:
            FilesRejectedError: files were not copied whole; the transaction must be rolled back.
        """
        expected = {piece.key: piece.metadata.records for piece in with_rows(pieces)}
        try:
            rows = self._warehouse.run(statement)
        except DataError as error:
            # Some faults, such as a broken archive, end the whole statement and name the file.
            named = {key: str(error) for key in expected if key in str(error)}
            if not named:
                raise
            raise FilesRejectedError(named) from error
        rejected = _rejected(rows, expected, self._id)
        if rejected:
            raise FilesRejectedError(rejected)


class FilesRejectedError(Exception):
    """Rolls a transaction back because files were not loaded whole; reasons by key."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def with_rows(pieces: Sequence[Piece]) -> list[Piece]:
    """Objects that stand for lost or empty intervals have nothing to copy."""
    return [piece for piece in pieces if piece.metadata.records]


def _check_uploads(rows: Sequence[Row], expected: set[str]) -> None:
    uploaded = {row["source"] for row in rows if row["status"] == "UPLOADED"}
    missing = sorted(expected - uploaded)
    if missing:
        answers = [f"{row['source']}: {row['status']} {row.get('message') or ''}" for row in rows]
        raise TransientError(
            f"Snowflake, put: {len(missing)} of {len(expected)} files did not arrive, first "
            f"{missing[0]}; answers: {'; '.join(answers[:3])}"
        )


def _rejected(rows: Sequence[Row], expected: Mapping[str, int], batch_id: str) -> dict[str, str]:
    """Keys of files that were not loaded whole, and why."""
    by_key = {_key(str(row["file"]), batch_id): row for row in rows if "file" in row}
    reasons: dict[str, str] = {}
    for key, records in expected.items():
        row = by_key.get(key)
        if row is None:
            reasons[key] = "COPY did not answer for it"
        elif row["status"] != "LOADED":
            where = f" (line {row['first_error_line']})" if row.get("first_error_line") else ""
            reasons[key] = f"COPY says {row['status']}: {row['first_error']}{where}"
        elif int(row["rows_loaded"]) != records:
            reasons[key] = f"has {row['rows_loaded']} rows, its record-count says {records}"
    return reasons


def _key(file: str, batch_id: str) -> str:
    """The object's key in COPY's answer, which may put the stage's name before the path."""
    _, found, key = file.partition(f"{batch_id}/")
    return key if found else file


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
