"""Field names of an event and of a landed line.

An event is the provider's quote as it came, plus `symbol`; a landed line is the event plus
`_meta`, its provenance. A message that is no event is landed as `_error`, `_raw` and `_meta`.
"""

from typing import Final

SYMBOL: Final = "symbol"
CURRENT: Final = "c"
OPEN: Final = "o"
HIGH: Final = "h"
LOW: Final = "l"
PREVIOUS_CLOSE: Final = "pc"
TIME: Final = "t"
"""Unix seconds, as the provider gives it; it may be stale, so it identifies nothing alone."""

IDENTITY: Final = (SYMBOL, TIME, CURRENT, OPEN, HIGH, LOW, PREVIOUS_CLOSE)
"""Two events that agree in these are one quote."""

META: Final = "_meta"
ERROR: Final = "_error"
RAW: Final = "_raw"
