"""The loader and dbt need what setup.sql grants, all of it and no more."""

import os
from collections.abc import Mapping
from typing import Final

import pytest

from grants import table
from grants.privileges import Judged, Need, judged
from grants.recorder import Recording
from grants.setup_sql import FILE, grants, statements

WRITE: Final = "WRITE_DOCS"
"""Set in the environment, it makes the test write the table instead of comparing it."""

_REFUSED: Final[Mapping[Need, str]] = {
    Need("SELECT", "TABLE", "STOCKS.RAW.LOAD_LOCK"): (
        "the first load asks for it before it exists; 'does not exist' is the answer it looks for"
    ),
}


@pytest.fixture(scope="session")
def found(recording: Recording) -> list[Judged]:
    return list(judged(recording.statements))


@pytest.fixture(scope="session")
def granted() -> frozenset[Need]:
    return grants(statements(FILE.read_text()), "STOCKFEED")


def test_no_statement_needs_a_grant_that_setup_does_not_give(found, granted):
    missing = {
        need: one.statement.text for one in found for need in one.grants - granted - _REFUSED.keys()
    }
    assert missing == {}


def test_setup_gives_no_grant_that_no_statement_needs(found, granted):
    needed = {need for one in found for need in one.grants}
    assert granted - needed == set()
    assert _REFUSED.keys() - needed == set()


def test_the_page_lists_every_statement(found, granted):
    page = table.PAGE.read_text()
    current = table.put_in(page, table.rendered(found, granted))
    if os.environ.get(WRITE):
        table.PAGE.write_text(current)
    assert page == current or os.environ.get(WRITE), (
        f"run: {WRITE}=1 .venv/bin/python -m pytest tests/integration/snowflake"
    )
