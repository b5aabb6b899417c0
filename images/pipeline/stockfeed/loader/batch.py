"""One batch of a load: staged under a unique path, loaded in one transaction, cleaned up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stockfeed.loader import sql
from stockfeed.loader.plan import Piece, trim, without
from stockfeed.loader.retry import retrying
from stockfeed.loader.sql import Stamp
from stockfeed.loader.stage import FilesRejectedError, Staged, with_rows
from stockfeed.loader.warehouse import CommitUnknownError


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of loading a batch.

    Attributes:
        loaded: the objects that this batch loaded.
        rejected: for each file that Snowflake did not load completely, its key and the reason.
            Neither these files nor the rest of their partitions were loaded.
        complete: False if another loader loaded some of the other objects first; the positions
            must then be read again.
    """

    loaded: tuple[Piece, ...]
    rejected: Mapping[str, str]
    complete: bool


class Batch(Staged):
    """Objects that are loaded in one transaction."""

    def load(self) -> Outcome:
        """Loads what no other loader has loaded; repeats the transaction without rejected files.

        Raises:
            TransientError: nothing was loaded, or it is unknown whether the COMMIT succeeded.
        """
        pieces = self._pieces
        rejected: dict[str, str] = {}
        while True:
            try:
                loaded = self._transact(pieces)
            except FilesRejectedError as error:
                rejected |= error.reasons
                pieces = without(pieces, rejected)
            else:
                return Outcome(loaded, rejected, complete=len(loaded) == len(pieces))

    def _transact(self, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        if not pieces:
            return ()
        stamp = None
        try:
            with self._warehouse.transaction():
                stamp = self._warehouse.lock()
                pieces = trim(pieces, self._warehouse.positions({piece.chain for piece in pieces}))
                if pieces:
                    self._copy(stamp, pieces)
                    self._warehouse.run(sql.record(self._id, stamp, pieces))
                    self._warehouse.run(sql.advance(stamp))
        except CommitUnknownError:
            if stamp is None or not retrying()(self._is_recorded, stamp):
                raise
        return pieces

    def _copy(self, stamp: Stamp, pieces: Sequence[Piece]) -> None:
        keys = [piece.key for piece in with_rows(pieces)]
        if keys:
            self.copy(sql.copy(self._id, stamp, keys), pieces)

    def _is_recorded(self, stamp: Stamp) -> bool:
        """Whether the batch was committed.

        The lock makes the query wait until a COMMIT that is still running has ended.
        """
        with self._warehouse.transaction():
            self._warehouse.lock()
            rows = self._warehouse.run(sql.count_recorded(self._id, stamp))
        return int(rows[0]["objects"]) > 0
