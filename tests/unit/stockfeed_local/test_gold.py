from datetime import UTC, datetime, timedelta
from decimal import Decimal

from stockfeed_local.gold import Row, table

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_table_shows_price_change_and_age() -> None:
    quoted, seen = NOW - timedelta(seconds=50), NOW - timedelta(seconds=42)
    rows = [
        Row("AAPL", Decimal("187.42000000"), Decimal("1.849321"), quoted, seen),
        Row("NEW", Decimal(9), None, quoted, seen),
    ]

    assert table(rows, NOW).splitlines() == [
        "symbol           price    change  quote (UTC)           seen ago",
        "AAPL            187.42   +1.85 %  2026-11-23 14:59:10       42 s",
        "NEW               9.00            2026-11-23 14:59:10       42 s",
    ]
