"""The command `stockfeed`: one subcommand per role."""

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
    """StockFeed: live market data from a quote API through Kafka and S3 into Snowflake."""


@main.command()
def producer() -> None:
    """Poll the quote API into Kafka."""
    _run_role("stockfeed.producer.app", lambda module: module.main(os.environ))


@main.command()
def consumer() -> None:
    """Land the topic's messages as objects."""
    _run_role("stockfeed.consumer.app", lambda module: module.main(os.environ))


@main.command()
@click.option("--once", is_flag=True, help="Load what is new, then exit.")
@click.option("--skip", metavar="KEY", help="Record an object as skipped; its partition goes on.")
@click.option("--reason", help="Why the object is skipped; kept in the ledger.")
@click.option(
    "--build-follows",
    is_flag=True,
    help="With --once: the build that runs next fails for what is left out, not this load.",
)
@click.option(
    "--from-first-object",
    "from_first",
    is_flag=True,
    help="With --once: what was never loaded begins at the first object that is left.",
)
def loader(
    once: bool, skip: str | None, reason: str | None, build_follows: bool, from_first: bool
) -> None:
    """Load new objects into Snowflake."""
    if (skip is None) != (reason is None):
        raise click.UsageError("--skip and --reason go together")
    if (build_follows or from_first) and not once:
        raise click.UsageError("--build-follows and --from-first-object go with --once")
    options = (once, skip, reason, build_follows, from_first)
    _run_role("stockfeed.loader.app", lambda module: module.main(os.environ, *options))


@main.command()
@click.option("--from-offset", help="First Kafka offset.")
@click.option("--to-offset", help="Last Kafka offset.")
@click.option("--from-time", help="Polls from this time on, e.g. 2026-11-20T14:30:00Z.")
@click.option("--to-time", help="Polls before this time.")
@click.option("--group", help="This symbol group alone.")
@click.option("--topic-id", help="This topic alone, as object keys name it.")
@click.option("--partition", help="This partition alone.")
@click.option(
    "--into", metavar="TABLE", default="", help="In the raw schema. [default: SOURCE_…_REPLAY]"
)
def replay(**options: str | None) -> None:
    """Load a range of landed quotes again, into a side table.

    The range is one of offsets, both ends included, or one of poll times, the end left out; one
    of the two ends may be missing, but not empty. Any other empty value is none.
    """
    _run_role("stockfeed.replay.app", lambda module: module.main(os.environ, options))


@main.command()
@click.option("--daily", is_flag=True, help="Run all tests, over whole tables.")
@click.option("--rebuild", metavar="MODEL", help="Make a model, and all that follow it, anew.")
def build(daily: bool, rebuild: str | None) -> None:
    """Run dbt build on what was loaded."""
    if daily and rebuild is not None:
        raise click.UsageError("--daily and --rebuild are two builds")
    _run_role("stockfeed.transform.app", lambda module: module.main(os.environ, daily, rebuild))


@main.command()
@click.argument("symbol")
@click.option("--at", metavar="TIME", help="When it was polled. [default: the newest event]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def trace(symbol: str, at: str | None, as_json: bool) -> None:
    """Show one event's whole way, from its poll to gold.

    TIME is as exact as it is written: 2026-11-20T14:30 is any event of that minute, in UTC. An
    empty one is none.
    """
    _run_role(
        "stockfeed.trace.app", lambda module: module.main(os.environ, symbol, at or None, as_json)
    )


@main.command()
@click.option(
    "--from", "start", metavar="TIME", default="24h", show_default=True, help="Polls from here on."
)
@click.option("--to", "end", metavar="TIME", help="Polls before this time. [default: now]")
@click.option(
    "--patience",
    metavar="DURATION",
    default="5m",
    show_default=True,
    help="What is younger may still be on its way.",
)
@click.option("--no-models", is_flag=True, help="Leave silver and gold out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(start: str, end: str | None, patience: str, no_models: bool, as_json: bool) -> None:
    """Prove that a feed is complete over a range of time; exit 1 where it is not.

    TIME is a time or a day in UTC, or so long ago: 2026-11-20T14:30:00Z, 2026-11-20, 2h. An empty
    one is none.
    """
    options = (start, end or None, patience, not no_models, as_json)
    _run_role(
        "stockfeed.verify.app", lambda module: module.main(os.environ, module.Options(*options))
    )


@main.command()
@click.option(
    "--bars", type=click.Path(path_type=Path), help="CSV of bars; without it, real daily bars."
)
@click.option(
    "--bar-interval", type=click.Choice(["1d", "1h", "5m", "1m"]), default="1d", show_default=True
)
@click.option(
    "--kafka", default="auto", show_default=True, help="auto, java, mock or the address HOST:PORT."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="Directory of the results.",
)
@click.option("--keep", is_flag=True, help="Keep the services' data below the results.")
def demo(bars: Path | None, bar_interval: str, kafka: str, out: Path, keep: bool) -> None:
    """Run the whole pipeline here on real market data, and check the result."""
    options = (bars, bar_interval, kafka, out, keep)
    _run_role("stockfeed_local.demo.run", lambda module: module.main(module.DemoOptions(*options)))


def _run_role(module: str, call: Callable[[Any], int]) -> None:
    """Imports a role only when it runs: an image has the packages of its own role alone."""
    try:
        status = call(import_module(module))
    except StockfeedError as error:
        message = f"{type(error).__name__}: {error}"
        logs.write_termination_message(message)
        click.echo(message, err=True)
        status = 1
    sys.exit(status)
