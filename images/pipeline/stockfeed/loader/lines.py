"""Lines of an object that are skipped while the others are loaded."""

import gzip
import re
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Final

_READ_BYTES: Final = 1 << 20
_REASON: Final = re.compile(r"lines ([0-9]+(?:, [0-9]+)*): ")


class MissingLinesError(Exception):
    """The lines to skip cannot be found in the file."""


def drop_lines(file: Path, lines: Collection[int]) -> None:
    """Rewrites a gzip file without some of its lines; the memory used does not depend on its size.

    Args:
        file: the file.
        lines: their numbers, counted from 1.

    Raises:
        MissingLinesError: the file has fewer lines, or is not a complete gzip file.
    """
    kept = file.with_name(f"{file.name}.kept")
    line = 1
    complete = True
    try:
        with gzip.open(file, "rb") as source, gzip.open(kept, "wb", compresslevel=1) as target:
            while part := source.readline(_READ_BYTES):
                if line not in lines:
                    target.write(part)
                complete = part.endswith(b"\n")
                line += complete
    except (OSError, EOFError, zlib.error) as error:
        raise MissingLinesError(
            f"is not a complete gzip file, so no line can be skipped: {error}"
        ) from error
    found = line - complete
    if max(lines) > found:
        raise MissingLinesError(f"has {found} lines, so line {max(lines)} cannot be skipped")
    kept.replace(file)


def reason_with_lines(lines: Collection[int], reason: str) -> str:
    """Returns the ledger's SKIP_REASON of an object of which only some lines were skipped."""
    return f"lines {', '.join(map(str, sorted(lines)))}: {reason}" if lines else reason


def lines_of_reason(reason: str) -> frozenset[int]:
    """Returns the lines that `reason_with_lines` wrote into a reason."""
    found = _REASON.match(reason)
    return frozenset(map(int, found[1].split(", "))) if found else frozenset()
