"""Files that a load, a build and a replay leave in the workflow's workspace, one value each.

The workflow declares them as outputs; the operator and Argo's metrics read them from there.
"""

from typing import Final

ROWS: Final = "rows"
FILES: Final = "files"
BYTES: Final = "bytes"
NEWEST_QUOTE_AT: Final = "newest-quote-at"
"""Poll time of the newest quote loaded, RFC 3339 in UTC; empty when nothing was loaded."""
LOAD_SECONDS: Final = "load-seconds"
PARTITIONS_WAITING: Final = "partitions-waiting"
"""Partitions of which the load could not go on because an object is missing."""
PARTITIONS_FAILED: Final = "partitions-failed"
"""Partitions of which the load left out an object that cannot be loaded."""
BUILD_SECONDS: Final = "build-seconds"
"""Written by a build that got through: with it, what was loaded is in gold."""

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
"""Why objects were left out by a load that leaves it to the build behind it to fail for them. No
output: it ends in that build's termination message."""

BUILD_FAILED: Final = "dbt build failed:"
"""What a build's termination message has before the models and tests that failed."""
