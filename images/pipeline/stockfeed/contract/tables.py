"""Tables of the raw schema: the loader creates and fills them, dbt reads them."""

from typing import Final

QUOTES: Final = "SOURCE_STOCK_QUOTES"
"""One row per landed line: V VARIANT, FILE_NAME VARCHAR (`<batch id>/<object key>`),
BATCH_SEQ NUMBER, LOADED_AT TIMESTAMP_NTZ (UTC)."""

REPLAY: Final = "SOURCE_STOCK_QUOTES_REPLAY"
"""Where replays go unless told otherwise. One row per landed line: V and FILE_NAME as above,
REPLAYED_AT TIMESTAMP_NTZ (UTC)."""

STAGE: Final = "STG_STOCK_QUOTES"

LEDGER: Final = "LOAD_LEDGER"
"""One row per object: FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID, OBJECT_KEY, ETAG, ROW_COUNT,
ERROR_COUNT, LOST_COUNT, START_OFFSET, END_OFFSET, FIRST_TIMESTAMP, LAST_TIMESTAMP, BATCH_ID,
BATCH_SEQ, LOADED_AT, SKIP_REASON."""

POSITION: Final = "LOAD_POSITION"
"""One row per feed, group, topic id and partition: FEED, GROUP_NAME, TOPIC_ID, PARTITION_ID,
NEXT_OFFSET."""

LOCK: Final = "LOAD_LOCK"
"""One row: BATCH_SEQ, the newest batch's number. Updating it first serialises loaders."""
