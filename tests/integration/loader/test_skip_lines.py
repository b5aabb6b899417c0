"""`loader --skip KEY --line N` loads all other lines of an object."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from stockfeed.errors import DataError
from stockfeed.replay import app as replay_app
from stockfeed.settings import InspectionSettings
from stockfeed.verify import app as verify_app
from stockfeed.verify.report import text

from .conftest import lines


@pytest.fixture
def bad(landing: Any, target: Any) -> str:
    """The key of an object with two bad lines, 3 and 7, and an error line, 5."""
    chain = landing.chain()
    landing.land(chain, 0)
    content = lines(chain, 10, 10).splitlines(keepends=True)
    content[4] = orjson.dumps({**orjson.loads(content[4]), "_error": "not JSON"}) + b"\n"
    content[2] = content[6] = b'{"symbol":\n'
    key = str(landing.land(chain, 10, body=b"".join(content)))
    landing.land(chain, 20)
    with pytest.raises(DataError, match="line 3"):
        target.load()
    return key


def offsets(target: Any, table: str = "SOURCE_STOCK_QUOTES") -> list[int]:
    rows = target.query(f"SELECT V:_meta.offset::NUMBER FROM {table} ORDER BY 1")
    return [int(offset) for (offset,) in rows]


def test_skips_only_the_given_lines(
    target: Any, bad: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = target.process("--skip", bad, "--line", "7", "--line", "3", "--reason", "cut off")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    report = target.load()

    expected = [offset for offset in range(30) if offset not in (12, 16)]
    assert offsets(target) == expected
    assert (report.rows, report.waiting) == (10, 0)
    assert target.query(
        "SELECT OBJECT_KEY, ROW_COUNT, ERROR_COUNT, END_OFFSET, SKIP_REASON FROM LOAD_LEDGER "
        "WHERE SKIP_REASON IS NOT NULL"
    ) == [(bad, 8, 1, 19, "lines 3, 7: cut off")]
    assert target.query("LIST @STG_STOCK_QUOTES") == []

    options = verify_app.Options("2024-04-18", "2024-04-19", "5m", models=False, as_json=False)
    settings = InspectionSettings.from_env(target.environment)
    verdict = verify_app.verify(settings, target.environment, options)
    assert verdict.complete, text(verdict)

    monkeypatch.setattr("stockfeed.logs.configure", lambda *_: None)
    assert replay_app.main(target.environment, {"from_offset": "0", "to_offset": "29"}) == 0
    assert offsets(target, "SOURCE_STOCK_QUOTES_REPLAY") == expected


@pytest.mark.parametrize(
    ("skipped", "why"),
    [
        ([3], "the other lines cannot be loaded, so nothing was skipped"),
        ([3, 11], "has 10 lines, so line 11 cannot be skipped"),
    ],
)
def test_skips_nothing_if_the_other_lines_cannot_be_loaded(
    landing: Any, target: Any, bad: str, skipped: list[int], why: str
) -> None:
    with pytest.raises(DataError, match=why):
        target.skip(bad, "cut off", skipped)

    assert offsets(target) == list(range(10))
    landing.landed.pop(bad)
    target.check(landing, missing=1)


def test_refuses_to_skip_lines_of_what_is_not_gzip(landing: Any, target: Any) -> None:
    key = landing.chain().key(0)
    metadata = {"end-offset": "9", "record-count": "10", "error-count": "0"}
    assert landing.store.create(key, b"this is not gzip", metadata)

    with pytest.raises(DataError, match="not a complete gzip file"):
        target.skip(key, "none", [1])


def test_a_skip_that_names_lines_without_loading_any_is_not_replayed(
    target: Any, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stockfeed.logs.configure", lambda *_: None)
    target.skip(bad, "lines 3: somebody wrote this by hand")
    target.load()

    assert replay_app.main(target.environment, {"from_offset": "0", "to_offset": "29"}) == 0
    assert len(offsets(target, "SOURCE_STOCK_QUOTES_REPLAY")) == 20
