"""The command `stockfeed-operator`."""

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TextIO, TypeVar

import click

from stockfeed_operator.manifests.metadata import Installation
from stockfeed_operator.plan.desired import render as rendered
from stockfeed_operator.settings import PREFIX, Settings, SettingsError
from stockfeed_operator.spec.crd import crd as definition
from stockfeed_operator.spec.feed import StockFeed
from stockfeed_operator.spec.validate import InvalidFeedError
from stockfeed_operator.spec.yaml import to_yaml, valid_feeds

_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The operator of StockFeed resources."""


@main.command()
def crd() -> None:
    """Print the CustomResourceDefinition."""
    click.echo(to_yaml(definition()), nl=False)


def _installed(name: str, default: str, text: str) -> Callable[[_Command], _Command]:
    """An option for what the chart sets in the operator, by the same variable."""
    variable = PREFIX + name.upper()
    option = "--" + name.replace("_", "-")
    return click.option(option, envvar=variable, default=default, show_default=True, help=text)


@main.command()
@click.option("-f", "--file", type=click.File(), required=True, help="YAML with feeds; - is stdin.")
@click.option("-n", "--namespace", help="Namespace of feeds that name none.")
@_installed("pipeline_image", "stockfeed/pipeline", "Image of producer, consumer and loader.")
@_installed("dbt_image", "stockfeed/dbt", "Image of the dbt build.")
@_installed("task_results_role", "stockfeed-operator-task-results", "ClusterRole of loads.")
def render(file: TextIO, namespace: str | None, **installed: str) -> None:
    """Check feeds, and print the objects that the operator would apply for them.

    Needs no cluster. Feeds are shown started, or stopped if they are suspended.
    """
    installation = Installation(**installed, version=version("stockfeed"))
    feeds = [_placed(feed, namespace) for feed in read_feeds(file)]
    manifests = [manifest for feed in feeds for manifest in rendered(feed, installation)]
    click.echo(to_yaml(*manifests), nl=False)


def _placed(feed: StockFeed, namespace: str | None) -> StockFeed:
    """The feed in the namespace, where its file named none, as kubectl does it."""
    if namespace is None or "namespace" in feed.metadata.model_fields_set:
        return feed
    metadata = feed.metadata.model_copy(update={"namespace": namespace})
    return feed.model_copy(update={"metadata": metadata})


@main.command()
def run() -> None:
    """Run the operator; settings come from the environment."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    # Only this command needs a cluster's libraries, which take a second to import.
    from stockfeed_operator.run import run as run_operator  # noqa: PLC0415

    run_operator(settings)


def read_feeds(file: TextIO) -> list[StockFeed]:
    """The valid feeds of a file; all that is wrong with it goes to standard error, and exits 1."""
    try:
        return valid_feeds(file.read(), file.name)
    except InvalidFeedError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        raise SystemExit(1) from error
