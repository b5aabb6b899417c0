from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector.errors import OperationalError, ProgrammingError

from stockfeed.contract.objects import Chain
from stockfeed.errors import ConfigurationError, DataError, TransientError
from stockfeed.loader import sql
from stockfeed.loader.warehouse import CommitUnknownError, Warehouse

Make = Callable[[Callable[[str], Any]], tuple[Warehouse, list[str]]]

GONE = OperationalError("connection reset", errno=250003)
MISSING = ProgrammingError("does not exist", errno=2003, sqlstate="42S02")
WRONG = ProgrammingError("bad", errno=1003, sqlstate="42000")


def test_one_query_is_all_that_a_set_up_schema_costs(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: [{"BATCH_SEQ": 4}])
    warehouse.set_up()

    assert log == ["connect", "SELECT BATCH_SEQ FROM LOAD_LOCK"]


def test_a_missing_lock_table_means_that_all_is_set_up(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: MISSING if text.startswith("SELECT") else [])
    warehouse.set_up()

    assert log[2:] == [statement.text for statement in sql.set_up("STOCKS", "RAW")]


def test_a_broken_session_is_replaced_at_the_next_statement(scripted: Make) -> None:
    answers = iter([GONE, []])
    warehouse, log = scripted(lambda text: next(answers))
    with pytest.raises(TransientError, match="begin"):
        warehouse.run(sql.begin())
    warehouse.run(sql.begin())

    assert log == ["connect", "BEGIN", "close", "connect", "BEGIN"]


def test_a_wrong_statement_keeps_the_session(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: WRONG)
    with pytest.raises(DataError):
        warehouse.run(sql.begin())

    assert "close" not in log


def test_an_exception_rolls_back(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: [])
    with pytest.raises(KeyError), warehouse.transaction():
        raise KeyError

    assert log == ["connect", "BEGIN", "ROLLBACK"]


def test_a_lost_session_is_not_asked_to_roll_back(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: GONE if text.startswith("UPDATE") else [])
    with pytest.raises(TransientError), warehouse.transaction():
        warehouse.lock()

    assert log[-1] == "close"
    assert "ROLLBACK" not in log


def test_a_rollback_that_fails_ends_the_session(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: WRONG if text == "ROLLBACK" else [])
    with pytest.raises(KeyError), warehouse.transaction():
        raise KeyError

    assert log[-2:] == ["ROLLBACK", "close"]


def test_a_commit_without_an_answer_is_told_apart(scripted: Make) -> None:
    warehouse, _ = scripted(lambda text: GONE if text == "COMMIT" else [])
    with pytest.raises(CommitUnknownError), warehouse.transaction():
        pass


def test_a_lock_table_without_its_one_row_is_explained(scripted: Make) -> None:
    warehouse, _ = scripted(lambda text: [])
    with pytest.raises(ConfigurationError, match="one row and has 0"):
        warehouse.lock()


def test_positions_are_read_by_partition(scripted: Make) -> None:
    row = {"FEED": "us", "GROUP_NAME": "g", "TOPIC_ID": "t", "PARTITION_ID": 1, "NEXT_OFFSET": 42}
    warehouse, _ = scripted(lambda text: [row])

    assert warehouse.positions() == {Chain("us", "g", "t", 1): 42}
