"""Snowflake's internal stage: uploads a batch's files, copies them into a table, removes them."""

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

_ABANDONED_AFTER: Final = timedelta(days=1)
"""No loader works on a batch for a day. One that did would miss its files and roll back."""


class Staged:
    """Objects that are staged and copied together.

    Args:
        warehouse: the session to use.
        batch_id: names the batch's path in the stage; hex digits, unique.
        pieces: for each partition, consecutive objects without a gap.
        directory: has the files as `<directory>/<key>`.
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
            TransientError: not every file was uploaded.
        """
        for chain, pieces in groupby(with_rows(self._pieces), lambda piece: piece.chain):
            expected = {Path(piece.key).name for piece in pieces}
            directory = self._directory / chain.prefix
            # PUT uploads everything in the directory, so files that are not loaded must go.
            for file in directory.iterdir():
                if file.name not in expected:
                    file.unlink()
            rows = self._warehouse.run(sql.put(str(directory), self._id, chain))
            _check_uploads(rows, expected)

    def clean(self) -> None:
        """Removes the staged files if possible; a later load sweeps what is left."""
        # Logging in again after a broken session would cost the time that a retry needs.
        if self._warehouse.connected:
            with suppress(StockfeedError):
                self._warehouse.run(sql.remove(self._id))

    def copy(self, statement: Statement, pieces: Sequence[Piece]) -> None:
        """Runs a COPY, within a transaction, and checks that it loaded every row.

        Args:
            statement: the COPY.
            pieces: the objects to copy; those without rows are not part of the statement.

        Raises:
            FilesRejectedError: files were not loaded completely; roll the transaction back.
        """
        expected = {piece.key: piece.metadata.records for piece in with_rows(pieces)}
        try:
            rows = self._warehouse.run(statement)
        except DataError as error:
            # Despite ON_ERROR = SKIP_FILE, some faults, such as a broken archive, fail the whole
            # statement. Their message names the file.
            named = {key: str(error) for key in expected if key in str(error)}
            if not named:
                raise
            raise FilesRejectedError(named) from error
        rejected = _rejected(rows, expected, self._id)
        if rejected:
            raise FilesRejectedError(rejected)


class FilesRejectedError(Exception):
    """Rolls a transaction back because Snowflake did not load some files completely.

    Attributes:
        reasons: by object key.
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def with_rows(pieces: Sequence[Piece]) -> list[Piece]:
    """Returns the objects to copy: those of lost or empty intervals have no rows."""
    return [piece for piece in pieces if piece.metadata.records]


def sweep(warehouse: Warehouse) -> None:
    """Removes the staged files of killed loaders: batches older than a day."""
    rows = warehouse.run(sql.list_stage())
    for batch_id in abandoned(rows, datetime.now(UTC)):
        warehouse.run(sql.remove(batch_id))


def abandoned(rows: Sequence[Row], now: datetime) -> list[str]:
    """Returns the ids of the batches whose newest file is older than a day.

    Args:
        rows: the result of LIST: `name` is `<stage>/<batch id>/<key>`, `last_modified` is like
            `Fri, 30 Oct 2026 10:10:10 GMT`.
        now: a time with a zone.
    """
    newest: dict[str, datetime] = {}
    for row in rows:
        _, _, path = str(row["name"]).partition("/")
        batch_id = path.partition("/")[0]
        modified = parsedate_to_datetime(str(row["last_modified"]))
        newest[batch_id] = max(newest.get(batch_id, modified), modified)
    return [batch_id for batch_id, modified in newest.items() if now - modified > _ABANDONED_AFTER]


def _check_uploads(rows: Sequence[Row], expected: set[str]) -> None:
    uploaded = {row["source"] for row in rows if row["status"] == "UPLOADED"}
    missing = sorted(expected - uploaded)
    if missing:
        results = [f"{row['source']}: {row['status']} {row.get('message') or ''}" for row in rows]
        raise TransientError(
            f"Snowflake, put: {len(missing)} of {len(expected)} files were not uploaded, first "
            f"{missing[0]}; results: {'; '.join(results[:3])}"
        )


def _rejected(rows: Sequence[Row], expected: Mapping[str, int], batch_id: str) -> dict[str, str]:
    by_key = {_key(str(row["file"]), batch_id): row for row in rows if "file" in row}
    reasons: dict[str, str] = {}
    for key, records in expected.items():
        row = by_key.get(key)
        if row is None:
            reasons[key] = "COPY did not report it"
        elif row["status"] != "LOADED":
            where = f" (line {row['first_error_line']})" if row.get("first_error_line") else ""
            reasons[key] = f"COPY reported {row['status']}: {row['first_error']}{where}"
        elif int(row["rows_loaded"]) != records:
            reasons[key] = f"has {row['rows_loaded']} rows, but its record-count is {records}"
    return reasons


def _key(file: str, batch_id: str) -> str:
    """Returns the object key of a file that COPY reported, with or without the stage's name."""
    _, found, key = file.partition(f"{batch_id}/")
    return key if found else file
