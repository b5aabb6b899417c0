"""The `stockfeed` command, with one subcommand per role."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from stockfeed import __version__, logs
from stockfeed.errors import StockfeedError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stockfeed")
def main() -> None:
    """StockFeed: live market data from a quote API through Kafka and S3 to Snowflake."""


@main.command()
def producer() -> None:
    """Poll the quote API and publish new quotes to Kafka."""
    _run_role("stockfeed.producer.app", lambda module: module.main(os.environ))


@main.command()
def consumer() -> None:
    """Land a Kafka topic's messages as objects in the bucket."""
    _run_role("stockfeed.consumer.app", lambda module: module.main(os.environ))


@main.command()
@click.option("--once", is_flag=True, help="Load all new objects, then exit.")
@click.option(
    "--skip", metavar="KEY", help="Record an object as skipped, so that its partition can continue."
)
@click.option("--reason", help="Why the object is skipped; stored in the ledger.")
@click.option(
    "--line",
    "lines",
    metavar="N",
    type=click.IntRange(min=1),
    multiple=True,
    help="With --skip: skip only line N of the object, and load the others. May be repeated.",
)
@click.option(
    "--build-follows",
    is_flag=True,
    help="With --once: if some objects fail to load, exit 0 and let the next build report them.",
)
@click.option(
    "--from-first-object",
    "from_first",
    is_flag=True,
    help="With --once: start partitions that were never loaded at their first remaining object.",
)
def loader(
    once: bool,
    skip: str | None,
    reason: str | None,
    lines: tuple[int, ...],
    build_follows: bool,
    from_first: bool,
) -> None:
    """Load new objects into Snowflake, once or as a service."""
    if (skip is None) != (reason is None):
        raise click.UsageError("--skip and --reason must be given together")
    if lines and skip is None:
        raise click.UsageError("--line requires --skip")
    if (build_follows or from_first) and not once:
        raise click.UsageError("--build-follows and --from-first-object require --once")
    options = (once, skip, reason, build_follows, from_first, lines)
    _run_role("stockfeed.loader.app", lambda module: module.main(os.environ, *options))


@main.command()
@click.option("--from-offset", help="First Kafka offset, inclusive.")
@click.option("--to-offset", help="Last Kafka offset, inclusive.")
@click.option("--from-time", help="Earliest poll time, inclusive, e.g. 2026-11-20T14:30:00Z.")
@click.option("--to-time", help="Latest poll time, exclusive.")
@click.option("--group", help="Only this symbol group.")
@click.option("--topic-id", help="Only this topic id, as in object keys.")
@click.option("--partition", help="Only this partition.")
@click.option(
    "--into",
    metavar="TABLE",
    default="",
    help="Target table in the raw schema. [default: SOURCE_…_REPLAY]",
)
def replay(**options: str | None) -> None:
    """Load a range of landed quotes again, into a separate table.

    Give a range either of offsets or of poll times. It may be open at one end: omit that option,
    because an empty bound is an error. Any other empty option counts as not given.
    """
    _run_role("stockfeed.replay.app", lambda module: module.main(os.environ, options))


@main.command()
@click.option("--daily", is_flag=True, help="Run all tests, over entire tables.")
@click.option("--rebuild", metavar="MODEL", help="Rebuild a model and everything downstream.")
def build(daily: bool, rebuild: str | None) -> None:
    """Run dbt build on newly loaded batches."""
    if daily and rebuild is not None:
        raise click.UsageError("--daily and --rebuild cannot be combined")
    _run_role("stockfeed.transform.app", lambda module: module.main(os.environ, daily, rebuild))


@main.command()
@click.argument("symbol")
@click.option("--at", metavar="TIME", help="Poll time. [default: the newest event]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace(symbol: str, at: str | None, as_json: bool) -> None:
    """Show one event at every stage, from its poll to gold.

    TIME covers the unit it is written in: 2026-11-20T14:30 matches any event of that minute, in
    UTC. An empty TIME counts as not given.
    """
    _run_role(
        "stockfeed.trace.app", lambda module: module.main(os.environ, symbol, at or None, as_json)
    )


@main.command()
@click.option(
    "--from",
    "start",
    metavar="TIME",
    default="24h",
    show_default=True,
    help="Earliest poll time, inclusive.",
)
@click.option("--to", "end", metavar="TIME", help="Latest poll time, exclusive. [default: now]")
@click.option(
    "--patience",
    metavar="DURATION",
    default="5m",
    show_default=True,
    help="Events younger than this may still be in transit.",
)
@click.option("--no-models", is_flag=True, help="Skip silver and gold.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(start: str, end: str | None, patience: str, no_models: bool, as_json: bool) -> None:
    """Verify that a feed is complete over a time range; exit 1 if it is not.

    TIME is a time or day in UTC, or a duration before now: 2026-11-20T14:30:00Z, 2026-11-20, 2h.
    An empty TIME counts as not given.
    """
    options = (start, end or None, patience, not no_models, as_json)
    _run_role(
        "stockfeed.verify.app", lambda module: module.main(os.environ, module.Options(*options))
    )


@main.command()
@click.option(
    "--bars",
    type=click.Path(path_type=Path),
    help="CSV file of price bars. [default: bundled daily bars]",
)
@click.option(
    "--bar-interval", type=click.Choice(["1d", "1h", "5m", "1m"]), default="1d", show_default=True
)
@click.option(
    "--kafka", default="auto", show_default=True, help="auto, java, mock, or a broker's HOST:PORT."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="Directory for the results.",
)
@click.option("--keep", is_flag=True, help="Keep the services' data in the results directory.")
def demo(bars: Path | None, bar_interval: str, kafka: str, out: Path, keep: bool) -> None:
    """Run the complete pipeline locally on real market data and check the results."""
    options = (bars, bar_interval, kafka, out, keep)
    _run_role("stockfeed_local.demo.run", lambda module: module.main(module.DemoOptions(*options)))


def _run_role(module: str, call: Callable[[Any], int]) -> None:
    """Imports and runs a role, and exits with its status.

    The import is deferred because each image contains only its own role's dependencies.
    """
    try:
        status = call(import_module(module))
    except StockfeedError as error:
        message = f"{type(error).__name__}: {error}"
        logs.write_termination_message(message)
        click.echo(message, err=True)
        status = 1
    sys.exit(status)
