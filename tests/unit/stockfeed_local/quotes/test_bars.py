import gzip
from decimal import Decimal
from pathlib import Path

import pytest

from stockfeed_local.quotes.bars import BarsError, read_bars, sample_file
from stockfeed_local.quotes.intervals import INTERVALS

HEADER = "Ticker,Date,Open,High,Low,Close,Volume\n"
DAY = INTERVALS["1d"]


def write(directory: Path, text: str) -> Path:
    path = directory / "bars.csv"
    path.write_text(text)
    return path


def test_sample_file_has_12154_bars_of_five_companies() -> None:
    bars = read_bars(sample_file(), DAY)

    assert len(bars) == 12_154
    assert sorted({bar.symbol for bar in bars}) == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]


def test_prices_keep_all_digits_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "F,2013-03-01,0.10001,1.00000,0.1,0.30000001,5\n")

    (bar,) = read_bars(path, DAY)

    prices = (bar.open, bar.high, bar.low, bar.close)
    assert [str(price) for price in prices] == ["0.10001", "1.00000", "0.1", "0.30000001"]
    assert all(isinstance(price, Decimal) for price in prices)


def test_bars_are_sorted_by_symbol_and_start(tmp_path: Path) -> None:
    rows = "B,2013-03-01,1,1,1,1,1\nA,2013-03-04,1,1,1,1,1\nA,2013-03-01,1,1,1,1,1\n"

    bars = read_bars(write(tmp_path, HEADER + rows), DAY)

    assert [(bar.symbol, bar.start.day) for bar in bars] == [("A", 1), ("A", 4), ("B", 1)]


def test_reads_gzipped_files_with_columns_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    text = "\ufeffClose,Low,High,Open,Date,Ticker\n2,1,4,3,2013-03-01,A\n"
    path.write_bytes(gzip.compress(text.encode()))

    (bar,) = read_bars(path, DAY)

    assert [bar.open, bar.high, bar.low, bar.close] == [3, 4, 1, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: missing column Ticker, Date, Open, High, Low, Close"),
        ("Ticker,Date,Open,High,Low\n", "line 1: missing column Close"),
        (HEADER, "has no bars"),
        (HEADER + "A,2013-03-01,x,2,1,1,1\n", "line 2, column Open: x is not a price"),
        (HEADER + "A,2013-03-01,1,NaN,1,1,1\n", "line 2, column High: NaN is not a price"),
        (HEADER + "A,2013-03-01,1,1,-1,1,1\n", "line 2, column Low: -1 is not a price"),
        (HEADER + "A,2013-03-01,1,1,0.0,1,1\n", "line 2, column Low: 0.0 is not a price"),
        (HEADER + "A,2013-03-01,1,1,1,1e0,1\n", "line 2, column Close: 1e0 is not a price"),
        (HEADER + "A,2013-03-01,1.123456789,2,1,1,1\n", "line 2, column Open: .* 8 after"),
        (HEADER + "A,2013-03-01,1\n", "line 2, column High: is empty"),
        (HEADER + ",2013-03-01,1,1,1,1,1\n", "line 2, column Ticker: is empty"),
        (HEADER + "A,2013-03-01,3,4,3.5,3.6,1\n", "line 2, column Open: 3 is not between low 3.5"),
        (HEADER + "A,2013-03-01,3,4,3,4.1,1\n", "line 2, column Close: 4.1 is not between"),
        (
            HEADER + "A,2013-03-01 00:00:00,1,1,1,1,1\n",
            "line 2, column Date: 2013-03-01 00:00:00 is not a date; .* use a date without a time",
        ),
        (
            HEADER + "A,2013-03-01,1,1,1,1,1\nA,2013-03-01,2,2,2,2,1\n",
            "line 3, column Date: A already has a bar for 2013-03-01 in line 2",
        ),
    ],
)
def test_invalid_file_raises_error_with_line_and_column(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, text)

    with pytest.raises(BarsError, match=message) as refused:
        read_bars(path, DAY)

    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [("bars.csv", None), ("bars.csv.gz", b"not gzip"), ("bars.csv", b"\xff\xfe\x00")],
    ids=["missing", "not compressed", "not text"],
)
def test_unreadable_file_raises_error_with_its_name(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BarsError, match=f"{name}: cannot be read as CSV"):
        read_bars(path, DAY)
