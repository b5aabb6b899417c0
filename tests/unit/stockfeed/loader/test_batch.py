"""One batch with scripted answers; tests/integration/loader has it with the emulator."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import OperationalError, ProgrammingError

from stockfeed.contract.objects import BatchMetadata, Chain
from stockfeed.errors import TransientError
from stockfeed.loader import sql
from stockfeed.loader.batch import Batch
from stockfeed.loader.plan import Piece
from stockfeed.loader.warehouse import Warehouse

Make = Callable[[Callable[[str], Any]], tuple[Warehouse, list[str]]]

CHAINS = [Chain("us", "autos", "ab12", number) for number in range(2)]
GONE = OperationalError("connection reset", errno=250003)


def piece(start: int, chain: Chain = CHAINS[0], records: int = 10) -> Piece:
    lost = 0 if records else 10
    return Piece(chain, start, 100, "etag", BatchMetadata(start + 9, records, 0, 1, 2, lost))


A, B, FAR = piece(0), piece(10), piece(0, CHAINS[1])


def batch(scripted: Make, server: Any, *pieces: Piece) -> tuple[Batch, list[str]]:
    warehouse, log = scripted(server)
    return Batch(warehouse, "0f1e", pieces, Path("unused")), log


def copies(log: list[str]) -> list[list[str]]:
    return [
        [name.strip(" '") for name in text.partition("FILES = (")[2].partition(")")[0].split(",")]
        for text in log
        if text.startswith("COPY")
    ]


def test_locks_first_and_reads_the_positions_under_the_lock(scripted: Make, server: Any) -> None:
    one, log = batch(scripted, server, A, B)
    outcome = one.load()

    words = [" ".join(text.split()[:2]) for text in log[1:]]
    assert words == [
        "BEGIN",
        "UPDATE LOAD_LOCK",
        "SELECT BATCH_SEQ,",
        "SELECT FEED,",
        "SELECT FEED,",
        "COPY INTO",
        "INSERT INTO",
        "MERGE INTO",
        "COMMIT",
    ]
    assert (outcome.loaded, outcome.rejected, outcome.complete) == ((A, B), {}, True)


def test_leaves_out_what_another_loader_loaded(scripted: Make, server: Any) -> None:
    server.positions = [(0, 10)]
    one, log = batch(scripted, server, A, B, FAR)
    outcome = one.load()

    assert copies(log) == [[B.key, FAR.key]]
    assert (outcome.loaded, outcome.complete) == ((B, FAR), False)


def test_copies_nothing_if_another_loader_loaded_everything(scripted: Make, server: Any) -> None:
    server.positions = [(0, 20)]
    one, log = batch(scripted, server, A, B)

    assert one.load().loaded == ()
    assert copies(log) == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (("LOAD_FAILED", 0), "COPY reported LOAD_FAILED: Error parsing JSON (line 3)"),
        (("PARTIALLY_LOADED", 9), "COPY reported PARTIALLY_LOADED: Error parsing JSON (line 3)"),
        (("LOADED", 9), "has 9 rows, but its record-count is 10"),
    ],
)
def test_rolls_back_and_leaves_out_a_partially_loaded_file(
    scripted: Make, server: Any, answer: tuple[str, int], why: str
) -> None:
    server.rows_loaded = {A.key: answer}
    one, log = batch(scripted, server, A, B, FAR)
    outcome = one.load()

    assert copies(log) == [[A.key, B.key, FAR.key], [FAR.key]]
    assert log.count("ROLLBACK") == 1
    assert (outcome.loaded, outcome.rejected, outcome.complete) == ((FAR,), {A.key: why}, True)


def test_failed_copy_rejects_the_file_that_its_message_names(scripted: Make, server: Any) -> None:
    message = f"Invalid data encountered during decompression for file: '0f1e/{FAR.key}'"
    server.copy_error = ProgrammingError(message, errno=100016, sqlstate="22000")
    one, log = batch(scripted, server, A, FAR)
    outcome = one.load()

    assert copies(log) == [[A.key, FAR.key], [A.key]]
    assert outcome.loaded == (A,)
    assert "decompression" in outcome.rejected[FAR.key]


def test_records_lost_intervals_without_a_copy(scripted: Make, server: Any) -> None:
    lost = piece(0, records=0)
    one, log = batch(scripted, server, lost)

    assert one.load().loaded == (lost,)
    assert copies(log) == []
    assert any(text.startswith("INSERT") for text in log)


@pytest.mark.parametrize("recorded", [0, 2])
def test_looks_up_an_unanswered_commit_in_the_ledger_under_the_lock(
    scripted: Make, server: Any, recorded: int
) -> None:
    server.commits, server.recorded = [GONE, []], recorded
    one, log = batch(scripted, server, A, B)
    if recorded:
        assert one.load().loaded == (A, B)
    else:
        with pytest.raises(TransientError):
            one.load()

    after = log[log.index("COMMIT") + 1 :]
    words = [" ".join(text.split()[:2]) for text in after]
    assert words[:5] == ["close", "connect", "BEGIN", "UPDATE LOAD_LOCK", "SELECT BATCH_SEQ,"]
    assert "SELECT COUNT(*)" in words
    assert len(copies(log)) == 1


def test_uploads_only_what_is_loaded_and_checks_every_result(
    scripted: Make, tmp_path: Path
) -> None:
    directory = tmp_path / CHAINS[0].prefix
    directory.mkdir(parents=True)
    for name in (A.key, B.key):
        (tmp_path / name).write_bytes(b"x")
    answers = {"status": "UPLOADED"}
    warehouse, log = scripted(lambda text: [{"source": Path(A.key).name, **answers}])

    Batch(warehouse, "0f1e", [A], tmp_path).stage()
    assert [path.name for path in directory.iterdir()] == [Path(A.key).name]
    assert len(log) == 2

    answers["status"] = "SKIPPED"
    with pytest.raises(TransientError, match="SKIPPED"):
        Batch(warehouse, "0f1e", [A], tmp_path).stage()


def test_clean_up_fails_silently_and_opens_no_session(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: GONE if text.startswith("REMOVE") else [])
    one = Batch(warehouse, "0f1e", [A], Path("unused"))
    one.clean()
    assert log == []

    warehouse.run(sql.begin())
    one.clean()
    one.clean()
    assert log == ["connect", "BEGIN", "REMOVE @STG_STOCK_QUOTES/0f1e/", "close"]
