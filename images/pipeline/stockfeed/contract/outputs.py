"""Files that a load and a build leave in the workflow's workspace, one value each.

The workflow declares them as outputs; the operator and Argo's metrics read them from there.
"""

from typing import Final

ROWS: Final = "rows"
FILES: Final = "files"
BYTES: Final = "bytes"
NEWEST_QUOTE_AT: Final = "newest-quote-at"
"""Poll time of the newest quote loaded, RFC 3339 in UTC; empty when nothing was loaded."""
LOAD_SECONDS: Final = "load-seconds"
BUILD_SECONDS: Final = "build-seconds"

ALL: Final = (ROWS, FILES, BYTES, NEWEST_QUOTE_AT, LOAD_SECONDS, BUILD_SECONDS)
