"""What a user may choose of a demo run."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `stockfeed demo`.

    Attributes:
        bars: CSV of the tape's bars; None plays the real daily bars that a package ships.
        interval: what a bar spans: `1d`, `1h`, `5m` or `1m`.
        kafka: `auto`, `java`, `mock` or `HOST:PORT`.
        out: directory of the results; created if missing, an earlier run's results are replaced.
        keep: keeps the services' data below `out`.
    """

    bars: Path | None
    interval: str
    kafka: str
    out: Path
    keep: bool
