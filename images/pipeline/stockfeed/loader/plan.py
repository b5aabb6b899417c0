"""Decides which objects of a partition to load next: those that continue its chain unbroken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Self

from stockfeed.contract.objects import BadKeyError, BatchMetadata, Chain

Positions = Mapping[Chain, int]
"""The next offset to load, for each partition that was loaded before."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A batch object as a bucket listing shows it.

    Attributes:
        chain: its partition.
        start: its first offset.
        size: compressed size in bytes.
        skipped_lines: the lines to leave out, counted from 1.
    """

    chain: Chain
    start: int
    size: int
    skipped_lines: frozenset[int] = frozenset()

    @property
    def key(self) -> str:
        return self.chain.key(self.start)


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch object whose metadata was read: one piece of its partition's chain."""

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
        """The offset at which the next object of the chain must start."""
        return self.metadata.end + 1

    @classmethod
    def read(cls, listed: Listed, etag: str, metadata: Mapping[str, str]) -> Self:
        """Parses and checks an object's S3 metadata; does not count skipped lines as records.

        Raises:
            BadKeyError: the metadata is missing or contradicts itself.
        """
        parsed = BatchMetadata.from_s3(listed.key, metadata)
        offsets = parsed.end - listed.start + 1
        fits = parsed.errors <= parsed.records and parsed.records + parsed.lost <= offsets
        if offsets < 1 or not fits:
            raise BadKeyError(
                f"object {listed.key!r} claims offsets {listed.start} to {parsed.end} with "
                f"{parsed.records} records, {parsed.errors} of them errors, and {parsed.lost} lost "
                "offsets"
            )
        left = parsed.records - len(listed.skipped_lines)
        if left < 0:
            raise BadKeyError(
                f"object {listed.key!r} has {parsed.records} records, fewer than the "
                f"{len(listed.skipped_lines)} lines to skip"
            )
        return cls(listed.chain, listed.start, listed.size, etag, replace(parsed, records=left))


@dataclass(frozen=True, slots=True)
class Stop:
    """The reason why loading a partition stopped.

    Attributes:
        key: the first object that was not loaded.
        text: what is wrong, and how to resolve it.
        failed: True if somebody must act; False if the partition may continue by itself.
    """

    key: str
    text: str
    failed: bool = True


@dataclass(frozen=True, slots=True)
class Loadable:
    """The objects of one partition that may be loaded, in order, and why no more may."""

    pieces: tuple[Piece, ...]
    stop: Stop | None = None


def follow(expected: int, found: Sequence[Piece | Stop], next_start: int | None) -> Loadable:
    """Returns the objects that continue a chain without a gap or an overlap.

    Args:
        expected: the partition's next offset.
        found: the objects in the order of their starts; a Stop for each that could not be read.
        next_start: the start of the object that is listed after the last one of `found`; None if
            there is none.
    """
    starts = [piece.start if isinstance(piece, Piece) else None for piece in found[1:]]
    pieces: list[Piece] = []
    for piece, following in zip(found, [*starts, next_start], strict=False):
        if isinstance(piece, Stop):
            return Loadable(tuple(pieces), piece)
        stop = _misfit(expected, piece, following)
        if stop is not None:
            return Loadable(tuple(pieces), stop)
        pieces.append(piece)
        expected = piece.next_offset
    return Loadable(tuple(pieces))


def skip_command(key: str) -> str:
    """Returns the command that makes a partition continue after an object."""
    return f"`stockfeed loader --skip {key} --reason '…'` (with `--line N`: only line N of it)"


def hole(expected: int, key: str) -> Stop:
    """Returns the stop for an object after a gap.

    The partition waits, because objects may become visible out of order: the missing one may
    still appear.
    """
    return Stop(key, f"waits for an object that starts at offset {expected}", failed=False)


def trim(pieces: Iterable[Piece], positions: Positions) -> tuple[Piece, ...]:
    """Drops the objects of a batch that another loader has loaded meanwhile.

    Args:
        pieces: for each partition, consecutive objects without a gap.
        positions: read under the lock. If a position is not the start of one of its partition's
            objects, all objects of that partition are dropped: they must be planned again.
    """
    kept: list[Piece] = []
    for chain, group in groupby(pieces, lambda piece: piece.chain):
        consecutive = list(group)
        position = positions.get(chain, consecutive[0].start)
        left = [piece for piece in consecutive if piece.start >= position]
        if left and left[0].start == position:
            kept += left
    return tuple(kept)


def without(pieces: Iterable[Piece], rejected: Mapping[str, str]) -> tuple[Piece, ...]:
    """Drops each partition's first rejected object and everything after it.

    Args:
        pieces: for each partition, consecutive objects without a gap.
        rejected: the reasons by object key.
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
        # Loading the first of the two would hide the other for good, and the mistake with it.
        return _overlap(piece.key, piece.chain.key(following))
    return None


def _overlap(key: str, other: str) -> Stop:
    return Stop(
        key,
        f"overlaps {other}: both claim the same offsets; remove the wrong one, or skip this one: "
        f"{skip_command(key)}",
    )
