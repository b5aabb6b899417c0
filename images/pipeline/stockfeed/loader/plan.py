"""What is next in a partition: the unbroken run of objects from its position on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain

Positions = Mapping[Chain, int]
"""The next offset of each partition that has one."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A batch object as a listing shows it; `size` in bytes."""

    chain: Chain
    start: int
    size: int

    @property
    def key(self) -> str:
        return self.chain.key(self.start)


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch object that was read: its place in its chain and what it says of itself."""

    chain: Chain
    start: int
    size: int
    etag: str
    metadata: BatchMetadata

    @property
    def key(self) -> str:
        return self.chain.key(self.start)

    @property
    def next_offset(self) -> int:
        """Where the object behind this one must start."""
        return self.metadata.end + 1

    @classmethod
    def read(cls, listed: Listed, etag: str, metadata: Mapping[str, str]) -> Self:
        """Checks an object's metadata.

        Raises:
            BadKeyError: the metadata is missing or contradicts itself.
        """
        parsed = BatchMetadata.from_s3(listed.key, metadata)
        most = parsed.end - listed.start + 1
        if most < 1 or not 0 <= parsed.records + parsed.lost <= most:
            raise BadKeyError(
                f"object {listed.key!r} claims offsets {listed.start} to {parsed.end} with "
                f"{parsed.records} records and {parsed.lost} lost offsets"
            )
        return cls(listed.chain, listed.start, listed.size, etag, parsed)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a partition goes no further.

    Attributes:
        key: the first object that is not loaded.
        text: what is wrong and what to do.
        failed: a person must look; else time may heal it.
    """

    key: str
    text: str
    failed: bool = True


@dataclass(frozen=True, slots=True)
class Loadable:
    """The objects of one partition that may be loaded, in order, and why no more of them."""

    pieces: tuple[Piece, ...]
    stop: Stop | None = None


def follow(expected: int, found: Sequence[Piece | Stop], behind: int | None) -> Loadable:
    """The unbroken run from the offset `expected` on.

    Args:
        expected: the partition's next offset.
        found: the objects read, in the order of their starts; a Stop stands for one that could
            not be read.
        behind: the start of the object that is listed behind the last one found, if any.
    """
    starts = [piece.start if isinstance(piece, Piece) else None for piece in found[1:]]
    run: list[Piece] = []
    for piece, following in zip(found, [*starts, behind], strict=False):
        if isinstance(piece, Stop):
            return Loadable(tuple(run), piece)
        stop = _misfit(expected, piece, following)
        if stop is not None:
            return Loadable(tuple(run), stop)
        run.append(piece)
        expected = piece.next_offset
    return Loadable(tuple(run))


def skip_command(key: str) -> str:
    """How a person lets a partition go on behind an object."""
    return f"`stockfeed loader --skip {key} --reason '…'`"


def hole(expected: int, key: str) -> Stop:
    """The object behind a gap waits: visibility is not ordered, so what is missing may appear."""
    return Stop(key, f"waits for an object that starts at offset {expected}", failed=False)


def trim(pieces: Iterable[Piece], positions: Positions) -> tuple[Piece, ...]:
    """What is left of a batch when another loader may have loaded some of it.

    Args:
        pieces: unbroken runs, one after the other.
        positions: as they are now, under the lock. Where one fits no object of its run, nothing
            of that run is left: it must be planned anew.
    """
    kept: list[Piece] = []
    for chain, group in groupby(pieces, lambda piece: piece.chain):
        run = list(group)
        position = positions.get(chain, run[0].start)
        left = [piece for piece in run if piece.start >= position]
        if left and left[0].start == position:
            kept += left
    return tuple(kept)


def without(pieces: Iterable[Piece], rejected: Mapping[str, str]) -> tuple[Piece, ...]:
    """The pieces before the first rejected one of each partition.

    Args:
        pieces: unbroken runs.
        rejected: keys and the reasons.
    """
    broken: set[Chain] = set()
    kept: list[Piece] = []
    for piece in pieces:
        if piece.key in rejected:
            broken.add(piece.chain)
        if piece.chain not in broken:
            kept.append(piece)
    return tuple(kept)


def _misfit(expected: int, piece: Piece, following: int | None) -> Stop | None:
    if piece.start > expected:
        return hole(expected, piece.key)
    if piece.start < expected:
        return _overlap(piece.key, f"offset {expected - 1}, which lies before it")
    if following is not None and following <= piece.metadata.end:
        # Loading the first of the two would hide the other for good, and with it the mistake.
        return _overlap(piece.key, piece.chain.key(following))
    return None


def _overlap(key: str, other: str) -> Stop:
    return Stop(
        key,
        f"overlaps {other}: both claim the same offsets; remove the one that is wrong, "
        f"or pass over this one: {skip_command(key)}",
    )
