"""Rewrites functions whose results in fakesnow and DuckDB differ from Snowflake's.

Each rewrite follows the page of Snowflake's documentation that has the function's name, or the page
that it names.
"""

from collections.abc import Callable

from sqlglot import Expr, exp

from stockfeed_local.emulator import datetime_formats
from stockfeed_local.emulator.errors import sql_error

Rewrite = Callable[[Expr], Expr]

MACROS = """
CREATE OR REPLACE MACRO _fs_global.main.sf_typeof(value) AS
    CASE json_type(to_json(value))
        WHEN 'NULL' THEN 'NULL_VALUE'
        WHEN 'BIGINT' THEN 'INTEGER'
        WHEN 'UBIGINT' THEN 'INTEGER'
        WHEN 'HUGEINT' THEN 'INTEGER'
        WHEN 'DOUBLE' THEN
            CASE WHEN trunc(CAST(to_json(value) AS DOUBLE)) = CAST(to_json(value) AS DOUBLE)
            THEN 'INTEGER' ELSE 'DECIMAL' END
        ELSE json_type(to_json(value))
    END;
CREATE OR REPLACE MACRO _fs_global.main.sf_divisor(value) AS
    CASE WHEN value = 0 THEN error('Division by zero') ELSE value END
"""
"""Implement TYPEOF and division.

One difference to Snowflake remains: TYPEOF of a number with an exponent is DOUBLE there and DECIMAL
here, because DuckDB does not keep the exponent.
"""

_TYPES_OF_PREDICATES = {
    "IS_BOOLEAN": ("BOOLEAN",),
    "IS_CHAR": ("VARCHAR",),
    "IS_DECIMAL": ("DECIMAL", "INTEGER"),
    "IS_DOUBLE": ("DECIMAL", "INTEGER"),
    "IS_INTEGER": ("INTEGER",),
    "IS_OBJECT": ("OBJECT",),
    "IS_REAL": ("DECIMAL", "INTEGER"),
    "IS_VARCHAR": ("VARCHAR",),
}
"""IS_<object_type>: an integer is also a decimal, and both are doubles."""


def rewrite(statement: Expr) -> Expr:
    """Replaces all functions that behave differently; changes the statement in place."""
    for rewrite_node in _REWRITES:
        statement = statement.transform(rewrite_node, copy=False)
    return statement


def _typeof(node: Expr) -> Expr:
    """Rewrites TYPEOF and IS_<object_type> of a VARIANT."""
    if isinstance(node, exp.Typeof):
        return _type_name(node.this)
    if isinstance(node, exp.Anonymous) and (types := _TYPES_OF_PREDICATES.get(node.name.upper())):
        name = _type_name(node.expressions[0])
        return exp.paren(name.isin(*(exp.Literal.string(each) for each in types)))
    return node


def _type_name(value: Expr) -> Expr:
    return _macro("sf_typeof", exp.paren(value.copy()))


def _division(node: Expr) -> Expr:
    """Makes division by zero an error, not infinity: "Arithmetic operators"."""
    if isinstance(node, exp.Div) and not _is_never_zero(node.expression):
        node.set("expression", _macro("sf_divisor", exp.paren(node.expression.copy())))
    return node


def _is_never_zero(divisor: Expr) -> bool:
    is_literal = isinstance(divisor, exp.Literal) and divisor.name.strip("0.") != ""
    return is_literal or isinstance(divisor, exp.Nullif)


def _sum(node: Expr) -> Expr:
    """Makes SUM of exact numbers exact; fakesnow 0.12.1 casts them to floats, to allow strings."""
    if not isinstance(node, exp.Sum):
        return node
    call = exp.Anonymous(this="SUM", expressions=[node.this.copy()])
    if isinstance(node.parent, exp.Select):
        return exp.alias_(call, node.sql(dialect="snowflake").upper(), quoted=True)
    return call


def _macro(name: str, argument: Expr) -> Expr:
    call = exp.Anonymous(this=name, expressions=[argument])
    return exp.Dot.build([exp.to_identifier("_fs_global"), exp.to_identifier("main"), call])


def _convert_timezone(node: Expr) -> Expr:
    """Rewrites CONVERT_TIMEZONE with two arguments to the wall-clock time in the target zone.

    A TIMESTAMP_NTZ is interpreted in the session's time zone, which is UTC. Snowflake returns a
    TIMESTAMP_TZ, which DuckDB does not have. Casts and date functions use only its wall clock, so
    the result is the same for them.
    """
    if isinstance(node, exp.ConvertTimezone) and not node.args.get("source_tz"):
        moment = exp.cast(node.args["timestamp"].copy(), "timestamptz")
        return exp.paren(exp.AtTimeZone(this=moment, zone=node.args["target_tz"].copy()))
    return node


def _to_char(node: Expr) -> Expr:
    """Rewrites TO_CHAR and TO_VARCHAR with a date and time format."""
    if isinstance(node, exp.TimeToStr):  # sqlglot inferred the type, but keeps quotes
        node.set("format", exp.Literal.string(node.args["format"].name.replace('"', "")))
        return node
    if not isinstance(node, exp.ToChar) or not (form := node.args.get("format")):
        return node
    pattern = datetime_formats.to_strftime(form.name)
    return exp.Anonymous(
        this="strftime", expressions=[node.this.copy(), exp.Literal.string(pattern)]
    )


def _try_base64(node: Expr) -> Expr:
    """Makes TRY_BASE64_DECODE_STRING return NULL for invalid base64 and for invalid UTF-8."""
    if isinstance(node, exp.TryBase64DecodeString):
        blob = exp.Anonymous(this="from_base64", expressions=[node.this.copy()])
        text = exp.Anonymous(this="decode", expressions=[blob])
        return exp.Anonymous(this="try", expressions=[text])
    return node


def _try_cast(node: Expr) -> Expr:
    """Rejects TRY_CAST of a VARIANT: Snowflake accepts only strings."""
    if isinstance(node, exp.TryCast) and isinstance(node.this.unnest(), exp.JSONExtract):
        raise sql_error(
            "SQL compilation error:\nFunction TRY_CAST cannot be used with arguments of types "
            f"VARIANT and {node.to.sql(dialect='snowflake')}",
            1065,
            "22023",
        )
    return node


_REWRITES: tuple[Rewrite, ...] = (
    _try_cast,
    _typeof,
    _division,
    _sum,
    _convert_timezone,
    _to_char,
    _try_base64,
)
