import pytest

from stockfeed.contract import tables
from stockfeed.errors import ConfigurationError
from stockfeed.replay import app as replay_app

ENVIRONMENT = {
    "STOCKFEED_FEED": "us",
    "STOCKFEED_S3_BUCKET": "source-transaction",
    "STOCKFEED_S3_ENDPOINT": "http://127.0.0.1:1",
    "STOCKFEED_WAREHOUSE_DATABASE": "STOCKS",
    "SNOWFLAKE_ACCOUNT": "a",
    "SNOWFLAKE_USER": "u",
    "SNOWFLAKE_PRIVATE_KEY": "k",
}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        *((name.lower(), "belongs to the loader") for name in (tables.QUOTES, tables.LEDGER)),
        *((name, "belongs to the loader") for name in (tables.POSITION, tables.LOCK)),
        *((name, "is not a table name") for name in ("RAW.MINE", "a; drop table b", '"x"')),
    ],
)
def test_refuses_the_loaders_own_tables(
    monkeypatch: pytest.MonkeyPatch, table: str, message: str
) -> None:
    monkeypatch.setattr("stockfeed.logs.configure", lambda *_: None)
    with pytest.raises(ConfigurationError, match=message):
        replay_app.main(ENVIRONMENT, {"from_offset": "0", "into": table})
