"""Downloads objects from the raw zone, several at a time."""

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Final

from stockfeed.contract.objects import MAX_OBJECT_BYTES, BadKeyError
from stockfeed.loader.lines import MissingLinesError, drop_lines
from stockfeed.loader.plan import Listed, Piece, Stop, skip_command
from stockfeed.objectstore import ObjectStore, UnreadableObjectError

REPAIR: Final = (
    "if a consumer wrote it, restore its metadata (`aws s3api copy-object "
    "--metadata-directive REPLACE`: end-offset is the next object's start - 1, record-count its "
    "number of lines, error-count); otherwise remove it"
)
"""What to do with an object whose metadata is unusable."""


def download(
    store: ObjectStore, picked: Sequence[Listed], directory: Path, executor: Executor
) -> list[Piece | Stop]:
    """Streams objects to `directory/<key>`, without the lines to skip.

    Each object's metadata comes with the same response, so it costs no request.

    Returns:
        For each object a Piece, or a Stop if its metadata or content is unusable.

    Raises:
        TransientError, ConfigurationError: see ObjectStore.
    """
    for chain in {listed.chain for listed in picked}:
        (directory / chain.prefix).mkdir(parents=True)
    return list(executor.map(lambda listed: _download(store, listed, directory), picked))


def _download(store: ObjectStore, listed: Listed, directory: Path) -> Piece | Stop:
    if listed.size > MAX_OBJECT_BYTES:
        return Stop(
            listed.key,
            f"has {listed.size} bytes, more than the limit of {MAX_OBJECT_BYTES}; if no consumer "
            f"wrote it, move it out of the landing prefix; otherwise skip it: "
            f"{skip_command(listed.key)}",
        )
    try:
        head = store.download(listed.key, directory / listed.key, limit=listed.size)
        if listed.skipped_lines:
            drop_lines(directory / listed.key, listed.skipped_lines)
        return Piece.read(listed, head.etag, head.metadata)
    except MissingLinesError as error:
        return Stop(listed.key, str(error))
    except UnreadableObjectError as error:
        return Stop(listed.key, str(error))
    except BadKeyError as error:
        return Stop(listed.key, f"{error}; {REPAIR}")
