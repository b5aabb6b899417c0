"""Field names of events and landed lines.

An event is the provider's quote, unmodified except that `symbol` is added if missing. A landed line
is the event plus `_meta`, its provenance. A message that is not a valid event is landed with the
fields `_error`, `_raw` and `_meta`.
"""

from typing import Final

SYMBOL: Final = "symbol"
CURRENT: Final = "c"
OPEN: Final = "o"
HIGH: Final = "h"
LOW: Final = "l"
PREVIOUS_CLOSE: Final = "pc"
TIME: Final = "t"
"""Market time from the provider, Unix seconds. It can repeat, so it does not identify a quote."""

IDENTITY: Final = (SYMBOL, TIME, CURRENT, OPEN, HIGH, LOW, PREVIOUS_CLOSE)
"""Fields that identify a quote: events with equal values are the same quote."""

META: Final = "_meta"
ERROR: Final = "_error"
RAW: Final = "_raw"
