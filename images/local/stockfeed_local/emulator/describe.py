"""DESCRIBE TABLE and DESCRIBE VIEW for any database, temporary objects and all number types.

fakesnow 0.12.1 queries a view of the current database only, and shows DuckDB's names for small and
huge integers. Snowflake's documentation: "DESCRIBE TABLE".
"""

import sqlglot
from sqlglot import Expr, exp

_COLUMNS = """
SELECT
    column_name AS "name",
    CASE
        WHEN data_type = 'NUMBER'
            THEN 'NUMBER(' || numeric_precision || ',' || numeric_scale || ')'
        WHEN data_type IN ('TINYINT', 'SMALLINT', 'INTEGER', 'HUGEINT', 'UBIGINT')
            THEN 'NUMBER(38,0)'
        WHEN data_type = 'TEXT'
            THEN 'VARCHAR(' || coalesce(character_maximum_length, 16777216)  || ')'
        WHEN data_type IN ('TIMESTAMP_NTZ', 'TIMESTAMP_TZ', 'TIME') THEN data_type || '(9)'
        WHEN data_type = 'BINARY' THEN 'BINARY(8388608)'
        ELSE data_type
    END AS "type",
    'COLUMN' AS "kind",
    CASE WHEN is_nullable = 'YES' THEN 'Y' ELSE 'N' END AS "null?",
    column_default AS "default",
    'N' AS "primary key",
    'N' AS "unique key",
    NULL::VARCHAR AS "check",
    NULL::VARCHAR AS "expression",
    comment AS "comment",
    NULL::VARCHAR AS "policy name",
    NULL::JSON AS "privacy domain"
FROM _fs_global._fs_information_schema._fs_columns
WHERE table_catalog = {catalog} AND table_schema = {schema} AND table_name = {table}
ORDER BY ordinal_position
"""


def is_describe(statement: Expr) -> bool:
    """Returns whether a statement is DESCRIBE TABLE or DESCRIBE VIEW."""
    kind = statement.args.get("kind")
    return (
        isinstance(statement, exp.Describe)
        and isinstance(kind, str)
        and kind.upper() in {"TABLE", "VIEW"}
        and statement.find(exp.Table) is not None
    )


def describe(table: exp.Table, catalog: str, schema: str) -> list[Expr]:
    """Returns the statements that run DESCRIBE; the first fails if the object does not exist."""
    probe = exp.select("*").from_(table.copy()).limit(0)
    names = {"catalog": catalog, "schema": schema, "table": table.name}
    quoted = {k: exp.Literal.string(v).sql(dialect="duckdb") for k, v in names.items()}
    return [probe, sqlglot.parse_one(_COLUMNS.format(**quoted), read="duckdb")]
