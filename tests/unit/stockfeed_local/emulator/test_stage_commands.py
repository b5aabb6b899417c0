"""Snowflake's documentation: "PUT", "LIST", "REMOVE"."""

import pytest
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.stage_commands import List, Put, Remove, parse

KEYS = "@STG/7f3a/feed=us/group=megacaps/topic=00ff/partition=00003"


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        (
            f"PUT file:///tmp/a/*.jsonl.gz {KEYS} "
            "AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP PARALLEL=8",
            Put("/tmp/a/*.jsonl.gz", KEYS, 8, False, "gzip", False),
        ),
        (
            "put 'file:///tmp/a b/c.gz' '@raw.stg/x' overwrite = true;",
            Put("/tmp/a b/c.gz", "@raw.stg/x", 4, True, "auto_detect", True),
        ),
        (f"LIST {KEYS}/", List(f"{KEYS}/", None)),
        ("ls @db.raw.stg pattern = '.*[.]gz'", List("@db.raw.stg", ".*[.]gz")),
        ("REMOVE '@STG/a/'", Remove("@STG/a/", None)),
        ("rm @stg", Remove("@stg", None)),
    ],
)
def test_parses_commands(sql: str, command: Put | List | Remove) -> None:
    assert parse(sql) == command


@pytest.mark.parametrize("sql", ["select 1", "create stage stg", "listen", "remove_me"])
def test_other_statements_are_not_parsed(sql: str) -> None:
    assert parse(sql) is None


@pytest.mark.parametrize("sql", ["PUT /tmp/a @stg", "LIST stg", "GET @stg file:///tmp/"])
def test_malformed_command_raises_syntax_error(sql: str) -> None:
    with pytest.raises(ProgrammingError) as caught:
        parse(sql)
    assert caught.value.errno == 1003


def test_unknown_option_of_put_raises_error_with_its_name() -> None:
    with pytest.raises(ProgrammingError, match="THRESHOLD"):
        parse("PUT file:///tmp/a @stg THRESHOLD=1")
