"""The command `stockfeed`: one subcommand per role."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from stockfeed import __version__, termination
from stockfeed.errors import StockfeedError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stockfeed")
def main() -> None:
    """StockFeed: live market data from a quote API through Kafka and S3 into Snowflake."""


@main.command()
def producer() -> None:
    """Poll the quote API into Kafka."""
    _run("stockfeed.producer.app", lambda module: module.main(os.environ))


@main.command()
def consumer() -> None:
    """Land the topic's messages as objects."""
    _run("stockfeed.consumer.app", lambda module: module.main(os.environ))


@main.command()
@click.option("--once", is_flag=True, help="Load what is new, then exit.")
@click.option("--skip", metavar="KEY", help="Record an object as skipped; its partition goes on.")
@click.option("--reason", help="Why the object is skipped; kept in the ledger.")
def loader(once: bool, skip: str | None, reason: str | None) -> None:
    """Load new objects into Snowflake."""
    if (skip is None) != (reason is None):
        raise click.UsageError("--skip and --reason go together")
    _run("stockfeed.loader.app", lambda module: module.main(os.environ, once, skip, reason))


@main.command()
@click.option("--daily", is_flag=True, help="Run all tests, over whole tables.")
def build(daily: bool) -> None:
    """Run dbt build on what was loaded."""
    _run("stockfeed.build.app", lambda module: module.main(os.environ, daily))


def _run(module: str, call: Callable[[Any], int]) -> None:
    """Imports a role only when it runs: an image has the packages of its own role alone."""
    try:
        status = call(import_module(module))
    except StockfeedError as error:
        message = f"{type(error).__name__}: {error}"
        termination.report(message)
        click.echo(message, err=True)
        status = 1
    sys.exit(status)
