"""The report of one load: its counts, the partitions that stopped, and its output files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from stockfeed.contract import outputs
from stockfeed.contract.times import format_rfc3339, from_milliseconds
from stockfeed.loader.plan import Piece, Stop


@dataclass
class Report:
    """The counts of one load. They grow with each batch, so a failed load reports its part, too.

    Attributes:
        rows: rows loaded.
        files: objects loaded, including those of lost offsets, which have no rows.
        bytes: compressed bytes of those objects.
        newest: poll time of the newest quote loaded, in Unix milliseconds; None if none was.
        waiting: objects that wait for a missing or a failed one.
        stops: why partitions stopped.
        seconds: the duration of the load.
    """

    rows: int = 0
    files: int = 0
    bytes: int = 0
    newest: int | None = None
    waiting: int = 0
    stops: list[Stop] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, pieces: Iterable[Piece]) -> None:
        """Counts committed objects."""
        for piece in pieces:
            self.rows += piece.metadata.records
            self.files += 1
            self.bytes += piece.size
            last = piece.metadata.last_timestamp
            if last is not None:
                self.newest = last if self.newest is None else max(self.newest, last)

    @property
    def newest_quote_at(self) -> str:
        """The newest quote's poll time, RFC 3339 in UTC; empty if nothing was loaded."""
        if self.newest is None:
            return ""
        return format_rfc3339(from_milliseconds(self.newest))

    @property
    def failures(self) -> list[Stop]:
        """The stops that somebody must resolve."""
        return [stop for stop in self.stops if stop.failed]

    def freshness(self, now: float) -> float | None:
        """Returns the newest quote's age at `now`, both in seconds; None without a quote."""
        return None if self.newest is None else now - self.newest / 1000

    def fields(self, now: float) -> dict[str, object]:
        """Returns the counts as the fields of a log line."""
        return {
            "rows": self.rows,
            "files": self.files,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
            "freshness": self.freshness(now),
            "waiting": self.waiting,
        }

    def summary(self, now: float) -> str:
        """Returns a line for people, plus one for each partition that is waiting or has failed."""
        age = self.freshness(now)
        freshness = "nothing new" if age is None else f"freshness {age:.1f} s"
        lines = [
            f"loaded {self.rows} rows from {self.files} files ({self.bytes} bytes) "
            f"in {self.seconds:.1f} s; {freshness}"
        ]
        lines += [f"{_state(stop)} {stop.key}: {stop.text}" for stop in self.stops]
        if self.waiting:
            lines.append(f"{self.waiting} objects are waiting behind these")
        return "\n".join(lines)

    def write(self, directory: Path) -> None:
        """Writes the workflow's output files, one for each value."""
        values = {
            outputs.ROWS: self.rows,
            outputs.FILES: self.files,
            outputs.BYTES: self.bytes,
            outputs.NEWEST_QUOTE_AT: self.newest_quote_at,
            outputs.LOAD_SECONDS: f"{self.seconds:.3f}",
            outputs.PARTITIONS_WAITING: len(self.stops) - len(self.failures),
            outputs.PARTITIONS_FAILED: len(self.failures),
        }
        directory.mkdir(parents=True, exist_ok=True)
        for name, value in values.items():
            # Renaming is atomic: a reader sees the old value or the new one, never a part.
            part = directory / f".{name}.part"
            part.write_text(str(value))
            part.replace(directory / name)


def _state(stop: Stop) -> str:
    return "failed" if stop.failed else "waiting"
