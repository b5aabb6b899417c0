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


def test_existing_schema_costs_one_query(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: [{"BATCH_SEQ": 4}])
    warehouse.set_up()

    assert log == ["connect", "SELECT BATCH_SEQ FROM LOAD_LOCK"]


def test_creates_everything_if_the_lock_table_is_missing(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: MISSING if text.startswith("SELECT") else [])
    warehouse.set_up()

    assert log[2:] == [statement.text for statement in sql.set_up("STOCKS", "RAW")]


def test_replaces_a_broken_session_at_the_next_statement(scripted: Make) -> None:
    answers = iter([GONE, []])
    warehouse, log = scripted(lambda text: next(answers))
    with pytest.raises(TransientError, match="begin"):
        warehouse.run(sql.begin())
    warehouse.run(sql.begin())

    assert log == ["connect", "BEGIN", "close", "connect", "BEGIN"]


def test_keeps_the_session_after_a_wrong_statement(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: WRONG)
    with pytest.raises(DataError):
        warehouse.run(sql.begin())

    assert "close" not in log


def test_rolls_back_on_an_exception(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: [])
    with pytest.raises(KeyError), warehouse.transaction():
        raise KeyError

    assert log == ["connect", "BEGIN", "ROLLBACK"]


def test_sends_no_rollback_to_a_lost_session(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: GONE if text.startswith("UPDATE") else [])
    with pytest.raises(TransientError), warehouse.transaction():
        warehouse.lock()

    assert log[-1] == "close"
    assert "ROLLBACK" not in log


def test_failed_rollback_closes_the_session(scripted: Make) -> None:
    warehouse, log = scripted(lambda text: WRONG if text == "ROLLBACK" else [])
    with pytest.raises(KeyError), warehouse.transaction():
        raise KeyError

    assert log[-2:] == ["ROLLBACK", "close"]


def test_unanswered_commit_has_its_own_error(scripted: Make) -> None:
    warehouse, _ = scripted(lambda text: GONE if text == "COMMIT" else [])
    with pytest.raises(CommitUnknownError), warehouse.transaction():
        pass


def test_explains_a_lock_table_without_its_row(scripted: Make) -> None:
    warehouse, _ = scripted(lambda text: [])
    with pytest.raises(ConfigurationError, match="one row and has 0"):
        warehouse.lock()


def test_reads_positions_by_partition(scripted: Make) -> None:
    row = {"FEED": "us", "GROUP_NAME": "g", "TOPIC_ID": "t", "PARTITION_ID": 1, "NEXT_OFFSET": 42}
    warehouse, log = scripted(lambda text: [row])
    chain = Chain("us", "g", "t", 1)

    assert warehouse.positions([chain]) == {chain: 42}
    assert not any("LOAD_LEDGER" in text for text in log)


def test_asks_the_ledger_for_partitions_without_a_position(scripted: Make) -> None:
    known = {"FEED": "us", "GROUP_NAME": "g", "TOPIC_ID": "t"}
    in_position = [known | {"PARTITION_ID": 1, "NEXT_OFFSET": 42}]
    in_ledger = [
        known | {"PARTITION_ID": number, "NEXT_OFFSET": 30 + number} for number in range(2)
    ]
    warehouse, _ = scripted(lambda text: in_ledger if "LOAD_LEDGER" in text else in_position)
    chains = [Chain("us", "g", "t", number) for number in range(3)]

    assert warehouse.positions(chains) == {chains[0]: 30, chains[1]: 42}
