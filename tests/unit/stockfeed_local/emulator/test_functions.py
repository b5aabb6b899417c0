"""Results of the functions that the dbt models use, as Snowflake documents them.

Pages of its documentation: "TYPEOF", "IS_<object_type>", "Conversion functions",
"CONVERT_TIMEZONE", "TIME_SLICE", "TO_TIMESTAMP", "DATE_TRUNC", "DATEADD", "DATEDIFF", "TO_CHAR",
"MIN_BY", "MAX_BY", "QUALIFY", "GREATEST", "IFF", "NVL", "BASE64_DECODE_STRING",
"OBJECT_CONSTRUCT", "ARRAY_AGG", "SUM", "LN", "STDDEV", "SYSDATE", "Arithmetic operators",
"Semi-structured data", "LAST_VALUE".
"""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from stockfeed_local.emulator.instance import Emulator

VALUE = """
{"i":-17,"d":123.12,"e":1.912e2,"s":"Om","b":true,"n":null,"a":[1,2],"o":{"k":1},"w":1.0,
 "c":187.42000,"p":99999.12345678,"num":"12.345678901"}
"""
TS = "'2024-03-10 07:30:15.123'::timestamp_ntz"


def at(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - TIMESTAMP_NTZ


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests, because they only read."""
    emulator = Emulator(tmp_path_factory.mktemp("data"), 300)
    session = emulator.connect("STOCKS", "RAW", {})
    session.run("create table vartab (v variant, seen_at timestamp_ntz)")
    session.run(f"insert into vartab select parse_json($${VALUE}$$), {TS}")
    session.end()
    yield emulator
    emulator.close()


@pytest.fixture
def one(run: Any) -> Callable[[str], Any]:
    """Evaluates an expression on a row with the VARIANT V and the time SEEN_AT."""

    def evaluate(expression: str) -> Any:
        ((value,),) = run(f"select {expression} as x from vartab")
        return value

    return evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        *[
            (f"typeof(v:{name})", kind)
            for name, kind in {
                "i": "INTEGER",
                "d": "DECIMAL",
                "w": "INTEGER",
                "s": "VARCHAR",
                "b": "BOOLEAN",
                "n": "NULL_VALUE",
                "a": "ARRAY",
                "o": "OBJECT",
                "missing": None,
            }.items()
        ],
        ("typeof(v)", "OBJECT"),
        ("is_decimal(v:d)", True),
        ("is_decimal(v:i)", True),
        ("is_decimal(v:s)", False),
        ("is_decimal(v:missing)", None),
        ("is_integer(v:d)", False),
        ("is_double(v:e)", True),
        ("is_varchar(v:s)", True),
        ("is_object(v:o)", True),
        ("is_array(v:a)", True),
        ("is_null_value(v:n)", True),
        ("is_null_value(v:s)", False),
        ("v:n is null", False),
        ("v:missing is null", True),
        ("v:n::varchar", None),
        ("v:n::number(20,8)", None),
        ("v:c::number(20,8)", Decimal("187.42")),
        ("v:p::number(20,8)", Decimal("99999.12345678")),
        ("v:num::number(20,8)", Decimal("12.34567890")),
        ("v:c::number", Decimal(187)),
        ("v:s::varchar", "Om"),
        ("v:o.k::int", 1),
        ("v:a[1]::int", 2),
        ("v['s']::varchar", "Om"),
        ("v:S::varchar", None),
        ("try_cast(v:s::varchar as number(20,8))", None),
        ("try_cast(v:num::varchar as number(20,8))", Decimal("12.34567890")),
        ("try_to_decimal(v:s::varchar, 20, 8)", None),
        ("try_to_number(v:i::varchar, 38, 0)", Decimal(-17)),
    ],
)
def test_variant_functions_match_snowflake(one: Any, expression: str, value: object) -> None:
    assert one(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("to_timestamp_ntz(1713456789)", at(2024, 4, 18, 16, 13, 9)),
        ("to_timestamp_ntz(1713456789123, 3)", at(2024, 4, 18, 16, 13, 9, 123000)),
        (f"time_slice({TS}, 5, 'MINUTE')", at(2024, 3, 10, 7, 30)),
        (f"time_slice({TS}, 5, 'MINUTE', 'END')", at(2024, 3, 10, 7, 35)),
        (f"time_slice({TS}, 1, 'HOUR')", at(2024, 3, 10, 7)),
        (f"date_trunc('week', {TS})", at(2024, 3, 4)),
        (f"dateadd('minute', -5, {TS})", at(2024, 3, 10, 7, 25, 15, 123000)),
        ("dateadd(month, 1, '2024-01-31'::date)", dt.date(2024, 2, 29)),
        ("datediff('second', '2024-01-01 00:00:00.9', '2024-01-01 00:00:01.1')", 1),
        ("datediff('day', '2024-01-01 23:59:59', '2024-01-02 00:00:00')", 1),
        (f"convert_timezone('UTC', 'America/New_York', {TS})", at(2024, 3, 10, 3, 30, 15, 123000)),
        (
            "convert_timezone('America/New_York', 'UTC', '2013-03-01'::timestamp_ntz)",
            at(2013, 3, 1, 5),
        ),
        (
            "convert_timezone('UTC', 'America/New_York', '2024-03-10 06:59:59'::timestamp_ntz)",
            at(2024, 3, 10, 1, 59, 59),
        ),
        (
            "convert_timezone('America/New_York', '2024-07-01 12:00:00'::timestamp_ntz)",
            at(2024, 7, 1, 8),
        ),
        (
            "convert_timezone('America/New_York', '2024-07-01 12:00:00 +0000'::timestamp_tz)",
            at(2024, 7, 1, 8),
        ),
        (f'to_char({TS}, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')', "2024-03-10T07:30:15Z"),
        (f"to_varchar({TS}, 'YYYYMMDD')", "20240310"),
        ('to_char(seen_at, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')', "2024-03-10T07:30:15Z"),
        ("to_varchar(seen_at, 'YYYYMMDD HH12:MI AM.FF3')", "20240310 07:30 AM.123"),
        (f"dayofweek({TS})", 0),
        ("sysdate() between '2020-01-01' and '2100-01-01'", True),
    ],
)
def test_date_and_time_functions_match_snowflake(one: Any, expression: str, value: object) -> None:
    assert one(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("greatest(1, 2, null)", None),
        ("least(3, 2)", 2),
        ("iff(1 > 2, 'a', 'b')", "b"),
        ("nvl(null, 1)", 1),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("'12.5'::number", Decimal(13)),
        ("mod(7, 3)", 1),
        ("1 / nullif(0, 0)", None),
        ("base64_decode_string('aGVsbG8=')", "hello"),
        ("try_base64_decode_string('a')", None),
        ("try_base64_decode_string('//8=')", None),
        ("try_base64_decode_string('aGk=')", "hi"),
        ("object_construct('a', 1, 'b', null)", '{"a":1}'),
        ("split_part('a/topic=x/b', '/topic=', 2)", "x/b"),
        ("round(ln(10), 6)", 2.302585),
    ],
)
def test_scalar_functions_match_snowflake(one: Any, expression: str, value: object) -> None:
    assert one(expression) == value


ROWS = (
    "(select 1 a, 10 b, 0.1::number(20,8) p union all select 3, 40, 0.2 "
    "union all select 9, 50, 0.7)"
)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (f"select min_by(a, b) x, max_by(a, b) y from {ROWS}", [(1, 9)]),
        ("select min_by(a, b) x from (select 1 a, null b union all select 3, 4)", [(3,)]),
        (
            f"select a from {ROWS} qualify row_number() over (order by b desc) = 1",
            [(9,)],
        ),
        (f"select sum(p) x, sum(a) y from {ROWS}", [(Decimal("1.00000000"), Decimal(13))]),
        (f"select sum(a) over (order by b) x from {ROWS} order by 1", [(1,), (4,), (13,)]),
        (f"select sum(distinct a) x from {ROWS}", [(13,)]),
        (f"select round(stddev_samp(a), 6) x from {ROWS}", [(4.163332,)]),
        (
            f"select a, last_value(a) over (order by b) x from {ROWS} order by 1",
            [(1, 9), (3, 9), (9, 9)],
        ),
        (
            f"select a, round(ln(a / lag(a) over (order by b)), 6) x from {ROWS} order by 1",
            [(1, None), (3, 1.098612), (9, 1.098612)],
        ),
        (f"select array_agg(a) within group (order by a desc) x from {ROWS}", [("[9,3,1]",)]),
    ],
)
def test_aggregate_and_window_functions_match_snowflake(
    run: Any, query: str, rows: list[tuple[object, ...]]
) -> None:
    assert run(query) == rows


@pytest.mark.parametrize(
    ("expression", "errno"),
    [
        ("try_cast(v:c as number(20,8))", 1065),
        ("v:s::number(20,8)", 100038),
        ("1 / 0", 100051),
        ("v:i::number / (v:i::number + 17)", 100051),
        ("base64_decode_string('//8=')", 100038),
        ("to_char(seen_at, 'Q')", 2),
        ("no_such_function(1)", 2140),
    ],
)
def test_invalid_arguments_raise_errors(one: Any, expression: str, errno: int) -> None:
    with pytest.raises(ProgrammingError) as caught:
        one(expression)
    assert caught.value.errno == errno


def test_sum_without_alias_is_named_after_its_text(run: Any) -> None:
    assert list(run.dicts("select sum(a) from (select 1 a)")[0]) == ["SUM(A)"]


def test_functions_work_in_views(run: Any) -> None:
    run(
        "create or replace view w as "
        "select typeof(v:d) as kind, 1 / (v:w::number(20,8) + 1) as x from vartab"
    )
    assert run("select kind, x::number(20,8) as y from w") == [("DECIMAL", Decimal("0.5"))]
