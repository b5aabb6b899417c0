"""Snowflake's documentation: "ALTER SESSION", "SHOW PARAMETERS", "Parameters"."""

from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError


def shown(run: Any, name: str) -> str:
    ((_, value, *_),) = run(f"show parameters like '{name}' in session")
    return str(value)


def test_a_parameter_is_set_and_unset(run: Any) -> None:
    run("alter session set query_tag = 'dbt'")
    assert shown(run, "query_tag") == "dbt"
    run("alter session unset query_tag")
    assert shown(run, "query_tag") == ""


def test_parameters_of_the_connection_count_and_the_clients_own_do_not_matter(
    connect: Callable[..., Any],
) -> None:
    session = connect(LOCK_TIMEOUT=600, CLIENT_PREFETCH_THREADS=4)
    assert shown(session, "lock_timeout") == "600"


def test_show_lists_all_or_those_alike(run: Any) -> None:
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
def test_what_cannot_be_done_is_an_error(run: Any, sql: str, errno: int) -> None:
    with pytest.raises(ProgrammingError) as caught:
        run(sql)
    assert caught.value.errno == errno


def test_the_time_zone_may_be_set_to_the_one_there_is(run: Any) -> None:
    run("alter session set timezone = 'UTC'")
    assert shown(run, "timezone") == "UTC"
