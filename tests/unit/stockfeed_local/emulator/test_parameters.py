"""Snowflake's documentation: "ALTER SESSION", "SHOW PARAMETERS", "Parameters"."""

from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError


def shown(run: Any, name: str) -> str:
    ((_, value, *_),) = run(f"show parameters like '{name}' in session")
    return str(value)


def test_sets_and_unsets_a_parameter(run: Any) -> None:
    run("alter session set query_tag = 'dbt'")
    assert shown(run, "query_tag") == "dbt"
    run("alter session unset query_tag")
    assert shown(run, "query_tag") == ""


def test_applies_connection_parameters_and_ignores_unknown_ones(
    connect: Callable[..., Any],
) -> None:
    session = connect(LOCK_TIMEOUT=600, CLIENT_PREFETCH_THREADS=4)
    assert shown(session, "lock_timeout") == "600"


def test_show_parameters_filters_by_pattern(run: Any) -> None:
    assert len(run("show parameters")) > 5
    assert [name for name, *_ in run("show parameters like 'LOCK%'")] == ["LOCK_TIMEOUT"]


@pytest.mark.parametrize(
    ("sql", "errno"),
    [
        ("alter session set no_such_thing = 1", 1048),
        ("alter session set timezone = 'Asia/Tokyo'", 2),
        ("alter session set transaction_abort_on_error = true", 2),
    ],
)
def test_unsupported_value_raises_error(run: Any, sql: str, errno: int) -> None:
    with pytest.raises(ProgrammingError) as caught:
        run(sql)
    assert caught.value.errno == errno


def test_time_zone_can_be_set_to_utc(run: Any) -> None:
    run("alter session set timezone = 'UTC'")
    assert shown(run, "timezone") == "UTC"
