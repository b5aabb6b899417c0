"""Output files of load, build and replay, one value per file in the workflow's workspace.

The workflow declares them as output parameters, which the operator and Argo's metrics read.
"""

from typing import Final

ROWS: Final = "rows"
FILES: Final = "files"
BYTES: Final = "bytes"
NEWEST_QUOTE_AT: Final = "newest-quote-at"
"""Poll time of the newest quote loaded, RFC 3339 in UTC; empty if nothing was loaded."""
LOAD_SECONDS: Final = "load-seconds"
PARTITIONS_WAITING: Final = "partitions-waiting"
"""Number of partitions stopped at a missing object."""
PARTITIONS_FAILED: Final = "partitions-failed"
"""Number of partitions stopped at an object that cannot be loaded."""
BUILD_SECONDS: Final = "build-seconds"
"""Written only by a successful build: if it exists, the loaded quotes are in gold."""

ALL: Final = (
    ROWS,
    FILES,
    BYTES,
    NEWEST_QUOTE_AT,
    LOAD_SECONDS,
    PARTITIONS_WAITING,
    PARTITIONS_FAILED,
    BUILD_SECONDS,
)

LOAD_FAILURE: Final = "load-failure"
"""Not an output: the load's failure, which the next build puts into its termination message.

A load with `--build-follows` writes it instead of failing itself, so that the objects it could load
are built first."""

BUILD_FAILED: Final = "dbt build failed:"
"""Heading of the failed models and tests in a build's termination message."""
