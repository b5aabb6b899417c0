"""`python -m stockfeed_local.gold`: prints the freshest rows of gold in the emulator.

`make kind-up` ends with it: rows that are a minute old prove that every part of the cluster works.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import click
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error, ProgrammingError

from stockfeed.snowflake import is_missing_object


class Row(NamedTuple):
    """A row of gold_kpi; times are in UTC.

    Attributes:
        symbol: Ticker.
        price: Price in the latest quote.
        change_percent: Change since the previous close; None if that is missing.
        quoted: Time of the latest quote.
        seen: When that quote was last polled.
    """

    symbol: str
    price: Decimal
    change_percent: Decimal | None
    quoted: datetime
    seen: datetime


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Host of the emulator.")
@click.option("--port", type=int, required=True, help="Port of the emulator.")
@click.option("--database", required=True, help="Database of the models.")
@click.option("--schema", default="ANALYTICS", show_default=True, help="Schema of the models.")
@click.option("--rows", default=10, show_default=True, help="Maximum number of rows to print.")
def main(host: str, port: int, database: str, schema: str, rows: int) -> None:
    """Print the rows of gold_kpi that were polled last, and their age; fail if there are none."""
    try:
        with _connect(host, port, database, schema) as connection:
            found = freshest(connection, rows)
    except Error as error:
        message = f"cannot query the emulator at {host}:{port}: {error}"
        raise click.ClickException(message) from error
    if not found:
        raise click.ClickException(f"{database}.{schema}.gold_kpi has no rows yet")
    click.echo(table(found, datetime.now(UTC)))


def freshest(connection: SnowflakeConnection, rows: int) -> list[Row]:
    """Returns up to `rows` rows, the most recently polled first; none before the first build."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(
                "SELECT symbol, current_price, change_percent, quote_at, last_seen_at"
                " FROM gold_kpi ORDER BY last_seen_at DESC, symbol LIMIT %s",
                (rows,),
            )
        except ProgrammingError as error:
            if is_missing_object(error):
                return []
            raise
        return [
            Row(symbol, price, change, quoted.replace(tzinfo=UTC), seen.replace(tzinfo=UTC))
            for symbol, price, change, quoted, seen in cursor.fetchall()
        ]


def table(rows: list[Row], now: datetime) -> str:
    """Formats the rows as a text table, with the age of each."""
    lines = [f"{'symbol':<10}{'price':>12}{'change':>10}  {'quote (UTC)':<21}{'seen ago':>9}"]
    for row in rows:
        change = "" if row.change_percent is None else f"{row.change_percent:+.2f} %"
        age = f"{(now - row.seen).total_seconds():.0f} s"
        quoted = f"{row.quoted:%Y-%m-%d %H:%M:%S}"
        lines.append(f"{row.symbol:<10}{row.price:>12.2f}{change:>10}  {quoted:<21}{age:>9}")
    return "\n".join(lines)


def _connect(host: str, port: int, database: str, schema: str) -> SnowflakeConnection:
    return snowflake.connector.connect(
        account="emulator",
        user="gold",
        password="any",  # noqa: S106 - the emulator accepts any password
        host=host,
        port=port,
        protocol="http",
        database=database,
        schema=schema,
        login_timeout=10,
        network_timeout=10,
    )


if __name__ == "__main__":
    main()
