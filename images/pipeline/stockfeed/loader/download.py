"""Objects from the raw zone into files, several at a time."""

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from stockfeed.contract.objects import BadKeyError
from stockfeed.loader.plan import Listed, Piece, Stop
from stockfeed.objectstore import ObjectStore


def download(
    store: ObjectStore, picked: Sequence[Listed], directory: Path, executor: Executor
) -> list[Piece | Stop]:
    """Streams the objects to `directory/<key>`; what no COPY needs is not kept.

    The metadata comes with the same answers, so that no object needs a request of its own for it.

    Returns:
        for each object a Piece, or a Stop where its metadata is not usable.

    Raises:
        TransientError, ConfigurationError: as ObjectStore says.
    """
    for chain in {listed.chain for listed in picked}:
        (directory / chain.prefix).mkdir(parents=True)
    return list(executor.map(lambda listed: _one(store, listed, directory), picked))


def _one(store: ObjectStore, listed: Listed, directory: Path) -> Piece | Stop:
    target = directory / listed.key
    head = store.download(listed.key, target)
    try:
        return Piece.read(listed, head.etag, head.metadata)
    except BadKeyError as error:
        return Stop(listed.key, f"{error}; {REPAIR}")


REPAIR = (
    "if a consumer wrote it, give it the metadata back (`aws s3api copy-object "
    "--metadata-directive REPLACE`: end-offset is the next object's start - 1, record-count its "
    "lines, error-count); if not, remove it"
)
"""What to do with an object whose metadata is not usable."""
