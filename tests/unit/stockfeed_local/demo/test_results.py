import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from stockfeed_local.demo.results import write_candles, write_summary, write_table
from stockfeed_local.demo.warehouse import CandleRow


def test_candles_have_the_documented_columns_and_utc_starts(tmp_path: Path) -> None:
    start = datetime(2013, 3, 1, 5, tzinfo=UTC)
    texts = ("10.12345000", "12.00000000", "9.50000000", "100.00000000")
    opened, high, low, close = map(Decimal, texts)
    write_candles(tmp_path / "c.csv", [CandleRow("AAA", "1d", start, opened, high, low, close, 4)])
    assert (tmp_path / "c.csv").read_text().splitlines() == [
        "symbol,interval,bucket_start,open,high,low,close,quotes",
        "AAA,1d,2013-03-01T05:00:00Z,10.12345,12,9.5,100,4",
    ]


def test_table_is_written_with_its_own_columns(tmp_path: Path) -> None:
    naive = datetime(2013, 3, 1, 14, 30)  # noqa: DTZ001 - as TIMESTAMP_NTZ arrives
    rows = [{"symbol": "AAA", "price": Decimal("0E-8"), "at": naive, "x": None}]
    write_table(tmp_path / "t.csv", rows)
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "symbol,price,at,x",
        "AAA,0,2013-03-01T14:30:00,",
    ]


def test_summary_is_json(tmp_path: Path) -> None:
    write_summary(tmp_path / "s.json", {"polled": 1, "broker": "x"})
    assert json.loads((tmp_path / "s.json").read_text()) == {"polled": 1, "broker": "x"}
