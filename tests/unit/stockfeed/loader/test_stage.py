from datetime import UTC, datetime

from stockfeed.loader.stage import abandoned

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def row(batch: str, modified: str) -> dict[str, str]:
    return {"name": f"stg_stock_quotes/{batch}/feed=us/x.jsonl.gz", "last_modified": modified}


def test_batch_is_abandoned_once_its_newest_file_is_a_day_old() -> None:
    rows = [
        row("dead", "Sat, 21 Nov 2026 11:00:00 GMT"),
        row("dead", "Sat, 21 Nov 2026 11:59:59 GMT"),
        row("slow", "Sat, 21 Nov 2026 11:00:00 GMT"),
        row("slow", "Sat, 21 Nov 2026 12:00:01 GMT"),
        row("running", "Sun, 22 Nov 2026 11:59:59 GMT"),
    ]

    assert abandoned(rows, NOW) == ["dead"]


def test_empty_stage_has_no_abandoned_batches() -> None:
    assert abandoned([], NOW) == []
