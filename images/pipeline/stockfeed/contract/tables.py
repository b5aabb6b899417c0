"""Tables of the raw schema, which the loader creates and fills and dbt reads."""

from typing import Final

QUOTES: Final = "SOURCE_STOCK_QUOTES"
"""One row per landed line. Columns: V VARIANT, FILE_NAME VARCHAR (`<batch id>/<object key>`),
BATCH_SEQ NUMBER, LOADED_AT TIMESTAMP_NTZ (UTC)."""

REPLAY: Final = "SOURCE_STOCK_QUOTES_REPLAY"
"""Default target of replays. One row per landed line. Columns: V and FILE_NAME as above,
REPLAYED_AT TIMESTAMP_NTZ (UTC)."""

STAGE: Final = "STG_STOCK_QUOTES"

LEDGER: Final = "LOAD_LEDGER"
"""One row per object. Columns: FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, OBJECT_KEY, ETAG,
ROW_COUNT, ERROR_COUNT, LOST_COUNT, START_OFFSET, END_OFFSET, FIRST_TIMESTAMP, LAST_TIMESTAMP,
BATCH_ID, BATCH_SEQ, LOADED_AT, SKIP_REASON."""

POSITION: Final = "LOAD_POSITION"
"""Next offset to load; one row per feed, group, topic id and partition. Columns: FEED, GROUP_NAME,
TOPIC_ID, PARTITION_ID, NEXT_OFFSET."""

LOCK: Final = "LOAD_LOCK"
"""A single row with BATCH_SEQ, the latest batch number. Every load updates it first, which
serializes concurrent loaders."""
